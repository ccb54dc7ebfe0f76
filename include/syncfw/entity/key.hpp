// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/entity/entity.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace syncfw {

namespace detail {

template <class T>
inline constexpr std::size_t key_size = entity_of<T>.all_with(meaning::primary_key).count();

// The places of the key's fields, in declared order.
template <class T>
inline constexpr auto key_places = [] {
    std::array<std::size_t, key_size<T>> places{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i)
        if (entity_of<T>.fields[i].has(meaning::primary_key)) places[count++] = i;
    return places;
}();

template <class T, std::size_t... I>
auto make_key(const T& value, std::index_sequence<I...>) {
    if constexpr (sizeof...(I) == 1)
        return member_at<key_places<T>[0]>(value);
    else
        return std::tuple<member_at_t<T, key_places<T>[I]>...>(
            member_at<key_places<T>[I]>(value)...);
}

template <class V>
std::string key_part_text(const V& part) {
    if constexpr (has_value_traits<V>)
        return key_part_text(value_traits<V>::to_storage(part));
    else if constexpr (std::is_enum_v<V>)
        return std::string(enum_name(part));
    else if constexpr (std::is_integral_v<V>)
        return std::to_string(part);
    else if constexpr (std::is_convertible_v<const V&, std::string_view>)
        return std::string(part);
    else
        return to_string(part);
}

}  // namespace detail

/// The key of an entity's row, by value. `key(book)`
template <class T>
[[nodiscard]] auto key(const T& value) {
    static_assert(detail::require_entity<T>());
    return detail::make_key(value, std::make_index_sequence<detail::key_size<T>>());
}

/// What `key` gives: the type of the field marked primary_key, or for a composite key a
/// `std::tuple` of its fields in declared order. It has an order, and equality.
template <class T>
using key_of = decltype(key(std::declval<const T&>()));

/// A key for people and errors: `0192f0c1-…`, or `7/draft` for a composite one.
template <class V>
[[nodiscard]] std::string key_text(const V& key) {
    return detail::key_part_text(key);
}
template <class... V>
[[nodiscard]] std::string key_text(const std::tuple<V...>& key) {
    return std::apply(
        [](const V&... parts) {
            std::string text;
            ((text += "/" + detail::key_part_text(parts)), ...);
            return text.substr(1);
        },
        key);
}

}  // namespace syncfw
