// SPDX-License-Identifier: BSL-1.0
// JSON lists of entities, one element after the other.
//
//     std::string text = json::encode_list(books);
//     result<std::vector<book>> back = json::decode_list<book>(text);
//     if (!back) log(to_string(back.error()));  // book[3].pages (line 1, column 214): expected …
//
//     auto done = json::for_each_in_list<book, to_server>(body, [&](book&& each, field_mask) {
//         shelf.add(std::move(each));
//     });
//
// An element is what json.hpp makes of a row: the same names, aliases, defaults, routes and rules.
// A plain `std::vector<book>` in `decode_value` is none of this, but a list of structs.
#pragma once

#include <syncfw/codec/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::json {

/// More rows than anybody should hold at once; a decoder may be told another number.
inline constexpr std::size_t list_count_max = 1'000'000;

/// Appends the rows as a JSON array. Any range of rows will do.
template <route Way = local, class Rows>
void append_list(buffer& out, const Rows& rows) {
    bool is_first = true;
    out.append("[");
    for (const auto& each : rows) {
        if (!is_first) out.append(",");
        append<Way>(out, each);
        is_first = false;
    }
    out.append("]");
}
/// The same of entities with encrypted fields. On failure nothing is appended.
template <route Way = local, class Rows, class Cipher>
result<void> append_list(buffer& out, const Rows& rows, const Cipher& cipher);

template <route Way = local, class Rows>
[[nodiscard]] std::string encode_list(const Rows& rows) {
    buffer out;
    append_list<Way>(out, rows);
    return std::string(out.view());
}

/// Calls `take(T&&, field_mask)` with each row and the fields that the input had of it. A failure
/// comes behind the rows before it, which were taken.
template <class T, route Way = local, class Take, class Cipher = detail::no_cipher>
result<void> for_each_in_list(std::string_view text, Take&& take, const options& rules = {},
                              std::size_t count_max = list_count_max, const Cipher& cipher = {});

/// All rows, or none and a failure.
template <class T, route Way = local, class Cipher = detail::no_cipher>
[[nodiscard]] result<std::vector<T>> decode_list(std::string_view text, const options& rules = {},
                                                 std::size_t count_max = list_count_max,
                                                 const Cipher& cipher = {});

}  // namespace syncfw::json

// --- how it is done ------------------------------------------------------------------------------

namespace syncfw::detail::json {

inline const char* check_count(const char* in, reader& r, std::size_t i, std::size_t count_max) {
    if (i < count_max) return in;
    return fail(r, in, errc::too_large,
                "the list has more than " + std::to_string(count_max) + " elements");
}

}  // namespace syncfw::detail::json

namespace syncfw::json {

template <route Way, class Rows, class Cipher>
result<void> append_list(buffer& out, const Rows& rows, const Cipher& cipher) {
    const std::size_t before = out.size();
    bool is_first = true;
    out.append("[");
    for (const auto& each : rows) {
        if (!is_first) out.append(",");
        is_first = false;
        if (auto done = append<Way>(out, each, cipher); !done) {
            out.truncate(before);
            return done;
        }
    }
    out.append("]");
    return {};
}

template <class T, route Way, class Take, class Cipher>
result<void> for_each_in_list(std::string_view text, Take&& take, const options& rules,
                              std::size_t count_max, const Cipher& cipher) {
    static_assert(detail::require_codec<T, Cipher>());
    detail::json::reader r = detail::json::make_reader(text, rules);
    const char* in = detail::json::begin_input(r);
    if (in != nullptr)
        in = detail::json::get_array(in, r, [&](const char* at, std::size_t i) {
            field_mask found;
            T row{};
            at = detail::json::check_count(at, r, i, count_max);
            if (at != nullptr) at = detail::json::get_entity<T, Way>(at, r, row, found, cipher);
            if (at != nullptr) take(std::move(row), found);
            return at;
        });
    if (detail::json::end_input(in, r) == nullptr)
        return detail::json::to_error(r, entity_of<T>.name);
    return {};
}

template <class T, route Way, class Cipher>
result<std::vector<T>> decode_list(std::string_view text, const options& rules,
                                   std::size_t count_max, const Cipher& cipher) {
    static_assert(detail::require_codec<T, Cipher>());
    detail::json::reader r = detail::json::make_reader(text, rules);
    std::vector<T> rows;
    const char* in = detail::json::begin_input(r);
    if (in != nullptr)
        in = detail::json::get_array(in, r, [&](const char* at, std::size_t i) {
            field_mask found;
            at = detail::json::check_count(at, r, i, count_max);
            if (at == nullptr) return at;
            return detail::json::get_entity<T, Way>(at, r, rows.emplace_back(), found, cipher);
        });
    if (detail::json::end_input(in, r) == nullptr)
        return detail::json::to_error(r, entity_of<T>.name);
    return rows;
}

}  // namespace syncfw::json
