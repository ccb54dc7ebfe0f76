// SPDX-License-Identifier: BSL-1.0
// A connection that goes on after its request: a WebSocket where the client asked for one,
// Server-Sent Events for a plain GET.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/transport/event_stream.hpp>
#include <syncfw/transport/http/detail/date.hpp>
#include <syncfw/transport/http/message.hpp>
#include <syncfw/transport/websocket.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::http {

struct stream_limits {
    std::size_t queue_bytes = 1 << 20;  ///< What waits for a peer that doesn't read,
    std::size_t queue_messages = 256;   ///< after which it is disconnected.
    std::int64_t beat_seconds = 30;     ///< Between two signs of life.

    /// Who wants none gives as many seconds as there are numbers.
    [[nodiscard]] constexpr std::int64_t beat_microseconds() const noexcept {
        constexpr std::int64_t years = 1'000'000'000;
        return std::min(beat_seconds, years) * 1'000'000;
    }
    /// Where so much waits, as much again fits.
    [[nodiscard]] constexpr bool has_room(std::size_t bytes, std::size_t messages) const noexcept {
        return bytes <= queue_bytes / 2 && messages <= queue_messages / 2;
    }
};

namespace detail {

/// What is spoken on such a connection. `send` and `close` may come from any thread. The time is
/// of a clock that never jumps.
class streaming {
  public:
    virtual ~streaming() = default;
    /// The answer's head, which begins it.
    [[nodiscard]] virtual std::string begin(const response& given) = 0;
    virtual void receive(std::string_view bytes, timestamp now) = 0;
    virtual bool send(std::string_view text) = 0;
    [[nodiscard]] virtual bool has_room() = 0;
    virtual void close(int code, std::string_view reason) = 0;
    virtual void tick(timestamp now) = 0;
    [[nodiscard]] virtual std::string take_output() = 0;
    [[nodiscard]] virtual bool is_ending() = 0;

  protected:
    static void add_fields(std::string& head, const response& given) {
        given.fields.for_each([&](std::string_view name, std::string_view value) {
            head.append(name).append(": ").append(value).append("\r\n");
        });
        head += "\r\n";
    }
};

class event_streaming final : public streaming {
  public:
    event_streaming(const stream_limits& most, timestamp now) : most_(most), said_(now) {}

    [[nodiscard]] std::string begin(const response& given) override {
        std::string head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\nConnection: close\r\nDate: ";
        head.append(date_now()) += "\r\n";
        add_fields(head, given);
        return head;
    }
    // A client of these has nothing to say.
    void receive(std::string_view, timestamp) override {}
    bool send(std::string_view text) override {
        const std::lock_guard locked(lock_);
        if (is_ending_ || !append_event(queue_, {.data = text})) return false;
        is_ending_ = queue_.size() > most_.queue_bytes || ++messages_ > most_.queue_messages;
        return !is_ending_;
    }
    [[nodiscard]] bool has_room() override {
        const std::lock_guard locked(lock_);
        return is_ending_ || most_.has_room(queue_.size(), messages_);
    }
    void close(int, std::string_view) override {
        const std::lock_guard locked(lock_);
        is_ending_ = true;
    }
    void tick(timestamp now) override {
        const std::lock_guard locked(lock_);
        if (microseconds_between(said_, now) < most_.beat_microseconds()) return;
        said_ = now;
        if (queue_.empty()) append_heartbeat(queue_);
    }
    [[nodiscard]] std::string take_output() override {
        const std::lock_guard locked(lock_);
        messages_ = 0;
        std::string out(queue_.view());
        queue_ = {};  // An idle stream holds no memory.
        return out;
    }
    [[nodiscard]] bool is_ending() override {
        const std::lock_guard locked(lock_);
        return is_ending_;
    }

  private:
    stream_limits most_;
    std::mutex lock_{};
    buffer queue_{};
    std::size_t messages_ = 0;
    timestamp said_;
    bool is_ending_ = false;
};

class websocket_streaming final : public streaming {
  public:
    websocket_streaming(const stream_limits& most, std::string accept, timestamp now)
        : most_(most),
          accept_(std::move(accept)),
          peer_(websocket_role::server, now,
                {.limits = {},
                 .queue_bytes_max = most.queue_bytes,
                 .queue_messages_max = most.queue_messages,
                 .ping_after_microseconds = most.beat_microseconds()}) {}

    [[nodiscard]] std::string begin(const response& given) override {
        std::string head =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: " +
            std::exchange(accept_, {}) + "\r\n";
        add_fields(head, given);
        return head;
    }
    // What a client says is read, for its pings and its goodbye; nobody here waits for more.
    void receive(std::string_view bytes, timestamp now) override {
        const std::lock_guard locked(lock_);
        peer_.feed(bytes, now);
        while (peer_.next()) {
        }
    }
    bool send(std::string_view text) override {
        const std::lock_guard locked(lock_);
        const websocket_sent done = peer_.send_once(text);
        return done == websocket_sent::queued || done == websocket_sent::already_queued;
    }
    [[nodiscard]] bool has_room() override {
        const std::lock_guard locked(lock_);
        return !peer_.is_open() || most_.has_room(peer_.queued_bytes(), peer_.queued_messages());
    }
    void close(int code, std::string_view reason) override {
        const std::lock_guard locked(lock_);
        peer_.close(static_cast<websocket_code>(code), reason);
    }
    void tick(timestamp now) override {
        const std::lock_guard locked(lock_);
        peer_.tick(now);
    }
    [[nodiscard]] std::string take_output() override {
        const std::lock_guard locked(lock_);
        std::string out(peer_.output());
        if (!out.empty()) peer_.written(out.size());
        return out;
    }
    [[nodiscard]] bool is_ending() override {
        const std::lock_guard locked(lock_);
        return peer_.is_over();
    }

  private:
    stream_limits most_;
    std::mutex lock_{};
    std::string accept_;
    websocket_peer peer_;
};

/// What a request's stream would be, found out before the request is given away.
class stream_offer {
  public:
    explicit stream_offer(const request& asked)
        : is_get_(asked.head.method == "GET"), is_head_(asked.head.method == "HEAD") {
        const http::fields& all = asked.head.fields;
        // HTTP/1.0 knows no upgrades.
        if (!is_get_ || asked.head.minor_version == 0 || !all.lists("Connection", "upgrade") ||
            !all.lists("Upgrade", "websocket"))
            return;
        // What begins on another site's page has no business here.
        const std::string_view origin = asked.field("Origin");
        const std::size_t host = origin.find("://");
        if (!origin.empty() &&
            (host == origin.npos || origin.substr(host + 3) != asked.field("Host")))
            accept_ = error{.code = errc::forbidden, .message = "another site's page asks"};
        else if (all.count("Sec-WebSocket-Key") != 1 || all.count("Sec-WebSocket-Version") != 1)
            accept_ = error{.code = errc::malformed, .message = "this is no WebSocket handshake"};
        else
            accept_ = accept_websocket({.upgrade = "websocket",
                                        .connection = "upgrade",
                                        .version = asked.field("Sec-WebSocket-Version"),
                                        .key = asked.field("Sec-WebSocket-Key")});
    }

    /// The protocol, or the answer to who can't have one.
    [[nodiscard]] std::shared_ptr<streaming> begin(const stream_limits& most, timestamp now,
                                                   response& refused) const {
        if (is_head_) {
            refused = {.content_type = "text/event-stream"};
            return {};
        }
        if (!is_get_) {
            refused = error_response(405, "a stream is asked for by GET");
            refused.fields.add("Allow", "GET, HEAD");
            return {};
        }
        if (!accept_) return std::make_shared<event_streaming>(most, now);
        if (*accept_) return std::make_shared<websocket_streaming>(most, **accept_, now);
        if (accept_->error().code == errc::unsupported_format) {
            refused = error_response(426, "WebSocket's version here is 13");
            refused.fields.add("Connection", "Upgrade");
            refused.fields.add("Upgrade", "websocket");
            refused.fields.add("Sec-WebSocket-Version", "13");
        } else {
            refused = error_response(accept_->error());
        }
        return {};
    }

  private:
    bool is_get_;
    bool is_head_;
    std::optional<result<std::string>> accept_{};
};

}  // namespace detail
}  // namespace syncfw::http
