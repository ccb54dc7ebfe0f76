// SPDX-License-Identifier: BSL-1.0
// Keys and tokens for the tests. The public keys are those of pairs that were made for this file
// and thrown away; the tokens were made with them, outside of the library.
#pragma once

#include <syncfw/security/jwt.hpp>

#include <openssl/core_names.h>

#include <string>
#include <string_view>
#include <utility>

namespace tests {

inline const syncfw::secret<std::string> token_secret(
    std::string("a-fixed-key-for-tests-0123-only-4567-zyx"));

/// A moment in seconds since 1970; all tests are on one day of 2027.
inline syncfw::timestamp at(std::int64_t seconds) {
    return syncfw::timestamp::from_microseconds(seconds * 1'000'000);
}
inline constexpr std::int64_t today = 1'800'000'000;

template <class T>
T expect(syncfw::result<T> given) {
    if (!given) throw syncfw::bad_result(given.error());
    return std::move(*given);
}
inline void expect(syncfw::result<void> given) {
    given.value();
}

// --- made with Python's hmac and the openssl program -------------------------------------------
// {"sub":"paul","tenant_id":"arrakis","exp":1900000000,"roles":["reader","writer"]}

inline constexpr std::string_view hs256_token =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwYXVsIiwidGVuYW50X2lkIjoiYXJyYWt"
    "pcyIsImV4cCI6MTkwMDAwMDAwMCwicm9sZXMiOlsicmVhZGVyIiwid3JpdGVyIl19.GpliBNfFQUrF1EJ2Uo"
    "XmVr2rmc-m2MFW0lT1dXMyhyw";
/// Its key id is rsa-1.
inline constexpr std::string_view rs256_token =
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6InJzYS0xIn0.eyJzdWIiOiJwYXVsIiwidGVuYW50"
    "X2lkIjoiYXJyYWtpcyIsImV4cCI6MTkwMDAwMDAwMCwicm9sZXMiOlsicmVhZGVyIiwid3JpdGVyIl19.lgx"
    "_gFMmRGBRUryALpkU6337wVPeSfAy5bd2FKExO_TNtb4_gvu5MzaklXh_lLLOhNTy6gdDNjQQAbNSUcODgou"
    "Qt86w26M8MYqJINR0LLvK5pSgfwXVIotpkftVlk9AnOSib4g1VdOqYv25SLi-6BczMop0FDyWapzdB9khMEb"
    "zP0JKpyWS6jkr6b0PlY3STls0d7ANiim-Mq2EesUEECe3wjGah4WKZpep4Rb3_AJNPCw6ZGlE_VpPG4RIb4z"
    "BmcGxQaJTWopNYL55yvZ0a3NypjwrNpOnTwhp-40KqHBSf2zZ8Xda9hXAL3L7yYjgI5XmEiJI3moHykqL-gf"
    "vag";
/// Its key id is ec-1.
inline constexpr std::string_view es256_token =
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImVjLTEifQ.eyJzdWIiOiJwYXVsIiwidGVuYW50X"
    "2lkIjoiYXJyYWtpcyIsImV4cCI6MTkwMDAwMDAwMCwicm9sZXMiOlsicmVhZGVyIiwid3JpdGVyIl19.B33G"
    "uHHXgmZWExnXtLeeowA-M5ujHWzWTZc63pAoSx9WIkH4_0T6uAEFiWRD50VDh-v8SZpXmcfyHZAXgPwEwQ";

inline constexpr std::string_view rsa_pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArW/QZmGe2n8rnEAoHiGy\n"
    "vWMq3yvpLQD+rkqrdk8yzaa1RYXSrz+Nn8iewsfwVMFcUEV8s4s/a2y02PqAWgfm\n"
    "ojJp9vNajxIdFIPTPrC+oBvKqaNlAqZd/DDZeyArFdsDvlDQkx18YmdNopegEzef\n"
    "dykaygvP3bzAmnShMcrhIUg7JzNguHadqljMpHUXnCku/MzR0CJ4ERJ0lWbVR4sl\n"
    "zshUbX9lShwRdrgV2Vd0OWLsrmF6/BI+wd6OsNF9MR4q6T93MbaJ52l6Pyf0MX+R\n"
    "wvTxBsaVdtfCxdMlzkoQPf6JZjvadB/iE1SD4K2I8Jw8pq2DEeLByM0+6OHgN0QX\n"
    "SwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
inline constexpr std::string_view rsa_1024_pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC6MWQXRwzzZjkO3lNKkUPqjroJ\n"
    "ayiQBVJu7hAg4wPITG+cXknqsAfGWQUwCnb7ybpnEXuql3CFxC2Ov3zUh/1aqrTc\n"
    "80ruWpLNbpeKAFAkm09D6r5g2Yq4izsNo5HRJ4BIX6zCQcybslfNaSimlU+69PXV\n"
    "QDeTgElihVszeRYiRwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
inline constexpr std::string_view p256_pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/hTogKoNNNQL98FVzpe9F/vw90oK\n"
    "VwVqef0rdN9dkLvTwGv3zDjzr0e23HG9aMAWTpKiNzsnIyJjZr/neow1YQ==\n"
    "-----END PUBLIC KEY-----\n";
inline constexpr std::string_view p384_pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEMadBTSfIxgI4rEK+ANS9KGymBae+oPmi\n"
    "/QIOHItdEKfEvUdPcDWPaUjOBTVttWGluId/IIqvWo+W9yfm0M243GWrWkyRnlr4\n"
    "iYV1A8KL3Uo+dQS5RZAjh7uG5m8Hn+eK\n"
    "-----END PUBLIC KEY-----\n";
inline constexpr std::string_view ed25519_pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAU8iE5avRHO9p4pwSHrW1K7CkYrm4Wrzm7G78jVT1ZJU=\n"
    "-----END PUBLIC KEY-----\n";
/// With the passphrase "x".
inline constexpr std::string_view locked_pem =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAj6GGA6cs8QnwICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEFKVWeHB2xRAuZ66cEoPzSoEgZB0\n"
    "ZIzaje5exwUzqj/1xZIDLAUgiEuxH+clVtVbI2mASYvNso/7aPYaiJ79YkdIvS7f\n"
    "pXmoddrO46loYAcCU6/hs0fqD5EtDb4M/akKJ1n/0yMoMflSyfnF9u1Pjz52HtMr\n"
    "gFWEegmA4lDVl22EgrtJIORV6QFTZRVsvV5YrEIPmLNCAmyqLDWaPLC73aYpPT8=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

// The same keys as the members of a JWK.
inline const std::string rsa_numbers =
    "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\""
    "rW_QZmGe2n8rnEAoHiGyvWMq3yvpLQD-rkqrdk8yzaa1RYXSrz-Nn8iewsfwVMFcUEV8s4s_a2y02PqAWgfm"
    "ojJp9vNajxIdFIPTPrC-oBvKqaNlAqZd_DDZeyArFdsDvlDQkx18YmdNopegEzefdykaygvP3bzAmnShMcrh"
    "IUg7JzNguHadqljMpHUXnCku_MzR0CJ4ERJ0lWbVR4slzshUbX9lShwRdrgV2Vd0OWLsrmF6_BI-wd6OsNF9"
    "MR4q6T93MbaJ52l6Pyf0MX-RwvTxBsaVdtfCxdMlzkoQPf6JZjvadB_iE1SD4K2I8Jw8pq2DEeLByM0-6OHg"
    "N0QXSw"
    "\"";
inline const std::string rsa_1024_numbers =
    "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\""
    "ujFkF0cM82Y5Dt5TSpFD6o66CWsokAVSbu4QIOMDyExvnF5J6rAHxlkFMAp2-8m6ZxF7qpdwhcQtjr981If9"
    "Wqq03PNK7lqSzW6XigBQJJtPQ-q-YNmKuIs7DaOR0SeASF-swkHMm7JXzWkoppVPuvT11UA3k4BJYoVbM3kW"
    "Ikc"
    "\"";
inline const std::string p256_numbers =
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"_hTogKoNNNQL98FVzpe9F_vw90oKVwVqef0rdN9dkLs\","
    "\"y\":\"08Br98w4869HttxxvWjAFk6Sojc7JyMiY2a_53qMNWE\"";

// --- made here ----------------------------------------------------------------------------------

/// A new pair as a private PEM, of "RSA" or "EC".
inline syncfw::secret<std::string> new_pair(std::string_view type) {
    using namespace syncfw::detail::crypto;
    const pkey made(type == "RSA" ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
    const memory_bio to(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(to.get(), made.get(), nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    const long size = BIO_get_mem_data(to.get(), &text);
    return syncfw::secret(std::string(text, static_cast<std::size_t>(size)));
}
/// The public half of a P-256 pair, as a key of a JWK set.
inline std::string jwk_of(const syncfw::secret<std::string>& pair, const std::string& id) {
    using namespace syncfw::detail;
    const crypto::pkey key = crypto::key_of_pem(pair.reveal(), true);
    unsigned char point[65] = {};
    std::size_t size = 0;
    EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &size);
    const auto number = [&](int from) {
        return base64url({reinterpret_cast<const char*>(point) + from, 32});
    };
    return R"({"kty":"EC","crv":"P-256","kid":")" + id + R"(","x":")" + number(1) + R"(","y":")" +
           number(33) + "\"}";
}
inline std::string jwks(std::string_view keys) {
    return std::string(R"({"keys":[)").append(keys).append("]}");
}

/// A token of this header and these claims, whatever they are, rightly signed.
inline std::string signed_token(const syncfw::jwt_key& key, std::string_view header,
                                std::string_view claims) {
    std::string token = syncfw::detail::base64url(header);
    token.append(".").append(syncfw::detail::base64url(claims));
    const auto signature = expect(key.sign(token));
    return token.append(".").append(syncfw::detail::base64url(signature));
}

inline syncfw::jwt_key hs256_key(std::string id = {}) {
    return expect(syncfw::jwt_key::from_secret(token_secret, std::move(id)));
}
inline syncfw::jwt_keys hs256_keys() {
    return expect(syncfw::jwt_keys::from_secret(token_secret));
}

/// Claims that are good, for an hour from `today`.
inline syncfw::jwt_claims good_claims() {
    return {.subject = "paul",
            .tenant = "arrakis",
            .roles = {"reader"},
            .issued_at = at(today),
            .expires_at = at(today + 3600)};
}

}  // namespace tests
