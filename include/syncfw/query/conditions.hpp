// SPDX-License-Identifier: BSL-1.0
// The conditions that a field can be asked for. Each gives a `condition` of the field's entity.
//
//     field<&book::pages> > 300 && field<&book::title>.starts_with("Du")
//     field<&book::shelf>.in(shelf::poetry, shelf::drama) || field<&book::notes>.is_null()
//     field<&book::tags>.contains("to read") && !field<&book::title>.like("%\\%%")
//
// `==` and `!=` take a value of the field's type, or std::nullopt for an optional field, and stand
// for is_null and is_not_null then. `<`, `<=`, `>` and `>=` are for numbers, texts, bytes, uuids
// and timestamps; texts and bytes are ordered by their bytes. What doesn't fit the field without
// loss has no such operator.
//
// A null is unknown to every condition but is_null and is_not_null; see node.hpp. Everything
// tells upper case from lower case.
//
//     in(a, b, c) · in(range)   one of the values; the range may be a vector of any length
//     between(low, high)        both included
//     like(pattern)             % is any text, _ one character, \ makes the next one itself
//     starts_with, ends_with    of a text; the empty text is at both ends of each
//     contains(value)           of a text: it is somewhere in it; of a vector or set_of: an element
//     has(member)               of a document: it is an object with this member, null or not
//     is_null, is_not_null      of an optional
#pragma once

#include <syncfw/query/condition.hpp>
#include <syncfw/query/detail/gates.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw {

namespace detail {

template <auto Member>
[[nodiscard]] consteval node_list<1> term_program(query_op op, std::size_t count) {
    return {
        {{op, static_cast<std::uint8_t>(place_of<Member>), 0, static_cast<std::uint16_t>(count)}}};
}

template <auto Member, query_op Op, std::size_t Count = 1>
using term = condition<entity_with<Member>, term_program<Member>(Op, Count)>;

template <auto Member>
using value_in = typename field_t<Member>::value_type;

template <auto Member, query_op Op>
[[nodiscard]] auto make_text_term(std::string_view given) {
    static_assert(require_type<value_in<Member>, Op>());
    return term<Member, Op>{values_for<std::string>(given)};
}

template <auto Member, query_op Op>
[[nodiscard]] auto make_null_term() {
    static_assert(require_type<value_in<Member>, Op>());
    return term<Member, Op, 0>{};
}

// About types alone, so that the compiler asks once for all fields of a type.
template <class Held>
inline constexpr bool is_ordered_type = has_order(plain_field<Held>({}));

template <class V, class Held>
concept equality_operand =
    kind_of<Held>() != value_kind::json && fits_without_loss<V, compared_t<Held>>;

template <class V, class Held>
concept order_operand = equality_operand<V, Held> && is_ordered_type<Held>;

template <class Held>
concept nullable_type = is_nullable<Held>;

}  // namespace detail

template <auto Member, class V>
    requires detail::equality_operand<V, detail::value_in<Member>>
[[nodiscard]] detail::term<Member, query_op::equal> operator==(field_t<Member>, const V& given) {
    return {detail::values_for<detail::value_in<Member>>(given)};
}
template <auto Member, class V>
    requires detail::equality_operand<V, detail::value_in<Member>>
[[nodiscard]] detail::term<Member, query_op::not_equal> operator!=(field_t<Member>,
                                                                   const V& given) {
    return {detail::values_for<detail::value_in<Member>>(given)};
}
template <auto Member, class V>
    requires detail::order_operand<V, detail::value_in<Member>>
[[nodiscard]] detail::term<Member, query_op::less> operator<(field_t<Member>, const V& given) {
    return {detail::values_for<detail::value_in<Member>>(given)};
}
template <auto Member, class V>
    requires detail::order_operand<V, detail::value_in<Member>>
[[nodiscard]] detail::term<Member, query_op::at_most> operator<=(field_t<Member>, const V& given) {
    return {detail::values_for<detail::value_in<Member>>(given)};
}
template <auto Member, class V>
    requires detail::order_operand<V, detail::value_in<Member>>
[[nodiscard]] detail::term<Member, query_op::greater> operator>(field_t<Member>, const V& given) {
    return {detail::values_for<detail::value_in<Member>>(given)};
}
template <auto Member, class V>
    requires detail::order_operand<V, detail::value_in<Member>>
[[nodiscard]] detail::term<Member, query_op::at_least> operator>=(field_t<Member>, const V& given) {
    return {detail::values_for<detail::value_in<Member>>(given)};
}

template <auto Member>
    requires detail::nullable_type<detail::value_in<Member>>
[[nodiscard]] detail::term<Member, query_op::is_null, 0> operator==(field_t<Member>,
                                                                    std::nullopt_t) {
    return detail::make_null_term<Member, query_op::is_null>();
}
template <auto Member>
    requires detail::nullable_type<detail::value_in<Member>>
[[nodiscard]] detail::term<Member, query_op::is_not_null, 0> operator!=(field_t<Member>,
                                                                        std::nullopt_t) {
    return detail::make_null_term<Member, query_op::is_not_null>();
}

namespace detail {

/// A range of values, and not a value itself.
template <class R, class Field>
concept range_for = !fits_without_loss<R, Field> && requires(const R& range) {
    range.begin() != range.end();
    *range.begin();
};

template <auto Member, class R>
[[nodiscard]] term<Member, query_op::in_list> make_list_term(const R& range) {
    static_assert(require_type<value_in<Member>, query_op::in_list>());
    using held = value_in<Member>;
    using element = std::remove_cvref_t<decltype(*range.begin())>;
    value list(value_view{.kind = kind_of<held>(), .is_null = false});
    if constexpr (require_value<element, compared_t<held>>())
        for (const element& each : range) list.elements.push_back(value_for<held>(each));
    return term<Member, query_op::in_list>{values_of(std::move(list))};
}

}  // namespace detail

template <class Entity, class Value, Value Entity::* Member>
template <class... V>
auto field_t<Member>::in(const V&... values) const {
    using held = detail::compared_t<Value>;
    static_assert(sizeof...(V) > 0 && sizeof...(V) <= query_limits::list_values,
                  "syncfw: in(…) takes 1 to 256 values, or one range of them");
    if constexpr ((detail::range_for<V, held> && ...)) {
        static_assert(sizeof...(V) == 1, "syncfw: in(range) takes one range");
        return detail::make_list_term<Member>(values...);
    } else if constexpr ((detail::require_value<V, held>() && ...)) {
        static_assert(detail::require_type<Value, query_op::in>());
        detail::term<Member, query_op::in, sizeof...(V)> made;
        made.values.reserve(sizeof...(V));
        (made.values.push_back(detail::value_for<Value>(values)), ...);
        return made;
    }
}

template <class Entity, class Value, Value Entity::* Member>
template <class Low, class High>
auto field_t<Member>::between(const Low& low, const High& high) const {
    using held = detail::compared_t<Value>;
    if constexpr (detail::require_type<Value, query_op::between>())
        if constexpr (detail::require_value<Low, held>() && detail::require_value<High, held>())
            return detail::term<Member, query_op::between, 2>{
                detail::joined(detail::values_for<Value>(low), detail::values_for<Value>(high))};
}

template <class Entity, class Value, Value Entity::* Member>
auto field_t<Member>::like(std::string_view pattern) const {
    return detail::make_text_term<Member, query_op::like>(pattern);
}

template <class Entity, class Value, Value Entity::* Member>
auto field_t<Member>::starts_with(std::string_view text) const {
    return detail::make_text_term<Member, query_op::starts_with>(text);
}

template <class Entity, class Value, Value Entity::* Member>
auto field_t<Member>::ends_with(std::string_view text) const {
    return detail::make_text_term<Member, query_op::ends_with>(text);
}

template <class Entity, class Value, Value Entity::* Member>
template <class V>
auto field_t<Member>::contains(const V& value) const {
    using held = detail::compared_t<Value>;
    if constexpr (detail::require_type<Value, query_op::contains>()) {
        using element = std::conditional_t<detail::kind_of<Value>() == value_kind::json,
                                           detail::compared_t<detail::inner_t<held>>, std::string>;
        if constexpr (detail::require_value<V, element>())
            return detail::term<Member, query_op::contains>{detail::values_for<element>(value)};
    }
}

template <class Entity, class Value, Value Entity::* Member>
auto field_t<Member>::has(std::string_view member) const {
    return detail::make_text_term<Member, query_op::has>(member);
}

template <class Entity, class Value, Value Entity::* Member>
auto field_t<Member>::is_null() const {
    return detail::make_null_term<Member, query_op::is_null>();
}

template <class Entity, class Value, Value Entity::* Member>
auto field_t<Member>::is_not_null() const {
    return detail::make_null_term<Member, query_op::is_not_null>();
}

}  // namespace syncfw
