// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/fixed_string.hpp>
#include <syncfw/entity/detail/reflect.hpp>
#include <syncfw/entity/detail/type_text.hpp>
#include <syncfw/entity/entity_info.hpp>
#include <syncfw/entity/field.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw {

/// Names a type without making a value of it; the argument of the function form `sync_entity`.
template <class T>
struct of {};

namespace detail {

template <class T>
inline constexpr bool is_field_declaration = false;
template <auto Member, class Places, class... As>
inline constexpr bool is_field_declaration<field_declaration<Member, Places, As...>> = true;

// A rule about the whole entity.
template <class F>
struct check_t {
    std::string_view words{};
    F rule;
};
template <class T>
inline constexpr bool is_check = false;
template <class F>
inline constexpr bool is_check<check_t<F>> = true;

template <class Field>
inline constexpr std::uint32_t meanings_of = 0;
template <auto Member, class Places, class... As>
inline constexpr std::uint32_t meanings_of<field_declaration<Member, Places, As...>> =
    field_declaration<Member, Places, As...>::meanings;

template <auto Member, class Places, class... As>
constexpr const field_note& note_of(const field_declaration<Member, Places, As...>& field) {
    return field.note;
}
template <class F>
constexpr field_note note_of(const check_t<F>&) {
    return {};
}

// The struct whose member a field is; none for a check.
template <class Field>
struct owner {
    using type = void;
};
template <auto Member, class Places, class... As>
struct owner<field_declaration<Member, Places, As...>> {
    using type = typename field_t<Member>::entity_type;
};
template <class Field>
using declaring_struct = typename owner<Field>::type;

// A base's member is fine only where the base's members are known to be this entity's too.
template <class Owner, class T>
inline constexpr bool owner_fits = described<T> && std::is_base_of_v<Owner, T>;
template <class T>
inline constexpr bool owner_fits<T, T> = true;
template <class T>
inline constexpr bool owner_fits<void, T> = true;

// What `entity<"book">(…)` gives.
template <fixed_string Name, class Places, class... Fields>
struct entity_declaration;
template <fixed_string Name, std::size_t... I, class... Fields>
struct entity_declaration<Name, std::index_sequence<I...>, Fields...> : slot<I, Fields>... {
    static constexpr std::string_view name = Name.view();

    static constexpr bool has_checks = (is_check<Fields> || ...);
    // All that any field means.
    static constexpr std::uint32_t meanings = (std::uint32_t{0} | ... | meanings_of<Fields>);

    // What is said of each field; nothing at the places of checks.
    [[nodiscard]] constexpr std::array<field_note, sizeof...(Fields)> notes() const {
        return {note_of(static_cast<const slot<I, Fields>&>(*this).value)...};
    }
    // Whether all fields are members of T.
    template <class T>
    static consteval bool belongs_to() {
        return (owner_fits<declaring_struct<Fields>, T> && ... && true);
    }

    // Calls f with each mentioned field, in the order given.
    template <class F>
    constexpr void each(F&& f) const {
        (each_of<is_field_declaration<Fields>>(static_cast<const slot<I, Fields>&>(*this).value, f),
         ...);
    }
    // Calls f with each rule about the whole entity.
    template <class F>
    constexpr void each_check(F&& f) const {
        (each_of<is_check<Fields>>(static_cast<const slot<I, Fields>&>(*this).value, f), ...);
    }

  private:
    template <bool IsWanted, class V, class F>
    static constexpr void each_of(const V& value, F& f) {
        if constexpr (IsWanted) f(value);
    }
};

}  // namespace detail

namespace annotations {

/// A rule about several fields, in words and code; stands behind the fields. Inside the struct,
/// which is not complete there, write `const auto&` for the parameter.
/// `check("the end must not be before the start", [](const auto& b) { return b.from <= b.to; })`
template <class F>
constexpr detail::check_t<F> check(std::string_view words, F rule) {
    return {words, rule};
}

/// The declaration of an entity: its name (also its table's) and the fields that mean something.
template <fixed_string Name, class... Fields>
constexpr auto entity(Fields... fields) {
    static_assert(((detail::is_field_declaration<Fields> || detail::is_check<Fields>) && ...),
                  "syncfw: entity<\"name\">(…) takes fields with annotations, as in "
                  "field<&book::id>(primary_key), and checks");
    return detail::entity_declaration<Name, std::index_sequence_for<Fields...>, Fields...>{
        {fields}...};
}

}  // namespace annotations

using annotations::entity;

namespace detail {

template <class T>
concept has_member_declaration = requires { T::sync_entity.name; };
template <class T>
concept has_function_declaration = requires { sync_entity(of<T>{}).name; };
template <class T>
concept has_declaration = has_member_declaration<T> || has_function_declaration<T>;

// The function form wins: a derived class inherits the member of its base, but not the function.
template <class T>
inline constexpr auto function_declaration = sync_entity(of<T>{});
template <class T>
consteval const auto& find_declaration() {
    if constexpr (has_function_declaration<T>)
        return function_declaration<T>;
    else
        return T::sync_entity;
}

template <class T>
inline constexpr const auto& declaration = find_declaration<T>();
template <class T>
using declaration_of = std::remove_cvref_t<decltype(find_declaration<T>())>;

template <class T>
inline constexpr std::string_view declared_name = declaration_of<T>::name;

template <class T>
constexpr std::size_t place_of_name(std::string_view member) {
    for (std::size_t i = 0; i < member_count<T>; ++i)
        if (member_names<T>[i] == member) return i;
    return no_field;
}

template <class T>
inline constexpr char type_address = 0;

// Names alone: the field infos of two entities that refer to each other can't need each other.
template <auto Key>
constexpr void note_reference(field_info& info, const references_t<Key>&) {
    using target = typename references_target<decltype(Key)>::entity;
    info.refers_to.type = &type_address<target>;
    info.refers_to.field = member_name<Key>;
    if constexpr (has_declaration<target>) info.refers_to.entity = declared_name<target>;
}

template <class V>
constexpr field_info plain_field(std::string_view name) {
    field_info info;
    info.name = info.column = info.json = name;
    info.type = type_text<V>;
    info.kind = kind_of<V>();
    info.shape = shape_v<written_t<V>>;
    // These know by themselves how to become one.
    if (shape_v<V> == value_shape::counter) info.merge = merge_rule::counter;
    if (shape_v<V> == value_shape::set) info.merge = merge_rule::set;
    info.nullable = is_nullable<V>;
    info.element = kind_of<inner_t<written_t<V>>>();
    info.is_secret = holds_secret<V>;
    return info;
}

// Plain pointers and lengths first, here and in the gates: while compiling, each call costs.
constexpr bool is_same_name(const std::string_view& a, const std::string_view& b) {
    return a.size() == b.size() && a == b;
}

constexpr void add_notes(field_info* infos, std::size_t count, std::span<const field_note> notes) {
    for (const field_note& said : notes)
        for (std::size_t i = 0; i < count; ++i)
            if (is_same_name(infos[i].name, said.name)) {
                add_note(infos[i], said);
                break;
            }
}

template <class T>
constexpr void add_aliases(field_info* infos) {
    declaration<T>.each([&](const auto& field) {
        field_info& info = infos[place_of_name<T>(field.note.name)];
        std::size_t count = 0;
        field.each([&]<class A>(const A& annotation) {
            if constexpr (A::means == meaning::alias)
                if (count < field_info::aliases_max) info.aliases[count++] = annotation.name;
        });
    });
}

template <class T>
consteval auto make_field_infos() {
    auto infos = []<class... V>(type_list<V...>) {
        std::size_t i = 0;
        return std::array<field_info, sizeof...(V)>{plain_field<V>(member_names<T>[i++])...};
    }(member_types<T>{});
    add_notes(infos.data(), infos.size(), declaration<T>.notes());
    if constexpr ((declaration_of<T>::meanings & bit_of(meaning::alias)) != 0)
        add_aliases<T>(infos.data());
    if constexpr ((declaration_of<T>::meanings & bit_of(meaning::references)) != 0)
        declaration<T>.each([&](const auto& field) {
            field.each([&]<class A>(const A& annotation) {
                if constexpr (A::means == meaning::references)
                    note_reference(infos[place_of_name<T>(field.note.name)], annotation);
            });
        });
    return infos;
}

template <class T>
inline constexpr auto field_infos = make_field_infos<T>();

}  // namespace detail
}  // namespace syncfw
