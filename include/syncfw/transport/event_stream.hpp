// SPDX-License-Identifier: BSL-1.0
// Server-Sent Events (the HTML standard's `text/event-stream`): events over an answer of HTTP that
// never ends, for whoever can't have a WebSocket.
//
//     syncfw::buffer out;
//     append_event(out, {.type = "poke", .id = "17"});     // the server
//     append_heartbeat(out);                               // when nothing was said for a while
//
//     event_stream_decoder events;                         // the client
//     events.feed(bytes);
//     for (auto each = events.next(); each && *each; each = events.next()) handle(**each);
//     reconnect_after(events.retry_microseconds(), events.last_id());
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/config.hpp>
#include <syncfw/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace syncfw {

struct stream_event {
    std::string_view type{};  ///< Empty for an ordinary one, which browsers call `message`.
    std::string_view id{};    ///< Of this event, or the last one that had any.
    std::string_view data{};  ///< Lines end with LF.

    friend bool operator==(const stream_event&, const stream_event&) = default;
};

/// Appends one event. CR and CRLF in the data become LF. Fails with `errc::invalid_value` and
/// appends nothing where the type or the id has a line's end or a NUL, as what follows would be
/// read as another field, and where something isn't UTF-8.
[[nodiscard]] result<void> append_event(buffer& out, const stream_event& event);

/// Appends a comment, which keeps proxies from cutting a silent connection.
void append_heartbeat(buffer& out);

/// Appends how long a client is to wait before it connects again.
void append_retry(buffer& out, std::int64_t milliseconds);

struct event_stream_limits {
    std::size_t line_bytes_max = 64 << 10;
    std::size_t event_bytes_max = 1 << 20;  ///< Of one event's data.
    std::int64_t retry_microseconds_min = 500'000;
    std::int64_t retry_microseconds_max = 60'000'000;
};

class event_stream_decoder {
  public:
    explicit event_stream_decoder(event_stream_limits limits = {},
                                  std::int64_t retry_microseconds = 3'000'000)
        : limits_(limits) {
        set_retry(retry_microseconds);
    }

    /// What came. The bytes must stay as they are until `next` gives none or fails.
    void feed(std::string_view bytes) {
        SYNCFW_ASSERT(input_.empty(), "take all events before more bytes are fed");
        if (!failed_) input_ = bytes;
    }

    /// The next event, none when all bytes are used up; it stays until the next call. Fails with
    /// `errc::too_large`, and with `errc::malformed` for what isn't UTF-8, and for ever then. An
    /// event that the stream's end cuts is none.
    [[nodiscard]] result<std::optional<stream_event>> next();

    /// For the field `Last-Event-ID` of the next connection.
    [[nodiscard]] const std::string& last_id() const noexcept { return last_id_; }
    /// How long to wait before it: what the server wished for, within the limits.
    [[nodiscard]] std::int64_t retry_microseconds() const noexcept { return retry_; }

    /// How much memory it holds.
    [[nodiscard]] std::size_t memory() const noexcept {
        return sizeof *this + line_.capacity() + data_.capacity() + type_.capacity() +
               last_id_.capacity() + (id_ ? id_->capacity() : 0);
    }

    /// Forgets what was cut, for a new connection. The id and the wait stay.
    void restart();

  private:
    [[nodiscard]] bool take_line();
    [[nodiscard]] bool append_to_line(std::string_view piece);
    [[nodiscard]] bool take_field();
    [[nodiscard]] bool append_to_data(std::string_view value);
    void take_retry(std::string_view value) noexcept;
    [[nodiscard]] std::optional<stream_event> end_event();
    [[nodiscard]] bool fail(errc code, std::string message);
    void set_retry(std::int64_t microseconds) noexcept;

    event_stream_limits limits_;
    std::string_view input_{};
    std::optional<error> failed_{};

    std::string line_{};
    bool is_first_line_ = true;   ///< Which may begin with a byte order mark.
    bool may_skip_feed_ = false;  ///< The line ended by CR: a LF belongs to it.
    bool is_line_whole_ = false;

    std::string type_{};
    std::string data_{};
    std::optional<std::string> id_{};
    bool has_data_ = false;
    bool is_given_ = false;  ///< The event was given, and goes with the next call.
    std::string last_id_{};
    std::int64_t retry_ = 0;
};

}  // namespace syncfw

#include <syncfw/transport/detail/event_stream_lines.hpp>
