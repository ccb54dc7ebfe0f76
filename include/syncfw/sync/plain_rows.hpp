// SPDX-License-Identifier: BSL-1.0
// Rows as people and hand-written clients see them: a JSON object in which a set is a plain list,
// what the server owns is read over, and only the members that are there count.
//
//     document shown = syncfw::to_plain(row.value);            // {"id":"b1","tags":["a","b"],…}
//     field_mask present;
//     result<book> read = syncfw::read_plain<book>(std::move(given), present);
//
// Entities with encrypted fields have no plain rows.
#pragma once

#include <syncfw/codec/json.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/entity/entity.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace syncfw {

namespace detail {

template <class V>
inline constexpr bool is_set = false;
template <class V>
inline constexpr bool is_set<set_of<V>> = true;

/// Calls `f(place)` with the place of each field that is a set, as a constant.
template <class T, class F>
void for_each_set(F&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto one = [&]<std::size_t Place>(std::integral_constant<std::size_t, Place> place) {
            if constexpr (is_set<member_at_t<T, Place>>) f(place);
        };
        (one(std::integral_constant<std::size_t, I>()), ...);
    }(std::make_index_sequence<member_count<T>>());
}

/// The set gets exactly these values; those that were there keep their history.
template <class V>
void set_exactly(set_of<V>& to, const set_of<V>& wanted) {
    std::vector<V> gone;
    for (const V& each : to)
        if (!wanted.contains(each)) gone.push_back(each);
    for (const V& each : gone) to.erase(each);
    for (const V& each : wanted)
        if (!to.contains(each)) to.insert(each);
}

/// Whether both have the same values, whoever put them in.
template <class V>
[[nodiscard]] bool has_same_values(const set_of<V>& a, const set_of<V>& b) {
    if (a.size() != b.size()) return false;
    for (const V& each : a)
        if (!b.contains(each)) return false;
    return true;
}

}  // namespace detail

template <class T>
[[nodiscard]] document to_plain(const T& row) {
    // What was just written can be read.
    document shown = json::decode_document(json::encode<route::to_client>(row)).value();
    detail::for_each_set<T>([&](auto place) {
        document* const set = shown.find(entity_of<T>.fields[place].json);
        if (set == nullptr) return;
        const document* const items = set->find("items");
        *set = items == nullptr ? document::array() : document(*items);
    });
    return shown;
}

/// Gives the row with the members that `given` has, and `present` says which. A member that no
/// field has is refused with its name; sets take a list, and the form that devices write as well.
template <class T>
[[nodiscard]] result<T> read_plain(document given, field_mask& present) {
    if (given.members() == nullptr)
        return error{.code = errc::type_mismatch,
                     .message = "expected an object with the row's fields",
                     .entity = std::string(entity_of<T>.name)};
    T sets{};
    field_mask seen;
    result<void> done;
    detail::for_each_set<T>([&](auto place) {
        constexpr std::size_t at = decltype(place)::value;
        using V = typename detail::member_at_t<T, at>::value_type;
        const std::string name(entity_of<T>.fields[at].json);
        const document* const list = given.find(name);
        if (!done || list == nullptr || list->elements() == nullptr) return;
        auto values = json::decode_value<std::vector<V>>(json::encode(*list), {}, name);
        if (!values) {
            error why = values.error();
            why.entity = std::string(entity_of<T>.name);
            why.field = name + why.field;
            done = std::move(why);
            return;
        }
        for (V& each : *values) detail::member_at<at>(sets).insert(std::move(each));
        seen.set(at);
        given.erase(name);
    });
    if (!done) return done.error();
    auto row = json::decode<T, route::to_server>(
        json::encode(given),
        {.unknown = json::members::refused, .forbidden = json::members::ignored}, {}, &present);
    if (!row) {
        // Where it stood in a text that nobody sent says nothing.
        error why = row.error();
        why.line = why.column = 0;
        return why;
    }
    detail::for_each_set<T>([&](auto place) {
        constexpr std::size_t at = decltype(place)::value;
        if (seen.test(at)) detail::member_at<at>(*row) = std::move(detail::member_at<at>(sets));
    });
    present = present | seen;
    return row;
}

}  // namespace syncfw
