// SPDX-License-Identifier: BSL-1.0
// Bytes as people read them, and bytes with mistakes.
#pragma once

#include <rapidcheck.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tests {

/// `01 0A FF`
inline std::string to_hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (!text.empty()) text += ' ';
        text += digits[byte >> 4];
        text += digits[byte & 0x0F];
    }
    return text;
}

/// The other way; blanks don't count.
inline std::string from_hex(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string bytes;
    std::size_t count = 0;
    unsigned byte = 0;
    for (const char c : text) {
        if (c == ' ' || c == '\n') continue;
        byte = byte << 4 | static_cast<unsigned>(digits.find(c));
        if (++count % 2 == 0) bytes += static_cast<char>(byte & 0xFF);
    }
    return bytes;
}

/// The bytes with one to three mistakes: changed, left out, put in, doubled, cut off.
inline std::string with_mistakes(std::string bytes) {
    for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
        const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size() + 1);
        const auto byte = static_cast<char>(*rc::gen::weightedOneOf<std::uint8_t>(
            {{1, rc::gen::arbitrary<std::uint8_t>()},
             {1, rc::gen::element<std::uint8_t>(0, 1, 0x7F, 0x80, 0xFF)}}));
        switch (*rc::gen::inRange(0, 6)) {
            case 0: bytes.insert(at, 1, byte); break;
            case 1:
                if (at < bytes.size()) bytes.erase(at, 1);
                break;
            case 2: bytes.insert(at, bytes.substr(at / 2, at - at / 2)); break;
            case 3: bytes.resize(at); break;
            default:
                if (at < bytes.size()) bytes[at] = byte;
        }
    }
    return bytes;
}

}  // namespace tests
