// SPDX-License-Identifier: BSL-1.0
// Bytes of a WebSocket to what they say. It opens no socket and reads no clock.
//
//     websocket_decoder decoder(websocket_role::server);
//     decoder.feed(bytes, now);
//     while (auto event = decoder.next()) {
//         if (event->kind == websocket_event_kind::text) take(event->payload);
//         ...
//     }
//
// It is as strict as RFC 6455: what the standard forbids ends the connection, at the first byte
// that shows it. Whatever comes, it keeps no more than one message and the head of one frame.
#pragma once

#include <syncfw/config.hpp>
#include <syncfw/core/detail/algorithm.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/transport/detail/utf8_stream.hpp>
#include <syncfw/transport/websocket/frame.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

struct websocket_limits {
    std::size_t message_bytes_max = 1 << 20;
    std::size_t fragments_max = 1'024;  ///< Of one message.
};

enum class websocket_event_kind : unsigned char {
    text,    ///< A whole message, UTF-8.
    binary,  ///< A whole message.
    ping,    ///< To be answered by a pong with the same payload.
    pong,
    close,   ///< The other side ends it: `code`, and the reason as payload.
    broken,  ///< It broke the rules: to be closed with `code`; the payload says which rule.
};

/// The payload stays until the decoder's next call.
struct websocket_event {
    websocket_event_kind kind = websocket_event_kind::text;
    std::string_view payload{};
    websocket_code code = websocket_code::none;
};

class websocket_decoder {
  public:
    /// How many pings and pongs may come in any second.
    static constexpr std::size_t pings_a_second_max = 10;

    explicit websocket_decoder(websocket_role role, websocket_limits limits = {})
        : role_(role), limits_(limits) {}

    /// What came, and when. The bytes must stay as they are until `next` gives none, and only then
    /// may more come. Of the time only differences count; a steady clock's is best.
    void feed(std::string_view bytes, timestamp now) {
        SYNCFW_ASSERT(input_.empty(), "take all events before more bytes are fed");
        if (!is_over()) input_ = bytes;
        now_ = now;
    }

    /// The next event, none when all bytes are used up. Behind `close` and `broken` nothing comes
    /// any more: further bytes are dropped unseen.
    [[nodiscard]] std::optional<websocket_event> next();

    [[nodiscard]] bool is_over() const noexcept { return step_ == step::over; }
    /// Whether a frame or a message has begun that did not end yet.
    [[nodiscard]] bool is_within_message() const noexcept {
        return fragments_ != 0 || head_size_ != 0;
    }
    /// How much memory it holds.
    [[nodiscard]] std::size_t memory() const noexcept { return sizeof *this + message_.capacity(); }

  private:
    enum class step : unsigned char { head, payload, over };
    using event = std::optional<websocket_event>;

    [[nodiscard]] bool take_head();
    [[nodiscard]] const char* flaw_of_first_bytes() const noexcept;
    [[nodiscard]] std::size_t head_bytes_wanted() const noexcept;
    [[nodiscard]] event begin_payload();
    [[nodiscard]] event take_payload();
    [[nodiscard]] bool append_to_message(std::string_view masked);
    [[nodiscard]] event end_frame();
    [[nodiscard]] event end_control();
    [[nodiscard]] event end_close();
    [[nodiscard]] bool is_too_often() noexcept;

    [[nodiscard]] event broken(websocket_code code, std::string_view why) {
        step_ = step::over;
        input_ = {};
        std::string().swap(message_);
        return websocket_event{websocket_event_kind::broken, why, code};
    }
    [[nodiscard]] event break_of_protocol(std::string_view why) {
        return broken(websocket_code::protocol_error, why);
    }

    [[nodiscard]] unsigned head_byte(std::size_t i) const noexcept { return head_[i]; }
    [[nodiscard]] bool is_last() const noexcept { return (head_byte(0) & 0x80u) != 0; }
    [[nodiscard]] bool is_masked() const noexcept { return (head_byte(1) & 0x80u) != 0; }
    [[nodiscard]] websocket_opcode opcode() const noexcept {
        return static_cast<websocket_opcode>(head_byte(0) & 0x0F);
    }
    [[nodiscard]] std::string_view control() const noexcept {
        return {control_.data(), control_size_};
    }

    websocket_role role_;
    websocket_limits limits_;
    std::string_view input_{};
    timestamp now_{};
    step step_ = step::head;

    // The frame.
    std::array<unsigned char, detail::websocket_head_bytes_max> head_{};
    std::size_t head_size_ = 0;
    std::uint64_t left_ = 0;  ///< Of the payload.
    detail::websocket_mask mask_{};
    std::array<char, websocket_control_bytes_max> control_{};
    std::size_t control_size_ = 0;

    // The message, in whose midst control frames may stand.
    std::string message_{};
    websocket_opcode message_is_ = websocket_opcode::text;
    std::size_t fragments_ = 0;  ///< 0: there is none.
    bool is_given_ = false;      ///< The message was given, and goes with the next call.
    detail::utf8_stream text_{};

    std::array<timestamp, pings_a_second_max> pings_{};  ///< A ring: when the last ones came.
    std::size_t pings_seen_ = 0;
};

}  // namespace syncfw

#include <syncfw/transport/detail/websocket_decoding.hpp>
