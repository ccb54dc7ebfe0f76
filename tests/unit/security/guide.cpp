// SPDX-License-Identifier: BSL-1.0
// The code of docs/guide/tokens.md, run.
#include "support/tokens.hpp"
#include <syncfw/core/uuid.hpp>
#include <syncfw/security/jwt.hpp>
#include <syncfw/security/static_token.hpp>
#include <syncfw/security/token.hpp>
#include <syncfw/sync/server.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

namespace {

using tests::at;
using tests::expect;
using tests::today;
namespace fs = std::filesystem;

/// A file that only its owner may read, and that goes with the test.
class private_file {
  public:
    explicit private_file(std::string_view content) {
        std::ofstream(path_) << content;
        fs::permissions(path_, fs::perms::owner_read);
    }
    ~private_file() { fs::remove(path_); }
    private_file(const private_file&) = delete;
    private_file& operator=(const private_file&) = delete;
    [[nodiscard]] std::string path() const { return path_.string(); }

  private:
    fs::path path_ = fs::temp_directory_path() / ("syncfw-guide-" + to_string(syncfw::new_uuid()));
};

// [secret]
syncfw::result<syncfw::jwt_verifier> open_verifier(const std::string& secret_path) {
    const auto secret = syncfw::read_secret_file(secret_path);
    if (!secret) return secret.error();  // … is open to others; run: chmod 600 …
    auto keys = syncfw::jwt_keys::from_secret(*secret);
    if (!keys) return keys.error();  // … is a placeholder from an example; make one with: …
    return syncfw::jwt_verifier(std::move(*keys),
                                {.issuer = "https://login.example", .audience = "books"});
}
// [/secret]

// [who]
template <class Hub>
std::string answer(Hub& hub, syncfw::jwt_verifier& verifier, std::string_view token,
                   std::string_view request) {
    const auto who = verifier.verify(token, syncfw::timestamp::now());
    if (!who) {
        std::fprintf(stderr, "refused: %s\n", who.error().cause.c_str());  // for the log alone
        return "401 " + who.error().message;
    }
    return hub.handle({.tenant = who->tenant, .subject = who->subject}, request);
}
// [/who]

struct echo {
    std::string handle(const syncfw::caller& who, std::string_view request) {
        return who.tenant.name() + "/" + who.subject + ": " + std::string(request);
    }
};

// [jwks]
syncfw::result<syncfw::jwt_verifier> open_issuer(const std::string& path, syncfw::timestamp now) {
    auto source = syncfw::jwks_source::open(syncfw::jwks_file(path), now);
    if (!source) return source.error();
    return syncfw::jwt_verifier(
        *source,
        {.issuer = "https://login.example", .audience = "books", .subject_is_tenant = false});
}
// [/jwks]

// [services]
syncfw::result<syncfw::static_tokens> open_services(const std::string& token_path) {
    const auto token = syncfw::read_secret_file(token_path);
    if (!token) return token.error();
    syncfw::static_tokens services;
    const syncfw::principal mirror{
        .subject = "mirror", .tenant = syncfw::tenant_id("acme"), .roles = {"peer"}};
    if (auto added = services.add(*token, mirror); !added) return added.error();
    return services;
}
// [/services]

syncfw::jwt_claims claims() {
    syncfw::jwt_claims made = tests::good_claims();
    made.issuer = "https://login.example";
    made.audience = "books";
    return made;
}

}  // namespace

TEST_CASE("guide: a secret in a file, and who asks") {
    const private_file secret(tests::token_secret.reveal());
    auto verifier = expect(open_verifier(secret.path()));
    echo hub;
    syncfw::jwt_claims made = claims();
    made.issued_at = syncfw::timestamp();
    made.expires_at = syncfw::timestamp::max();
    const std::string token = expect(syncfw::mint(tests::hs256_key(), made));
    CHECK(answer(hub, verifier, token, "pull") == "arrakis/paul: pull");
    CHECK(answer(hub, verifier, token + "x", "pull") == "401 the token is not valid");
    CHECK(!open_verifier("/nowhere"));
}

TEST_CASE("guide: an issuer's keys, and tokens of services beside it") {
    const auto pair = tests::new_pair("EC");
    const private_file keys(tests::jwks(tests::jwk_of(pair, "one")));
    auto users = expect(open_issuer(keys.path(), at(today)));
    const auto key = expect(syncfw::jwt_key::from_private_pem(pair, "one"));
    const private_file secret("5e0c1f7ab2d94863a9d8e7f6c1b03a25");
    auto services = expect(open_services(secret.path()));

    // [either]
    syncfw::any_of_verifiers either(std::move(users), std::move(services));
    // [/either]
    const std::string token = expect(syncfw::mint(key, claims()));
    CHECK(expect(either.verify(token, at(today))).subject == "paul");
    CHECK(expect(either.verify("5e0c1f7ab2d94863a9d8e7f6c1b03a25", at(today))).has_role("peer"));
    CHECK(!either.verify("neither", at(today)));
}

TEST_CASE("guide: a token for a test") {
    const syncfw::jwt_key key = tests::hs256_key();
    const syncfw::timestamp now = at(today);
    // [mint]
    const auto token = syncfw::mint(key, {.subject = "paul",
                                          .tenant = "arrakis",
                                          .roles = {"writer"},
                                          .issuer = "https://login.example",
                                          .audience = "books",
                                          .issued_at = now,
                                          .expires_at = now + std::chrono::hours(1)});
    // [/mint]
    syncfw::jwt_verifier verifier(tests::hs256_keys(), {.audience = "books"});
    CHECK(expect(verifier.verify(*token, now)).has_role("writer"));
}
