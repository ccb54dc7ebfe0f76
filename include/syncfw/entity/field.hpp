// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/entity/detail/annotation_rules.hpp>
#include <syncfw/entity/detail/annotation_types.hpp>
#include <syncfw/entity/detail/field_note.hpp>
#include <syncfw/entity/detail/names.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw {

namespace detail {

template <std::size_t I, class A>
struct slot {
    A value;
};

// What `field<&T::m>(…)` gives: a member and what it means.
template <auto Member, class Places, class... As>
struct field_declaration;
template <auto Member, std::size_t... I, class... As>
struct field_declaration<Member, std::index_sequence<I...>, As...> : slot<I, As>... {
    static constexpr auto member = Member;
    static constexpr std::uint32_t meanings = (std::uint32_t{0} | ... | bit_of(As::means));

    field_note note{};

    // Calls f with each annotation, in the order given.
    template <class F>
    constexpr void each(F&& f) const {
        (f(static_cast<const slot<I, As>&>(*this).value), ...);
    }
};

}  // namespace detail

/// One member of an entity: `field<&book::title>`. Called with annotations it is a line of the
/// declaration; compared with a value it is a condition of a query.
template <auto Member>
struct field_t;

template <class Entity, class Value, Value Entity::* Member>
struct field_t<Member> {
    static_assert(!std::is_function_v<Value>, "syncfw: field<…> takes a data member");

    using entity_type = Entity;
    using value_type = Value;

    static constexpr std::string_view name() { return detail::member_name<Member>; }

    template <detail::is_annotation... As>
    constexpr auto operator()(As... annotations) const {
        static_assert(detail::annotations_hold<Value, As...>);
        detail::field_note said{.name = detail::raw_member_name<Member>};
        (detail::note<Value>(said, annotations), ...);
        return detail::field_declaration<Member, std::index_sequence_for<As...>, As...>{
            {annotations}..., said};
    }

    // Conditions of a query. <syncfw/query/conditions.hpp> has these verbs and the comparisons
    // (== != < <= > >=), and says what each means.
    template <class... V>
    auto in(const V&... values) const;
    template <class Low, class High>
    auto between(const Low& low, const High& high) const;
    auto like(std::string_view pattern) const;
    auto starts_with(std::string_view text) const;
    auto ends_with(std::string_view text) const;
    template <class V>
    auto contains(const V& value) const;
    auto has(std::string_view member) const;
    auto is_null() const;
    auto is_not_null() const;
};

template <auto Member>
inline constexpr field_t<Member> field{};

}  // namespace syncfw
