// SPDX-License-Identifier: BSL-1.0
// A server that is reached by HTTP, as a replica's transport.
//
//     auto link = syncfw::http_link::make("https://books.example", {.token = my_token});
//     if (!link) return fail(link.error());
//     syncfw::replica mine(store, *link, whose);
//     auto report = mine.sync();
//
// Its peer is `syncfw::serve`. What a proxy on the way says in the server's place is told apart
// from what the server says: it is a failure of the transport, with a code that tells the schedule
// whether to try again.
#pragma once

#include <syncfw/transport/http/client.hpp>
#include <syncfw/transport/transport.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

class http_link {
  public:
    /// What the engine's own messages are called in `Content-Type`.
    static constexpr std::string_view media_type = "application/vnd.syncfw";
    /// Where they are sent to, behind the server's address.
    static constexpr std::string_view path = "/sync/messages";

    [[nodiscard]] static result<http_link> make(std::string_view address,
                                                http::client_options options = {}) {
        auto line = http::client::make(address, std::move(options));
        if (!line) return line.error();
        return http_link(std::move(*line));
    }

    [[nodiscard]] result<std::string> exchange(std::string_view request) {
        // The engine's messages take effect once, however often they come.
        return answer_of(line_.ask(asking(request)));
    }

    // In two halves, see transport.hpp.
    [[nodiscard]] result<void> begin(std::string_view request) {
        return line_.begin(asking(request));
    }
    [[nodiscard]] result<std::string> finish() { return answer_of(line_.finish()); }
    void forget() noexcept { line_.forget(); }

    /// What the server asked for with its last answer, in microseconds: for `sync_schedule::ended`.
    [[nodiscard]] std::int64_t retry_after() const noexcept { return retry_after_; }

  private:
    explicit http_link(http::client line) : line_(std::move(line)) {}
    [[nodiscard]] static http::question asking(std::string_view request) {
        return {.method = "POST",
                .path = std::string(path),
                .body = request,
                .content_type = std::string(media_type),
                .is_repeatable = true};
    }
    [[nodiscard]] result<std::string> answer_of(result<http::answer> got);

    http::client line_;
    std::int64_t retry_after_ = 0;
};

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

/// What came in place of the engine's answer, by its status.
[[nodiscard]] inline error refused_by_status(int http_status) {
    const std::string status = std::to_string(http_status);
    const auto about = [&](errc code, const char* why) {
        return error{.code = code, .message = why + (" (HTTP " + status + ")")};
    };
    switch (http_status) {
        case 401: return about(errc::unauthorized, "the server does not take the token");
        case 403: return about(errc::forbidden, "the token's roles do not allow to synchronise");
        case 404: return about(errc::not_found, "there is no sync service at this address");
        case 407: return about(errc::unauthorized, "a proxy on the way wants a sign-in");
        case 413: return about(errc::too_large, "the message is too large for the server");
        case 429: return about(errc::rate_limited, "the server asks for patience");
        // Nobody knows how far it got.
        case 502:
        case 504: return about(errc::timed_out, "a proxy got no answer of the server");
        case 408:
        case 503: return about(errc::unavailable, "the server has no time for us");
        default: break;
    }
    if (http_status >= 300 && http_status < 400)
        return about(errc::invalid_value, "the server is somewhere else; correct the address");
    return about(http_status >= 500 ? errc::timed_out : errc::malformed,
                 "what answered is no sync service");
}

/// What an answer asks for, in microseconds; a day at most.
[[nodiscard]] inline std::int64_t retry_after_in(const http::answer& got) {
    std::uint64_t seconds = 0;
    if (!http::detail::head_parser::read_number(got.field("Retry-After"), seconds)) return 0;
    return static_cast<std::int64_t>(std::min<std::uint64_t>(seconds, 86'400)) * 1'000'000;
}

}  // namespace detail

inline result<std::string> http_link::answer_of(result<http::answer> got) {
    retry_after_ = 0;
    if (!got) return got.error();
    retry_after_ = detail::retry_after_in(*got);
    if (got->field("Content-Type") == media_type) return std::move(got->body);
    return detail::refused_by_status(got->status);
}

}  // namespace syncfw
