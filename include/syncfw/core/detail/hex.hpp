// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

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
    out[0] = hex_pairs[std::size_t{byte} * 2];
    out[1] = hex_pairs[std::size_t{byte} * 2 + 1];
    return out + 2;
}

}  // namespace syncfw::detail
