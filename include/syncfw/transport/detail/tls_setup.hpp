// SPDX-License-Identifier: BSL-1.0
// Certificates from PEM, and what each TLS connection of ours is made with.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/security/detail/public_key.hpp>
#include <syncfw/security/secret_file.hpp>
#include <syncfw/transport/detail/tls_pipe.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail::tls {

using certificates = std::vector<certificate>;

/// What a server shows, and the key that proves that it is its own.
struct credentials {
    certificates chain{};  ///< The server's own first.
    crypto::pkey key{};
};

inline constexpr std::size_t certificates_bytes_max = 4 << 20;

// --- reading ------------------------------------------------------------------------------------

/// All certificates of a text; what else stands in it doesn't count. `what` names the text.
[[nodiscard]] inline result<certificates> read_certificates(std::string_view text,
                                                            const std::string& what) {
    const crypto::quiet_errors quiet;
    const auto bad = [&](const char* why) {
        return error{.code = errc::invalid_value, .message = what + why};
    };
    if (text.size() > certificates_bytes_max) return bad(" is too large to be certificates");
    const crypto::memory_bio from(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    if (!from) return crypto::failed("read certificates");
    certificates all;
    while (true) {
        certificate next(
            PEM_read_bio_X509(from.get(), nullptr, crypto::give_no_passphrase, nullptr));
        if (!next) break;
        all.push_back(std::move(next));
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return bad(" holds a certificate that is damaged; make the file anew");
    if (all.empty())
        return bad(" holds no certificate; it needs one in PEM, -----BEGIN CERTIFICATE-----");
    return all;
}

[[nodiscard]] inline result<certificates> read_certificate_file(const std::string& path) {
    const open_file file(std::fopen(path.c_str(), "rb"));
    if (!file) return no_file(path);
    auto text = read_up_to(file.get(), path, certificates_bytes_max);
    if (!text) return text.error();
    return read_certificates(*text, "the file " + path);
}

/// The names are those of the files, or what is said instead of them.
[[nodiscard]] inline result<std::shared_ptr<const credentials>> make_credentials(
    certificates&& chain, const std::string& chain_name, const secret<std::string>& key,
    const std::string& key_name) {
    const crypto::quiet_errors quiet;
    auto made = std::make_shared<credentials>();
    made->chain = std::move(chain);
    made->key = crypto::key_of_pem(key.reveal(), true);
    if (!made->key)
        return error{.code = errc::invalid_value,
                     .message = key_name + " holds no private key; it needs one in PEM, and " +
                                "without a passphrase"};
    if (X509_check_private_key(made->chain.front().get(), made->key.get()) != 1)
        return error{.code = errc::invalid_value,
                     .message = key_name + " is not the key of the first certificate in " +
                                chain_name + "; the server's own must stand before its issuer's"};
    return std::shared_ptr<const credentials>(std::move(made));
}

[[nodiscard]] inline timestamp end_of(const X509* shown) {
    const crypto::quiet_errors quiet;
    const std::unique_ptr<ASN1_TIME, freed_by<ASN1_TIME_free>> epoch(ASN1_TIME_set(nullptr, 0));
    int days = 0, seconds = 0;
    if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch.get(), X509_get0_notAfter(shown)) != 1)
        return timestamp::min();
    return timestamp::from_microseconds((std::int64_t{days} * 86'400 + seconds) * 1'000'000);
}

[[nodiscard]] inline bool are_same(const certificates& a, const certificates& b) {
    const crypto::quiet_errors quiet;
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const certificate& one, const certificate& other) {
                          return X509_cmp(one.get(), other.get()) == 0;
                      });
}

// --- making -------------------------------------------------------------------------------------

inline constexpr std::string_view http_1_1("\x08http/1.1");  // As ALPN writes it.

// A client that wants another protocol and not this one hears that at once (RFC 7301).
inline int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                           const unsigned char* offered, unsigned int size, void*) noexcept {
    unsigned char* chosen = nullptr;
    const int found = SSL_select_next_proto(&chosen, out_size, crypto::bytes_of(http_1_1),
                                            static_cast<unsigned>(http_1_1.size()), offered, size);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// What is the same for both sides. The machine's own settings may ask for more, and then do.
[[nodiscard]] inline context_handle new_context(bool is_server) {
    context_handle made(SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method()));
    SSL_CTX* const context = made.get();
    if (context == nullptr) return {};
    const bool fine =
        (SSL_CTX_get_min_proto_version(context) >= TLS1_2_VERSION ||
         SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1) &&
        // Of TLS 1.2; those of 1.3 are all of this kind.
        SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK") == 1;
    if (!fine) return {};
    // 112 bits, so that RSA keys have 2048 and no signature is by SHA-1.
    if (SSL_CTX_get_security_level(context) < 2) SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_options(
        context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    // Tickets are the client's to keep. We keep no sessions: not as a server, where they would
    // cost memory, and not as a client, where a new one looks at the certificate again.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return made;
}

[[nodiscard]] inline result<context_handle> new_server_context(const credentials& shown) {
    const crypto::quiet_errors quiet;
    context_handle made = new_context(true);
    const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> others(
        sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
    if (!made || !others) return crypto::failed("set TLS up");
    for (std::size_t i = 1; i < shown.chain.size(); ++i)
        if (sk_X509_push(others.get(), shown.chain[i].get()) <= 0)
            return crypto::failed("set TLS up");
    if (SSL_CTX_use_cert_and_key(made.get(), shown.chain.front().get(), shown.key.get(),
                                 others.get(), 1) != 1) {
        const char* const why = ERR_reason_error_string(ERR_peek_last_error());
        return error{.code = errc::invalid_value,
                     .message = "the server's certificate is too weak, or of a kind that TLS " +
                                std::string("has no use for; take P-256, or RSA with 2048 bits"),
                     .cause = why != nullptr ? why : ""};
    }
    SSL_CTX_set_alpn_select_cb(made.get(), choose_protocol, nullptr);
    return made;
}

// A library that was built elsewhere may look for the machine's certificates where none are.
inline void look_where_they_often_are(X509_STORE* store) {
    const auto is_there = [](const char* path) {
        return open_file(std::fopen(path, "rb")) != nullptr;
    };
    if (is_there(X509_get_default_cert_file()) || is_there(X509_get_default_cert_dir())) return;
    for (const char* const each :
         {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
          "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"})
        if (is_there(each) && X509_STORE_load_file(store, each) == 1) return;
}

/// Without roots, the machine's.
[[nodiscard]] inline result<context_handle> new_client_context(const certificates* roots) {
    const crypto::quiet_errors quiet;
    context_handle made = new_context(false);
    if (!made) return crypto::failed("set TLS up");
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
    X509_STORE* const store = SSL_CTX_get_cert_store(made.get());
    bool fine = SSL_CTX_set_alpn_protos(made.get(), crypto::bytes_of(http_1_1),
                                        static_cast<unsigned>(http_1_1.size())) == 0;
    if (roots == nullptr) {
        fine = fine && SSL_CTX_set_default_verify_paths(made.get()) == 1;
        look_where_they_often_are(store);
    } else {
        for (const certificate& each : *roots)
            fine = fine && X509_STORE_add_cert(store, each.get()) == 1;
    }
    if (!fine) return crypto::failed("set TLS up");
    return made;
}

/// Whom the certificate must be of. The subject's common name has long ceased to count.
[[nodiscard]] inline bool expect(SSL* session, std::string host) {
    if (host.find('\0') != std::string::npos) return false;
    // An IPv6 address may name the interface that leads to it.
    if (host.find(':') != std::string::npos) host.resize(std::min(host.find('%'), host.size()));
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1) return true;
    while (host.ends_with('.')) host.pop_back();
    SSL_set_hostflags(session,
                      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return !host.empty() && SSL_set1_host(session, host.c_str()) == 1 &&
           SSL_set_tlsext_host_name(session, host.c_str()) == 1;
}

}  // namespace syncfw::detail::tls
