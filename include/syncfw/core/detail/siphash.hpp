// SPDX-License-Identifier: BSL-1.0
// SipHash-2-4 with 128 bits of output (Aumasson, Bernstein): marks short messages with a secret
// key, so that nobody without it can make or change one.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace syncfw::detail {

class siphash {
  public:
    explicit siphash(const std::array<std::byte, 16>& key) noexcept {
        const std::uint64_t low = word(key.data()), high = word(key.data() + 8);
        state_[0] = low ^ 0x736f'6d65'7073'6575;
        state_[1] = high ^ 0x646f'7261'6e64'6f6d ^ 0xEE;  // 0xEE asks for 128 bits.
        state_[2] = low ^ 0x6c79'6765'6e65'7261;
        state_[3] = high ^ 0x7465'6462'7974'6573;
    }

    [[nodiscard]] std::array<std::byte, 16> mark(std::string_view message) noexcept {
        const char* at = message.data();
        std::size_t left = message.size();
        for (; left >= 8; at += 8, left -= 8) take(word(at));
        std::uint64_t last = static_cast<std::uint64_t>(message.size()) << 56;
        for (std::size_t i = 0; i < left; ++i)
            last |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
        take(last);

        std::array<std::byte, 16> out{};
        state_[2] ^= 0xEE;
        finish(out.data());
        state_[1] ^= 0xDD;
        finish(out.data() + 8);
        return out;
    }

  private:
    [[nodiscard]] static std::uint64_t word(const void* from) noexcept {
        static_assert(std::endian::native == std::endian::little,
                      "syncfw: the words are read as little-endian machines have them");
        std::uint64_t w;
        std::memcpy(&w, from, sizeof w);
        return w;
    }
    void take(std::uint64_t w) noexcept {
        state_[3] ^= w;
        mix(2);
        state_[0] ^= w;
    }
    void finish(std::byte* out) noexcept {
        mix(4);
        const std::uint64_t w = state_[0] ^ state_[1] ^ state_[2] ^ state_[3];
        std::memcpy(out, &w, sizeof w);
    }
    void mix(int rounds) noexcept {
        auto& [a, b, c, d] = state_;
        for (; rounds > 0; --rounds) {
            a += b, b = std::rotl(b, 13) ^ a, a = std::rotl(a, 32);
            c += d, d = std::rotl(d, 16) ^ c;
            a += d, d = std::rotl(d, 21) ^ a;
            c += b, b = std::rotl(b, 17) ^ c, c = std::rotl(c, 32);
        }
    }

    std::uint64_t state_[4];
};

[[nodiscard]] inline std::array<std::byte, 16> siphash_128(const std::array<std::byte, 16>& key,
                                                           std::string_view message) noexcept {
    return siphash(key).mark(message);
}

}  // namespace syncfw::detail
