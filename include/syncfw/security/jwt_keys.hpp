// SPDX-License-Identifier: BSL-1.0
// The keys of JSON Web Tokens.
//
//     auto keys = jwt_keys::from_secret(*read_secret_file("/run/secrets/jwt"));
//     auto keys = jwt_keys::from_pem(public_key_text);
//     auto keys = jwt_keys::from_jwks(text_of_the_issuer);
//
// A key carries its one algorithm. A token's header can only agree with it or be refused: it never
// chooses, so that no public key is ever taken for a shared secret.
#pragma once

#include <syncfw/codec/json.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/security/detail/base64url.hpp>
#include <syncfw/security/detail/openssl.hpp>
#include <syncfw/security/detail/public_key.hpp>
#include <syncfw/security/detail/weak_secret.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

enum class jwt_algorithm : unsigned char { hs256, rs256, es256 };

/// As the header of a token names it.
[[nodiscard]] constexpr std::string_view name_of(jwt_algorithm algorithm) noexcept {
    constexpr std::string_view names[] = {"HS256", "RS256", "ES256"};
    return names[static_cast<std::size_t>(algorithm)];
}

/// One key. Copies share it, threads too.
class jwt_key {
  public:
    static constexpr std::size_t id_bytes_max = 256;

    /// HS256. Refuses a secret of less than 32 bytes, or one that is a placeholder.
    [[nodiscard]] static result<jwt_key> from_secret(const secret<std::string>& shared,
                                                     std::string id = {});
    /// RS256 for an RSA key of 2048 to 8192 bits, ES256 for one of the curve P-256.
    [[nodiscard]] static result<jwt_key> from_public_pem(std::string_view pem, std::string id = {});
    /// The same for who makes tokens. It verifies them too.
    [[nodiscard]] static result<jwt_key> from_private_pem(const secret<std::string>& pem,
                                                          std::string id = {});

    [[nodiscard]] jwt_algorithm algorithm() const noexcept { return held_->algorithm; }
    /// What the `kid` of a token's header says; empty for none.
    [[nodiscard]] const std::string& id() const noexcept { return held_->id; }
    [[nodiscard]] bool can_sign() const noexcept { return held_->can_sign; }

    [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const;
    /// The signature as a token carries it. Fails with `errc::forbidden` for a public key.
    [[nodiscard]] result<std::string> sign(std::string_view message) const;

  private:
    friend class jwt_keys;

    struct parts {
        jwt_algorithm algorithm = jwt_algorithm::hs256;
        bool can_sign = false;
        std::string id{};
        detail::crypto::hmac_sha256 mac{};
        detail::crypto::pkey pair{};
    };
    explicit jwt_key(std::shared_ptr<const parts> held) : held_(std::move(held)) {}

    [[nodiscard]] static result<jwt_key> of_pair(detail::crypto::pkey pair, bool can_sign,
                                                 std::string id);

    std::shared_ptr<const parts> held_;
};

/// Keys by their ids. Tokens without `kid` belong to the key without id, of which there is one at
/// most; a token that names a key is never tried with another.
class jwt_keys {
  public:
    static constexpr std::size_t keys_max = 64;
    static constexpr std::size_t jwks_bytes_max = 1 << 20;

    /// Fails with `errc::duplicate_field` where two have the same id, or none.
    [[nodiscard]] static result<jwt_keys> of(std::vector<jwt_key> keys);
    [[nodiscard]] static result<jwt_keys> from_secret(const secret<std::string>& shared,
                                                      std::string id = {});
    [[nodiscard]] static result<jwt_keys> from_pem(std::string_view pem, std::string id = {});

    /// A JWK set (RFC 7517). Keys that are not for RS256 or ES256 signatures, or are weak or
    /// broken, are left out. Fails where nothing remains, and where the set has what must never be
    /// published, a shared secret or a private key: whoever can read it could make tokens.
    [[nodiscard]] static result<jwt_keys> from_jwks(std::string_view text);

    [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }
    /// Null when there is none of this id.
    [[nodiscard]] const jwt_key* find(std::string_view id) const noexcept {
        for (const jwt_key& each : keys_)
            if (each.id() == id) return &each;
        return nullptr;
    }

  private:
    [[nodiscard]] static result<void> add_jwk(const document& jwk, std::vector<jwt_key>& to);

    std::vector<jwt_key> keys_{};
};

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

[[nodiscard]] inline error bad_key(std::string why) {
    return {.code = errc::invalid_value, .message = std::move(why)};
}

/// A text member of a JWK; empty where there is none of this type.
[[nodiscard]] inline std::string_view text_of(const document& object, std::string_view name) {
    const document* const found = object.find(name);
    const std::string* const text = found == nullptr ? nullptr : found->text();
    return text == nullptr ? std::string_view() : std::string_view(*text);
}

/// Whether the JWK says of itself that its signatures are to be verified with one of ours.
[[nodiscard]] inline bool is_for_signatures(const document& jwk, std::string_view algorithm) {
    if (jwk.find("use") != nullptr && text_of(jwk, "use") != "sig") return false;
    if (jwk.find("alg") != nullptr && text_of(jwk, "alg") != algorithm) return false;
    const document* const operations = jwk.find("key_ops");
    if (operations == nullptr) return true;
    if (operations->elements() == nullptr) return false;
    for (const document& each : *operations->elements())
        if (each == document("verify")) return true;
    return false;
}

}  // namespace detail

inline result<jwt_key> jwt_key::from_secret(const secret<std::string>& shared, std::string id) {
    if (id.size() > id_bytes_max) return detail::bad_key("a key's id has at most 256 bytes");
    if (const char* const why = detail::why_secret_is_weak(shared.reveal()); why != nullptr)
        return detail::bad_key(std::string("the secret of the tokens ") + why +
                               "; make one with: openssl rand -base64 48");
    auto made = std::make_shared<parts>();
    made->can_sign = true;
    made->id = std::move(id);
    if (!made->mac.prepare(shared.reveal())) return detail::crypto::failed("prepare a secret");
    return jwt_key(std::move(made));
}

inline result<jwt_key> jwt_key::of_pair(detail::crypto::pkey pair, bool can_sign, std::string id) {
    using namespace detail::crypto;
    if (id.size() > id_bytes_max) return detail::bad_key("a key's id has at most 256 bytes");
    auto made = std::make_shared<parts>();
    if (is_rsa(pair)) {
        if (const char* const why = why_rsa_is_weak(pair); why != nullptr)
            return detail::bad_key(why);
        made->algorithm = jwt_algorithm::rs256;
    } else if (is_p256(pair)) {
        made->algorithm = jwt_algorithm::es256;
    } else {
        return detail::bad_key("the key is neither RSA nor of the curve P-256");
    }
    made->can_sign = can_sign;
    made->id = std::move(id);
    made->pair = std::move(pair);
    return jwt_key(std::move(made));
}

inline result<jwt_key> jwt_key::from_public_pem(std::string_view pem, std::string id) {
    auto pair = detail::crypto::key_of_pem(pem, false);
    if (!pair)
        return detail::bad_key("the text is no PEM of a public key (-----BEGIN PUBLIC KEY-----)");
    return of_pair(std::move(pair), false, std::move(id));
}

inline result<jwt_key> jwt_key::from_private_pem(const secret<std::string>& pem, std::string id) {
    auto pair = detail::crypto::key_of_pem(pem.reveal(), true);
    if (!pair) return detail::bad_key("the text is no PEM of a private key that has no passphrase");
    return of_pair(std::move(pair), true, std::move(id));
}

inline bool jwt_key::verifies(std::string_view message, std::string_view signature) const {
    if (algorithm() == jwt_algorithm::rs256)
        return detail::crypto::verifies(held_->pair, message, signature);
    if (algorithm() == jwt_algorithm::es256) {
        const std::string der = detail::crypto::der_of_raw(signature);
        return !der.empty() && detail::crypto::verifies(held_->pair, message, der);
    }
    detail::crypto::digest expected{}, given{};
    if (signature.size() != given.size() || !held_->mac.make({message}, expected)) return false;
    for (std::size_t i = 0; i < given.size(); ++i)
        given[i] = static_cast<unsigned char>(signature[i]);
    return detail::crypto::are_same(expected, given);
}

inline result<std::string> jwt_key::sign(std::string_view message) const {
    if (!can_sign())
        return error{.code = errc::forbidden,
                     .message = "a public key can't sign; give the private one"};
    std::string signature;
    if (algorithm() == jwt_algorithm::hs256) {
        detail::crypto::digest made{};
        if (held_->mac.make({message}, made)) signature.assign(made.begin(), made.end());
    } else {
        signature = detail::crypto::sign(held_->pair, message);
        if (algorithm() == jwt_algorithm::es256) signature = detail::crypto::raw_of_der(signature);
    }
    if (signature.empty()) return detail::crypto::failed("sign");
    return signature;
}

inline result<jwt_keys> jwt_keys::of(std::vector<jwt_key> keys) {
    if (keys.empty()) return detail::bad_key("there is no key");
    if (keys.size() > keys_max)
        return error{.code = errc::too_large, .message = "at most 64 keys verify tokens"};
    jwt_keys made;
    for (jwt_key& each : keys) {
        if (made.find(each.id()) != nullptr)
            return error{
                .code = errc::duplicate_field,
                .message = each.id().empty() ? "two keys have no id" : "two keys have the same id",
                .field = "kid"};
        made.keys_.push_back(std::move(each));
    }
    return made;
}

inline result<jwt_keys> jwt_keys::from_secret(const secret<std::string>& shared, std::string id) {
    auto key = jwt_key::from_secret(shared, std::move(id));
    if (!key) return key.error();
    return of({std::move(*key)});
}

inline result<jwt_keys> jwt_keys::from_pem(std::string_view pem, std::string id) {
    auto key = jwt_key::from_public_pem(pem, std::move(id));
    if (!key) return key.error();
    return of({std::move(*key)});
}

inline result<void> jwt_keys::add_jwk(const document& jwk, std::vector<jwt_key>& to) {
    using namespace detail;
    const std::string_view type = text_of(jwk, "kty");
    if (type == "oct" || jwk.find("k") != nullptr)
        return bad_key("the key set publishes a shared secret (oct): replace it at once");
    if (jwk.find("d") != nullptr)
        return bad_key("the key set publishes a private key: replace it at once");
    const bool is_rsa = type == "RSA";
    const bool is_p256 = type == "EC" && text_of(jwk, "crv") == "P-256";
    if ((!is_rsa && !is_p256) || !is_for_signatures(jwk, is_rsa ? "RS256" : "ES256")) return {};
    const std::string_view id = text_of(jwk, "kid");
    // An id that is no id would make the key one of tokens without.
    if (jwk.find("kid") != nullptr && id.empty()) return {};
    std::string first, second;
    if (!read_base64url(text_of(jwk, is_rsa ? "n" : "x"), first) ||
        !read_base64url(text_of(jwk, is_rsa ? "e" : "y"), second))
        return {};
    auto pair = is_rsa ? crypto::rsa_key(first, second) : crypto::p256_key(first, second);
    if (!pair) return {};
    if (auto key = jwt_key::of_pair(std::move(pair), false, std::string(id)))
        to.push_back(std::move(*key));
    return {};
}

inline result<jwt_keys> jwt_keys::from_jwks(std::string_view text) {
    json::options rules;
    rules.size_max = jwks_bytes_max;
    rules.depth_max = 8;
    auto set = json::decode_document(text, rules);
    if (!set) return set.error();
    const document* const listed = set->find("keys");
    if (listed == nullptr || listed->elements() == nullptr)
        return detail::bad_key("the text is no JWK set: it has no list of keys");
    if (listed->elements()->size() > keys_max)
        return error{.code = errc::too_large, .message = "a JWK set has at most 64 keys"};
    std::vector<jwt_key> keys;
    for (const document& each : *listed->elements())
        if (auto added = add_jwk(each, keys); !added) return added.error();
    if (keys.empty())
        return detail::bad_key("none of the JWK set's " +
                               std::to_string(listed->elements()->size()) +
                               " keys is one for RS256 or ES256 signatures");
    return of(std::move(keys));
}

}  // namespace syncfw
