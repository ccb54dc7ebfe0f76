// SPDX-License-Identifier: BSL-1.0
// Notices bytes that changed by accident (a disk, a memory, a program); it is no signature.
//
// Each step is a bijection of the state for a given word and of the word for a given state, and so
// is the way from each of the four lanes to the result. So a change of any one word of 8 bytes is
// always noticed, and anything else but once in 2^64. Not a CRC: one of 64 bits needs tables
// and takes a byte or a few at a time, one of 32 bits misses once in 2^32, and what makes either
// fast are instructions that differ from machine to machine. This is multiplications alone.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace syncfw::detail {

constexpr std::uint64_t checksum_step(std::uint64_t state, std::uint64_t word) noexcept {
    return std::rotl(state + word * 0xBF58'476D'1CE4'E5B9, 31) * 0x9E37'79B9'7F4A'7C15;
}

inline std::uint64_t checksum_word(const char* from, std::size_t size) noexcept {
    std::uint64_t word = 0;
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(&word, from, size);
    } else {
        for (std::size_t i = 0; i < size; ++i)
            word |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
    }
    return word;
}

// The seed chains one part to those before it.
[[nodiscard]] inline std::uint64_t checksum(std::string_view bytes, std::uint64_t seed) noexcept {
    // Four lanes, so that four multiplications are under way at a time.
    std::uint64_t lanes[4] = {seed, seed + 1, seed + 2, seed + 3};
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 32; left -= 32, at += 32)
        for (std::size_t i = 0; i < 4; ++i)
            lanes[i] = checksum_step(lanes[i], checksum_word(at + 8 * i, 8));
    for (std::size_t i = 0; left != 0; ++i) {
        const std::size_t size = left < 8 ? left : 8;
        lanes[i] = checksum_step(lanes[i], checksum_word(at, size));
        at += size;
        left -= size;
    }
    std::uint64_t all = checksum_step(lanes[0], bytes.size());
    for (std::size_t i = 1; i < 4; ++i) all = checksum_step(all, lanes[i]);
    all = (all ^ all >> 32) * 0x94D0'49BB'1331'11EB;
    return all ^ all >> 29;
}

}  // namespace syncfw::detail
