// SPDX-License-Identifier: BSL-1.0
// OpenSSL itself as the other side, with whatever settings a stranger may have.
#pragma once

#include "support/certificates.hpp"

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tests {

struct raw_settings {
    int version_max = 0;
    const char* ciphers = nullptr;  ///< Of TLS 1.2 and before.
    std::string_view protocols{};   ///< As ALPN writes them.
};

class raw_tls {
  public:
    explicit raw_tls(const raw_settings& wanted = {}, const issued* shown = nullptr)
        : context_(SSL_CTX_new(shown != nullptr ? TLS_server_method() : TLS_client_method())) {
        SSL_CTX* const context = context_.get();
        REQUIRE(context);
        SSL_CTX_set_security_level(context, 0);
        SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context, wanted.version_max);
        if (wanted.ciphers != nullptr)
            REQUIRE(SSL_CTX_set_cipher_list(context, wanted.ciphers) == 1);
        if (shown != nullptr)
            REQUIRE(SSL_CTX_use_cert_and_key(context, shown->shown.get(), shown->key.get(), nullptr,
                                             1) == 1);
        session_.reset(SSL_new(context));
        REQUIRE(syncfw::detail::tls::connect(session_.get(), *pipe_));
        if (!wanted.protocols.empty())
            SSL_set_alpn_protos(session_.get(), syncfw::detail::crypto::bytes_of(wanted.protocols),
                                static_cast<unsigned>(wanted.protocols.size()));
        if (shown != nullptr)
            SSL_set_accept_state(session_.get());
        else
            SSL_set_connect_state(session_.get());
        receive({});
    }

    void receive(std::string_view bytes) {
        ERR_clear_error();
        pipe_->incoming = bytes;
        if (SSL_do_handshake(session_.get()) == 1) {
            char room[4'096];
            std::size_t count = 0;
            while (SSL_read_ex(session_.get(), room, sizeof room, &count) == 1)
                heard_.append(room, count);
        }
        pipe_->incoming = {};
    }
    void send(std::string_view plain) {
        std::size_t count = 0;
        REQUIRE(SSL_write_ex(session_.get(), plain.data(), plain.size(), &count) == 1);
    }
    /// Asks the other side to answer with one of the same.
    void ask_for_new_keys() {
        REQUIRE(SSL_key_update(session_.get(), SSL_KEY_UPDATE_REQUESTED) == 1);
        REQUIRE(SSL_do_handshake(session_.get()) == 1);
    }

    [[nodiscard]] std::string take_output() { return std::exchange(pipe_->outgoing, {}); }
    [[nodiscard]] const std::string& heard() const { return heard_; }
    [[nodiscard]] bool is_established() const { return SSL_is_init_finished(session_.get()) == 1; }
    [[nodiscard]] std::string protocol() const {
        const unsigned char* chosen = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(session_.get(), &chosen, &size);
        return {reinterpret_cast<const char*>(chosen), size};
    }

  private:
    std::unique_ptr<syncfw::detail::tls::pipe> pipe_ =
        std::make_unique<syncfw::detail::tls::pipe>();
    syncfw::detail::tls::context_handle context_;
    syncfw::detail::tls::session_handle session_{};
    std::string heard_{};
};

/// Until neither side has anything to say.
inline void talk(raw_tls& stranger, syncfw::tls_session& ours) {
    for (std::string said = stranger.take_output(); !said.empty() || ours.has_output();
         said = stranger.take_output()) {
        ours.receive(said);
        stranger.receive(ours.take_output());
    }
}

}  // namespace tests
