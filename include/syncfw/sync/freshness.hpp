// SPDX-License-Identifier: BSL-1.0
// A moment in a server's history, to be handed on: who writes on one device and looks at another,
// or follows a link that was just made, waits there for what he knows to be there.
//
//     mine.sync();
//     std::string token = to_string(*mine.seen());         // goes into the link
//     yours.wait(*syncfw::parse_freshness(token), 5'000'000);  // at most five seconds
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/uuid.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncfw {

struct freshness {
    uuid history{};             ///< Numbers of another history say nothing.
    std::int64_t sequence = 0;  ///< Everything up to this number of the feed.

    friend bool operator==(const freshness&, const freshness&) = default;
};

[[nodiscard]] inline std::string to_string(const freshness& token) {
    return to_string(token.history) + ":" + std::to_string(token.sequence);
}

/// It is no secret and no right: a wrong one makes its holder wait, nothing else.
[[nodiscard]] inline result<freshness> parse_freshness(std::string_view text) {
    const error malformed{.code = errc::malformed,
                          .message = "a freshness token looks like HISTORY:NUMBER"};
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return malformed;
    const auto history = uuid::parse(text.substr(0, colon));
    freshness token;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + colon + 1, end, token.sequence);
    if (!history || read.ec != std::errc() || read.ptr != end || token.sequence < 0)
        return malformed;
    token.history = *history;
    return token;
}

}  // namespace syncfw
