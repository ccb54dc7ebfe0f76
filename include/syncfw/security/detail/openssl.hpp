// SPDX-License-Identifier: BSL-1.0
// What we use of OpenSSL 3, and nothing of what it calls legacy. Each function says by false that
// the library failed, which happens when it has no memory, no entropy or no such algorithm (a
// configuration may take algorithms away).
#pragma once

#include <syncfw/core/detail/wipe.hpp>
#include <syncfw/core/result.hpp>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace syncfw::detail::crypto {

/// Frees what an OpenSSL function made.
template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* made) const noexcept {
        Free(made);
    }
};
using md_context = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;
using mac_context = std::unique_ptr<EVP_MAC_CTX, freed_by<EVP_MAC_CTX_free>>;
using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, freed_by<EVP_CIPHER_CTX_free>>;
using kdf_context = std::unique_ptr<EVP_KDF_CTX, freed_by<EVP_KDF_CTX_free>>;
using kdf = std::unique_ptr<EVP_KDF, freed_by<EVP_KDF_free>>;

/// OpenSSL keeps a list of what failed for each thread, and its TLS functions look at it to learn
/// how a call ended. What fails in here must not look like a failure of somebody's connection.
class quiet_errors {
  public:
    quiet_errors() noexcept { ERR_set_mark(); }
    ~quiet_errors() { ERR_pop_to_mark(); }
    quiet_errors(const quiet_errors&) = delete;
    quiet_errors& operator=(const quiet_errors&) = delete;
};

/// Looked up once: a look-up takes longer than to hash a token. They are never freed, so that no
/// thread can use them too late; null where there is none.
struct algorithms {
    EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    EVP_MAC* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    EVP_CIPHER* aes_256_gcm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
};
[[nodiscard]] inline const algorithms& fetched() {
    static const algorithms& all = *[] {
        const quiet_errors quiet;
        return new algorithms();
    }();
    return all;
}

[[nodiscard]] inline const unsigned char* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// What a caller says when one of these functions fails.
[[nodiscard]] inline error failed(const char* what) {
    return {.code = errc::internal,
            .message = std::string("OpenSSL can't ") + what +
                       "; see that its default provider is there and that memory is left"};
}

// --- digests ------------------------------------------------------------------------------------

using digest = std::array<unsigned char, 32>;

[[nodiscard]] inline bool sha256(std::string_view bytes, digest& out) {
    const quiet_errors quiet;
    const auto& all = fetched();
    return all.sha256 != nullptr &&
           EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, all.sha256, nullptr) == 1;
}

/// In a time that says nothing of where they differ.
[[nodiscard]] inline bool are_same(const digest& a, const digest& b) noexcept {
    return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// HMAC-SHA-256 with one key, prepared once. Threads may use it at the same time.
class hmac_sha256 {
  public:
    [[nodiscard]] bool prepare(std::string_view key) {
        const quiet_errors quiet;
        char name[] = "SHA256";
        const OSSL_PARAM wanted[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
            OSSL_PARAM_construct_end()};
        if (fetched().hmac != nullptr) keyed_.reset(EVP_MAC_CTX_new(fetched().hmac));
        return keyed_ && EVP_MAC_init(keyed_.get(), bytes_of(key), key.size(), wanted) == 1;
    }
    /// Of the parts one behind the other.
    [[nodiscard]] bool make(std::initializer_list<std::string_view> parts, digest& out) const {
        const quiet_errors quiet;
        const mac_context one(keyed_ ? EVP_MAC_CTX_dup(keyed_.get()) : nullptr);
        if (!one) return false;
        for (const std::string_view each : parts)
            if (EVP_MAC_update(one.get(), bytes_of(each), each.size()) != 1) return false;
        std::size_t size = 0;
        return EVP_MAC_final(one.get(), out.data(), &size, out.size()) == 1 && size == out.size();
    }

  private:
    mac_context keyed_{};
};

/// HKDF-SHA-256 (RFC 5869): fills `out` with a key for the purpose that `info` names.
[[nodiscard]] inline bool hkdf_sha256(std::string_view key, std::string_view salt,
                                      std::string_view info, unsigned char* out, std::size_t size) {
    const quiet_errors quiet;
    const kdf found(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    if (!found) return false;
    const kdf_context context(EVP_KDF_CTX_new(found.get()));
    if (!context) return false;
    // The parameters are only read; the type serves both directions.
    const auto octets = [](const char* name, std::string_view bytes) {
        return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()),
                                                 bytes.size());
    };
    char hash[] = "SHA256";
    OSSL_PARAM wanted[5] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash, 0),
                            octets(OSSL_KDF_PARAM_KEY, key)};
    std::size_t count = 2;
    if (!salt.empty()) wanted[count++] = octets(OSSL_KDF_PARAM_SALT, salt);
    if (!info.empty()) wanted[count++] = octets(OSSL_KDF_PARAM_INFO, info);
    wanted[count] = OSSL_PARAM_construct_end();
    return EVP_KDF_derive(context.get(), out, size, wanted) == 1;
}

// --- chance -------------------------------------------------------------------------------------

[[nodiscard]] inline bool random_bytes(unsigned char* out, std::size_t size) {
    const quiet_errors quiet;
    return size <= static_cast<std::size_t>(std::numeric_limits<int>::max()) &&
           RAND_bytes(out, static_cast<int>(size)) == 1;
}

// --- AES-256-GCM --------------------------------------------------------------------------------

using aes_key = std::array<unsigned char, 32>;
inline constexpr std::size_t gcm_nonce_size = 12;
inline constexpr std::size_t gcm_tag_size = 16;
inline constexpr std::size_t gcm_content_max = std::size_t{1} << 30;  // it counts in int
using gcm_nonce = std::array<unsigned char, gcm_nonce_size>;

/// What a ciphertext is made with; `bound` is authenticated beside it.
struct gcm_use {
    const aes_key& key;
    const gcm_nonce& nonce;
    std::string_view bound;
};

/// Writes content.size() + gcm_tag_size bytes.
[[nodiscard]] inline bool gcm_seal(const gcm_use& use, std::string_view content,
                                   unsigned char* out) {
    const quiet_errors quiet;
    const cipher_context context(EVP_CIPHER_CTX_new());
    if (!context || fetched().aes_256_gcm == nullptr || content.size() > gcm_content_max ||
        use.bound.size() > gcm_content_max)
        return false;
    int count = 0;
    return EVP_EncryptInit_ex2(context.get(), fetched().aes_256_gcm, use.key.data(),
                               use.nonce.data(), nullptr) == 1 &&
           EVP_EncryptUpdate(context.get(), nullptr, &count, bytes_of(use.bound),
                             static_cast<int>(use.bound.size())) == 1 &&
           EVP_EncryptUpdate(context.get(), out, &count, bytes_of(content),
                             static_cast<int>(content.size())) == 1 &&
           EVP_EncryptFinal_ex(context.get(), out + content.size(), &count) == 1 &&
           EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(gcm_tag_size),
                               out + content.size()) == 1;
}

/// Writes sealed.size() - gcm_tag_size bytes; zeros where the ciphertext is not whole.
[[nodiscard]] inline bool gcm_open(const gcm_use& use, std::string_view sealed,
                                   unsigned char* out) {
    if (sealed.size() < gcm_tag_size || sealed.size() > gcm_content_max) return false;
    const std::size_t size = sealed.size() - gcm_tag_size;
    std::array<unsigned char, gcm_tag_size> tag{};
    for (std::size_t i = 0; i < tag.size(); ++i) tag[i] = bytes_of(sealed)[size + i];

    const quiet_errors quiet;
    const cipher_context context(EVP_CIPHER_CTX_new());
    int count = 0;
    const bool opens =
        context && fetched().aes_256_gcm != nullptr && use.bound.size() <= gcm_content_max &&
        EVP_DecryptInit_ex2(context.get(), fetched().aes_256_gcm, use.key.data(), use.nonce.data(),
                            nullptr) == 1 &&
        EVP_DecryptUpdate(context.get(), nullptr, &count, bytes_of(use.bound),
                          static_cast<int>(use.bound.size())) == 1 &&
        EVP_DecryptUpdate(context.get(), out, &count, bytes_of(sealed), static_cast<int>(size)) ==
            1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                            tag.data()) == 1 &&
        EVP_DecryptFinal_ex(context.get(), out + size, &count) == 1;
    // What was decrypted before the tag was looked at belongs to nobody.
    if (!opens) wipe_memory(out, size);
    return opens;
}

}  // namespace syncfw::detail::crypto
