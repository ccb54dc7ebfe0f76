// SPDX-License-Identifier: BSL-1.0
#include "support/tokens.hpp"
#include <syncfw/security/static_token.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace {

using namespace syncfw;
using namespace tests;

const secret<std::string> old_token(std::string("4f9c1e70a2b84d63b5d8f7e6a1c03925"));
const secret<std::string> new_token(std::string("c03925a1f7e6b5d84d63a2b81e704f9c"));

principal mirror() {
    return {.subject = "mirror", .tenant = tenant_id("acme"), .roles = {"peer"}};
}

}  // namespace

TEST_CASE("static token: each has its principal, and any other is refused as every token is") {
    static_tokens tokens;
    expect(tokens.add(old_token, mirror()));
    expect(tokens.add(new_token, {.subject = "operator", .tenant = tenant_id("home")}));
    CHECK(expect(tokens.verify(old_token.reveal(), at(today))) == mirror());
    CHECK(expect(tokens.verify(new_token.reveal(), at(today))).subject == "operator");
    for (const std::string& other :
         {std::string(), old_token.reveal() + "0", old_token.reveal().substr(1),
          "X" + old_token.reveal().substr(1), std::string(9'000, 'x')}) {
        const auto refused = tokens.verify(other, at(today));
        REQUIRE(!refused);
        CHECK(refused.error().code == errc::unauthorized);
        CHECK(refused.error().message == "the token is not valid");
        CHECK(!refused.error().cause.empty());
    }
    CHECK(!static_tokens().verify(old_token.reveal(), at(today)));
}

TEST_CASE("static token: T9, no bit of one can be changed") {
    static_tokens tokens;
    expect(tokens.add(old_token, mirror()));
    const std::string good = old_token.reveal();
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        std::string changed = good;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
        CHECK(!tokens.verify(changed, at(today)));
    }
}

TEST_CASE("static token: the old and the new one serve together while they are changed") {
    static_tokens tokens;
    expect(tokens.add(old_token, mirror()));
    expect(tokens.add(new_token, mirror()));
    CHECK(tokens.verify(old_token.reveal(), at(today)));
    CHECK(tokens.verify(new_token.reveal(), at(today)));
    CHECK(tokens.size() == 2);
}

TEST_CASE("static token: one that ends is refused from then on") {
    static_tokens tokens;
    principal who = mirror();
    who.expires_at = at(today);
    expect(tokens.add(old_token, who));
    CHECK(tokens.verify(old_token.reveal(), at(today - 1)));
    CHECK(!tokens.verify(old_token.reveal(), at(today)));
}

TEST_CASE(
    "static token: T8, weak ones and repeated ones are refused, and the error doesn't show them") {
    static_tokens tokens;
    for (const std::string_view weak : {"", "changeme", "secret", "4f9c1e70a2b84d63b5d8f7e6a1c0392",
                                        "your_token_your_token_your_token_"}) {
        const auto refused = tokens.add(secret(std::string(weak)), mirror());
        REQUIRE(!refused);
        CHECK(refused.error().code == errc::invalid_value);
        if (weak.size() > 10) CHECK(refused.error().message.find(weak) == std::string::npos);
    }
    CHECK(tokens.add(secret(std::string(8'193, 'x') + old_token.reveal()), mirror()).error().code ==
          errc::too_large);
    expect(tokens.add(old_token, mirror()));
    CHECK(tokens.add(old_token, {.subject = "other"}).error().code == errc::already_exists);
    CHECK(tokens.size() == 1);
}
