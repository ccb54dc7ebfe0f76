// SPDX-License-Identifier: BSL-1.0
// What OpenSSL found wrong, in words that say how to mend it.
#pragma once

#include <syncfw/core/result.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <string>

namespace syncfw::detail::tls {

/// Why the certificate of this host is not believed.
[[nodiscard]] inline std::string words_of_verdict(long verdict, const std::string& host) {
    const std::string whose = "the certificate of " + host;
    switch (verdict) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return whose + " has expired; it must be renewed there, unless this machine's clock " +
                   "is wrong";
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return whose + " is not valid yet; see to this machine's clock";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return whose + " is for other names; use an address whose name stands in it, or " +
                   "add this one to its subjectAltName";
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return whose + " is signed by itself alone; give it to tls_trust, if it is known to " +
                   "be the right one";
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return whose + " is signed by nobody that is trusted here; give that authority's " +
                   "certificate to tls_trust, or let the server send its whole chain";
        case X509_V_ERR_INVALID_PURPOSE:
            return whose + " is not meant for servers; it needs the extended key usage serverAuth";
        case X509_V_ERR_EE_KEY_TOO_SMALL:
        case X509_V_ERR_CA_KEY_TOO_SMALL:
        case X509_V_ERR_CA_MD_TOO_WEAK:
            return whose + " has a key or a signature that is too weak; it must be issued anew";
        default: return whose + " is not to be believed";
    }
}

/// Why the handshake came to nothing, by OpenSSL's reason.
[[nodiscard]] inline std::string words_of_reason(int reason, const std::string& host) {
    switch (reason) {
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_UNKNOWN_PROTOCOL:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
        case SSL_R_RECORD_LENGTH_MISMATCH:
            return "what " + host + " says is not TLS; see to the scheme and the port";
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
            return host + " knows no TLS of version 1.2 or later; it must be upgraded";
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            return host + " knows no cipher that is taken here; it must be upgraded";
        default: return "TLS could not be agreed upon with " + host;
    }
}

/// The error of a session that just failed: while it began, nothing of us was heard; afterwards
/// nobody knows what was. Looks at the thread's list of errors.
[[nodiscard]] inline error failure_of(const SSL* session, bool was_established,
                                      const std::string& host) {
    const unsigned long first = ERR_peek_error();
    const char* const words = first == 0 ? nullptr : ERR_reason_error_string(first);
    const long verdict = SSL_get_verify_result(session);
    const bool is_refused = SSL_is_server(session) == 0 && verdict != X509_V_OK;
    error why{.code = was_established ? errc::timed_out : errc::peer_unavailable};
    const bool is_alert = ERR_GET_REASON(first) >= SSL_AD_REASON_OFFSET;
    if (was_established && is_alert)
        why.message = host + " has ended the encrypted connection";
    else if (was_established)
        why.message = "what came from " + host + " was changed on the way, or is not its own";
    else if (is_refused)
        why.message = words_of_verdict(verdict, host);
    else
        why.message = words_of_reason(ERR_GET_REASON(first), host);
    if (is_refused)
        why.cause = X509_verify_cert_error_string(verdict);
    else if (words != nullptr)
        why.cause = words;
    return why;
}

}  // namespace syncfw::detail::tls
