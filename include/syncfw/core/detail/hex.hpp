// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace syncfw::detail {

/// The two digits of every byte: 512 characters, so that writing copies instead of computing.
inline constexpr std::array<char, 512> hex_pairs = [] {
    std::array<char, 512> table{};
    constexpr char digits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < 256; ++i) {
        table[2 * i] = digits[i >> 4];
        table[2 * i + 1] = digits[i & 15];
    }
    return table;
}();

/// The value of each hexadecimal digit; everything else has bits above the lower four.
inline constexpr std::array<std::uint8_t, 256> hex_values = [] {
    std::array<std::uint8_t, 256> table{};
    for (std::size_t i = 0; i < 256; ++i) table[i] = 0xFF;
    for (std::uint8_t i = 0; i < 10; ++i) table['0' + std::size_t{i}] = i;
    for (std::uint8_t i = 0; i < 6; ++i) {
        table['a' + std::size_t{i}] = static_cast<std::uint8_t>(10 + i);
        table['A' + std::size_t{i}] = static_cast<std::uint8_t>(10 + i);
    }
    return table;
}();

[[nodiscard]] constexpr std::uint8_t hex_value(char digit) noexcept {
    return hex_values[static_cast<unsigned char>(digit)];
}

constexpr char* write_hex(char* out, std::uint8_t byte) noexcept {
    const char* const pair = &hex_pairs[std::size_t{byte} * 2];
    if (std::is_constant_evaluated()) {
        out[0] = pair[0];
        out[1] = pair[1];
    } else {
        std::memcpy(out, pair, 2);
    }
    return out + 2;
}

/// Sixteen digits at a time, eight in each lane, the first in the lowest byte.
using hex_lanes = std::uint64_t __attribute__((vector_size(16)));
inline constexpr std::uint64_t every_byte = 0x0101'0101'0101'0101;

/// The high bit of each byte: whether it is a digit.
[[nodiscard]] inline hex_lanes hex_digits_in(hex_lanes text) noexcept {
    const hex_lanes low = text & every_byte * 0x7F;
    const hex_lanes letter = low | every_byte * 0x20;
    const hex_lanes is_decimal = (low + every_byte * (0x80 - '0')) & ~(low + every_byte * 0x46);
    const hex_lanes is_letter =
        (letter + every_byte * (0x80 - 'a')) & ~(letter + every_byte * 0x19);
    return (is_decimal | is_letter) & ~text & every_byte * 0x80;
}

/// The four bytes that each lane's digits say, in the lane's lower half.
[[nodiscard]] inline hex_lanes hex_bytes_of(hex_lanes text) noexcept {
    hex_lanes value = (text & every_byte * 0x0F) + (text >> 6 & every_byte) * 9;
    value = (value << 4 | value >> 8) & 0x00FF'00FF'00FF'00FF;
    value = (value | value >> 8) & 0x0000'FFFF'0000'FFFF;
    return value | value >> 16;
}

}  // namespace syncfw::detail
