// SPDX-License-Identifier: BSL-1.0
// A request as a handler sees it, and the answer that it gives.
#pragma once

#include <syncfw/core/error.hpp>
#include <syncfw/observe/detail/line_text.hpp>
#include <syncfw/transport/http/head.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::http {

struct request {
    request_head head{};
    std::string body{};
    std::string peer{};  ///< The address that it came from.
    /// What logs call it: its `X-Request-Id`, if that is a word, else a UUID of the server's start
    /// and a number.
    std::string id{};
    std::int64_t received_microseconds = 0;  ///< When it was whole, by a clock that never jumps.

    [[nodiscard]] std::string_view field(std::string_view name) const noexcept {
        return head.fields.get(name).value_or(std::string_view());
    }
};

/// A connection that goes on: whoever holds it may send from any thread, until the peer has gone.
class stream {
  public:
    virtual ~stream() = default;
    /// Queues one message; false where the peer has gone, or doesn't read what it is sent.
    virtual bool send(std::string_view text) = 0;
    /// False where a good part of what may wait for the peer does: who can send the rest later
    /// should, for a peer who has too much to read is let go.
    [[nodiscard]] virtual bool has_room() { return true; }
    /// Says goodbye, with a code of WebSocket's: 1000 where all is well.
    virtual void close(int code, std::string_view reason) = 0;
};

/// What a handler does with a stream once it is open. What it gives is kept as long as the stream
/// is: a subscription that ends with it.
using stream_start = std::function<std::shared_ptr<void>(const std::shared_ptr<stream>&)>;

struct response {
    int status = 200;
    std::string body{};
    std::string content_type = "application/json";
    http::fields fields{};
    stream_start goes_on{};                 ///< Given: a GET is answered by a stream, and no body.
    std::int64_t ends_at_microseconds = 0;  ///< When such a stream is closed, as of the epoch.
};

/// `404` in words.
[[nodiscard]] constexpr std::string_view words_of(int status) noexcept {
    switch (status) {
        case 101: return "Switching Protocols";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 426: return "Upgrade Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return "Status";
    }
}

/// The word that programs branch on.
[[nodiscard]] constexpr std::string_view code_of(int status) noexcept {
    switch (status) {
        case 400: return "VALIDATION_ERROR";
        case 401: return "UNAUTHORIZED";
        case 403: return "FORBIDDEN";
        case 404: return "NOT_FOUND";
        case 405: return "METHOD_NOT_ALLOWED";
        case 409: return "CONFLICT_DETECTED";
        case 410: return "RESYNCHRONISE";
        case 413: return "PAYLOAD_TOO_LARGE";
        case 415: return "UNSUPPORTED_MEDIA_TYPE";
        case 429: return "RATE_LIMITED";
        case 500: return "SYNC_FAILED";
        case 502: return "PEER_UNAVAILABLE";
        case 503:
        case 504: return "UNAVAILABLE";
        default: return "BAD_REQUEST";
    }
}

/// `{"success":false,"error":{"code":…,"message":…,"field":…}}`
[[nodiscard]] response error_response(int status, std::string_view message,
                                      std::string_view field = {}, std::string_view code = {});

/// What the other side is told of an error. What is the server's own business is not: no cause,
/// and nothing of a failure inside but that there was one.
[[nodiscard]] error told_of(error why);

/// The answer that tells of it.
[[nodiscard]] response error_response(const error& why);

// --- how it is done ------------------------------------------------------------------------------

inline response error_response(int status, std::string_view message, std::string_view field,
                               std::string_view code) {
    response answer{.status = status};
    answer.body = R"({"success":false,"error":{"code":)";
    syncfw::detail::append_text(answer.body, code.empty() ? code_of(status) : code);
    answer.body += ",\"message\":";
    syncfw::detail::append_text(answer.body, message);
    if (!field.empty()) {
        answer.body += ",\"field\":";
        syncfw::detail::append_text(answer.body, field);
    }
    answer.body += "}}";
    return answer;
}

inline error told_of(error why) {
    const error_description& known = describe(why.code);
    if (known.http_status >= 500) why = {.code = why.code};
    if (why.message.empty()) why.message = known.meaning;
    why.cause.clear();
    return why;
}

inline response error_response(const error& why) {
    const error told = told_of(why);
    const int status = describe(told.code).http_status;
    const std::string_view code =
        told.code == errc::already_running ? "ALREADY_RUNNING" : std::string_view();
    response answer = error_response(status, told.message, told.field, code);
    if (status == 429 || status == 503) answer.fields.add("Retry-After", "1");
    return answer;
}

}  // namespace syncfw::http
