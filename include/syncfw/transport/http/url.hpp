// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/transport/http/fields.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::http {

/// Where a server is: `https://books.example:8443/base`.
struct url {
    bool is_secure = false;
    std::string host{};  ///< Without the brackets of an IPv6 address.
    std::uint16_t port = 80;
    std::string path{};  ///< Without a slash at its end: empty, or `/base`.

    /// What `Host` says: the port only where it isn't the scheme's own.
    [[nodiscard]] std::string authority() const {
        std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
        if (port != (is_secure ? 443 : 80)) text += ":" + std::to_string(port);
        return text;
    }
};

/// Reads one, of http or https. A user's name, a query or a fragment has no place in it.
[[nodiscard]] inline result<url> parse_url(std::string_view text) {
    const auto bad = [&](const char* why) {
        return error{.code = errc::invalid_value,
                     .message = "'" + std::string(text) + "' is no address of a server: " + why};
    };
    url out;
    std::string_view rest = text;
    const std::size_t scheme = rest.find("://");
    if (scheme == std::string_view::npos) return bad("it begins with http:// or https://");
    out.is_secure = detail::equal_without_case(rest.substr(0, scheme), "https");
    if (!out.is_secure && !detail::equal_without_case(rest.substr(0, scheme), "http"))
        return bad("it begins with http:// or https://");
    out.port = out.is_secure ? 443 : 80;
    rest.remove_prefix(scheme + 3);
    const std::size_t slash = rest.find('/');
    std::string_view at = rest.substr(0, slash);
    if (slash != std::string_view::npos) out.path = rest.substr(slash);
    while (out.path.ends_with('/')) out.path.pop_back();
    for (const char c : out.path)
        if (c <= 0x20 || c >= 0x7f || c == '?' || c == '#')
            return bad("its path has letters that none may have");
    if (at.find('@') != std::string_view::npos) return bad("a token goes into the options");
    if (at.starts_with('[')) {
        const std::size_t end = at.find(']');
        if (end == std::string_view::npos) return bad("its bracket has no end");
        out.host = at.substr(1, end - 1);
        at.remove_prefix(end + 1);
    } else {
        const std::size_t colon = at.find(':');
        out.host = at.substr(0, colon);
        at.remove_prefix(colon == std::string_view::npos ? at.size() : colon);
    }
    if (out.host.empty()) return bad("it names no host");
    for (const char c : out.host)
        if (!detail::token_letters.has(c) && c != ':') return bad("its host is no name");
    if (at.empty()) return out;
    if (at.front() != ':' || at.size() < 2 || at.size() > 6) return bad("its port is no number");
    std::uint32_t port = 0;
    for (const char c : at.substr(1)) {
        if (c < '0' || c > '9') return bad("its port is no number");
        port = port * 10 + static_cast<std::uint32_t>(c - '0');
    }
    if (port == 0 || port > 65'535) return bad("its port is none");
    out.port = static_cast<std::uint16_t>(port);
    return out;
}

/// `a%20b` → `a b`; none where the escapes are broken, or hide a NUL.
[[nodiscard]] inline std::optional<std::string> unescape(std::string_view text,
                                                         bool plus_is_space = false) {
    const auto digit = [](char c) {
        const char small = detail::lower(c);
        return small >= '0' && small <= '9'   ? small - '0'
               : small >= 'a' && small <= 'f' ? small - 'a' + 10
                                              : -1;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            const bool is_whole = text.size() - i > 2;
            const int high = is_whole ? digit(text[i + 1]) : -1;
            const int low = is_whole ? digit(text[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0)) return {};
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

/// The other way, for one part of a path or query.
[[nodiscard]] inline std::string escape(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            std::string_view("-._~").find(c) != std::string_view::npos)
            out += c;
        else
            ((out += '%') += digits[byte >> 4]) += digits[byte & 15];
    }
    return out;
}

}  // namespace syncfw::http
