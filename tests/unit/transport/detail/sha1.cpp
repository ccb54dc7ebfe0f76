// SPDX-License-Identifier: BSL-1.0
// Goal: SHA-1 as FIPS 180 has it. Method: its known answers, at the lengths where the padding
// changes, and at compile time too.
#include <syncfw/transport/detail/sha1.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace {

std::string hex_of(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const unsigned byte : syncfw::detail::sha1(text)) {
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

static_assert(syncfw::detail::sha1("abc")[0] == 0xA9);

}  // namespace

TEST_CASE("sha1: gives the standard's answers") {
    CHECK(hex_of("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(hex_of("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    CHECK(hex_of(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("sha1: the padding fits into the last block, or takes another one") {
    CHECK(hex_of(std::string(55, 'a')) == "c1c8bbdc22796e28c0e15163d20899b65621d65a");
    CHECK(hex_of(std::string(56, 'a')) == "c2db330f6083854c99d4b5bfb6e8f29f201be699");
    CHECK(hex_of(std::string(63, 'a')) == "03f09f5b158a7a8cdad920bddc29b81c18a551f5");
    CHECK(hex_of(std::string(64, 'a')) == "0098ba824b5c16427bd7a1122a5a442a25ec644d");
    CHECK(hex_of(std::string(65, 'a')) == "11655326c708d70319be2610e8a57d9a5b959d3b");
    CHECK(hex_of(std::string(119, 'a')) == "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56");
    CHECK(hex_of(std::string(120, 'a')) == "f34c1488385346a55709ba056ddd08280dd4c6d6");
}
