// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace syncfw::detail {

inline constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::size_t base64_size(std::size_t bytes) {
    return (bytes + 2) / 3 * 4;
}

// Standard alphabet, padded (RFC 4648 part 4). Writes base64_size(size) characters.
inline char* write_base64(char* out, const unsigned char* from, std::size_t size) {
    const auto byte = [&](std::size_t i) { return unsigned{from[i]}; };
    for (; size >= 3; from += 3, size -= 3) {
        const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (int shift = 18; shift >= 0; shift -= 6) *out++ = base64_digits[group >> shift & 63];
    }
    if (size == 0) return out;
    const unsigned group = byte(0) << 16 | (size == 2 ? byte(1) << 8 : 0u);
    *out++ = base64_digits[group >> 18 & 63];
    *out++ = base64_digits[group >> 12 & 63];
    *out++ = size == 2 ? base64_digits[group >> 6 & 63] : '=';
    *out++ = '=';
    return out;
}

inline constexpr std::uint8_t no_base64_digit = 0xFF;
inline constexpr auto base64_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_base64_digit);
    for (std::size_t i = 0; i < base64_digits.size(); ++i)
        values[static_cast<unsigned char>(base64_digits[i])] = static_cast<std::uint8_t>(i);
    return values;
}();

// Appends the bytes to `out`. False for anything that write_base64 would not write: no other
// alphabet, no missing padding, no bits left over, so that each content has one text.
template <class Bytes>
[[nodiscard]] bool read_base64(std::string_view text, Bytes& out) {
    using byte = typename Bytes::value_type;
    if (text.size() % 4 != 0) return false;
    out.reserve(out.size() + text.size() / 4 * 3);
    for (std::size_t at = 0; at < text.size(); at += 4) {
        const bool is_last = at + 4 == text.size();
        std::size_t padding = 0;
        if (is_last) padding = text[at + 3] != '=' ? 0 : text[at + 2] != '=' ? 1 : 2;
        unsigned group = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            unsigned digit = 0;
            if (i < 4 - padding) {
                digit = base64_values[static_cast<unsigned char>(text[at + i])];
                if (digit == no_base64_digit) return false;
            }
            group = group << 6 | digit;
        }
        if ((padding == 1 && (group & 0xFF) != 0) || (padding == 2 && (group & 0xFFFF) != 0))
            return false;
        out.push_back(static_cast<byte>(group >> 16 & 0xFF));
        if (padding < 2) out.push_back(static_cast<byte>(group >> 8 & 0xFF));
        if (padding < 1) out.push_back(static_cast<byte>(group & 0xFF));
    }
    return true;
}

}  // namespace syncfw::detail
