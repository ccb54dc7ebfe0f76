// SPDX-License-Identifier: BSL-1.0
// Any JSON as a document.
#include "fuzz.hpp"
#include <syncfw/codec/json.hpp>

#include <string>

namespace json = syncfw::json;

void fuzz::check(std::string_view input) {
    const std::string text(input);  // without spare room, so that the sanitizer sees each overrun
    const auto value = json::decode_document(text);
    if (!value) {
        require(!value.error().message.empty(), "a refusal says why");
        return;
    }
    const std::string written = json::encode(*value);
    const auto again = json::decode_document(written);
    require(again.has_value(), "what is accepted can be written and read again");
    require(*again == *value, "and is the same");
    require(json::encode(*again) == written, "and has one form");
}
