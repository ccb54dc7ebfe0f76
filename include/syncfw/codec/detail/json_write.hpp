// SPDX-License-Identifier: BSL-1.0
// JSON out of every field type. As in the binary form, an upper bound of the size comes first, so
// that the writing itself checks nothing.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/detail/json_keys.hpp>
#include <syncfw/core/blob.hpp>
#include <syncfw/core/counter.hpp>
#include <syncfw/core/detail/base64.hpp>
#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/core/set_of.hpp>

#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw::detail::json {

inline constexpr std::size_t number_size_max = 32;

// --- texts -------------------------------------------------------------------------------------

constexpr bool needs_escape(unsigned char c) {
    return c < 0x20 || c == '"' || c == '\\';
}

// Marks the bytes of a word that need an escape; the lowest mark is exact.
constexpr std::uint64_t escape_marks(std::uint64_t word) {
    constexpr std::uint64_t quotes = low_bits * '"', backslashes = low_bits * '\\';
    const std::uint64_t quote = word ^ quotes, backslash = word ^ backslashes;
    const std::uint64_t below_space = (word - low_bits * 0x20) & ~word;
    return (below_space | ((quote - low_bits) & ~quote) | ((backslash - low_bits) & ~backslash)) &
           high_bits;
}

inline char* put_escaped(char* out, unsigned char c) {
    if (!needs_escape(c)) {
        *out = static_cast<char>(c);
        return out + 1;
    }
    constexpr std::string_view with_letter = "\b\t\n\f\r\"\\", letters = "btnfr\"\\";
    *out++ = '\\';
    const std::size_t at = with_letter.find(static_cast<char>(c));
    if (at != std::string_view::npos) {
        *out++ = letters[at];
        return out;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::memcpy(out, "u00", 3);
    out[3] = digits[c >> 4];
    out[4] = digits[c & 15];
    return out + 5;
}

// Writes up to 7 bytes more than it says, into the room that the bound has for escapes.
inline char* put_text(char* out, const char* from, std::size_t size) {
    *out++ = '"';
    const char* const end = from + size;
    while (end - from >= 8) {
        const auto word = load_word<std::uint64_t>(from);
        std::memcpy(out, &word, 8);
        if (escape_marks(word) == 0) {
            from += 8;
            out += 8;
        } else {
            for (int i = 0; i < 8; ++i) out = put_escaped(out, static_cast<unsigned char>(*from++));
        }
    }
    if constexpr (std::endian::native == std::endian::little)
        if (from != end && size >= 8) {  // the rest, as the end of the last whole word
            const auto shift = 64 - 8 * static_cast<unsigned>(end - from);
            const auto word = load_word<std::uint64_t>(end - 8);
            if (escape_marks(word) >> shift == 0) {
                const std::uint64_t rest = word >> shift;
                std::memcpy(out, &rest, 8);
                out += end - from;
                from = end;
            }
        }
    for (; from != end; ++from) out = put_escaped(out, static_cast<unsigned char>(*from));
    *out++ = '"';
    return out;
}

// Short texts are given room for the worst, long ones are counted.
inline std::size_t bound_text(const char* from, std::size_t size) {
    if (size <= 512) return size * 6 + 2 + 8;
    std::size_t escapes = 0;
    for (std::size_t i = 0; i < size; ++i)
        escapes += needs_escape(static_cast<unsigned char>(from[i])) ? 1 : 0;
    return size + escapes * 5 + 2 + 8;
}

inline char* put_literal(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

// --- numbers ------------------------------------------------------------------------------------

template <class Integer>
char* put_integer(char* out, Integer v) {
    return std::to_chars(out, out + number_size_max, v).ptr;
}

// Most reals of everyday data have few decimals. If k / 10^p gives the very same real, then these
// digits are its shortest text: below 10^15 no two decimals share a double.
inline char* put_short_decimal(char* out, double v) {
    constexpr double powers[] = {1, 10, 100, 1000, 10000};
    const bool is_negative = std::bit_cast<std::uint64_t>(v) >> 63 != 0;
    const double size = is_negative ? -v : v;
    if (!(size < 1e10)) return nullptr;
    for (int p = 0; p < 5; ++p) {
        const auto k = static_cast<std::uint64_t>(size * powers[p] + 0.5);
        if (static_cast<double>(k) / powers[p] != size) continue;
        if (is_negative) *out++ = '-';
        const auto unit = static_cast<std::uint64_t>(powers[p]);
        out = put_integer(out, k / unit);
        if (p == 0) return out;
        *out++ = '.';
        std::uint64_t rest = k % unit;
        for (std::uint64_t place = unit / 10; place != 0; place /= 10) {
            *out++ = static_cast<char>('0' + rest / place);
            rest %= place;
        }
        return out;
    }
    return nullptr;
}

// JSON has no text for infinities and NaN; they are written as a string, and read back from it.
template <class Real>
char* put_real(char* out, Real v) {
    if (v - v != 0) {
        if (v != v) return put_literal(out, "\"NaN\"");
        return put_literal(out, v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    }
    if constexpr (sizeof(Real) == 8)
        if (char* const end = put_short_decimal(out, v)) return end;
    return std::to_chars(out, out + number_size_max, v).ptr;
}

// --- documents and mergeable values -------------------------------------------------------------

inline std::size_t bound_document(const document& v) {
    std::size_t size = number_size_max;
    if (const auto* text = v.text()) size += bound_text(text->data(), text->size());
    if (const auto* elements = v.elements())
        for (const document& each : *elements) size += bound_document(each) + 1;
    if (const auto* members = v.members())
        for (const auto& each : *members)
            size += bound_text(each.key.data(), each.key.size()) + bound_document(each.value) + 2;
    return size;
}

inline char* put_document(char* out, const document& v) {
    switch (v.kind()) {
        case document_kind::null: return put_literal(out, "null");
        case document_kind::boolean: return put_literal(out, *v.boolean() ? "true" : "false");
        case document_kind::integer: return put_integer(out, *v.integer());
        case document_kind::real: {
            // A real must come back as a real: 1 is the integer, 1.0 the real.
            char* const end = put_real(out, *v.real());
            const std::string_view text(out, static_cast<std::size_t>(end - out));
            if (text.find_first_of(".e") != std::string_view::npos) return end;
            return put_literal(end, ".0");
        }
        case document_kind::text: return put_text(out, v.text()->data(), v.text()->size());
        case document_kind::array:
            *out++ = '[';
            for (const document& each : *v.elements()) {
                out = put_document(out, each);
                *out++ = ',';
            }
            if (v.elements()->empty()) ++out;
            out[-1] = ']';
            return out;
        case document_kind::object:
            *out++ = '{';
            for (const auto& each : *v.members()) {
                out = put_text(out, each.key.data(), each.key.size());
                *out++ = ':';
                out = put_document(out, each.value);
                *out++ = ',';
            }
            if (v.members()->empty()) ++out;
            out[-1] = '}';
            return out;
    }
    return out;
}

inline char* put_replica(char* out, replica_id id) {
    *out++ = '"';
    out = id.write(out);
    *out++ = '"';
    return out;
}

inline constexpr std::size_t dot_size_max = 2 + 16 + 1 + 20 + 3;

// `[["0123456789abcdef",3],…]`
inline char* put_dots(char* out, const std::vector<dot>& dots) {
    *out++ = '[';
    for (const dot& each : dots) {
        if (&each != dots.data()) *out++ = ',';
        *out++ = '[';
        out = put_replica(out, each.replica);
        *out++ = ',';
        out = put_integer(out, each.number);
        *out++ = ']';
    }
    *out++ = ']';
    return out;
}

// `{"value":5,"parts":[["0123456789abcdef",7,2],…]}`; the value is there for people and SQL.
inline char* put_counter(char* out, const counter& v) {
    out = put_literal(out, R"({"value":)");
    out = put_integer(out, v.value());
    out = put_literal(out, R"(,"parts":[)");
    for (const counter_part& each : v.parts()) {
        if (&each != v.parts().data()) *out++ = ',';
        *out++ = '[';
        out = put_replica(out, each.replica);
        *out++ = ',';
        out = put_integer(out, each.added);
        *out++ = ',';
        out = put_integer(out, each.removed);
        *out++ = ']';
    }
    return put_literal(out, "]}");
}

template <class V>
std::size_t bound(const V& v);
template <class V>
char* put(char* out, const V& v);

template <class E>
std::size_t bound_set(const set_of<E>& v) {
    std::size_t size = 64 + v.state().seen.size() * dot_size_max;
    for (const auto& each : v.state().elements)
        size += bound(each.value) + 4 + each.dots.size() * dot_size_max;
    return size;
}

// `{"items":["a","b"],"dots":[[["0123456789abcdef",1]],…],"seen":[["0123456789abcdef",2]]}`
template <class E>
char* put_set(char* out, const set_of<E>& v) {
    const auto& elements = v.state().elements;
    out = put_literal(out, R"({"items":[)");
    for (const auto& each : elements) {
        if (&each != elements.data()) *out++ = ',';
        out = put(out, each.value);
    }
    out = put_literal(out, R"(],"dots":[)");
    for (const auto& each : elements) {
        if (&each != elements.data()) *out++ = ',';
        out = put_dots(out, each.dots);
    }
    out = put_literal(out, R"(],"seen":)");
    out = put_dots(out, v.state().seen);
    *out++ = '}';
    return out;
}

// --- objects and every field type ---------------------------------------------------------------

SYNCFW_INLINE char* put_key(char* out, std::string_view key) {
    std::memcpy(out, key.data(), key.size());
    return out + key.size();
}

template <class Keys>
inline constexpr std::size_t keys_size = static_text<keys_writer<Keys>>.size() + 2;

template <class Keys, std::size_t... I, class... M>
SYNCFW_INLINE char* put_members(char* out, std::index_sequence<I...>, const M&... m) {
    char* end = out;
    ((end = Keys::travelling.test(I) ? put(put_key(end, key_texts<Keys>[I]), m) : end), ...);
    if (end == out) ++end;
    *out = '{';  // in place of the first comma
    *end++ = '}';
    return end;
}

// The same by a table.
struct putter {
    std::size_t (*bound)(const void*);
    char* (*put)(char*, const void*);
};
template <class V>
std::size_t bound_erased(const void* v) {
    return bound(*static_cast<const V*>(v));
}
template <class V>
char* put_erased(char* out, const void* v) {
    return put(out, *static_cast<const V*>(v));
}
template <class List>
inline constexpr int putters = 0;
template <class... V>
inline constexpr putter putters<type_list<V...>>[] { {&bound_erased<V>, &put_erased<V>}... };

inline void append_listed(buffer& out, const object_info& object, const putter* putters_of,
                          const void* const* members) {
    std::size_t size = 2;
    for (std::size_t i = 0; i < object.count; ++i)
        if (object.travelling.test(i))
            size += object.name(i).size() + 4 + putters_of[i].bound(members[i]);
    char* const to = out.room(size);
    char* end = to;
    for (std::size_t i = 0; i < object.count; ++i) {
        if (!object.travelling.test(i)) continue;
        end = put_key(put_literal(end, ",\""), object.name(i));
        end = putters_of[i].put(put_literal(end, "\":"), members[i]);
    }
    if (end == to) ++end;
    *to = '{';
    *end++ = '}';
    out.set_end(end);
}

// A whole row: one check of the room, then plain writes.
template <class Keys, bool IsOptimised = SYNCFW_OPTIMISED, class T>
void append_object(buffer& out, const T& v) {
    if constexpr (IsOptimised) {
        with_placed_members(
            v, [&]<std::size_t... I>(std::index_sequence<I...> places, const auto&... m) {
                char* const to =
                    out.room((keys_size<Keys> + ... + (Keys::travelling.test(I) ? bound(m) : 0)));
                out.set_end(put_members<Keys>(to, places, m...));
            });
    } else {
        void* members[member_count<T> + 1];
        list_members(v, members);
        append_listed(out, Keys::info, putters<member_types<T>>, members);
    }
}

template <class V>
std::size_t bound(const V& v) {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    if constexpr (shape == boolean || shape == integer || shape == real || shape == timestamp) {
        return number_size_max;
    } else if constexpr (shape == uuid) {
        return 38;
    } else if constexpr (shape == text) {
        return bound_text(v.data(), v.size());
    } else if constexpr (shape == bytes) {
        return base64_size(v.size()) + 2;
    } else if constexpr (shape == enumeration) {
        return enum_name(v).size() + 2;
    } else if constexpr (shape == optional) {
        return v ? bound(*v) : 4;
    } else if constexpr (shape == vector) {
        std::size_t size = 2;
        for (const auto& each : v) size += bound<inner_t<V>>(each) + 1;
        return size;
    } else if constexpr (shape == set) {
        return bound_set(v);
    } else if constexpr (shape == counter) {
        return 64 + v.parts().size() * (dot_size_max + 21);
    } else if constexpr (shape == document) {
        return bound_document(v);
    } else if constexpr (shape == secret) {
        return bound(v.reveal());
    } else if constexpr (shape == custom) {
        return bound<typename value_traits<V>::storage_type>(value_traits<V>::to_storage(v));
    } else {
        return with_members(
            v, [](const auto&... m) { return (keys_size<plain_object<V>> + ... + bound(m)); });
    }
}

template <class V>
char* put_vector(char* out, const V& v) {
    *out++ = '[';
    bool is_first = true;
    for (const auto& each : v) {
        if (!is_first) *out++ = ',';
        out = put<inner_t<V>>(out, each);
        is_first = false;
    }
    *out++ = ']';
    return out;
}

template <class V>
char* put_quoted(char* out, const V& v) {
    *out++ = '"';
    out = v.write(out);
    *out++ = '"';
    return out;
}

inline char* put_base64(char* out, const void* from, std::size_t size) {
    *out++ = '"';
    out = write_base64(out, static_cast<const unsigned char*>(from), size);
    *out++ = '"';
    return out;
}

inline char* put_name(char* out, std::string_view name) {
    SYNCFW_ASSERT(!name.empty(), "an enum field holds a value that has no name");
    *out++ = '"';
    out = put_literal(out, name);
    *out++ = '"';
    return out;
}

template <class V>
char* put(char* out, const V& v) {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    if constexpr (shape == boolean) {
        return put_literal(out, v ? "true" : "false");
    } else if constexpr (shape == integer) {
        return put_integer(out, v);
    } else if constexpr (shape == real) {
        return put_real(out, v);
    } else if constexpr (shape == text) {
        return put_text(out, v.data(), v.size());
    } else if constexpr (shape == bytes) {
        return put_base64(out, v.data(), v.size());
    } else if constexpr (shape == uuid || shape == timestamp) {
        return put_quoted(out, v);
    } else if constexpr (shape == enumeration) {
        return put_name(out, enum_name(v));
    } else if constexpr (shape == optional) {
        return v ? put(out, *v) : put_literal(out, "null");
    } else if constexpr (shape == vector) {
        return put_vector(out, v);
    } else if constexpr (shape == set) {
        return put_set(out, v);
    } else if constexpr (shape == counter) {
        return put_counter(out, v);
    } else if constexpr (shape == document) {
        return put_document(out, v);
    } else if constexpr (shape == secret) {
        return put(out, v.reveal());
    } else if constexpr (shape == custom) {
        return put<typename value_traits<V>::storage_type>(out, value_traits<V>::to_storage(v));
    } else {
        return with_placed_members(v, [out](auto places, const auto&... m) {
            return put_members<plain_object<V>>(out, places, m...);
        });
    }
}

}  // namespace syncfw::detail::json
