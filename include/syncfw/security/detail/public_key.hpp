// SPDX-License-Identifier: BSL-1.0
// RSA and P-256 keys: from PEM, from the numbers of a JWK, and their signatures.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/security/detail/openssl.hpp>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace syncfw::detail::crypto {

using pkey = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using pkey_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using bignum = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using ecdsa_signature = std::unique_ptr<ECDSA_SIG, freed_by<ECDSA_SIG_free>>;
using memory_bio = std::unique_ptr<BIO, freed_by<BIO_free>>;
using param_builder = std::unique_ptr<OSSL_PARAM_BLD, freed_by<OSSL_PARAM_BLD_free>>;
using param_list = std::unique_ptr<OSSL_PARAM, freed_by<OSSL_PARAM_free>>;

inline constexpr int rsa_bits_min = 2048;
inline constexpr int rsa_bits_max = 8192;  // a larger one only costs time
inline constexpr std::size_t p256_size = 32;
inline constexpr std::size_t pem_bytes_max = 64 * 1024;

// --- keys ---------------------------------------------------------------------------------------

// OpenSSL would ask on the terminal.
inline int give_no_passphrase(char*, int, int, void*) noexcept {
    return -1;
}

/// The key of a PEM text, without looking at what key it is; null where there is none.
[[nodiscard]] inline pkey key_of_pem(std::string_view text, bool is_private) {
    const quiet_errors quiet;
    if (text.size() > pem_bytes_max) return {};
    const memory_bio from(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    if (!from) return {};
    return pkey(is_private
                    ? PEM_read_bio_PrivateKey(from.get(), nullptr, give_no_passphrase, nullptr)
                    : PEM_read_bio_PUBKEY(from.get(), nullptr, give_no_passphrase, nullptr));
}

[[nodiscard]] inline pkey made_key(const char* type, const param_builder& parts) {
    const param_list list(OSSL_PARAM_BLD_to_param(parts.get()));
    const pkey_context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* made = nullptr;
    if (!list || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, list.get()) != 1)
        return {};
    return pkey(made);
}

/// From the big-endian numbers of a JWK.
[[nodiscard]] inline pkey rsa_key(std::string_view modulus, std::string_view exponent) {
    const quiet_errors quiet;
    if (modulus.size() > rsa_bits_max / 8 || exponent.size() > 8) return {};
    const auto number = [](std::string_view bytes) {
        return bignum(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
    };
    const bignum n = number(modulus), e = number(exponent);
    const param_builder parts(OSSL_PARAM_BLD_new());
    if (!n || !e || !parts || OSSL_PARAM_BLD_push_BN(parts.get(), "n", n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(parts.get(), "e", e.get()) != 1)
        return {};
    return made_key("RSA", parts);
}

/// From the coordinates of a JWK; null where they are no point of the curve.
[[nodiscard]] inline pkey p256_key(std::string_view x, std::string_view y) {
    const quiet_errors quiet;
    if (x.size() != p256_size || y.size() != p256_size) return {};
    std::string point("\x04");  // uncompressed
    point.append(x).append(y);
    const param_builder parts(OSSL_PARAM_BLD_new());
    if (!parts || OSSL_PARAM_BLD_push_utf8_string(parts.get(), "group", "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(parts.get(), "pub", point.data(), point.size()) != 1)
        return {};
    pkey made = made_key("EC", parts);
    if (!made) return {};
    // OpenSSL's own provider has looked already; another one may not have.
    const pkey_context checked(EVP_PKEY_CTX_new_from_pkey(nullptr, made.get(), nullptr));
    if (!checked || EVP_PKEY_public_check(checked.get()) != 1) return {};
    return made;
}

[[nodiscard]] inline bool is_rsa(const pkey& key) {
    return EVP_PKEY_is_a(key.get(), "RSA") == 1;
}

/// Why an RSA key is not to be trusted; null when it will do.
[[nodiscard]] inline const char* why_rsa_is_weak(const pkey& key) {
    const quiet_errors quiet;
    const int bits = EVP_PKEY_get_bits(key.get());
    if (bits < rsa_bits_min) return "an RSA key has at least 2048 bits";
    if (bits > rsa_bits_max) return "an RSA key has at most 8192 bits";
    BIGNUM* exponent = nullptr;
    if (EVP_PKEY_get_bn_param(key.get(), "e", &exponent) != 1) return "the RSA key has no exponent";
    const bignum e(exponent);
    // With an exponent of 1 every number is its own signature.
    if (BN_is_odd(e.get()) != 1 || BN_num_bits(e.get()) < 2) return "the RSA exponent is none";
    return nullptr;
}

[[nodiscard]] inline bool is_p256(const pkey& key) {
    const quiet_errors quiet;
    char group[32] = {};
    std::size_t size = 0;
    return EVP_PKEY_is_a(key.get(), "EC") == 1 &&
           EVP_PKEY_get_group_name(key.get(), group, sizeof group, &size) == 1 &&
           std::string_view(group, size) == "prime256v1";
}

// --- signatures ---------------------------------------------------------------------------------

/// A token's signature is two numbers side by side; OpenSSL's is their ASN.1. Empty on failure.
[[nodiscard]] inline std::string der_of_raw(std::string_view raw) {
    if (raw.size() != 2 * p256_size) return {};
    bignum r(BN_bin2bn(bytes_of(raw), p256_size, nullptr));
    bignum s(BN_bin2bn(bytes_of(raw) + p256_size, p256_size, nullptr));
    const ecdsa_signature both(ECDSA_SIG_new());
    if (!r || !s || !both) return {};
    if (ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
    (void)r.release(), (void)s.release();  // They are the signature's now.
    unsigned char* made = nullptr;
    const int size = i2d_ECDSA_SIG(both.get(), &made);
    if (size <= 0) return {};
    std::string der(reinterpret_cast<const char*>(made), static_cast<std::size_t>(size));
    OPENSSL_free(made);
    return der;
}
[[nodiscard]] inline std::string raw_of_der(std::string_view der) {
    const unsigned char* at = bytes_of(der);
    const ecdsa_signature both(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    if (!both) return {};
    std::string raw(2 * p256_size, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(raw.data());
    constexpr int size = p256_size;
    if (BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), out, size) != size ||
        BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), out + size, size) != size)
        return {};
    return raw;
}

[[nodiscard]] inline bool verifies(const pkey& key, std::string_view message,
                                   std::string_view signature) {
    const quiet_errors quiet;
    const md_context context(EVP_MD_CTX_new());
    return context &&
           EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key.get(),
                                   nullptr) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                            message.size()) == 1;
}

/// Empty on failure.
[[nodiscard]] inline std::string sign(const pkey& key, std::string_view message) {
    const quiet_errors quiet;
    const md_context context(EVP_MD_CTX_new());
    std::size_t size = 0;
    if (!context ||
        EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key.get(),
                              nullptr) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, bytes_of(message), message.size()) != 1)
        return {};
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes_of(message), message.size()) != 1)
        return {};
    signature.resize(size);
    return signature;
}

}  // namespace syncfw::detail::crypto
