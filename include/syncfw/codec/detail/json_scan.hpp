// SPDX-License-Identifier: BSL-1.0
// The grammar of JSON (RFC 8259) under the reader: white space, texts, numbers, and reading over
// what is unknown. Each function takes a place in the input and returns the place behind what it
// read, or null with the reason in the reader.
#pragma once

#include <syncfw/codec/cipher.hpp>
#include <syncfw/codec/detail/json_write.hpp>
#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/core/error.hpp>

#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

namespace syncfw::json {

/// What a decoder does with a member that it could do without.
enum class members : unsigned char { ignored, refused };
/// What a decoder does with a member that comes twice.
enum class duplicates : unsigned char { refused, last_wins };

/// How strict a decoder is, and its limits.
struct options {
    members unknown = members::ignored;    ///< Members that the entity doesn't have.
    members forbidden = members::ignored;  ///< Members that don't travel on this route.
    json::duplicates repeated = duplicates::refused;
    int depth_max = 64;
    std::size_t size_max = 10 * 1024 * 1024;
};

}  // namespace syncfw::json

namespace syncfw::detail::json {

struct reader {
    const char* begin;
    const char* end;
    const syncfw::json::options& rules;
    cipher_view keys{};  // Of encrypted fields, in messages.
    int depth = 0;
    errc code = errc::malformed;
    const char* at = nullptr;
    std::string message{};
    std::string path{};
    std::string scratch{};  // for member names with escapes
};

[[gnu::cold]] [[gnu::noinline]] inline const char* fail(reader& r, const char* at, errc code,
                                                        std::string message) {
    r.code = code;
    r.at = at;
    r.message = std::move(message);
    return nullptr;
}
[[gnu::cold]] [[gnu::noinline]] inline const char* fail_expected(reader& r, const char* at,
                                                                 const char* what,
                                                                 errc code = errc::malformed) {
    if (at == r.end)
        return fail(r, at, errc::truncated,
                    "expected " + std::string(what) + ", found the end of the input");
    return fail(r, at, code, "expected " + std::string(what));
}
// On the way out of a failure each level adds where it was.
[[gnu::cold]] [[gnu::noinline]] inline const char* in_member(reader& r, std::string_view name) {
    const bool joins = !r.path.empty() && r.path.front() != '[';
    r.path.insert(0, std::string(name) + (joins ? "." : ""));
    return nullptr;
}
[[gnu::cold]] [[gnu::noinline]] inline const char* in_element(reader& r, std::size_t i) {
    const bool joins = !r.path.empty() && r.path.front() != '[';
    r.path.insert(0, "[" + std::to_string(i) + "]" + (joins ? "." : ""));
    return nullptr;
}

inline bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

inline const char* skip_space(const char* in, const char* end) {
    while (in != end && is_space(*in)) ++in;
    return in;
}

inline const char* expect(const char* in, reader& r, char c, const char* what) {
    if (in == r.end || *in != c) return fail_expected(r, in, what);
    return in + 1;
}

inline bool take_word(const char*& in, const reader& r, std::string_view word) {
    if (static_cast<std::size_t>(r.end - in) < word.size() ||
        std::memcmp(in, word.data(), word.size()) != 0)
        return false;
    in += word.size();
    return true;
}

// --- texts -----------------------------------------------------------------------------------

// From behind the opening quote to the closing quote or the first backslash. `plain` becomes false
// when there are bytes beyond ASCII.
inline const char* scan_text(const char* in, reader& r, bool& plain) {
    std::uint64_t high = 0;
    while (r.end - in >= 8) {
        const auto word = load_word<std::uint64_t>(in);
        const std::uint64_t marks = escape_marks(word);
        if (marks != 0) {
            if constexpr (std::endian::native == std::endian::little) {
                const int skipped = std::countr_zero(marks) / 8;
                high |= word & ((std::uint64_t{1} << (skipped * 8)) - 1);
                in += skipped;
                plain = (high & high_bits) == 0;
                return in;
            }
            break;
        }
        high |= word;
        in += 8;
    }
    for (; in != r.end && !needs_escape(static_cast<unsigned char>(*in)); ++in)
        high |= static_cast<unsigned char>(*in);
    plain = (high & high_bits) == 0;
    return in;
}

inline int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

inline const char* get_unit(const char* in, reader& r, unsigned& unit) {
    unit = 0;
    for (int i = 0; i < 4; ++i, ++in) {
        const int digit = in == r.end ? -1 : hex_digit(*in);
        if (digit < 0) return fail_expected(r, in, "four hexadecimal digits");
        unit = unit << 4 | static_cast<unsigned>(digit);
    }
    return in;
}

inline void append_utf8(std::string& out, unsigned c) {
    if (c < 0x80) {
        out.push_back(static_cast<char>(c));
    } else if (c < 0x800) {
        out.push_back(static_cast<char>(0xC0 | c >> 6));
        out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        out.push_back(static_cast<char>(0xE0 | c >> 12));
        out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
        out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    } else {
        out.push_back(static_cast<char>(0xF0 | c >> 18));
        out.push_back(static_cast<char>(0x80 | (c >> 12 & 0x3F)));
        out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
        out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    }
}

// What follows a backslash.
inline const char* get_escape(const char* in, reader& r, std::string& out) {
    if (in == r.end) return fail_expected(r, in, "an escape");
    constexpr std::string_view letters = "btnfr\"\\/", meant = "\b\t\n\f\r\"\\/";
    if (const std::size_t at = letters.find(*in); at != std::string_view::npos) {
        out.push_back(meant[at]);
        return in + 1;
    }
    const char* const start = in;
    unsigned unit = 0;
    if (*in != 'u') return fail_expected(r, in, "an escape such as \\n or \\u00e9");
    in = get_unit(in + 1, r, unit);
    if (in == nullptr) return nullptr;
    if (unit == 0)
        return fail(r, start, errc::invalid_value,
                    "a text can't hold \\u0000: no SQL text column keeps it");
    if (unit >= 0xD800 && unit <= 0xDFFF) {
        unsigned low = 0;
        if (unit >= 0xDC00 || !take_word(in, r, "\\u"))
            return fail_expected(r, start, "a pair of surrogates");
        in = get_unit(in, r, low);
        if (in == nullptr) return nullptr;
        if (low < 0xDC00 || low > 0xDFFF) return fail_expected(r, start, "a pair of surrogates");
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, unit);
    return in;
}

inline bool is_valid_piece(const char* from, const char* to, reader& r) {
    const char* const bad = find_invalid_utf8(from, to);
    if (bad == to) return true;
    fail(r, bad, errc::malformed, "expected UTF-8, found another byte");
    return false;
}

// A text with escapes, from its first backslash on.
[[gnu::noinline]] inline const char* get_escaped_text(const char* in, reader& r, std::string& out) {
    for (;;) {
        bool plain = true;
        const char* const start = in;
        in = scan_text(in, r, plain);
        if (!plain && !is_valid_piece(start, in, r)) return nullptr;
        out.append(start, in);
        if (in == r.end) return fail_expected(r, in, "a closing quote");
        if (*in == '"') return in + 1;
        if (*in != '\\')
            return fail(r, in, errc::malformed, "a control character in a text needs an escape");
        in = get_escape(in + 1, r, out);
        if (in == nullptr) return nullptr;
    }
}

// A text from behind its opening quote. Without escapes `text` is a view into the input, else into
// `unescaped`.
inline const char* get_text(const char* in, reader& r, std::string_view& text,
                            std::string& unescaped) {
    const char* const start = in;
    bool plain = true;
    in = scan_text(in, r, plain);
    if (in != r.end && *in == '"') {
        if (!plain && !is_valid_piece(start, in, r)) return nullptr;
        text = {start, static_cast<std::size_t>(in - start)};
        return in + 1;
    }
    unescaped.clear();
    in = get_escaped_text(start, r, unescaped);
    text = unescaped;
    return in;
}

// --- numbers -------------------------------------------------------------------------------------

// Where a number ends, by the grammar; `is_integer` tells whether it has neither fraction nor
// exponent.
inline const char* scan_number(const char* in, reader& r, bool& is_integer) {
    const auto is_digit = [&] { return in != r.end && *in >= '0' && *in <= '9'; };
    const char* const start = in;
    is_integer = true;
    if (in != r.end && *in == '-') ++in;
    if (!is_digit()) return fail_expected(r, start, "a number", errc::type_mismatch);
    if (*in == '0') {
        ++in;
        if (is_digit()) return fail(r, start, errc::malformed, "a number can't begin with 0");
    } else {
        while (is_digit()) ++in;
    }
    if (in != r.end && *in == '.') {
        is_integer = false;
        ++in;
        if (!is_digit()) return fail_expected(r, in, "a digit behind the point");
        while (is_digit()) ++in;
    }
    if (in != r.end && (*in == 'e' || *in == 'E')) {
        is_integer = false;
        ++in;
        if (in != r.end && (*in == '+' || *in == '-')) ++in;
        if (!is_digit()) return fail_expected(r, in, "a digit of the exponent");
        while (is_digit()) ++in;
    }
    return in;
}

template <class Integer>
const char* get_integer(const char* in, reader& r, Integer& v) {
    const char* const start = in;
    // The usual case by hand: up to 18 digits fit without a check.
    const bool negative = in != r.end && *in == '-';
    const char* digits = in + (negative ? 1 : 0);
    const char* at = digits;
    std::int64_t number = 0;
    while (at != r.end && *at >= '0' && *at <= '9' && at - digits < 18)
        number = number * 10 + (*at++ - '0');
    const bool ended =
        at == r.end || ((*at < '0' || *at > '9') && *at != '.' && *at != 'e' && *at != 'E');
    if (ended && at != digits && (*digits != '0' || at - digits == 1)) {
        if (negative) number = -number;
        if (std::in_range<Integer>(number)) {
            v = static_cast<Integer>(number);
            return at;
        }
    }
    bool is_integer = true;
    in = scan_number(in, r, is_integer);
    if (in == nullptr) return nullptr;
    if (!is_integer)
        return fail(r, start, errc::type_mismatch,
                    "expected an integer, without fraction and exponent");
    const auto parsed = std::from_chars(start, in, v);
    if (parsed.ec == std::errc() && parsed.ptr == in) return in;
    return fail(r, start, errc::out_of_range,
                "expected an integer from " + std::to_string(std::numeric_limits<Integer>::min()) +
                    " to " + std::to_string(std::numeric_limits<Integer>::max()));
}

template <class Real>
const char* get_real(const char* in, reader& r, Real& v) {
    if (in != r.end && *in == '"') {
        if (take_word(in, r, "\"NaN\""))
            v = std::numeric_limits<Real>::quiet_NaN();
        else if (take_word(in, r, "\"Infinity\""))
            v = std::numeric_limits<Real>::infinity();
        else if (take_word(in, r, "\"-Infinity\""))
            v = -std::numeric_limits<Real>::infinity();
        else
            return fail_expected(r, in, "a number", errc::type_mismatch);
        return in;
    }
    const char* const start = in;
    bool is_integer = true;
    in = scan_number(in, r, is_integer);
    if (in == nullptr) return nullptr;
    const auto parsed = std::from_chars(start, in, v);
    if (parsed.ec == std::errc() && parsed.ptr == in) return in;
    return fail(r, start, errc::out_of_range, "the number is beyond what a real holds");
}

// --- reading over -------------------------------------------------------------------------------

inline const char* skip_scalar(const char* in, reader& r) {
    if (in == r.end) return fail_expected(r, in, "a value");
    if (*in == '"') {
        std::string_view ignored;
        return get_text(in + 1, r, ignored, r.scratch);
    }
    if (take_word(in, r, "true") || take_word(in, r, "false") || take_word(in, r, "null"))
        return in;
    if (*in != '-' && (*in < '0' || *in > '9')) return fail_expected(r, in, "a value");
    bool is_integer = true;
    return scan_number(in, r, is_integer);
}

// `"name" :`, from the quote on.
inline const char* skip_name(const char* in, reader& r) {
    std::string_view ignored;
    in = expect(in, r, '"', "a member's name");
    if (in != nullptr) in = get_text(in, r, ignored, r.scratch);
    if (in != nullptr) in = expect(skip_space(in, r.end), r, ':', "':'");
    return in == nullptr ? nullptr : skip_space(in, r.end);
}

// Any value, checked as strictly as those that are kept; which containers are open is one bit each.
inline const char* skip_value(const char* in, reader& r) {
    std::uint64_t objects = 0;
    const int outside = r.depth;
    bool begins = true;  // whether a value begins here, or one has ended
    for (;;) {
        if (begins) {
            if (in != r.end && (*in == '[' || *in == '{')) {
                if (++r.depth > r.rules.depth_max || r.depth - outside > 64)
                    return fail(r, in, errc::too_deep, "the input is nested too deep");
                const bool is_object = *in == '{';
                objects = objects << 1 | (is_object ? 1 : 0);
                in = skip_space(in + 1, r.end);
                if (in != r.end && *in == (is_object ? '}' : ']'))
                    begins = false;
                else if (is_object)
                    in = skip_name(in, r);
            } else {
                in = skip_scalar(in, r);
                begins = false;
            }
            if (in == nullptr) return nullptr;
        } else {
            if (r.depth == outside) return in;
            in = skip_space(in, r.end);
            const bool is_object = (objects & 1) != 0;
            if (in != r.end && *in == ',') {
                in = skip_space(in + 1, r.end);
                if (is_object) in = skip_name(in, r);
                if (in == nullptr) return nullptr;
                begins = true;
            } else if (in != r.end && *in == (is_object ? '}' : ']')) {
                ++in;
                objects >>= 1;
                --r.depth;
            } else {
                return fail_expected(r, in, is_object ? "',' or '}'" : "',' or ']'");
            }
        }
    }
}

}  // namespace syncfw::detail::json
