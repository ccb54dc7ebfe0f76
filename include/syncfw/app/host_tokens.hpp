// SPDX-License-Identifier: BSL-1.0
// Who may come in, as a program's settings say: the keys of its tokens.
//
// | setting                               | what it is                                         |
// |---------------------------------------|----------------------------------------------------|
// | `JWT_SECRET`, or `--jwt-secret-file`  | the secret of HS256                                |
// | `--jwks`                              | the keys of RS256 and ES256: a file, or an address |
// | `--tls-authorities`                   | whom it believes at https, where keys lie there    |
// | `--auth0-domain`                      | tokens must be issued by `https://DOMAIN/`         |
// | `--api-audience`                      | tokens must be for this service                    |
// | `--insecure-no-auth`                  | everybody is let in, see below                     |
//
// An address is one of https, or of this machine: whoever could change keys on their way could make
// tokens. Without any key a program doesn't start. With `--insecure-no-auth` no token is checked:
// whoever sends `Authorization: Bearer NAME` is taken for the user and tenant NAME, whatever that
// is, and who sends nothing for `anonymous`. That is for trying things out on one's own machine.
#pragma once

#include <syncfw/app/detail/tls_settings.hpp>
#include <syncfw/app/settings.hpp>
#include <syncfw/app/sync_routes.hpp>
#include <syncfw/security/jwt.hpp>
#include <syncfw/security/secret_file.hpp>
#include <syncfw/transport/http/client.hpp>
#include <syncfw/transport/http/router.hpp>
#include <syncfw/transport/http/url.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::app {

/// The settings of the table.
[[nodiscard]] std::vector<setting> token_settings();

struct token_options {
    /// Who comes in without a check has these.
    std::vector<std::string> insecure_roles{};
    /// For a JWKS at https, in place of what the settings say: a client's `tls_context`.
    std::shared_ptr<const http::filter_source> tls{};
};

/// The check of tokens. Fails with `errc::peer_unavailable` or `errc::timed_out` where the keys
/// can't be fetched just now, and otherwise where the settings are wrong.
[[nodiscard]] result<http::token_check> open_token_check(const settings& given,
                                                         const token_options& options,
                                                         timestamp now);

/// A filter of requests: who has no token gets that of `anonymous`. For `--insecure-no-auth`.
[[nodiscard]] std::function<http::response(http::request&&)> with_anonymous(
    std::function<http::response(http::request&&)> handle);

/// Gets the text of a JWK set: from a file, or with an address from there, each time anew.
[[nodiscard]] result<jwks_source::fetch_function> jwks_at(
    const std::string& place, const std::shared_ptr<const http::filter_source>& tls = {});

// --- how it is done ------------------------------------------------------------------------------

inline std::vector<setting> token_settings() {
    return {{.name = "jwt-secret-file",
             .help = "a file of its owner alone, with the secret that signs tokens (HS256)",
             .stands_for = "FILE"},
            {.name = "jwks",
             .help = "the keys that sign tokens (RS256, ES256): a file, or an address at https",
             .stands_for = "PLACE"},
            detail::tls_authorities(),
            {.name = "auth0-domain",
             .help = "whose tokens are taken: those of https://DOMAIN/",
             .stands_for = "DOMAIN"},
            {.name = "api-audience", .help = "for whom tokens must be", .stands_for = "NAME"},
            {.name = "insecure-no-auth",
             .value = "false",
             .help = "lets everybody in, under any name; never where others reach this machine",
             .kind = setting_kind::flag},
            {.name = "jwt-secret",
             .help = "the secret that signs tokens (HS256), of 32 letters or more",
             .kind = setting_kind::secret,
             .only_variable = true}};
}

namespace detail {

[[nodiscard]] inline http::token_check trusting_all(std::vector<std::string> roles) {
    return [roles = std::move(roles)](std::string_view name) -> result<principal> {
        auto tenant = tenant_id::make(name);
        if (!tenant) return refused_token("the name of a tenant has 255 bytes at most");
        return principal{
            .subject = std::string(name), .tenant = std::move(*tenant), .roles = roles};
    };
}

[[nodiscard]] inline result<jwt_keys> secret_keys(const settings& given) {
    const bool has_file = !given["jwt-secret-file"].empty();
    if (has_file && !given["jwt-secret"].empty() && !given.is_on_line("jwt-secret-file"))
        return bad_setting("JWT_SECRET and JWT_SECRET_FILE are both set; set one of them");
    if (!has_file) {
        auto keys = jwt_keys::from_secret(given.secret_of("jwt-secret"));
        if (!keys) return about_setting("JWT_SECRET", keys.error());
        return keys;
    }
    auto read = read_secret_file(given["jwt-secret-file"]);
    if (!read) return about_setting("JWT_SECRET_FILE", read.error());
    auto keys = jwt_keys::from_secret(*read);
    if (!keys) return about_setting("JWT_SECRET_FILE", keys.error());
    return keys;
}

// Verifiers of both kinds, where both have keys.
struct host_verifier {
    std::unique_ptr<jwt_verifier> by_secret{};
    std::unique_ptr<jwt_verifier> by_set{};

    [[nodiscard]] result<principal> verify(std::string_view token, timestamp now) const {
        result<principal> who = refused_token("there are no keys");
        if (by_secret) who = by_secret->verify(token, now);
        if (who || !by_set) return who;
        auto other = by_set->verify(token, now);
        if (!other && by_secret && !is_retryable(other.error()))
            return refused_token(who.error().cause + "; " + other.error().cause);
        return other;
    }
};

[[nodiscard]] inline error no_keys() {
    return bad_setting(
        "there is no key for tokens; set JWT_SECRET to 32 letters or more (openssl rand -base64 "
        "48 makes them), or JWT_SECRET_FILE, or JWKS, or try it without with --insecure-no-auth");
}

}  // namespace detail

inline result<jwks_source::fetch_function> jwks_at(
    const std::string& place, const std::shared_ptr<const http::filter_source>& tls) {
    const std::size_t scheme = place.find("://");
    if (scheme == std::string::npos) return jwks_file(place);
    const std::size_t slash = std::min(place.find('/', scheme + 3), place.size());
    const std::string path = slash == place.size() ? "/" : place.substr(slash);
    const auto at = http::parse_url(place.substr(0, slash));
    if (!at) return at.error();
    // Who can change what is on the way could put a key of his own among them.
    if (!at->is_secure && !detail::is_this_machine(*at))
        return detail::bad_setting("keys come over https, or from this machine; write https://" +
                                   at->authority() + " or save them to a file");
    auto line =
        http::client::make(place.substr(0, slash), {.connect_milliseconds = 5'000,
                                                    .answer_milliseconds = 5'000,
                                                    .answer_bytes_max = jwt_keys::jwks_bytes_max,
                                                    .tls = tls});
    if (!line) return line.error();
    auto shared = std::make_shared<http::client>(std::move(*line));
    return jwks_source::fetch_function([shared, path]() -> result<std::string> {
        auto got = shared->ask({.path = path, .is_repeatable = true});
        if (!got) return got.error();
        if (got->status == 200) return std::move(got->body);
        return error{
            .code = errc::peer_unavailable,
            .message = "the keys' server answers with HTTP " + std::to_string(got->status)};
    });
}

inline result<http::token_check> open_token_check(const settings& given,
                                                  const token_options& options, timestamp now) {
    if (given.flag("insecure-no-auth")) return detail::trusting_all(options.insecure_roles);
    const std::string& domain = given["auth0-domain"];
    const jwt_rules rules{.issuer = domain.empty() ? std::string() : "https://" + domain + "/",
                          .audience = given["api-audience"]};
    auto made = std::make_shared<detail::host_verifier>();
    if (!given["jwt-secret"].empty() || !given["jwt-secret-file"].empty()) {
        auto keys = detail::secret_keys(given);
        if (!keys) return keys.error();
        made->by_secret = std::make_unique<jwt_verifier>(std::move(*keys), rules);
    }
    if (!given["jwks"].empty()) {
        auto tls = options.tls;
        if (!tls) {
            auto made_of_settings = detail::tls_for(given["jwks"], given);
            if (!made_of_settings) return made_of_settings.error();
            tls = std::move(*made_of_settings);
        }
        auto fetch = jwks_at(given["jwks"], tls);
        if (!fetch) return detail::about_setting("JWKS", fetch.error());
        auto source = jwks_source::open(std::move(*fetch), now);
        if (!source) return detail::about_setting("JWKS", source.error());
        made->by_set = std::make_unique<jwt_verifier>(std::move(*source), rules);
    }
    if (!made->by_secret && !made->by_set) return detail::no_keys();
    return http::token_check(
        [made](std::string_view token) { return made->verify(token, system_environment().now()); });
}

inline std::function<http::response(http::request&&)> with_anonymous(
    std::function<http::response(http::request&&)> handle) {
    return [handle = std::move(handle)](http::request&& asked) {
        if (asked.head.fields.count("Authorization") == 0)
            asked.head.fields.add("Authorization", "Bearer anonymous");
        return handle(std::move(asked));
    };
}

}  // namespace syncfw::app
