// SPDX-License-Identifier: BSL-1.0
#include <syncfw/app/detail/token_verb.hpp>
#include <syncfw/app/host_tokens.hpp>

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::app;
using words = std::vector<std::string>;
using environment_map = std::map<std::string, std::string>;

const std::string good_secret = "kJ8+qe3Zr5Lw0pXn7uYt2sVb9cMd4fGh";
const timestamp today = *timestamp::parse("2026-05-01T10:00:00Z");

settings given(const words& line, const environment_map& environment = {}) {
    std::vector<setting> known = token_settings();
    for (setting& each : app::detail::settings_of_tokens()) known.push_back(std::move(each));
    known.push_back({.name = "tenant"});
    auto read = settings::read(known, line, [&](const std::string& name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
    });
    REQUIRE(read);
    return std::move(*read);
}
std::string refusal(const words& line, const environment_map& environment = {}) {
    const auto check = open_token_check(given(line, environment), {}, today);
    REQUIRE(!check);
    return to_string(check.error());
}
bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("host tokens: without a key a program doesn't start, and is told how to mend it") {
    const std::string said = refusal({});
    for (const char* const each : {"JWT_SECRET", "JWKS", "--insecure-no-auth"})
        CHECK(has(said, each));
}

TEST_CASE("host tokens: what is wrong with a key is told by the setting's name, without the key") {
    CHECK(has(refusal({}, {{"JWT_SECRET", "hush-hush"}}), "JWT_SECRET: "));
    CHECK(!has(refusal({}, {{"JWT_SECRET", "hush-hush"}}), "hush"));
    CHECK(has(refusal({"--jwt-secret-file", "/nowhere"}), "JWT_SECRET_FILE: "));
    CHECK(has(refusal({}, {{"JWT_SECRET", good_secret}, {"JWT_SECRET_FILE", "/x"}}), "both set"));
    CHECK(has(refusal({"--jwks", "/nowhere"}), "JWKS: "));
    CHECK(has(refusal({"--jwks", "ftp://keys.example/set"}), "http://"));
    // The option is the later word: it is looked at, and not the variable.
    CHECK(
        has(refusal({"--jwt-secret-file", "/nowhere"}, {{"JWT_SECRET", good_secret}}), "/nowhere"));
}

TEST_CASE("T11: keys come over https, or from this machine") {
    for (const char* const each :
         {"http://keys.example/set", "HTTP://10.0.0.7:8080/set", "http://127.0.0.1.example/set",
          "http://localhost.example/set", "http://[fe80::1]/set"}) {
        const auto check = open_token_check(given({"--jwks", each}), {}, today);
        REQUIRE_MESSAGE(!check, std::string(each));
        CHECK(!is_retryable(check.error()));
        CHECK(has(to_string(check.error()), "write https://"));
    }
    for (const char* const each : {"http://127.0.0.1:1/set", "http://localhost:1/set",
                                   "http://[::1]:1/set", "https://127.0.0.1:1/set?v=1"}) {
        const auto check = open_token_check(given({"--jwks", each}), {}, today);
        REQUIRE_MESSAGE(!check, std::string(each));
        CHECK_MESSAGE(is_retryable(check.error()), to_string(check.error()));
    }
    CHECK(has(refusal({"--jwks", "https://127.0.0.1:1/set", "--tls-authorities", "/nowhere"}),
              "TLS_AUTHORITIES: "));
}

TEST_CASE("host tokens: keys that can't be fetched just now may be there later") {
    const auto check = open_token_check(given({"--jwks", "http://127.0.0.1:1/set"}), {}, today);
    REQUIRE(!check);
    CHECK(is_retryable(check.error()));
}

TEST_CASE("host tokens: a token that the program made is taken by it, with all that it says") {
    const environment_map environment{{"JWT_SECRET", good_secret},
                                      {"AUTH0_DOMAIN", "login.example"}};
    const auto made = app::detail::make_token(given({"--sub", "ann", "--tenant", "acme", "--role",
                                                     "reader, writer", "--api-audience", "books"},
                                                    environment),
                                              system_environment().now());
    REQUIRE(made);
    const auto check = open_token_check(given({"--api-audience", "books"}, environment), {}, today);
    REQUIRE(check);
    const auto who = (*check)(*made);
    REQUIRE(who);
    CHECK(who->subject == "ann");
    CHECK(who->tenant.name() == "acme");
    CHECK(who->roles == std::vector<std::string>{"reader", "writer"});
    const auto elsewhere = open_token_check(given({}, environment), {}, today);
    CHECK(!(*elsewhere)(*made));
    CHECK(!(*check)(*made + "x"));
    CHECK(!(*check)("ann"));
}

TEST_CASE("host tokens: without checks the token is the name, and all have the program's roles") {
    const auto check =
        open_token_check(given({"--insecure-no-auth"}), {.insecure_roles = {"peer"}}, today);
    REQUIRE(check);
    CHECK((*check)("ann")->tenant.name() == "ann");
    CHECK((*check)("ann")->has_role("peer"));
    CHECK(!(*check)(std::string(256, 'x')));
    const auto handle = with_anonymous([](http::request&& asked) {
        return http::response{.body = std::string(asked.field("Authorization"))};
    });
    CHECK(handle({}).body == "Bearer anonymous");
    http::request named;
    named.head.fields.add("Authorization", "Bearer ann");
    CHECK(handle(std::move(named)).body == "Bearer ann");
}

TEST_CASE("host tokens: a token is for somebody, for a time, and made with a secret") {
    const environment_map environment{{"JWT_SECRET", good_secret}};
    CHECK(!app::detail::make_token(given({}, environment), today));
    CHECK(!app::detail::make_token(given({"--sub", "ann"}), today));
    CHECK(!app::detail::make_token(given({"--sub", "ann", "--for", "soon"}, environment), today));
    using app::detail::seconds_of;
    CHECK(seconds_of("90") == 90);
    CHECK(seconds_of("90s") == 90);
    CHECK(seconds_of("15m") == 900);
    CHECK(seconds_of("1h") == 3'600);
    CHECK(seconds_of("7d") == 604'800);
    for (const char* const each :
         {"", "s", "-1s", "0", "1w", "1.5h", "999999999999999999d", "3651d"})
        CHECK_MESSAGE(!seconds_of(each), std::string(each));
}
