// SPDX-License-Identifier: BSL-1.0
// JSON of an entity with a field of every type. The first byte chooses the rules.
#include "../support/everything.hpp"
#include "fuzz.hpp"
#include <syncfw/codec/delta.hpp>
#include <syncfw/codec/json.hpp>

#include <string>

using tests::everything;
namespace json = syncfw::json;

void fuzz::check(std::string_view input) {
    if (input.empty()) return;
    json::options rules;
    if ((input.front() & 1) != 0) rules.unknown = json::members::refused;
    input.remove_prefix(1);
    const auto row = json::decode<everything>(input, rules);
    if (!row) {
        require(!row.error().message.empty(), "a refusal says why");
        require(row.error().line > 0 && row.error().column > 0, "and where");
        return;
    }
    const std::string text = json::encode(*row);
    rules.unknown = json::members::refused;
    const auto again = json::decode<everything>(text, rules);
    require(again.has_value(), "what is accepted can be written and read again");
    require(syncfw::changed_fields(*row, *again).empty(), "and is the same");
    require(json::encode(*again) == text, "and has one form");
    const auto bytes = syncfw::binary::decode<everything>(syncfw::binary::encode(*row));
    require(bytes.has_value() && syncfw::changed_fields(*row, *bytes).empty(),
            "what JSON accepts, binary does");
}
