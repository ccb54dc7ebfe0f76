// SPDX-License-Identifier: BSL-1.0
// The base64 of tokens (RFC 7515 part 2): another alphabet, and no padding.
#pragma once

#include <syncfw/core/detail/base64.hpp>

#include <string>
#include <string_view>

namespace syncfw::detail {

[[nodiscard]] inline std::string base64url(std::string_view bytes) {
    std::string text(base64_size(bytes.size()), '\0');
    write_base64(text.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    while (!text.empty() && text.back() == '=') text.pop_back();
    for (char& each : text) {
        if (each == '+') each = '-';
        if (each == '/') each = '_';
    }
    return text;
}

/// Replaces `out`. False for anything that base64url would not write, so that no two texts mean
/// the same bytes: a token can't be changed into another one that is as good.
[[nodiscard]] inline bool read_base64url(std::string_view text, std::string& out) {
    out.clear();
    std::string standard(text);
    for (char& each : standard) {
        if (each == '+' || each == '/' || each == '=') return false;
        if (each == '-') each = '+';
        if (each == '_') each = '/';
    }
    if (standard.size() % 4 == 1) return false;
    standard.append((4 - standard.size() % 4) % 4, '=');
    return read_base64(standard, out);
}

}  // namespace syncfw::detail
