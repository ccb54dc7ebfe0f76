// SPDX-License-Identifier: BSL-1.0
// Tokens from the command line, for first steps and for tests.
#pragma once

#include <syncfw/app/host_tokens.hpp>
#include <syncfw/app/settings.hpp>
#include <syncfw/transport/http/fields.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw::app::detail {

/// `90s`, `15m`, `1h` or `7d`, in seconds.
[[nodiscard]] inline std::optional<std::int64_t> seconds_of(std::string_view text) {
    if (text.empty()) return {};
    constexpr std::string_view letters = "smhd";
    constexpr std::int64_t lengths[] = {1, 60, 3'600, 86'400};
    const std::size_t unit = letters.find(text.back());
    if (unit != std::string_view::npos) text.remove_suffix(1);
    const auto count = whole_number(text);
    constexpr std::int64_t most = 10LL * 365 * 86'400;
    if (!count || *count < 1 || *count > most) return {};
    const std::int64_t seconds = *count * lengths[unit == std::string_view::npos ? 0 : unit];
    return seconds > most ? std::nullopt : std::optional(seconds);
}

[[nodiscard]] inline std::vector<std::string> split_at_commas(std::string_view text) {
    std::vector<std::string> parts;
    http::detail::for_each_element(text, [&](std::string_view each) {
        parts.emplace_back(each);
        return true;
    });
    return parts;
}

[[nodiscard]] inline std::vector<setting> settings_of_tokens() {
    return {
        {.name = "sub", .help = "token: the user's name", .stands_for = "NAME"},
        {.name = "role", .help = "token: roles, with commas between them"},
        {.name = "for", .value = "1h", .help = "token: how long it is good, as 90s, 15m, 1h, 7d"}};
}

/// Makes a token for `--sub`. What fails is wrong in the settings.
[[nodiscard]] inline result<std::string> make_token(const settings& given, timestamp now) {
    if (given["sub"].empty()) return bad_setting("say whose token it is: --sub NAME");
    const auto seconds = seconds_of(given["for"]);
    if (!seconds)
        return bad_setting("--for is a time like 90s, 15m, 1h or 7d, up to ten years, and not " +
                           shown(given["for"]));
    if (given["jwt-secret"].empty() && given["jwt-secret-file"].empty())
        return bad_setting(
            "tokens are made with the server's secret: set JWT_SECRET, or JWT_SECRET_FILE");
    auto keys = secret_keys(given);
    if (!keys) return keys.error();
    const std::string& domain = given["auth0-domain"];
    return mint(*keys->find({}),
                {.subject = given["sub"],
                 .tenant = given["tenant"],
                 .roles = split_at_commas(given["role"]),
                 .issuer = domain.empty() ? std::string() : "https://" + domain + "/",
                 .audience = given["api-audience"],
                 .issued_at = now,
                 .expires_at = now + std::chrono::seconds(*seconds)});
}

}  // namespace syncfw::app::detail
