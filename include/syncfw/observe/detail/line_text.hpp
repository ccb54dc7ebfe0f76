// SPDX-License-Identifier: BSL-1.0
// The parts of a log line. Whatever bytes come from outside, the line stays one line of valid JSON,
// and no longer than what can be read.
#pragma once

#include <syncfw/codec/detail/json_write.hpp>
#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/error.hpp>
#include <syncfw/core/secret.hpp>

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace syncfw::detail {

inline constexpr std::size_t line_value_size_max = 8 * 1024;

inline void append_escape(std::string& out, unsigned unit) {
    char text[6] = {'\\', 'u', '0', '0', '0', '0'};
    for (std::size_t i = 5; i > 1; --i, unit >>= 4) text[i] = "0123456789abcdef"[unit & 15];
    out.append(text, sizeof text);
}

// One character, and how many bytes it was. What a terminal or a viewer of logs may take for a
// command or for the end of a line is escaped, though JSON would allow some of it.
inline std::size_t append_character(std::string& out, std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    // NUL is allowed in JSON, but many stores and readers of texts refuse it.
    if (byte(0) != 0 && byte(0) < 0x80) {
        char escaped[8];
        if (byte(0) == 0x7F)
            append_escape(out, 0x7F);
        else
            out.append(escaped, json::put_escaped(escaped, byte(0)));
        return 1;
    }
    const std::size_t size = multibyte_size(text.data(), text.size());
    if (size == 0) {
        out += "\xEF\xBF\xBD";  // U+FFFD
        return 1;
    }
    const bool is_control = size == 2 && byte(0) == 0xC2 && byte(1) < 0xA0;
    const bool is_line_end =
        size == 3 && byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9);
    if (is_control)
        append_escape(out, byte(1));
    else if (is_line_end)
        append_escape(out, 0x1F80u + byte(2));
    else
        out.append(text.substr(0, size));
    return size;
}

/// The text in quotes, cut with a mark where it is long.
inline void append_text(std::string& out, std::string_view text) {
    std::size_t kept = text.size();
    if (kept > line_value_size_max) {
        kept = line_value_size_max;
        for (int i = 0; i < 3 && (static_cast<unsigned char>(text[kept]) & 0xC0u) == 0x80u; ++i)
            --kept;
    }
    out += '"';
    for (std::size_t at = 0; at < kept;) at += append_character(out, text.substr(at, kept - at));
    if (kept < text.size()) out += "… (cut, of " + std::to_string(text.size()) + " bytes)";
    out += '"';
}

template <class T>
inline constexpr bool is_secret = false;
template <class T>
inline constexpr bool is_secret<secret<T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

inline void append_document(std::string& out, const document& value) {
    buffer text;
    text.set_end(json::put_document(text.room(json::bound_document(value)), value));
    const std::string_view seen = text.view();
    if (seen.size() > line_value_size_max) return append_text(out, seen);  // As a text it is cut.
    for (std::size_t at = 0; at < seen.size();)
        if (static_cast<unsigned char>(seen[at]) < 0x7F)  // It is JSON already,
            out += seen[at++];
        else  // but what its texts hold is as strange as any.
            at += append_character(out, seen.substr(at));
}

template <class T>
void append_value(std::string& out, const T& value) {
    char number[json::number_size_max];
    if constexpr (is_secret<T>) {
        static_assert(!is_secret<T>,
                      "syncfw: a secret is not logged; log what it is for, or say reveal() where "
                      "it must really go out");
    } else if constexpr (is_optional<T>) {
        if (value)
            append_value(out, *value);
        else
            out += "null";
    } else if constexpr (std::same_as<T, bool>) {
        out += value ? "true" : "false";
    } else if constexpr (std::integral<T> && !std::same_as<T, char>) {
        out.append(number, json::put_integer(number, value));
    } else if constexpr (std::floating_point<T>) {
        out.append(number, json::put_real(number, static_cast<double>(value)));
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
        append_text(out, value);
    } else if constexpr (std::same_as<T, error>) {
        out.append(R"({"code":")").append(describe(value.code).name).append(R"(","text":)");
        append_text(out, to_string(value));
        out += '}';
    } else if constexpr (requires {
                             { to_string(value) } -> std::same_as<std::string>;
                         }) {
        append_text(out, to_string(value));
    } else if constexpr (std::convertible_to<const T&, document>) {
        append_document(out, document(value));
    } else {
        static_assert(is_secret<T>,
                      "syncfw: this type can't be logged; give it as a text, a "
                      "number, or a document");
    }
}

/// Another member of the line's object.
template <class T>
void append_member(std::string& out, std::string_view name, const T& value) {
    out += ',';
    append_text(out, name);
    out += ':';
    append_value(out, value);
}

/// All that the event says, as members.
template <class Event>
void append_members_of(std::string& out, const Event& event) {
    using all = boost::describe::describe_members<Event, boost::describe::mod_public>;
    boost::mp11::mp_for_each<all>(
        [&](auto member) { append_member(out, member.name, event.*member.pointer); });
}

/// Ends the line's object and writes it, in one call, so that lines of several threads don't mix.
inline void write_line(std::FILE* to, std::string& line) {
    line += "}\n";
    std::fwrite(line.data(), 1, line.size(), to);
    std::fflush(to);
}

}  // namespace syncfw::detail
