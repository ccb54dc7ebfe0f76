// SPDX-License-Identifier: BSL-1.0
// SHA-1, for the handshake of WebSocket alone. There it is no protection, only a proof that the
// other side has read the standard. It is broken: use it for nothing else.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace syncfw::detail {

using sha1_digest = std::array<unsigned char, 20>;
using sha1_state = std::array<std::uint32_t, 5>;

/// Mixes one block of 64 bytes in, `byte(0)` to `byte(63)`.
template <class Byte>
constexpr void mix_sha1(sha1_state& state, Byte&& byte) {
    std::array<std::uint32_t, 80> words{};
    for (std::size_t i = 0; i < 16; ++i)
        for (std::size_t j = 0; j < 4; ++j)
            words[i] = words[i] << 8 | std::uint32_t{byte(4 * i + j)};
    for (std::size_t i = 16; i < 80; ++i)
        words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    auto [a, b, c, d, e] = state;
    for (std::size_t i = 0; i < 80; ++i) {
        std::uint32_t mixed = 0;
        if (i < 20)
            mixed = ((b & c) | (~b & d)) + 0x5A82'7999u;
        else if (i < 40)
            mixed = (b ^ c ^ d) + 0x6ED9'EBA1u;
        else if (i < 60)
            mixed = ((b & c) | (b & d) | (c & d)) + 0x8F1B'BCDCu;
        else
            mixed = (b ^ c ^ d) + 0xCA62'C1D6u;
        mixed += std::rotl(a, 5) + e + words[i];
        e = d, d = c, c = std::rotl(b, 30), b = a, a = mixed;
    }
    const sha1_state round = {a, b, c, d, e};
    for (std::size_t i = 0; i < state.size(); ++i) state[i] += round[i];
}

[[nodiscard]] constexpr sha1_digest sha1(std::string_view text) {
    sha1_state state = {0x6745'2301, 0xEFCD'AB89, 0x98BA'DCFE, 0x1032'5476, 0xC3D2'E1F0};
    // Behind the text come a one bit, zeros, and how many bits the text has.
    const std::size_t blocks = (text.size() + 8) / 64 + 1;
    const std::uint64_t bits = std::uint64_t{text.size()} * 8;
    const auto padded = [&](std::size_t at) -> unsigned char {
        if (at < text.size()) return static_cast<unsigned char>(text[at]);
        if (at == text.size()) return 0x80;
        const std::size_t from_end = blocks * 64 - 1 - at;
        if (from_end >= 8) return 0;
        return static_cast<unsigned char>(bits >> (8 * from_end) & 0xFF);
    };
    for (std::size_t i = 0; i < blocks; ++i)
        mix_sha1(state, [&](std::size_t at) { return padded(i * 64 + at); });
    sha1_digest digest{};
    for (std::size_t i = 0; i < digest.size(); ++i)
        digest[i] = static_cast<unsigned char>(state[i / 4] >> (24 - 8 * (i % 4)) & 0xFF);
    return digest;
}

}  // namespace syncfw::detail
