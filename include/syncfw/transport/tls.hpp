// SPDX-License-Identifier: BSL-1.0
// HTTPS: TLS 1.2 and 1.3 for the server and the client of <syncfw/transport/http>.
//
//     auto shown = syncfw::tls_identity::from_files("/etc/books/chain.pem", "/etc/books/key.pem");
//     if (!shown) return fail(shown.error());
//     auto tls = syncfw::tls_context::for_server(*shown);
//     if (!tls) return fail(tls.error());
//     auto listening = syncfw::http::server::open(handle, {.port = 443, .tls = *tls});
//
// and for a device:
//
//     auto tls = syncfw::tls_context::for_client();
//     auto link = syncfw::http_link::make("https://books.example", {.tls = *tls});
//
// A client always looks at the server's certificate: who signed it, for which names, until when.
// There is no option that turns that off. Nobody is asked whether a certificate was revoked, so
// let them be valid for weeks, not for years. It is OpenSSL 3 underneath.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/security/secret_file.hpp>
#include <syncfw/transport/detail/tls_failure.hpp>
#include <syncfw/transport/detail/tls_pipe.hpp>
#include <syncfw/transport/detail/tls_setup.hpp>
#include <syncfw/transport/http/filter.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

/// What a server shows of itself: its certificate, those that lead from it to an authority, and
/// the private key. All of it is PEM, the server's own certificate first.
class tls_identity {
  public:
    /// Errors name the file. A key that others on the machine could read is refused, with
    /// `errc::forbidden`; so is one of another certificate, with `errc::invalid_value`.
    [[nodiscard]] static result<tls_identity> from_files(const std::string& chain_path,
                                                         const std::string& key_path);
    [[nodiscard]] static result<tls_identity> from_text(std::string_view chain,
                                                        const secret<std::string>& key);

    /// When clients will begin to refuse it. Warn well before, and see to `tls_context::renew`.
    [[nodiscard]] timestamp expires_at() const {
        return detail::tls::end_of(parts_->chain[0].get());
    }

    /// Whether both show the same certificates, in the same order.
    [[nodiscard]] friend bool operator==(const tls_identity& a, const tls_identity& b) {
        return detail::tls::are_same(a.parts_->chain, b.parts_->chain);
    }

  private:
    friend class tls_context;
    explicit tls_identity(std::shared_ptr<const detail::tls::credentials> parts)
        : parts_(std::move(parts)) {}
    std::shared_ptr<const detail::tls::credentials> parts_;
};

/// Whose signature under a server's certificate a client believes.
class tls_trust {
  public:
    /// Those whom the machine trusts.
    [[nodiscard]] static tls_trust system() { return tls_trust(nullptr); }
    /// These alone: one's own authority, or a certificate that is signed by itself.
    [[nodiscard]] static result<tls_trust> from_file(const std::string& path);
    [[nodiscard]] static result<tls_trust> from_text(std::string_view pem);

  private:
    friend class tls_context;
    explicit tls_trust(std::shared_ptr<const detail::tls::certificates> roots)
        : roots_(std::move(roots)) {}
    std::shared_ptr<const detail::tls::certificates> roots_;
};

/// One TLS connection without the connection: bytes in, bytes out. It holds no more of what came
/// than one record that isn't complete, beside the plain text that nobody has taken yet.
///
/// It fails with `errc::peer_unavailable` while it begins: then nothing that was sent has been
/// heard, and the message says what was wrong with the server. Later it is `errc::timed_out`.
/// What was changed on the way makes it fail; it never becomes another plain text.
class tls_session final : public http::byte_filter {
  public:
    void receive(std::string_view encrypted) override;
    [[nodiscard]] std::string take_plain() override { return std::exchange(plain_, {}); }

    /// What is sent after a failure, or after `close`, is dropped.
    void send(std::string_view plain) override;
    [[nodiscard]] bool has_output() const noexcept override { return !line_->outgoing.empty(); }
    [[nodiscard]] std::string take_output() override { return std::exchange(line_->outgoing, {}); }

    [[nodiscard]] bool is_established() const noexcept override { return is_established_; }
    [[nodiscard]] const std::optional<error>& failed() const noexcept override { return failed_; }

    void close() override;
    [[nodiscard]] bool is_closed() const noexcept override { return is_closed_; }

  private:
    friend class tls_context;
    tls_session(detail::tls::session_handle made, std::unique_ptr<detail::tls::pipe> line,
                std::string host)
        : line_(std::move(line)), made_(std::move(made)), host_(std::move(host)) {}

    void advance();
    void read_all();
    // What a call says that did not do what it should.
    void look_at(int outcome);

    std::unique_ptr<detail::tls::pipe> line_;  // Outlives the session, which uses it.
    detail::tls::session_handle made_;
    std::string host_;
    std::string waiting_{};  // What is to be sent once it is established.
    std::string plain_{};
    std::optional<error> failed_{};
    bool is_established_ = false;
    bool is_closing_ = false;
    bool is_closed_ = false;
};

/// What all connections of a server, or of a client, have in common. TLS 1.2 with ECDHE and an
/// AEAD cipher is the least that is taken; HTTP/1.1 is what is spoken (ALPN).
class tls_context final : public http::filter_source {
  public:
    [[nodiscard]] static result<std::shared_ptr<tls_context>> for_server(const tls_identity& shown);
    [[nodiscard]] static result<std::shared_ptr<tls_context>> for_client(
        const tls_trust& whom = tls_trust::system());

    /// Shows another certificate from the next connection on; those that are open stay as they
    /// are. From any thread. After a failure the old one is still shown.
    [[nodiscard]] result<void> renew(const tls_identity& shown);

    /// A client's is for this host, a name or an address; a server's is for nobody.
    [[nodiscard]] result<tls_session> session(const std::string& host = {}) const;

    [[nodiscard]] bool is_for_server() const noexcept override { return is_server_; }
    [[nodiscard]] result<std::unique_ptr<http::byte_filter>> begin(
        const std::string& host) const override;

  private:
    tls_context(detail::tls::context_handle made, bool is_server)
        : made_(std::move(made)), is_server_(is_server) {}
    [[nodiscard]] detail::tls::session_handle new_session() const {
        const std::lock_guard locked(lock_);
        return detail::tls::session_handle(SSL_new(made_.get()));
    }

    mutable std::mutex lock_{};
    detail::tls::context_handle made_;
    bool is_server_;
};

// --- how it is done ------------------------------------------------------------------------------

inline result<tls_identity> tls_identity::from_files(const std::string& chain_path,
                                                     const std::string& key_path) {
    auto chain = detail::tls::read_certificate_file(chain_path);
    if (!chain) return chain.error();
    const auto key = read_secret_file(key_path);
    if (!key) return key.error();
    auto parts = detail::tls::make_credentials(std::move(*chain), "the file " + chain_path, *key,
                                               "the file " + key_path);
    if (!parts) return parts.error();
    return tls_identity(std::move(*parts));
}

inline result<tls_identity> tls_identity::from_text(std::string_view chain,
                                                    const secret<std::string>& key) {
    auto read = detail::tls::read_certificates(chain, "the certificate's text");
    if (!read) return read.error();
    auto parts = detail::tls::make_credentials(std::move(*read), "the certificate's text", key,
                                               "the key's text");
    if (!parts) return parts.error();
    return tls_identity(std::move(*parts));
}

inline result<tls_trust> tls_trust::from_file(const std::string& path) {
    auto roots = detail::tls::read_certificate_file(path);
    if (!roots) return roots.error();
    return tls_trust(std::make_shared<const detail::tls::certificates>(std::move(*roots)));
}

inline result<tls_trust> tls_trust::from_text(std::string_view pem) {
    auto roots = detail::tls::read_certificates(pem, "the text of whom to trust");
    if (!roots) return roots.error();
    return tls_trust(std::make_shared<const detail::tls::certificates>(std::move(*roots)));
}

inline result<std::shared_ptr<tls_context>> tls_context::for_server(const tls_identity& shown) {
    auto made = detail::tls::new_server_context(*shown.parts_);
    if (!made) return made.error();
    return std::shared_ptr<tls_context>(new tls_context(std::move(*made), true));
}

inline result<std::shared_ptr<tls_context>> tls_context::for_client(const tls_trust& whom) {
    auto made = detail::tls::new_client_context(whom.roots_.get());
    if (!made) return made.error();
    return std::shared_ptr<tls_context>(new tls_context(std::move(*made), false));
}

inline result<void> tls_context::renew(const tls_identity& shown) {
    SYNCFW_ASSERT(is_server_, "a client's tls_context shows no certificate");
    auto made = detail::tls::new_server_context(*shown.parts_);
    if (!made) return made.error();
    const std::lock_guard locked(lock_);
    made_.swap(*made);
    return {};
}

inline result<tls_session> tls_context::session(const std::string& host) const {
    const detail::crypto::quiet_errors quiet;
    auto line = std::make_unique<detail::tls::pipe>();
    detail::tls::session_handle made = new_session();
    if (!made || !detail::tls::connect(made.get(), *line))
        return detail::crypto::failed("begin TLS");
    if (is_server_) {
        SSL_set_accept_state(made.get());
        return tls_session(std::move(made), std::move(line), "the client");
    }
    if (!detail::tls::expect(made.get(), host))
        return error{.code = errc::invalid_value,
                     .message = "'" + host + "' is no name that a server's certificate could have"};
    SSL_set_connect_state(made.get());
    tls_session begun(std::move(made), std::move(line), host);
    begun.advance();  // The client speaks first.
    return begun;
}

inline result<std::unique_ptr<http::byte_filter>> tls_context::begin(
    const std::string& host) const {
    auto begun = session(host);
    if (!begun) return begun.error();
    return std::unique_ptr<http::byte_filter>(std::make_unique<tls_session>(std::move(*begun)));
}

inline void tls_session::receive(std::string_view encrypted) {
    if (failed_ || is_closed_) return;
    line_->incoming = encrypted;
    advance();
    line_->incoming = {};
}

inline void tls_session::advance() {
    // How a call ended is read from a list that others may have written to.
    ERR_clear_error();
    if (!is_established_) {
        const int outcome = SSL_do_handshake(made_.get());
        if (outcome != 1) return look_at(outcome);
        is_established_ = true;
        const bool closes = std::exchange(is_closing_, false);
        send(std::exchange(waiting_, {}));
        if (closes) close();
    }
    read_all();
}

inline void tls_session::read_all() {
    std::array<char, 16 << 10> room;  // The largest record.
    while (!failed_) {
        std::size_t count = 0;
        const int outcome = SSL_read_ex(made_.get(), room.data(), room.size(), &count);
        if (outcome != 1) return look_at(outcome);
        plain_.append(room.data(), count);
    }
}

inline void tls_session::look_at(int outcome) {
    switch (SSL_get_error(made_.get(), outcome)) {
        case SSL_ERROR_WANT_READ: return;
        case SSL_ERROR_ZERO_RETURN: is_closed_ = true; return;
        default: break;
    }
    failed_ = detail::tls::failure_of(made_.get(), is_established_, host_);
    ERR_clear_error();
}

inline void tls_session::send(std::string_view plain) {
    if (failed_ || is_closing_ || plain.empty()) return;
    if (!is_established_) {
        waiting_ += plain;
        return;
    }
    ERR_clear_error();
    std::size_t count = 0;
    const int outcome = SSL_write_ex(made_.get(), plain.data(), plain.size(), &count);
    if (outcome != 1) look_at(outcome);
}

inline void tls_session::close() {
    if (failed_ || is_closing_) return;
    is_closing_ = true;
    if (!is_established_) return;
    ERR_clear_error();
    (void)SSL_shutdown(made_.get());
    ERR_clear_error();
}

}  // namespace syncfw
