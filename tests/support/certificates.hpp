// SPDX-License-Identifier: BSL-1.0
// Authorities and certificates that live as long as a test.
#pragma once

#include <syncfw/core/secret.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/transport/tls.hpp>

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tests {

using syncfw::detail::crypto::freed_by;
using syncfw::detail::tls::certificate;

/// A certificate with its key.
struct issued {
    certificate shown{};
    syncfw::detail::crypto::pkey key{};

    [[nodiscard]] std::string certificate_pem() const {
        const syncfw::detail::crypto::memory_bio out(BIO_new(BIO_s_mem()));
        PEM_write_bio_X509(out.get(), shown.get());
        return text_of(out.get());
    }
    [[nodiscard]] syncfw::secret<std::string> key_pem() const {
        const syncfw::detail::crypto::memory_bio out(BIO_new(BIO_s_mem()));
        PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        return syncfw::secret<std::string>(text_of(out.get()));
    }
    [[nodiscard]] syncfw::tls_identity identity() const {
        return syncfw::tls_identity::from_text(certificate_pem(), key_pem()).value();
    }
    [[nodiscard]] syncfw::tls_trust trust() const {
        return syncfw::tls_trust::from_text(certificate_pem()).value();
    }

  private:
    [[nodiscard]] static std::string text_of(BIO* out) {
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(out, &bytes);
        return {bytes, static_cast<std::size_t>(size)};
    }
};

struct wanted_certificate {
    const char* names = "DNS:localhost,IP:127.0.0.1";
    long from_days = -1;
    long until_days = 30;
    const char* usage = "serverAuth";
    const char* common_name = "a server";
    bool is_authority = false;
    bool is_rsa_1024 = false;
};

inline void add_extension(X509* to, X509* issuer, int what, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>> made(
        X509V3_EXT_conf_nid(nullptr, &context, what, value));
    REQUIRE(made);
    REQUIRE(X509_add_ext(to, made.get(), -1) == 1);
}

/// Signed by the issuer, or by itself where there is none.
inline issued issue(const wanted_certificate& wanted, const issued* issuer = nullptr) {
    issued made;
    made.shown.reset(X509_new());
    made.key.reset(wanted.is_rsa_1024 ? EVP_RSA_gen(1024) : EVP_EC_gen("P-256"));
    REQUIRE(made.key);
    X509* const shown = made.shown.get();
    X509* const by = issuer != nullptr ? issuer->shown.get() : shown;
    static long serial = 1;
    X509_set_version(shown, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(shown), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(shown), wanted.from_days * 86'400);
    X509_gmtime_adj(X509_getm_notAfter(shown), wanted.until_days * 86'400);
    X509_set_pubkey(shown, made.key.get());
    const std::string name =
        wanted.is_authority ? "authority " + std::to_string(serial) : wanted.common_name;
    X509_NAME_add_entry_by_txt(X509_get_subject_name(shown), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(shown, X509_get_subject_name(by));
    if (wanted.is_authority) {
        add_extension(shown, by, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(shown, by, NID_key_usage, "critical,keyCertSign");
    } else {
        add_extension(shown, by, NID_subject_alt_name, wanted.names);
        add_extension(shown, by, NID_ext_key_usage, wanted.usage);
    }
    EVP_PKEY* const signs = issuer != nullptr ? issuer->key.get() : made.key.get();
    REQUIRE(X509_sign(shown, signs, EVP_sha256()) > 0);
    return made;
}

/// An authority that most tests share; it takes a while to think of one.
inline const issued& authority() {
    static const issued made = issue({.is_authority = true});
    return made;
}

/// A server of that authority, and a client that believes it.
inline std::shared_ptr<syncfw::tls_context> server_tls(const wanted_certificate& wanted = {}) {
    return syncfw::tls_context::for_server(issue(wanted, &authority()).identity()).value();
}
inline std::shared_ptr<syncfw::tls_context> client_tls() {
    return syncfw::tls_context::for_client(authority().trust()).value();
}

/// A folder that goes with the test.
class folder {
  public:
    folder() { std::filesystem::create_directory(path_); }
    ~folder() { std::filesystem::remove_all(path_); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;

    /// Writes a file with these permissions, and gives its path.
    [[nodiscard]] std::string put(const std::string& name, std::string_view content,
                                  unsigned mode = 0600) const {
        const auto path = path_ / name;
        std::ofstream(path, std::ios::binary) << content;
        std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
        return path.string();
    }
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return (path_ / name).string();
    }

  private:
    std::filesystem::path path_ =
        std::filesystem::temp_directory_path() / ("syncfw-tls-" + to_string(syncfw::new_uuid()));
};

}  // namespace tests
