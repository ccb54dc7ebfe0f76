// SPDX-License-Identifier: BSL-1.0
// JSON Web Tokens (RFC 7519): who asks, signed by somebody that the server trusts.
//
//     auto keys = jwt_keys::from_secret(*read_secret_file("/run/secrets/jwt"));
//     jwt_verifier verifier(*keys, {.issuer = "https://login.example", .audience = "books"});
//     result<principal> who = verifier.verify(token, timestamp::now());
//
// HS256, RS256 and ES256; the key decides which (RFC 8725). Whatever is wrong, outsiders see one
// message, and a log the reason.
#pragma once

#include <syncfw/codec/json.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/security/detail/jwt_text.hpp>
#include <syncfw/security/detail/token_memory.hpp>
#include <syncfw/security/jwks_source.hpp>
#include <syncfw/security/jwt_keys.hpp>
#include <syncfw/security/principal.hpp>
#include <syncfw/security/token.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

/// What is asked of a token beside a good signature, `exp` and `sub`, which each must have.
struct jwt_rules {
    std::string issuer{};  ///< `iss` must be this; empty: anybody who has a key.
    /// `aud` must be this or name it. Empty: a token must be for nobody in particular, because
    /// one that names whom it is for may be meant for another service.
    std::string audience{};
    /// How far the issuer's clock may be off; at most a minute.
    std::chrono::seconds leeway{30};

    std::string tenant_claim = "tenant_id";
    /// Whether a token without that claim is its subject's own tenant. Turn it off where subjects
    /// choose their names: one could take a tenant's.
    bool subject_is_tenant = true;
    std::string role_claim = "role";    ///< One role as a text.
    std::string roles_claim = "roles";  ///< A list of them.

    /// How many verified tokens are remembered; 0: none.
    std::size_t remembered_max = 10'000;
};

/// Threads share it.
class jwt_verifier {
  public:
    static constexpr std::size_t token_bytes_max = detail::token_bytes_max;

    explicit jwt_verifier(jwt_keys keys, jwt_rules rules = {})
        : jwt_verifier(std::make_shared<const jwt_keys>(std::move(keys)), nullptr,
                       std::move(rules)) {}
    /// With keys that change. A token of a key that was taken away fails from then on.
    explicit jwt_verifier(std::shared_ptr<jwks_source> source, jwt_rules rules = {})
        : jwt_verifier(nullptr, std::move(source), std::move(rules)) {}

    /// Fails with `errc::unauthorized`. A token that was verified before costs a hash, and is
    /// still asked whether it is its time.
    [[nodiscard]] result<principal> verify(std::string_view token, timestamp now);

  private:
    jwt_verifier(std::shared_ptr<const jwt_keys> keys, std::shared_ptr<jwks_source> source,
                 jwt_rules rules)
        : keys_{std::move(keys), 1},
          source_(std::move(source)),
          rules_(std::move(rules)),
          memory_(std::make_unique<detail::token_memory>(rules_.remembered_max)) {
        SYNCFW_ASSERT(source_ != nullptr || keys_.keys != nullptr, "a verifier needs keys");
        SYNCFW_ASSERT(
            rules_.leeway >= std::chrono::seconds(0) && rules_.leeway <= std::chrono::seconds(60),
            "a token's leeway is a minute at most");
    }

    [[nodiscard]] jwt_key_set keys_at(timestamp now) {
        return source_ ? source_->current(now) : keys_;
    }
    /// The key of the header's id; may fetch keys, and changes `keys` then.
    [[nodiscard]] const jwt_key* find_key(const detail::jwt_header& header, jwt_key_set& keys,
                                          timestamp now);
    [[nodiscard]] const char* check(std::string_view token, timestamp now, jwt_key_set& keys,
                                    detail::verified_token& out);

    [[nodiscard]] const char* read_claims(const document& claims,
                                          detail::verified_token& out) const;
    [[nodiscard]] const char* check_parties(const document& claims) const;
    [[nodiscard]] const char* read_times(const document& claims, detail::verified_token& out) const;
    [[nodiscard]] const char* read_tenant(const document& claims, principal& out) const;
    [[nodiscard]] const char* read_roles(const document& claims, principal& out) const;
    [[nodiscard]] const char* check_times(const detail::verified_token& seen, timestamp now) const;

    jwt_key_set keys_;
    std::shared_ptr<jwks_source> source_;
    jwt_rules rules_;
    std::unique_ptr<detail::token_memory> memory_;
};

/// What a token of our own says.
struct jwt_claims {
    std::string subject{};
    std::string tenant{};  ///< Empty: none is said.
    std::vector<std::string> roles{};
    std::string issuer{};
    std::string audience{};
    timestamp issued_at{};
    timestamp expires_at{};  ///< Both in whole seconds; what is below is cut off.
};

/// Makes a token, for command lines, demonstrations and tests; a service that lets people sign in
/// has an issuer for it.
[[nodiscard]] inline result<std::string> mint(const jwt_key& key, const jwt_claims& claims);

// --- how it is done ------------------------------------------------------------------------------

inline result<principal> jwt_verifier::verify(std::string_view token, timestamp now) {
    if (token.empty()) return refused_token("there is no token");
    if (token.size() > token_bytes_max) return refused_token("the token is over 8 KiB");
    detail::crypto::digest digest{};
    if (!detail::crypto::sha256(token, digest)) return refused_token("OpenSSL has no SHA-256");

    jwt_key_set keys = keys_at(now);
    if (auto seen = memory_->find(digest, keys.generation)) {
        if (const char* const why = check_times(*seen, now); why != nullptr)
            return refused_token(why);
        return std::move(seen->who);
    }
    detail::verified_token seen;
    if (const char* const why = check(token, now, keys, seen); why != nullptr)
        return refused_token(why);
    memory_->keep(digest, keys.generation, seen);
    return std::move(seen.who);
}

inline const jwt_key* jwt_verifier::find_key(const detail::jwt_header& header, jwt_key_set& keys,
                                             timestamp now) {
    const jwt_key* const found = keys.keys->find(header.key_id);
    if (found != nullptr || !source_) return found;
    keys = source_->after_unknown_key(now);
    return keys.keys->find(header.key_id);
}

inline const char* jwt_verifier::check(std::string_view token, timestamp now, jwt_key_set& keys,
                                       detail::verified_token& out) {
    detail::jwt_text text;
    if (!text.split(token)) return "the token has not three parts";
    detail::jwt_header header;
    if (const char* const why = detail::read_header(text.header, header); why != nullptr)
        return why;
    const jwt_key* const key = find_key(header, keys, now);
    if (key == nullptr) return "the key is unknown";
    if (header.algorithm != name_of(key->algorithm())) return "the algorithm is not the key's";
    std::string signature;
    if (!detail::read_base64url(text.signature, signature)) return "the signature is no base64url";
    if (!key->verifies(text.is_signed, signature)) return "the signature is wrong";

    const auto claims = detail::read_object(text.payload);
    if (!claims) return "the claims are no JSON object in base64url";
    if (const char* const why = read_claims(*claims, out); why != nullptr) return why;
    return check_times(out, now);
}

inline const char* jwt_verifier::read_claims(const document& claims,
                                             detail::verified_token& out) const {
    if (const char* const why = check_parties(claims); why != nullptr) return why;
    if (const char* const why = read_times(claims, out); why != nullptr) return why;
    out.who.subject = detail::text_of(claims, "sub");
    if (out.who.subject.empty()) return "there is no subject";
    if (const char* const why = read_tenant(claims, out.who); why != nullptr) return why;
    return read_roles(claims, out.who);
}

inline const char* jwt_verifier::check_parties(const document& claims) const {
    if (!rules_.issuer.empty() && detail::text_of(claims, "iss") != rules_.issuer)
        return "the issuer is another one";
    const document* const audience = claims.find("aud");
    if (audience == nullptr) return rules_.audience.empty() ? nullptr : "there is no audience";
    if (rules_.audience.empty()) return "the token is for an audience, and this server has none";
    const document mine(rules_.audience);
    if (*audience == mine) return nullptr;
    const auto* const listed = audience->elements();
    bool is_mine = false;
    for (std::size_t i = 0; listed != nullptr && i < listed->size(); ++i) {
        if ((*listed)[i].text() == nullptr) return "the audience is no list of texts";
        is_mine = is_mine || (*listed)[i] == mine;
    }
    return is_mine ? nullptr : "the audience is another one";
}

inline const char* jwt_verifier::read_times(const document& claims,
                                            detail::verified_token& out) const {
    const document* const expires = claims.find("exp");
    if (expires == nullptr) return "the token never expires";
    if (!detail::read_moment(*expires, out.who.expires_at)) return "the expiry is no number";
    for (const char* const name : {"nbf", "iat"}) {
        const document* const found = claims.find(name);
        timestamp from;
        if (found == nullptr) continue;
        if (!detail::read_moment(*found, from)) return "a time is no number";
        if (out.not_before < from) out.not_before = from;
    }
    return nullptr;
}

inline const char* jwt_verifier::check_times(const detail::verified_token& seen,
                                             timestamp now) const {
    if (now - rules_.leeway >= seen.who.expires_at) return "the token has expired";
    if (now + rules_.leeway < seen.not_before) return "the token is not valid yet";
    return nullptr;
}

inline const char* jwt_verifier::read_tenant(const document& claims, principal& out) const {
    const document* const claimed = claims.find(rules_.tenant_claim);
    if (claimed == nullptr && !rules_.subject_is_tenant) return "there is no tenant";
    const std::string* const name = claimed == nullptr ? &out.subject : claimed->text();
    if (name == nullptr || name->empty()) return "the tenant is no text";
    auto tenant = tenant_id::make(*name);
    if (!tenant) return "the tenant's name is none";
    out.tenant = std::move(*tenant);
    return nullptr;
}

inline const char* jwt_verifier::read_roles(const document& claims, principal& out) const {
    if (const document* const role = claims.find(rules_.role_claim); role != nullptr) {
        if (role->text() == nullptr) return "the role is no text";
        out.roles.push_back(*role->text());
    }
    const document* const roles = claims.find(rules_.roles_claim);
    if (roles == nullptr) return nullptr;
    if (roles->elements() == nullptr) return "the roles are no list";
    for (const document& each : *roles->elements()) {
        if (each.text() == nullptr) return "a role is no text";
        if (!out.has_role(*each.text())) out.roles.push_back(*each.text());
    }
    return nullptr;
}

inline result<std::string> mint(const jwt_key& key, const jwt_claims& claims) {
    document header = document::object({{"alg", name_of(key.algorithm())}, {"typ", "JWT"}});
    if (!key.id().empty()) header.set("kid", key.id());
    const auto seconds = [](timestamp moment) { return moment.milliseconds_since_epoch() / 1'000; };
    document payload = document::object({{"sub", claims.subject},
                                         {"iat", seconds(claims.issued_at)},
                                         {"exp", seconds(claims.expires_at)}});
    if (!claims.tenant.empty()) payload.set("tenant_id", claims.tenant);
    if (!claims.issuer.empty()) payload.set("iss", claims.issuer);
    if (!claims.audience.empty()) payload.set("aud", claims.audience);
    if (!claims.roles.empty()) {
        document roles = document::array();
        for (const std::string& each : claims.roles) roles.push_back(each);
        payload.set("roles", std::move(roles));
    }
    std::string token = detail::base64url(json::encode(header));
    token.append(".").append(detail::base64url(json::encode(payload)));
    auto signature = key.sign(token);
    if (!signature) return signature.error();
    return token.append(".").append(detail::base64url(*signature));
}

}  // namespace syncfw
