// SPDX-License-Identifier: BSL-1.0
// Conditions that come from outside: the first byte chooses JSON or binary. What is accepted is
// also checked against an entity, and asked of a row.
#include "../support/everything.hpp"
#include "fuzz.hpp"
#include <syncfw/codec/where.hpp>

#include <string>

void fuzz::check(std::string_view input) {
    namespace binary = syncfw::binary;
    namespace json = syncfw::json;
    if (input.empty()) return;
    const bool is_json = input.front() != '\0';
    const std::string body(input.substr(1));
    const auto received = is_json ? json::decode_filter(body) : binary::decode_filter(body);
    if (!received) {
        require(!received.error().message.empty(), "a refusal says why");
        return;
    }
    const std::string bytes = binary::encode_filter(*received);
    const auto again = binary::decode_filter(bytes);
    require(again.has_value() || bytes.size() > syncfw::filter_size_max,
            "what is accepted can be written and read again");
    if (again) require(binary::encode_filter(*again) == bytes, "and is the same");

    const auto ours = syncfw::check<tests::everything>(*received);
    if (!ours) {
        require(!ours.error().message.empty(), "a refusal says why");
        return;
    }
    (void)matches(*ours, tests::everything{.text = "text", .maybe_text = "maybe"});
}
