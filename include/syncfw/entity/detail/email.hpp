// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string_view>

namespace syncfw::detail {

// Letters, digits and hyphens, the latter not at an end; what is not ASCII may be international.
constexpr bool is_domain_label(std::string_view label) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
        return false;
    for (const char c : label) {
        const bool is_ascii = (static_cast<unsigned char>(c) & 0x80u) == 0;
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (is_ascii && !is_letter && !(c >= '0' && c <= '9') && c != '-') return false;
    }
    return true;
}

/// Something that a mail could be sent to: one @, a local part of 1 to 64 characters without
/// blanks, a domain of two or more labels; 254 bytes at most. Whether anybody reads it, only a
/// mail can tell.
constexpr bool is_email(std::string_view text) {
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
    for (const char c : text.substr(0, at))
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) return false;
    std::string_view domain = text.substr(at + 1);
    if (domain.find('.') == std::string_view::npos) return false;
    for (;;) {
        const std::size_t dot = domain.find('.');
        if (!is_domain_label(domain.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        domain = domain.substr(dot + 1);
    }
}

}  // namespace syncfw::detail
