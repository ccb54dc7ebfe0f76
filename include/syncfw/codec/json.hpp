// SPDX-License-Identifier: BSL-1.0
// JSON of entities, straight from and into the struct.
//
//     std::string text = json::encode(dune);
//     result<book> back = json::decode<book>(text);
//     if (!back) log(to_string(back.error()));  // book.pages (line 3, column 14): expected …
//
// Reading is strict (RFC 8259): UTF-8 is checked, members that come twice are refused, depth and
// size are limited, 64-bit integers stay exact, and an error says where and what was expected.
// Members may come in any order; the declared one is the fastest. What is missing gets its
// default_value or stays as the struct initialises it. Nothing is kept of an input that fails.
//
// On the route `to_server` a decoder has no code that could write what the server owns, and no
// encoder emits what is local_only except on the route `local`.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/cipher.hpp>
#include <syncfw/codec/detail/binary_rows.hpp>
#include <syncfw/codec/detail/json_read.hpp>
#include <syncfw/codec/detail/json_sealed.hpp>
#include <syncfw/codec/detail/json_write.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/entity/validation.hpp>

#include <string>
#include <string_view>

namespace syncfw::json {

/// Appends the row's JSON object.
template <route Way = local, class T>
void append(buffer& out, const T& row) {
    static_assert(detail::require_codec<T, detail::no_cipher>());
    detail::json::append_object<detail::json::entity_object<T, Way>>(out, row);
}
/// The same of an entity with encrypted fields, which become base64 of their ciphertext. On failure
/// nothing is appended.
template <route Way = local, class T, field_cipher Cipher>
result<void> append(buffer& out, const T& row, const Cipher& cipher) {
    static_assert(detail::require_codec<T, Cipher>());
    const std::size_t before = out.size();
    auto done = detail::json::append_sealed_object<T, Way>(out, row, cipher);
    if (!done) out.truncate(before);
    return done;
}

template <route Way = local, class T>
[[nodiscard]] std::string encode(const T& row) {
    buffer out;
    append<Way>(out, row);
    return std::string(out.view());
}
template <route Way = local, class T, field_cipher Cipher>
[[nodiscard]] result<std::string> encode(const T& row, const Cipher& cipher) {
    buffer out;
    if (auto done = append<Way>(out, row, cipher); !done) return done.error();
    return std::string(out.view());
}

/// Reads one object, with nothing but white space around it. `present`, where given, gets the
/// fields that the input had.
template <class T, route Way = local, class Cipher = detail::no_cipher>
[[nodiscard]] result<T> decode(std::string_view text, const options& rules = {},
                               const Cipher& cipher = {}, field_mask* present = nullptr);

/// Appends the document as JSON.
inline void append(buffer& out, const document& value) {
    out.set_end(detail::json::put_document(out.room(detail::json::bound_document(value)), value));
}
[[nodiscard]] inline std::string encode(const document& value) {
    buffer out;
    append(out, value);
    return std::string(out.view());
}
/// Reads any JSON value into a document.
[[nodiscard]] inline result<document> decode_document(std::string_view text,
                                                      const options& rules = {});

/// Any value that may be a field, by itself: a plain struct, a list of them, an optional number.
template <class V>
[[nodiscard]] std::string encode_value(const V& value) {
    buffer out;
    out.set_end(detail::json::put(out.room(detail::json::bound(value)), value));
    return std::string(out.view());
}
/// Reads such a value; `name` is what errors call it.
template <class V>
[[nodiscard]] result<V> decode_value(std::string_view text, const options& rules = {},
                                     std::string_view name = {});

// --- how it is done ------------------------------------------------------------------------------

}  // namespace syncfw::json

namespace syncfw::detail::json {

[[gnu::cold]] inline error to_error(const reader& r, std::string_view entity) {
    error e{.code = r.code,
            .message = r.message,
            .entity = std::string(entity),
            .field = r.path,
            .line = 1,
            .column = 1};
    for (const char* at = r.begin; at != r.at; ++at) {
        ++e.column;
        if (*at == '\n') {
            ++e.line;
            e.column = 1;
        }
    }
    return e;
}

// A view may be empty without a place; here null means a failure.
inline reader make_reader(std::string_view text, const syncfw::json::options& rules) {
    if (text.data() == nullptr) text = "";
    return {.begin = text.data(), .end = text.data() + text.size(), .rules = rules};
}

// What is the same for all inputs: the limit of the size before the value, and nothing behind it.
inline const char* begin_input(reader& r) {
    if (static_cast<std::size_t>(r.end - r.begin) > r.rules.size_max)
        return fail(r, r.begin, errc::too_large,
                    "the input is over " + std::to_string(r.rules.size_max) + " bytes");
    return skip_space(r.begin, r.end);
}
inline const char* end_input(const char* in, reader& r) {
    if (in == nullptr) return nullptr;
    in = skip_space(in, r.end);
    if (in != r.end) return fail(r, in, errc::trailing_data, "expected the end of the input");
    return in;
}

// One row, on its own or in a list. What it doesn't have gets its default.
template <class T, route Way, class Cipher>
const char* get_entity(const char* in, reader& r, T& row, field_mask& found, const Cipher& cipher) {
    using keys = entity_object<T, Way>;
    if constexpr (keys::has_sealed)
        in = get_members<keys>(in, r, row, found, sealed_by<T, Cipher>{cipher});
    else
        in = get_members<keys>(in, r, row, found, no_seal{});
    if constexpr (has_defaults<T>)
        if (in != nullptr) apply_defaults(row, found);
    return in;
}

// A value by itself that is no entity.
template <class V>
result<V> decode_value(std::string_view text, const syncfw::json::options& rules,
                       std::string_view name) {
    reader r = make_reader(text, rules);
    V value{};
    const char* in = begin_input(r);
    if (in != nullptr) in = end_input(get(in, r, value), r);
    if (in == nullptr) return to_error(r, name);
    return value;
}

}  // namespace syncfw::detail::json

namespace syncfw::json {

template <class T, route Way, class Cipher>
result<T> decode(std::string_view text, const options& rules, const Cipher& cipher,
                 field_mask* present) {
    static_assert(detail::require_codec<T, Cipher>());
    detail::json::reader r = detail::json::make_reader(text, rules);
    field_mask found;
    T row{};
    const char* in = detail::json::begin_input(r);
    if (in != nullptr) in = detail::json::get_entity<T, Way>(in, r, row, found, cipher);
    if (detail::json::end_input(in, r) == nullptr)
        return detail::json::to_error(r, entity_of<T>.name);
    if (present != nullptr) *present = found;
    return row;
}

template <class V>
result<V> decode_value(std::string_view text, const options& rules, std::string_view name) {
    return detail::json::decode_value<V>(text, rules, name);
}

inline result<document> decode_document(std::string_view text, const options& rules) {
    return detail::json::decode_value<document>(text, rules, {});
}

}  // namespace syncfw::json
