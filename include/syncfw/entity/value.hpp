// SPDX-License-Identifier: BSL-1.0
// What a field holds, without its type: what queries compare and what databases bind.
//
//     visit_field(dune, place_of<&book::pages>, [](const value_view& pages) {
//         use(pages.integer);  // kind is value_kind::integer, is_null is false
//     });
//
// An empty optional is null; an enum is the text of its name; a type with value_traits is its
// storage value; a secret is what it guards. Lists, sets, documents and structs are of the kind
// json and have no value here: `visit_elements` goes through what a list or set holds.
#pragma once

#include <syncfw/core/document.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/entity/entity.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw {

/// A value that somebody else owns.
struct value_view {
    value_kind kind = value_kind::json;
    bool is_null = true;
    std::int64_t integer = 0;  ///< boolean (0 or 1), integer, timestamp (microseconds).
    double real = 0;
    std::string_view text{};  ///< text, bytes, uuid (its 16 bytes).
};

/// A value of its own.
struct value {
    value_kind kind = value_kind::json;
    bool is_null = true;
    std::int64_t integer = 0;
    double real = 0;
    std::string text{};
    std::vector<value> elements{};  ///< Of a list in a query; all of `kind`.

    value() = default;
    explicit value(const value_view& seen)
        : kind(seen.kind),
          is_null(seen.is_null),
          integer(seen.integer),
          real(seen.real),
          text(seen.text) {}

    /// The value of anything that may be a field: `value::of(300)`, `value::of(new_uuid())`.
    template <class V>
    [[nodiscard]] static value of(const V& held);

    [[nodiscard]] value_view view() const noexcept { return {kind, is_null, integer, real, text}; }

    friend bool operator==(const value&, const value&) = default;
};

/// The order of two values of one kind, neither of them null: numbers and times by size, all else
/// by bytes. NaN, which no row should hold, is equal to itself and greater than all.
[[nodiscard]] inline std::weak_ordering compare(const value_view& a, const value_view& b) noexcept {
    switch (a.kind) {
        case value_kind::boolean:
        case value_kind::integer:
        case value_kind::timestamp: return a.integer <=> b.integer;
        case value_kind::real:
            if (a.real < b.real) return std::weak_ordering::less;
            if (a.real > b.real) return std::weak_ordering::greater;
            if (a.real == b.real) return std::weak_ordering::equivalent;
            return (a.real != a.real) <=> (b.real != b.real);
        default: return a.text.compare(b.text) <=> 0;
    }
}

namespace detail {

[[nodiscard]] inline std::string_view bytes_of(const void* first, std::size_t size) noexcept {
    return {static_cast<const char*>(first), size};
}

/// The view of a type that needs no unwrapping.
template <class V>
[[nodiscard]] value_view plain_view(const V& held) noexcept {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    value_view seen{.kind = kind_of<V>(), .is_null = false};
    if constexpr (shape == boolean || shape == integer)
        seen.integer = static_cast<std::int64_t>(held);
    else if constexpr (shape == real)
        seen.real = static_cast<double>(held);
    else if constexpr (shape == text)
        seen.text = held;
    else if constexpr (shape == enumeration)
        seen.text = enum_name(held);
    else if constexpr (shape == bytes)
        seen.text = bytes_of(held.data(), held.size());
    else if constexpr (shape == uuid)
        seen.text = bytes_of(held.bytes().data(), held.bytes().size());
    else if constexpr (shape == timestamp)
        seen.integer = held.microseconds_since_epoch();
    return seen;
}

/// Calls f with the view; a callback, because a storage value may live only so long.
template <class V, class F>
void visit_value(const V& held, F&& f) {
    constexpr auto shape = shape_v<V>;
    if constexpr (shape == value_shape::optional) {
        if (held)
            visit_value(*held, f);
        else
            f(value_view{.kind = kind_of<V>()});
    } else if constexpr (shape == value_shape::secret) {
        visit_value(held.reveal(), f);
    } else if constexpr (shape == value_shape::custom) {
        visit_value<typename value_traits<V>::storage_type>(value_traits<V>::to_storage(held), f);
    } else {
        f(plain_view(held));
    }
}

/// Calls f with each element until it returns false.
template <class V, class F>
void visit_value_elements(const V& held, F&& f) {
    constexpr auto shape = shape_v<V>;
    if constexpr (shape == value_shape::optional) {
        if (held) visit_value_elements(*held, f);
    } else if constexpr (shape == value_shape::secret) {
        visit_value_elements(held.reveal(), f);
    } else if constexpr (shape == value_shape::custom) {
        visit_value_elements<typename value_traits<V>::storage_type>(
            value_traits<V>::to_storage(held), f);
    } else if constexpr (shape == value_shape::vector || shape == value_shape::set) {
        bool goes_on = true;
        for (const inner_t<V>& each : held) {
            visit_value(each, [&](const value_view& seen) { goes_on = f(seen); });
            if (!goes_on) return;
        }
    } else if constexpr (shape == value_shape::document) {
        if (const auto* members = held.members())
            for (const auto& each : *members)
                if (!f(plain_view(each.key))) return;
    }
}

template <class T, class F>
void visit_place(const T& row, std::size_t place, F&& f) {
    with_members(row, [&](const auto&... members) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (void)((place == I && (f(members), true)) || ...);
        }(std::index_sequence_for<decltype(members)...>{});
    });
}

}  // namespace detail

template <class V>
value value::of(const V& held) {
    value made;
    detail::visit_value(held, [&](const value_view& seen) { made = value(seen); });
    return made;
}

/// Calls f once with the view of the field at this place. The view is good only inside of f.
template <class T, class F>
void visit_field(const T& row, std::size_t place, F&& f) {
    detail::visit_place(row, place, [&](const auto& member) { detail::visit_value(member, f); });
}

/// Calls f with the view of each element of a vector or set at this place, of each key of a
/// document's object, until f returns false. Other fields and null have none.
template <class T, class F>
void visit_elements(const T& row, std::size_t place, F&& f) {
    detail::visit_place(row, place,
                        [&](const auto& member) { detail::visit_value_elements(member, f); });
}

}  // namespace syncfw
