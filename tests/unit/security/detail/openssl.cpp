// SPDX-License-Identifier: BSL-1.0
// Goal: each function gives what other programs give for the same input. The values are those of
// Python's hashlib and hmac, of RFC 5869's first case, and of the GCM submission's test case 16.
#include <syncfw/core/detail/hex.hpp>
#include <syncfw/security/detail/base64url.hpp>
#include <syncfw/security/detail/openssl.hpp>
#include <syncfw/security/detail/weak_secret.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstring>
#include <string>
#include <string_view>

namespace {

using namespace syncfw::detail;

std::string hex(std::string_view bytes) {
    std::string text(bytes.size() * 2, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i)
        write_hex(text.data() + 2 * i, static_cast<unsigned char>(bytes[i]));
    return text;
}
template <class Bytes>
std::string hex_of(const Bytes& bytes) {
    return hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}
std::string unhex(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes += static_cast<char>(hex_value(text[i]) << 4 | hex_value(text[i + 1]));
    return bytes;
}

}  // namespace

TEST_CASE("openssl: SHA-256 and HMAC give known answers") {
    crypto::digest made{};
    REQUIRE(crypto::sha256("syncfw", made));
    CHECK(hex_of(made) == "adcec5310d99b23081fe96939ba0de0fd22e5e38b1cf166f8e319f39e308708c");

    crypto::hmac_sha256 mac;
    REQUIRE(mac.prepare("key of the house"));
    for (int i = 0; i < 2; ++i) {  // A prepared key is used again and again.
        REQUIRE(mac.make({"what is ", "", "signed"}, made));
        CHECK(hex_of(made) == "9424ebb8841fef1a3bf68d07188c387ef53c070be1952721a488b0619dcc8302");
    }
}

TEST_CASE("openssl: an HMAC whose key was never given makes nothing") {
    crypto::digest made{};
    CHECK(!crypto::hmac_sha256().make({"text"}, made));
}

TEST_CASE("openssl: HKDF gives the answer of RFC 5869, with salt and without") {
    unsigned char out[42] = {};
    const std::string key(22, '\x0b');
    REQUIRE(crypto::hkdf_sha256(key, unhex("000102030405060708090a0b0c"),
                                unhex("f0f1f2f3f4f5f6f7f8f9"), out, sizeof out));
    CHECK(hex({reinterpret_cast<char*>(out), sizeof out}) ==
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    REQUIRE(crypto::hkdf_sha256("no salt, no info", {}, {}, out, 32));
    CHECK(hex({reinterpret_cast<char*>(out), 32}) ==
          "1ee3fa27ea7445811ba23ebe446029e24914c1b77a4b88130a13d0b920359270");
}

TEST_CASE("openssl: AES-256-GCM gives the known answer, and opens it again") {
    crypto::aes_key key{};
    crypto::gcm_nonce nonce{};
    std::memcpy(key.data(),
                unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308").data(),
                key.size());
    std::memcpy(nonce.data(), unhex("cafebabefacedbaddecaf888").data(), nonce.size());
    const std::string bound = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const std::string content = unhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    std::string sealed(content.size() + crypto::gcm_tag_size, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(sealed.data());
    REQUIRE(crypto::gcm_seal({key, nonce, bound}, content, out));
    CHECK(hex(sealed) ==
          "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
          "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
          "76fc6ece0f4e1768cddf8853bb2d551b");

    std::string back(content.size(), '?');
    auto* const to = reinterpret_cast<unsigned char*>(back.data());
    REQUIRE(crypto::gcm_open({key, nonce, bound}, sealed, to));
    CHECK(back == content);
    CHECK(!crypto::gcm_open({key, nonce, "other"}, sealed, to));
    CHECK(back == std::string(content.size(), '\0'));
    CHECK(!crypto::gcm_open({key, nonce, bound}, std::string_view(sealed).substr(0, 15), to));
}

TEST_CASE("openssl: random bytes are not the same twice") {
    crypto::aes_key one{}, two{};
    REQUIRE(crypto::random_bytes(one.data(), one.size()));
    REQUIRE(crypto::random_bytes(two.data(), two.size()));
    CHECK(one != two);
}

TEST_CASE("openssl: what fails here leaves nothing in the thread's list of errors") {
    ERR_clear_error();
    {
        const crypto::quiet_errors quiet;
        ERR_raise(ERR_LIB_USER, 1);
    }
    CHECK(ERR_peek_error() == 0);
    ERR_raise(ERR_LIB_USER, 2);
    {
        const crypto::quiet_errors quiet;
        ERR_raise(ERR_LIB_USER, 1);
    }
    CHECK(ERR_GET_REASON(ERR_peek_last_error()) == 2);
    ERR_clear_error();
}

TEST_CASE("base64url: every content has one text, and comes back") {
    CHECK(base64url("\xfb\xff") == "-_8");
    CHECK(base64url("").empty());
    CHECK(rc::check([](const std::string& bytes) {
        std::string back = "is replaced";
        RC_ASSERT(read_base64url(base64url(bytes), back));
        RC_ASSERT(back == bytes);
    }));
}

TEST_CASE("base64url: T7, what is not canonical is refused") {
    std::string out;
    CHECK(read_base64url("-_8", out));
    for (const std::string_view wrong :
         {"-_8=", "+/8", "-_9", "-", "-_8A8", "-_ 8", "-_8\n", "=", "-_8\xff"}) {
        CAPTURE(wrong);
        CHECK(!read_base64url(wrong, out));
    }
}

TEST_CASE("secrets: T8, short ones, placeholders and repetitions are weak, random ones are not") {
    for (const std::string_view weak :
         {"", "secret", "changeme", "your_secure_secret_key_here",
          "your-secure-secret-key-here-please-change-it", "CHANGE_ME_CHANGE_ME_CHANGE_ME_CHANGE_ME",
          "0123456789abcdef0123456789abcdef", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "secretsecretsecretsecretsecretsecret", "X8fT2pQz7LwVn4RkYb9JhGc3MdSe5A1"}) {
        CAPTURE(weak);
        CHECK(why_secret_is_weak(weak) != nullptr);
    }
    CHECK(why_secret_is_weak("X8fT2pQz7LwVn4RkYb9JhGc3MdSe5A16") == nullptr);
    CHECK(rc::check([] {
        crypto::aes_key bytes{};
        RC_ASSERT(crypto::random_bytes(bytes.data(), bytes.size()));
        const std::string raw(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        RC_ASSERT(why_secret_is_weak(raw) == nullptr);
        RC_ASSERT(why_secret_is_weak(hex(raw)) == nullptr);
        RC_ASSERT(why_secret_is_weak(base64url(raw)) == nullptr);
    }));
}
