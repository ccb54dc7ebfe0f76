// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/security/detail/openssl.hpp>

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace syncfw::detail::tls {

using crypto::freed_by;
using context_handle = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using session_handle = std::unique_ptr<SSL, freed_by<SSL_free>>;
using certificate = std::unique_ptr<X509, freed_by<X509_free>>;

/// The two ends of a connection that is none: what came and was not yet read, what is to be sent.
/// OpenSSL's own memory BIO would do too, but it copies what comes, and it keeps the room of its
/// longest time for ever, which ten thousand connections that wait would feel.
struct pipe {
    std::string_view incoming{};
    std::string outgoing{};
};

inline pipe& pipe_of(BIO* bio) noexcept {
    return *static_cast<pipe*>(BIO_get_data(bio));
}

// Nothing there means that more may come, not that it is the end.
inline int pipe_read(BIO* bio, char* to, std::size_t most, std::size_t* count) noexcept {
    BIO_clear_retry_flags(bio);
    std::string_view& from = pipe_of(bio).incoming;
    *count = std::min(most, from.size());
    if (*count == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    std::memcpy(to, from.data(), *count);
    from.remove_prefix(*count);
    return 1;
}

inline int pipe_write(BIO* bio, const char* from, std::size_t size, std::size_t* count) noexcept {
    BIO_clear_retry_flags(bio);
    *count = 0;
    // Nothing may be thrown through a library of C.
    try {
        pipe_of(bio).outgoing.append(from, size);
    } catch (...) {
        return 0;
    }
    *count = size;
    return 1;
}

inline long pipe_control(BIO*, int command, long, void*) noexcept {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/// Made once, and never freed, so that no thread can use it too late. Null without memory.
[[nodiscard]] inline const BIO_METHOD* pipe_method() {
    static const BIO_METHOD* const made = []() -> BIO_METHOD* {
        const crypto::quiet_errors quiet;
        BIO_METHOD* const method =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "syncfw pipe");
        if (method == nullptr) return nullptr;
        BIO_meth_set_read_ex(method, pipe_read);
        BIO_meth_set_write_ex(method, pipe_write);
        BIO_meth_set_ctrl(method, pipe_control);
        return method;
    }();
    return made;
}

/// Lets the session read and write the pipe, which must live longer.
[[nodiscard]] inline bool connect(SSL* session, pipe& with) {
    if (pipe_method() == nullptr) return false;
    BIO* const made = BIO_new(pipe_method());
    if (made == nullptr) return false;
    BIO_set_data(made, &with);
    BIO_set_init(made, 1);
    SSL_set_bio(session, made, made);  // One reference is for both.
    return true;
}

}  // namespace syncfw::detail::tls
