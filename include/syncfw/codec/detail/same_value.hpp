// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/counter.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/entity/detail/reflect.hpp>
#include <syncfw/entity/value_traits.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace syncfw::detail {

template <class V>
[[nodiscard]] bool is_same_value(const V& a, const V& b);

template <class V>
[[nodiscard]] bool is_same_list(const V& a, const V& b) {
    using inner = inner_t<V>;
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!is_same_value<inner>(a[i], b[i])) return false;
    return true;
}

template <class V>
[[nodiscard]] bool is_same_set(const V& a, const V& b) {
    const auto& left = a.state().elements;
    const auto& right = b.state().elements;
    if (left.size() != right.size() || a.state().seen != b.state().seen) return false;
    for (std::size_t i = 0; i < left.size(); ++i)
        if (!is_same_value(left[i].value, right[i].value) || left[i].dots != right[i].dots)
            return false;
    return true;
}

template <class V>
[[nodiscard]] bool is_same_structure(const V& a, const V& b) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return (is_same_value(member_at<I>(a), member_at<I>(b)) && ...);
    }(std::make_index_sequence<member_count<V>>());
}

// Whether two values are written alike: reals by their bits, so that NaN is itself and 0.0 is not
// -0.0; a user's types by what is stored of them, so that they need no ==.
template <class V>
bool is_same_value(const V& a, const V& b) {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    if constexpr (shape == real) {
        using word = std::conditional_t<sizeof(V) == 4, std::uint32_t, std::uint64_t>;
        return std::bit_cast<word>(a) == std::bit_cast<word>(b);
    } else if constexpr (shape == optional) {
        return a.has_value() == b.has_value() && (!a || is_same_value(*a, *b));
    } else if constexpr (shape == vector) {
        return is_same_list(a, b);
    } else if constexpr (shape == set) {
        return is_same_set(a, b);
    } else if constexpr (shape == secret) {
        if constexpr (std::equality_comparable<V>)
            return a == b;  // in constant time
        else
            return is_same_value(a.reveal(), b.reveal());
    } else if constexpr (shape == structure) {
        return is_same_structure(a, b);
    } else if constexpr (shape == custom) {
        return is_same_value<typename value_traits<V>::storage_type>(
            value_traits<V>::to_storage(a), value_traits<V>::to_storage(b));
    } else {
        return a == b;
    }
}

}  // namespace syncfw::detail
