// SPDX-License-Identifier: BSL-1.0
// A connection that goes on after its request: Server-Sent Events for a plain GET.
#pragma once

#include <syncfw/transport/http/message.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::http {

struct stream_limits {
    std::size_t queue_bytes = 1 << 20;  ///< What waits for a peer that doesn't read,
    std::size_t queue_messages = 256;   ///< after which it is disconnected.
    std::int64_t beat_seconds = 30;     ///< Between two signs of life.
};

namespace detail {

/// What is spoken on such a connection. `send` and `close` may come from any thread.
class streaming {
  public:
    virtual ~streaming() = default;
    /// The answer's head, which begins it.
    [[nodiscard]] virtual std::string begin(const response& given) = 0;
    virtual void receive(std::string_view bytes) = 0;
    virtual bool send(std::string_view text) = 0;
    virtual void close(int code, std::string_view reason) = 0;
    virtual void tick(std::int64_t seconds) = 0;
    [[nodiscard]] virtual std::string take_output() = 0;
    [[nodiscard]] virtual bool is_ending() const = 0;

    std::atomic<bool> is_woken = false;  ///< Somebody is on the way to send what is queued.
};

class event_streaming final : public streaming {
  public:
    explicit event_streaming(const stream_limits& most) : most_(most) {}

    [[nodiscard]] std::string begin(const response& given) override {
        std::string head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\nConnection: close\r\n";
        given.fields.for_each([&](std::string_view name, std::string_view value) {
            head.append(name).append(": ").append(value).append("\r\n");
        });
        return head + "\r\n";
    }
    // A client of these has nothing to say.
    void receive(std::string_view) override {}
    bool send(std::string_view text) override {
        const std::lock_guard locked(lock_);
        if (is_ending_) return false;
        if (queue_.size() + text.size() > most_.queue_bytes || ++messages_ > most_.queue_messages) {
            is_ending_ = true;
            return false;
        }
        while (true) {
            const std::size_t end = text.find('\n');
            queue_.append("data: ").append(text.substr(0, end)).append("\n");
            if (end == std::string_view::npos) break;
            text.remove_prefix(end + 1);
        }
        queue_ += '\n';
        return true;
    }
    void close(int, std::string_view) override {
        const std::lock_guard locked(lock_);
        is_ending_ = true;
    }
    void tick(std::int64_t seconds) override {
        const std::lock_guard locked(lock_);
        if ((waited_ += seconds) < most_.beat_seconds || !queue_.empty()) return;
        waited_ = 0;
        queue_ += ":\n\n";
    }
    [[nodiscard]] std::string take_output() override {
        const std::lock_guard locked(lock_);
        messages_ = 0;
        return std::exchange(queue_, {});
    }
    [[nodiscard]] bool is_ending() const override {
        const std::lock_guard locked(lock_);
        return is_ending_;
    }

  private:
    stream_limits most_;
    mutable std::mutex lock_{};
    std::string queue_{};
    std::size_t messages_ = 0;
    std::int64_t waited_ = 0;
    bool is_ending_ = false;
};

/// What is spoken if the request becomes a stream; none where it can't become one.
[[nodiscard]] inline std::shared_ptr<streaming> streaming_of(const request& asked,
                                                             const stream_limits& most) {
    if (asked.head.method != "GET") return {};
    return std::make_shared<event_streaming>(most);
}

}  // namespace detail
}  // namespace syncfw::http
