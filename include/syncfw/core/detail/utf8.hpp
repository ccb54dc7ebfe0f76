// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace syncfw::detail {

inline constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080;
inline constexpr std::uint64_t low_bits = 0x0101'0101'0101'0101;

/// Sixteen bytes at once. As signed numbers ASCII is not negative, and NUL is not positive.
using byte_block = signed char __attribute__((vector_size(16)));
using word_pair = std::uint64_t __attribute__((vector_size(16)));

template <class Word>
[[nodiscard]] inline Word load_word(const char* from) noexcept {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

template <bool RefuseNul>
[[nodiscard]] inline byte_block plain_bytes(const char* from) noexcept {
    const auto block = load_word<byte_block>(from);
    return block > static_cast<signed char>(RefuseNul ? 0 : -1);
}

/// Not zero when one of the bytes is no ASCII, or (with `RefuseNul`) NUL: without borrows from
/// its neighbours, only a zero byte less one has its high bit set.
template <bool RefuseNul, class Word>
[[nodiscard]] constexpr Word odd_bytes(Word word) noexcept {
    if constexpr (RefuseNul) word |= word - static_cast<Word>(low_bits);
    return word & static_cast<Word>(high_bits);
}

/// Whether all bytes are plain ASCII. The last block overlaps the one before it, so that there
/// is no loop over a rest.
template <bool RefuseNul>
[[nodiscard]] inline bool is_plain(const char* first, std::size_t size) noexcept {
    const char* const last = first + size;
    if (size >= 16) {
        byte_block plain = plain_bytes<RefuseNul>(first) & plain_bytes<RefuseNul>(last - 16);
        for (first += 16; last - first > 16; first += 16) plain &= plain_bytes<RefuseNul>(first);
        const auto words = reinterpret_cast<word_pair>(plain);
        return (words[0] & words[1]) == UINT64_MAX;
    }
    if (size >= 8)
        return (odd_bytes<RefuseNul>(load_word<std::uint64_t>(first)) |
                odd_bytes<RefuseNul>(load_word<std::uint64_t>(last - 8))) == 0;
    if (size >= 4)
        return (odd_bytes<RefuseNul>(load_word<std::uint32_t>(first)) |
                odd_bytes<RefuseNul>(load_word<std::uint32_t>(last - 4))) == 0;
    unsigned odd = 0;
    for (; first != last; ++first)
        odd |= odd_bytes<RefuseNul>(unsigned{static_cast<unsigned char>(*first)});
    return (odd & 0x80) == 0;
}

/// The length of the valid sequence of two to four bytes that begins here, 0 when there is none.
/// The table is Unicode's 3-7: the second byte's range keeps out overlong forms, surrogates and
/// what is above U+10FFFF.
[[nodiscard]] inline std::size_t multibyte_size(const char* at, std::size_t room) noexcept {
    const auto byte = [at](std::size_t i) noexcept { return static_cast<unsigned char>(at[i]); };
    const auto continues = [&](std::size_t i) noexcept { return (byte(i) & 0xC0u) == 0x80u; };
    const unsigned lead = byte(0);
    if (lead < 0xC2 || lead > 0xF4 || room < 2) return 0;
    if (lead < 0xE0) return continues(1) ? 2 : 0;
    if (room < 3 || !continues(1) || !continues(2)) return 0;
    if (lead < 0xF0) {
        const bool is_overlong = lead == 0xE0 && byte(1) < 0xA0;
        const bool is_surrogate = lead == 0xED && byte(1) > 0x9F;
        return is_overlong || is_surrogate ? 0 : 3;
    }
    const bool is_overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool is_above = lead == 0xF4 && byte(1) > 0x8F;
    return room < 4 || !continues(3) || is_overlong || is_above ? 0 : 4;
}

template <bool RefuseNul>
[[nodiscard]] inline const char* find_odd_text(const char* first, const char* last) noexcept {
    while (first != last) {
        const auto room = static_cast<std::size_t>(last - first);
        const auto lead = static_cast<unsigned char>(*first);
        if (lead >= 0x80) {
            const std::size_t size = multibyte_size(first, room);
            if (size == 0) return first;
            first += size;
        } else if (room >= 8 && odd_bytes<RefuseNul>(load_word<std::uint64_t>(first)) == 0) {
            first += 8;
        } else if (RefuseNul && lead == 0) {
            return first;
        } else {
            ++first;
        }
    }
    return last;
}

/// The first byte of the first sequence that is not UTF-8 (RFC 3629), `last` when all is. NUL is
/// valid here.
[[nodiscard]] inline const char* find_invalid_utf8(const char* first, const char* last) noexcept {
    if (is_plain<false>(first, static_cast<std::size_t>(last - first))) return last;
    return find_odd_text<false>(first, last);
}

/// The same for a text field's value, where NUL is refused too: PostgreSQL can't keep it.
[[nodiscard]] inline const char* find_invalid_text(const char* first, const char* last) noexcept {
    if (is_plain<true>(first, static_cast<std::size_t>(last - first))) return last;
    return find_odd_text<true>(first, last);
}

[[nodiscard]] inline bool is_ascii(const char* first, const char* last) noexcept {
    return is_plain<false>(first, static_cast<std::size_t>(last - first));
}

/// How many code points a valid text has: its bytes less those that continue one.
[[nodiscard]] inline std::size_t count_code_points(const char* first, const char* last) noexcept {
    std::size_t count = static_cast<std::size_t>(last - first);
    for (; last - first >= 8; first += 8) {
        const auto word = load_word<std::uint64_t>(first);
        const std::uint64_t continuing = (word & ~(word << 1) & high_bits) >> 7;
        count -= static_cast<std::size_t>(continuing * low_bits >> 56);
    }
    for (; first != last; ++first)
        if ((static_cast<unsigned char>(*first) & 0xC0u) == 0x80u) --count;
    return count;
}

}  // namespace syncfw::detail
