// SPDX-License-Identifier: BSL-1.0
// Values in the texts that databases take: JSON strings, array literals, patterns.
#pragma once

#include <syncfw/core/detail/hex.hpp>
#include <syncfw/entity/value.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw::detail {

[[nodiscard]] inline uuid uuid_in(std::string_view bytes) noexcept {
    std::array<std::uint8_t, 16> copy{};
    std::memcpy(copy.data(), bytes.data(), bytes.size() < 16 ? bytes.size() : 16);
    return uuid(copy);
}

/// The text of a uuid or timestamp, as JSON has it.
[[nodiscard]] inline std::string text_of(const value_view& seen) {
    if (seen.kind == value_kind::uuid) return to_string(uuid_in(seen.text));
    if (seen.kind == value_kind::timestamp)
        return to_string(timestamp::from_microseconds(seen.integer));
    return std::string(seen.text);
}

[[nodiscard]] inline value text_value(const value_view& seen) {
    value made;
    made.kind = value_kind::text;
    made.is_null = false;
    made.text = text_of(seen);
    return made;
}

/// Between quotes, with a backslash before quotes and backslashes: JSON's strings and the
/// elements of PostgreSQL's arrays. JSON has a form of its own for control characters.
inline void append_quoted(std::string& out, std::string_view text, bool is_json) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (is_json && static_cast<unsigned char>(c) < 0x20) {
            const std::size_t place = std::size_t{static_cast<unsigned char>(c)} * 2;
            out += "\\u00";
            out += hex_pairs[place];
            out += hex_pairs[place + 1];
        } else {
            out += c;
        }
    }
    out += '"';
}

/// `[1,2]` or `["a","b"]`, with numbers where `is_number`.
[[nodiscard]] inline std::string json_array(const std::vector<value>& elements, bool is_number) {
    std::string out = "[";
    for (const value& each : elements) {
        if (out.size() > 1) out += ',';
        if (is_number)
            out += std::to_string(each.integer);
        else
            append_quoted(out, text_of(each.view()), true);
    }
    return out + "]";
}

/// `{"a","b"}`: every element but the null may be quoted.
[[nodiscard]] inline std::string postgres_array(const value& list) {
    std::string out = "{";
    for (const value& each : list.elements) {
        if (out.size() > 1) out += ',';
        if (list.kind == value_kind::integer)
            out += std::to_string(each.integer);
        else if (list.kind == value_kind::boolean)
            out += each.integer != 0 ? 't' : 'f';
        else
            append_quoted(out, text_of(each.view()), false);
    }
    return out + "}";
}

/// The same pattern for SQLite's GLOB, which tells upper from lower case; its LIKE doesn't.
[[nodiscard]] inline std::string glob_of(std::string_view pattern) {
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool is_escaped = pattern[i] == '\\' && i + 1 < pattern.size();
        if (is_escaped) ++i;
        const char c = pattern[i];
        if (!is_escaped && (c == '%' || c == '_')) {
            out += c == '%' ? '*' : '?';
        } else if (c == '*' || c == '?' || c == '[') {
            out += '[';
            out += c;
            out += ']';
        } else {
            out += c;
        }
    }
    return out;
}

/// PostgreSQL refuses a pattern that ends within an escape.
[[nodiscard]] inline std::string like_of(std::string_view pattern) {
    std::size_t backslashes = 0;
    while (backslashes < pattern.size() && pattern[pattern.size() - 1 - backslashes] == '\\')
        ++backslashes;
    return std::string(pattern) + (backslashes % 2 == 1 ? "\\" : "");
}

}  // namespace syncfw::detail
