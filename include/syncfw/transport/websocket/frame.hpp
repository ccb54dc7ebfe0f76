// SPDX-License-Identifier: BSL-1.0
// The words of WebSocket (RFC 6455), and how a frame is written.
//
//     syncfw::buffer out;
//     append_frame(out, websocket_opcode::text, "hello");                // a server
//     append_frame(out, websocket_opcode::text, "hello", draw_mask());   // a client
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace syncfw {

/// Which side of the connection this is. Clients mask what they send, servers don't.
enum class websocket_role : unsigned char { server, client };

enum class websocket_opcode : unsigned char {
    continuation = 0x0,
    text = 0x1,
    binary = 0x2,
    close = 0x8,
    ping = 0x9,
    pong = 0xA,
};

/// Why a connection ends. Others than these may come; programs use 4000 to 4999.
enum class websocket_code : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    unsupported_data = 1003,
    none = 1005,      ///< The other side gave no reason. Never sent.
    abnormal = 1006,  ///< It just went away. Never sent.
    bad_text = 1007,
    policy_violation = 1008,
    too_large = 1009,
    internal_error = 1011,
    try_again_later = 1013,
    unauthorized = 4401,  ///< The token ran out.
};

/// Whether a close frame may carry the code.
[[nodiscard]] constexpr bool is_sendable(websocket_code code) noexcept {
    const auto number = static_cast<std::uint16_t>(code);
    if (number >= 3000 && number <= 4999) return true;
    return number >= 1000 && number <= 1014 && (number < 1004 || number > 1006);
}

[[nodiscard]] constexpr bool is_control(websocket_opcode opcode) noexcept {
    return (static_cast<unsigned>(opcode) & 0x8) != 0;
}

inline constexpr std::size_t websocket_control_bytes_max = 125;
inline constexpr std::size_t websocket_reason_bytes_max = websocket_control_bytes_max - 2;

enum class websocket_part : unsigned char { more_follows, last };

/// Appends one frame. A mask is 32 random bits, new ones for each frame; the standard wants that
/// nobody can foresee them. A control frame carries 125 bytes at most and is always the last part.
inline void append_frame(buffer& out, websocket_opcode opcode, std::string_view payload,
                         std::optional<std::uint32_t> mask = {},
                         websocket_part part = websocket_part::last);

/// Appends a close frame; `none` is one without a code. A longer reason than 123 bytes is cut.
inline void append_close_frame(buffer& out, websocket_code code, std::string_view reason = {},
                               std::optional<std::uint32_t> mask = {});

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

inline constexpr std::size_t websocket_head_bytes_max = 14;

/// A mask as it stands in the frame, and the place of the payload's next byte in it.
class websocket_mask {
  public:
    websocket_mask() = default;
    /// The most significant byte comes first.
    explicit websocket_mask(std::uint32_t bits) noexcept {
        for (std::size_t i = 0; i < 4; ++i)
            bytes_[i] = static_cast<unsigned char>(bits >> (24 - 8 * i) & 0xFF);
    }
    explicit websocket_mask(const unsigned char* bytes) noexcept { std::memcpy(bytes_, bytes, 4); }

    [[nodiscard]] const unsigned char* bytes() const noexcept { return bytes_; }

    /// Masks or unmasks the next bytes of the payload from one place to another.
    void apply(const char* from, char* to, std::size_t size) noexcept {
        unsigned char turned[8];
        for (std::size_t i = 0; i < 8; ++i) turned[i] = bytes_[(at_ + i) % 4];
        std::uint64_t pattern = 0;
        std::memcpy(&pattern, turned, 8);
        std::size_t done = 0;
        for (; size - done >= 8; done += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, from + done, 8);
            word ^= pattern;
            std::memcpy(to + done, &word, 8);
        }
        for (; done < size; ++done)
            to[done] = static_cast<char>(static_cast<unsigned char>(from[done]) ^ turned[done % 8]);
        at_ = (at_ + size) % 4;
    }

  private:
    unsigned char bytes_[4] = {};
    std::size_t at_ = 0;
};

/// Writes the head without its mask, and returns its end.
[[nodiscard]] inline char* write_websocket_head(char* to, unsigned first, std::uint64_t size,
                                                bool is_masked) noexcept {
    const auto put = [&to](std::uint64_t byte) { *to++ = static_cast<char>(byte & 0xFF); };
    const unsigned masked = is_masked ? 0x80 : 0;
    put(first);
    int rest = 0;  // How many bytes of the size follow, the most significant one first.
    if (size <= 125) {
        put(masked | size);
    } else if (size <= 0xFFFF) {
        put(masked | 126u);
        rest = 2;
    } else {
        put(masked | 127u);
        rest = 8;
    }
    while (rest-- > 0) put(size >> (8 * rest));
    return to;
}

/// The start of a text, no longer than that, and whole characters.
[[nodiscard]] inline std::string_view cut_text(std::string_view text, std::size_t most) noexcept {
    if (text.size() <= most) return text;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0u) == 0x80u) --most;
    return text.substr(0, most);
}

}  // namespace detail

inline void append_frame(buffer& out, websocket_opcode opcode, std::string_view payload,
                         std::optional<std::uint32_t> mask, websocket_part part) {
    const bool is_last = part == websocket_part::last;
    SYNCFW_ASSERT(!is_control(opcode) || (is_last && payload.size() <= websocket_control_bytes_max),
                  "a control frame has 125 bytes at most, and one part");
    char* to = out.room(detail::websocket_head_bytes_max + payload.size());
    const unsigned first = static_cast<unsigned>(opcode) | (is_last ? 0x80u : 0u);
    to = detail::write_websocket_head(to, first, payload.size(), mask.has_value());
    if (mask) {
        detail::websocket_mask masking(*mask);
        std::memcpy(to, masking.bytes(), 4);
        masking.apply(payload.data(), to + 4, payload.size());
        to += 4;
    } else if (!payload.empty()) {
        std::memcpy(to, payload.data(), payload.size());
    }
    out.set_end(to + payload.size());
}

inline void append_close_frame(buffer& out, websocket_code code, std::string_view reason,
                               std::optional<std::uint32_t> mask) {
    if (code == websocket_code::none) return append_frame(out, websocket_opcode::close, {}, mask);
    SYNCFW_ASSERT(is_sendable(code), "a close frame can't carry this code");
    const auto number = static_cast<std::uint16_t>(code);
    char payload[websocket_control_bytes_max];
    payload[0] = static_cast<char>(number >> 8);
    payload[1] = static_cast<char>(number & 0xFF);
    reason = detail::cut_text(reason, websocket_reason_bytes_max);
    if (!reason.empty()) std::memcpy(payload + 2, reason.data(), reason.size());
    append_frame(out, websocket_opcode::close, {payload, 2 + reason.size()}, mask);
}

}  // namespace syncfw
