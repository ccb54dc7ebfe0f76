// SPDX-License-Identifier: BSL-1.0
// Tokens that a configuration lists: for services, peers and first steps.
//
//     static_tokens services;
//     services.add(*read_secret_file("/run/secrets/peer"), {.subject = "mirror", .tenant = acme});
//     result<principal> who = services.verify(token, timestamp::now());
//
// Rotation: add the new token beside the old one, hand it out, take the old one away.
#pragma once

#include <syncfw/config.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/security/detail/openssl.hpp>
#include <syncfw/security/detail/weak_secret.hpp>
#include <syncfw/security/principal.hpp>
#include <syncfw/security/token.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

/// Threads may verify at the same time, but not add.
class static_tokens {
  public:
    static constexpr std::size_t token_bytes_max = 8 * 1024;

    /// Refuses a token of less than 32 bytes, a placeholder, and one that is there already. It ends
    /// when the principal says.
    [[nodiscard]] result<void> add(const secret<std::string>& token, principal who);

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

    /// Looks at all of them, whichever it is; the time that it takes says nothing of any.
    [[nodiscard]] result<principal> verify(std::string_view token, timestamp now) const;

  private:
    struct entry {
        detail::crypto::digest digest{};
        principal who{};
    };

    [[nodiscard]] const entry* find(const detail::crypto::digest& wanted) const noexcept;

    // Only digests are kept and compared, so lengths can't be told apart either.
    std::vector<entry> entries_{};
};

// --- how it is done ------------------------------------------------------------------------------

inline result<void> static_tokens::add(const secret<std::string>& token, principal who) {
    SYNCFW_ASSERT(!who.subject.empty(), "a token is somebody's");
    if (const char* const why = detail::why_secret_is_weak(token.reveal()); why != nullptr)
        return error{.code = errc::invalid_value,
                     .message = "the token of " + who.subject + " " + why +
                                "; make one with: openssl rand -hex 32"};
    if (token.reveal().size() > token_bytes_max)
        return error{.code = errc::too_large, .message = "a token has 8 KiB at most"};
    entry made{.who = std::move(who)};
    if (!detail::crypto::sha256(token.reveal(), made.digest))
        return detail::crypto::failed("make a digest");
    if (find(made.digest) != nullptr)
        return error{.code = errc::already_exists,
                     .message = "the token of " + made.who.subject + " is another's already"};
    entries_.push_back(std::move(made));
    return {};
}

inline const static_tokens::entry* static_tokens::find(
    const detail::crypto::digest& wanted) const noexcept {
    const entry* found = nullptr;
    for (const entry& each : entries_)
        if (detail::crypto::are_same(each.digest, wanted)) found = &each;
    return found;
}

inline result<principal> static_tokens::verify(std::string_view token, timestamp now) const {
    if (token.empty()) return refused_token("there is no token");
    if (token.size() > token_bytes_max) return refused_token("the token is over 8 KiB");
    detail::crypto::digest given{};
    if (!detail::crypto::sha256(token, given)) return refused_token("OpenSSL has no SHA-256");
    const entry* const found = find(given);
    if (found == nullptr) return refused_token("no static token is this one");
    if (now >= found->who.expires_at) return refused_token("the static token has expired");
    return found->who;
}

}  // namespace syncfw
