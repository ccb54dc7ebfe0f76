// SPDX-License-Identifier: BSL-1.0
#include <syncfw/security/token.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace {

using namespace syncfw;

/// Takes one token.
struct takes {
    std::string token;
    result<principal> verify(std::string_view given, timestamp) {
        if (given == token) return principal{.subject = token};
        return refused_token("not " + token);
    }
};
struct const_takes {
    result<principal> verify(std::string_view, timestamp) const { return principal{}; }
};
struct wrong_answer {
    bool verify(std::string_view, timestamp) { return true; }
};
static_assert(token_verifier<takes> && token_verifier<const_takes>);
static_assert(!token_verifier<wrong_answer> && !token_verifier<int>);
static_assert(token_verifier<any_of_verifiers<takes, const_takes>>);

}  // namespace

TEST_CASE("any_of_verifiers: takes what one of them takes, and the log has all reasons") {
    any_of_verifiers either(takes{"a"}, takes{"b"});
    CHECK(either.verify("a", {})->subject == "a");
    CHECK(either.verify("b", {})->subject == "b");
    CHECK(either.verify("c", {}).error() == refused_token("not a; not b"));
}

TEST_CASE("any_of_verifiers: where one can't say just now, no token is called wrong") {
    struct is_away {
        result<principal> verify(std::string_view, timestamp) {
            return error{.code = errc::peer_unavailable};
        }
    };
    any_of_verifiers first(is_away{}, takes{"a"});
    any_of_verifiers last(takes{"a"}, is_away{});
    CHECK(first.verify("a", {})->subject == "a");
    CHECK(first.verify("b", {}).error().code == errc::peer_unavailable);
    CHECK(last.verify("b", {}).error().code == errc::peer_unavailable);
}

TEST_CASE("principal: is nobody's and nobody's tenant until a token says more") {
    const principal nobody;
    CHECK(nobody.subject.empty());
    CHECK(nobody.tenant == tenant_id());
    CHECK(!nobody.has_role(""));
    CHECK(nobody.expires_at == timestamp::max());
}
