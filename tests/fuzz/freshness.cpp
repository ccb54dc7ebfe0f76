// SPDX-License-Identifier: BSL-1.0
// Freshness tokens, which go from hand to hand.
#include "fuzz.hpp"
#include <syncfw/sync/freshness.hpp>

#include <string>

void fuzz::check(std::string_view input) {
    const std::string text(input);  // without spare room, so that the sanitizer sees each overrun
    const auto token = syncfw::parse_freshness(text);
    if (!token) {
        require(!token.error().message.empty(), "a refusal says why");
        return;
    }
    require(token->sequence >= 0, "a moment is in a history");
    const auto again = syncfw::parse_freshness(to_string(*token));
    require(again.has_value() && *again == *token, "what is written is read as the same");
}
