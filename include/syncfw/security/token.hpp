// SPDX-License-Identifier: BSL-1.0
// What tells who is behind a token. One of your own is a class with one function; it is called by
// several threads at a time.
//
//     struct my_tokens {
//         result<principal> verify(std::string_view token, timestamp now);
//     };
//     static_assert(token_verifier<my_tokens>);
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/security/principal.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace syncfw {

/// A refusal is `errc::unauthorized` with the same message whatever was wrong; only `cause`, which
/// is for logs, has the reason, and never anything of the token.
template <class V>
concept token_verifier = requires(V& verifier, std::string_view token, timestamp now) {
    { verifier.verify(token, now) } -> std::same_as<result<principal>>;
};

/// The refusal that outsiders see.
[[nodiscard]] inline error refused_token(std::string reason) {
    return {.code = errc::unauthorized,
            .message = "the token is not valid",
            .cause = std::move(reason)};
}

/// Takes a token that one of them takes; asks them in this order. Where none does and one of them
/// can't say just now, that is the answer: the token may be good.
///
///     any_of_verifiers either(std::move(users), std::move(services));
template <token_verifier... Verifiers>
class any_of_verifiers {
    static_assert(sizeof...(Verifiers) > 0, "syncfw: any_of_verifiers needs a verifier");

  public:
    explicit any_of_verifiers(Verifiers... verifiers) : verifiers_(std::move(verifiers)...) {}

    [[nodiscard]] result<principal> verify(std::string_view token, timestamp now) {
        std::string reasons;
        std::optional<error> undecided;
        result<principal> found = refused_token({});
        const auto accepts = [&](auto& verifier) {
            found = verifier.verify(token, now);
            if (found) return true;
            if (is_retryable(found.error())) undecided = found.error();
            reasons.append(reasons.empty() ? "" : "; ").append(found.error().cause);
            return false;
        };
        const bool is_accepted =
            std::apply([&](auto&... each) { return (accepts(each) || ...); }, verifiers_);
        if (is_accepted) return found;
        // Who couldn't say might have taken it.
        if (undecided) return *undecided;
        return refused_token(std::move(reasons));
    }

  private:
    std::tuple<Verifiers...> verifiers_;
};

}  // namespace syncfw
