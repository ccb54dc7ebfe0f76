// SPDX-License-Identifier: BSL-1.0
// Tokens and key sets from strangers. The first byte says which: a whole token, the header or the
// claims of one that is rightly signed (so that the rules behind the signature are reached, too),
// or a JWK set.
#include "fuzz.hpp"
#include <syncfw/security/jwt.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace syncfw;

const jwt_key& key() {
    static const jwt_key one =
        jwt_key::from_secret(secret(std::string("a-fixed-key-for-tests-0123-only-4567-zyx")))
            .value();
    return one;
}

constexpr std::int64_t second = 1'000'000;
const timestamp now = timestamp::from_microseconds(1'800'000'000 * second);

jwt_verifier& verifier() {
    static jwt_verifier one(jwt_keys::of({key()}).value(), {.remembered_max = 100});
    return one;
}

void check_token(std::string_view token) {
    const auto who = verifier().verify(token, now);
    const auto again = verifier().verify(token, now);  // remembered or not
    fuzz::require(who.has_value() == again.has_value(), "a token is the same the second time");
    if (!who) {
        fuzz::require(who.error() == again.error(), "and so is the reason");
        fuzz::require(who.error().code == errc::unauthorized, "a refusal is of one code");
        fuzz::require(who.error().message == "the token is not valid", "and of one message");
        fuzz::require(!who.error().cause.empty(), "and has a reason");
        return;
    }
    fuzz::require(*who == *again, "what is remembered is what was read");
    fuzz::require(!who->subject.empty(), "a principal has a subject");
    fuzz::require(!who->tenant.name().empty(), "and a tenant");
    fuzz::require(who->expires_at + std::chrono::seconds(30) > now, "and has not ended");
}

std::string signed_token(std::string_view header, std::string_view claims) {
    std::string token = syncfw::detail::base64url(header);
    token.append(".").append(syncfw::detail::base64url(claims));
    const std::string signature = key().sign(token).value();
    return token.append(".").append(syncfw::detail::base64url(signature));
}

void check_keys(std::string_view text) {
    const auto keys = jwt_keys::from_jwks(text);
    if (!keys) {
        fuzz::require(!keys.error().message.empty(), "a refusal says why");
        return;
    }
    fuzz::require(keys->size() > 0 && keys->size() <= jwt_keys::keys_max, "a set has 1 to 64 keys");
    const jwt_key* const found = keys->find("ec-1");
    if (found == nullptr) return;
    fuzz::require(!found->can_sign(), "a published key signs nothing");
    fuzz::require(!found->verifies("message", std::string(64, 'x')), "and takes no noise");
}

}  // namespace

void fuzz::check(std::string_view input) {
    if (input.empty()) return;
    const std::string text(input.substr(1));  // without spare room for the sanitizer
    switch (input.front()) {
        case 't': check_token(text); break;
        case 'h': check_token(signed_token(text, R"({"sub":"paul","exp":1900000000})")); break;
        case 'c': check_token(signed_token(R"({"alg":"HS256"})", text)); break;
        case 'k': check_keys(text); break;
        default: break;
    }
}
