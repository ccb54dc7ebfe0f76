// SPDX-License-Identifier: BSL-1.0
#include "support/tokens.hpp"
#include <syncfw/security/jwt_keys.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace syncfw;
using namespace tests;

secret<std::string> hidden(std::string_view text) {
    return secret(std::string(text));
}

}  // namespace

TEST_CASE("jwt_key: carries the one algorithm that its kind has") {
    CHECK(hs256_key().algorithm() == jwt_algorithm::hs256);
    CHECK(expect(jwt_key::from_public_pem(rsa_pem)).algorithm() == jwt_algorithm::rs256);
    CHECK(expect(jwt_key::from_public_pem(p256_pem)).algorithm() == jwt_algorithm::es256);
    CHECK(name_of(jwt_algorithm::hs256) == "HS256");
    CHECK(name_of(jwt_algorithm::rs256) == "RS256");
    CHECK(name_of(jwt_algorithm::es256) == "ES256");
}

TEST_CASE("jwt_key: T8, a weak secret or a placeholder is refused, and the error doesn't show it") {
    for (const std::string_view weak :
         {"your_secure_secret_key_here", "changeme", "Zk4vQ9xT2mWp7LrB8nYc3HdJ6sGf1AeX"}) {
        const auto refused = jwt_key::from_secret(hidden(weak.substr(0, 31)));
        REQUIRE(!refused);
        CHECK(refused.error().code == errc::invalid_value);
        CHECK(to_string(refused.error()).find("openssl rand") != std::string::npos);
        CHECK(to_string(refused.error()).find(weak.substr(0, 31)) == std::string::npos);
    }
    CHECK(jwt_key::from_secret(hidden("Zk4vQ9xT2mWp7LrB8nYc3HdJ6sGf1AeX")));
}

TEST_CASE("jwt_key: T5, weak and other kinds of public keys are refused") {
    for (const std::string_view pem :
         {rsa_1024_pem, p384_pem, ed25519_pem, locked_pem, std::string_view("no PEM"),
          std::string_view(), rsa_pem.substr(0, 200)}) {
        const auto refused = jwt_key::from_public_pem(pem);
        REQUIRE(!refused);
        CHECK(refused.error().code == errc::invalid_value);
    }
    CHECK(jwt_key::from_public_pem(rsa_1024_pem).error().message.find("2048") != std::string::npos);
}

TEST_CASE(
    "jwt_key: a PEM text of the other kind, or with a passphrase, asks nobody and is refused") {
    CHECK(!jwt_key::from_private_pem(hidden(rsa_pem)));
    CHECK(!jwt_key::from_private_pem(hidden(locked_pem)));
    CHECK(!jwt_key::from_public_pem(new_pair("EC").reveal()));
}

TEST_CASE("jwt_key: what a private key signs, the same public key verifies, and no other") {
    for (const char* const type : {"RSA", "EC"}) {
        const auto mine = expect(jwt_key::from_private_pem(new_pair(type)));
        const auto other = expect(jwt_key::from_private_pem(new_pair(type)));
        CHECK(mine.can_sign());
        const std::string signature = expect(mine.sign("message"));
        if (mine.algorithm() == jwt_algorithm::es256) CHECK(signature.size() == 64);
        CHECK(mine.verifies("message", signature));
        CHECK(!mine.verifies("another", signature));
        CHECK(!other.verifies("message", signature));
        CHECK(!mine.verifies("message", signature + '\0'));
        CHECK(!mine.verifies("message", ""));
        CHECK(!mine.verifies("message", std::string(signature.size(), '\0')));
    }
}

TEST_CASE("jwt_key: a public key does not sign") {
    const auto key = expect(jwt_key::from_public_pem(p256_pem));
    CHECK(!key.can_sign());
    CHECK(key.sign("message").error().code == errc::forbidden);
}

TEST_CASE("jwt_keys: T6, an id is found by its bytes alone, and has 256 of them at most") {
    const auto keys = expect(jwt_keys::of({hs256_key("a"), hs256_key("A"), hs256_key()}));
    CHECK(keys.size() == 3);
    CHECK(keys.find("a")->id() == "a");
    CHECK(keys.find("A")->id() == "A");
    CHECK(keys.find("")->id().empty());
    CHECK(keys.find("b") == nullptr);
    CHECK(keys.find("../../etc/passwd") == nullptr);
    CHECK(jwt_key::from_secret(token_secret, std::string(256, 'k')));
    CHECK(!jwt_key::from_secret(token_secret, std::string(257, 'k')));
    CHECK(!jwt_key::from_public_pem(p256_pem, std::string(257, 'k')));
}

TEST_CASE("jwt_keys: two of one id are refused, and two without") {
    CHECK(jwt_keys::of({hs256_key("a"), hs256_key("a")}).error().code == errc::duplicate_field);
    CHECK(jwt_keys::of({hs256_key(), hs256_key()}).error().code == errc::duplicate_field);
    CHECK(!jwt_keys::of({}));
    std::vector<jwt_key> many;
    for (int i = 0; i < 65; ++i) many.push_back(hs256_key("key " + std::to_string(i)));
    CHECK(jwt_keys::of(many).error().code == errc::too_large);
    many.pop_back();
    CHECK(jwt_keys::of(many));
}

TEST_CASE("JWKS: RSA and P-256 keys are read, and verify what the openssl program signed") {
    const auto keys = expect(jwt_keys::from_jwks(
        jwks("{" + rsa_numbers + R"(,"kid":"rsa-1","use":"sig","alg":"RS256"},{)" + p256_numbers +
             R"(,"kid":"ec-1","key_ops":["verify"]})")));
    REQUIRE(keys.size() == 2);
    for (const std::string_view token : {rs256_token, es256_token}) {
        const auto* const key = keys.find(token == rs256_token ? "rsa-1" : "ec-1");
        REQUIRE(key != nullptr);
        const std::size_t dot = token.rfind('.');
        std::string signature;
        REQUIRE(syncfw::detail::read_base64url(token.substr(dot + 1), signature));
        CHECK(key->verifies(token.substr(0, dot), signature));
    }
}

TEST_CASE("JWKS: T5, keys for other uses, of other kinds, weak or broken ones are left out") {
    const std::string good = "{" + p256_numbers + R"(,"kid":"good"})";
    const std::vector<std::string> others = {
        "{" + rsa_numbers + R"(,"kid":"x","use":"enc"})",
        "{" + rsa_numbers + R"(,"kid":"x","use":7})",
        "{" + rsa_numbers + R"(,"kid":"x","alg":"PS256"})",
        "{" + rsa_numbers + R"(,"kid":"x","alg":"ES256"})",
        "{" + rsa_numbers + R"(,"kid":"x","alg":"HS256"})",
        "{" + rsa_numbers + R"(,"kid":"x","key_ops":["encrypt"]})",
        "{" + rsa_numbers + R"(,"kid":"x","key_ops":"verify"})",
        "{" + rsa_numbers + R"(,"kid":7})",
        "{" + rsa_numbers + R"(,"kid":")" + std::string(257, 'k') + "\"}",
        "{" + rsa_1024_numbers + R"(,"kid":"x"})",
        R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
        R"({"kty":"EC","crv":"P-384","kid":"x"})",
        R"({"kty":"EC","crv":"P-256","kid":"x","x":"AAAA","y":"AAAA"})",
        // No point of the curve.
        R"({"kty":"EC","crv":"P-256","kid":"x","x":"_hTogKoNNNQL98FVzpe9F_vw90oKVwVqef0rdN9dkLs",)"
        R"("y":"_hTogKoNNNQL98FVzpe9F_vw90oKVwVqef0rdN9dkLs"})",
        R"({"kty":"RSA","kid":"x"})",
        R"({"kty":"none"})",
        "{}",
        "7",
    };
    for (const std::string& other : others) {
        CAPTURE(other);
        const auto both = jwt_keys::from_jwks(jwks(other + "," + good));
        REQUIRE(both);
        CHECK(both->size() == 1);
        CHECK(both->find("good") != nullptr);
        CHECK(!jwt_keys::from_jwks(jwks(other)));
    }
}

TEST_CASE("JWKS: T5, an RSA exponent of one is left out") {
    std::string trivial = rsa_numbers;
    trivial.replace(trivial.find("AQAB"), 4, "AQ");
    CHECK(!jwt_keys::from_jwks(jwks("{" + trivial + "}")));
}

TEST_CASE("JWKS: T5, a shared secret or a private key in it is refused with the whole set") {
    const std::string good = "{" + p256_numbers + R"(,"kid":"good"})";
    for (const std::string_view bad :
         {R"({"kty":"oct","kid":"rsa-1","k":"YS1maXhlZC1rZXktZm9yLXRlc3RzLTAxMjMtb25seS00NTY3"})",
          R"({"kty":"oct"})", R"({"kty":"EC","d":"AAAA"})"}) {
        const auto refused = jwt_keys::from_jwks(jwks(good + "," + std::string(bad)));
        REQUIRE(!refused);
        CHECK(refused.error().message.find("publishes") != std::string::npos);
    }
}

TEST_CASE("JWKS: T11, repeated ids, too many keys, too long a text and other shapes are refused") {
    const std::string key = "{" + p256_numbers + R"(,"kid":"one"})";
    CHECK(jwt_keys::from_jwks(jwks(key + "," + key)).error().code == errc::duplicate_field);
    std::string many = key;
    for (int i = 0; i < 64; ++i) many += ",{}";
    CHECK(jwt_keys::from_jwks(jwks(many)).error().code == errc::too_large);
    std::string text = jwks(key);
    text.append(jwt_keys::jwks_bytes_max - text.size(), ' ');
    CHECK(jwt_keys::from_jwks(text));
    CHECK(jwt_keys::from_jwks(text + ' ').error().code == errc::too_large);
    for (const std::string_view other :
         {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})", "nil", R"({"keys":[],"keys":[]})"}) {
        CAPTURE(other);
        CHECK(!jwt_keys::from_jwks(other));
    }
}
