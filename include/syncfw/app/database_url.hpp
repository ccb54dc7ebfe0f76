// SPDX-License-Identifier: BSL-1.0
// Where a program keeps its rows, as its users write it.
//
//     sqlite:///relative.db   sqlite:////absolute.db   sqlite::memory:
//     postgresql://user@host:port/database             (or postgres://)
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/transport/http/url.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace syncfw::app {

struct database_url {
    bool is_postgres = false;
    std::string
        place{};  ///< A file's path, `:memory:`, or PostgreSQL's address with all its parts.
};

/// Fails with `errc::invalid_value`. What may be a password is not in the message.
[[nodiscard]] inline result<database_url> parse_database_url(std::string_view text) {
    const auto bad = [](std::string why) {
        return error{.code = errc::invalid_value, .message = "the database's URL " + why};
    };
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            return bad("has a control character");
    if (text == "sqlite::memory:") return database_url{.place = ":memory:"};
    if (text.starts_with("postgresql://") || text.starts_with("postgres://"))
        return database_url{.is_postgres = true, .place = std::string(text)};
    constexpr std::string_view file = "sqlite:///";
    if (!text.starts_with("sqlite:"))
        return bad(
            "begins with sqlite:///file.db, sqlite:////folder/file.db, sqlite::memory: or "
            "postgresql://user@host:port/database");
    if (!text.starts_with(file))
        return bad("has three slashes before a file's name, and four before a path from the root");
    text.remove_prefix(file.size());
    if (text.find_first_of("?#") != std::string_view::npos)
        return bad("takes no parameters for SQLite; write ? as %3F and # as %23");
    auto path = http::unescape(text);
    if (!path) return bad("has a broken escape; write % as %25");
    if (path->empty() || path->ends_with('/')) return bad("names no file");
    return database_url{.place = std::move(*path)};
}

}  // namespace syncfw::app
