// SPDX-License-Identifier: BSL-1.0
// The gates of a whole declaration: the first unmet rule, as one sentence.
#pragma once

#include <syncfw/entity/detail/declaration.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw::detail {

enum class declaration_problem : unsigned char {
    none,
    no_declaration,
    not_reflected,
    too_many_fields,
    foreign_field,
    field_twice,
    unfit_type,
    no_primary_key,
    meaning_twice,
    bad_name,
    name_twice,
    too_many_aliases,
    secret_in_the_open,
    default_does_not_fit,
    unfit_check,
};

template <class T>
concept is_reflected = described<T> || plain_aggregate<T>;

template <class T, class Field>
consteval bool is_field_of() {
    using owner = typename field_t<Field::member>::entity_type;
    // A base's member is fine only where the base's members are known to be this entity's too.
    return (std::is_same_v<owner, T> || (described<T> && std::is_base_of_v<owner, T>)) &&
           place_of_name<T>(member_name<Field::member>) != no_field;
}

template <class T>
consteval bool fields_belong() {
    bool all = true;
    declaration<T>.each([&](const auto& field) {
        all = all && is_field_of<T, std::remove_cvref_t<decltype(field)>>();
    });
    return all;
}

template <class T>
consteval bool fields_are_mentioned_once() {
    std::array<int, member_count<T> + 1> times{};
    bool once = true;
    declaration<T>.each(
        [&](const auto& field) { once = once && times[place_of_name<T>(field.name())]++ == 0; });
    return once;
}

// What may be an identifier in every database, and needs no escape in JSON.
constexpr bool is_good_name(std::string_view name) {
    if (name.empty() || name.size() > 63) return false;
    for (char c : name)
        if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '`') return false;
    return true;
}

constexpr bool same_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

template <class T>
consteval bool names_are_good() {
    if (!is_good_name(declared_name<T>)) return false;
    for (const field_info& each : field_infos<T>) {
        if (!is_good_name(each.column) || !is_good_name(each.json)) return false;
        if (each.has(meaning::alias) && !is_good_name(each.aliases[0])) return false;
    }
    return true;
}

template <class T>
consteval bool names_differ() {
    const auto& infos = field_infos<T>;
    for (std::size_t i = 0; i < infos.size(); ++i)
        for (std::size_t j = 0; j < infos.size(); ++j) {
            if (i == j) continue;
            if (same_ignoring_case(infos[i].column, infos[j].column)) return false;
            if (infos[j].is_called(infos[i].json)) return false;
            for (const std::string_view& alias : infos[i].aliases)
                if (!alias.empty() && infos[j].is_called(alias)) return false;
        }
    return true;
}

template <class T>
consteval bool single_meanings_are_single() {
    for (meaning m :
         {meaning::tenant, meaning::version, meaning::sync_state, meaning::server_synced,
          meaning::created_at, meaning::updated_at, meaning::last_sync_at, meaning::soft_delete}) {
        int times = 0;
        for (const field_info& each : field_infos<T>) times += each.has(m) ? 1 : 0;
        if (times > 1) return false;
    }
    return true;
}

template <class T>
consteval bool has_key() {
    for (const field_info& each : field_infos<T>)
        if (each.has(meaning::primary_key)) return true;
    return false;
}

template <class T>
consteval bool aliases_fit() {
    bool fit = true;
    declaration<T>.each([&](const auto& field) {
        std::size_t count = 0;
        field.each([&]<class A>(const A&) { count += A::means == meaning::alias ? 1 : 0; });
        fit = fit && count <= field_info::aliases_max;
    });
    return fit;
}

// A secret that is neither encrypted nor kept on the device would be emitted in the open.
template <class T>
consteval bool secrets_are_kept() {
    return []<class... V>(type_list<V...>) {
        std::size_t i = 0;
        return ([&]<class M>(of<M>) {
            const field_info& info = field_infos<T>[i++];
            return shape_v<M> != value_shape::secret || info.has(meaning::encrypted) ||
                   info.has(meaning::local_only);
        }(of<V>{}) &&
                ... && true);
    }(member_types<T>{});
}

template <class V, class From>
constexpr bool default_fits(const From& from) {
    if constexpr (shape_v<V> == value_shape::optional || shape_v<V> == value_shape::secret)
        return default_fits<inner_t<V>>(from);
    else if constexpr (exact_integer<V> && std::is_integral_v<From>)
        return std::in_range<V>(from);
    else
        return true;
}

template <class T>
consteval bool defaults_fit() {
    bool fit = true;
    declaration<T>.each([&]<class Field>(const Field& field) {
        field.each([&]<class A>(const A& annotation) {
            if constexpr (A::means == meaning::default_value)
                fit = fit &&
                      default_fits<typename field_t<Field::member>::value_type>(annotation.value);
        });
    });
    return fit;
}

template <class T>
consteval bool checks_fit() {
    bool fit = true;
    declaration<T>.each_check([&](const auto& check) {
        fit = fit && std::is_invocable_r_v<bool, decltype((check.rule)), const T&>;
    });
    return fit;
}

template <class T>
consteval declaration_problem entity_problem() {
    using enum declaration_problem;
    if constexpr (!has_declaration<T>) {
        return no_declaration;
    } else if constexpr (!is_reflected<T>) {
        return not_reflected;
    } else if constexpr (member_count<T> > field_mask::fields_max) {
        return too_many_fields;
    } else if constexpr (first_problem<1>(member_types<T>{}) != type_problem::none) {
        return unfit_type;
    } else if constexpr (!fields_belong<T>()) {
        return foreign_field;
    } else if constexpr (!fields_are_mentioned_once<T>()) {
        return field_twice;
    } else {
        if (!aliases_fit<T>()) return too_many_aliases;
        if (!has_key<T>()) return no_primary_key;
        if (!single_meanings_are_single<T>()) return meaning_twice;
        if (!names_are_good<T>()) return bad_name;
        if (!names_differ<T>()) return name_twice;
        if (!secrets_are_kept<T>()) return secret_in_the_open;
        if (!defaults_fit<T>()) return default_does_not_fit;
        if (!checks_fit<T>()) return unfit_check;
        return none;
    }
}

// The member's name, so that the compiler's notes show it.
struct name_text {
    char text[64]{};
};
constexpr name_text to_name_text(std::string_view name) {
    name_text copy;
    for (std::size_t i = 0; i < name.size() && i < sizeof copy.text - 1; ++i)
        copy.text[i] = name[i];
    return copy;
}

template <class Entity, name_text Field, class Value>
consteval void require_field_type() {
    constexpr type_problem problem = problem_of<Value, 1>();
    static_assert(
        problem != type_problem::unsigned_64_bit,
        "syncfw: no SQL column keeps an unsigned 64-bit integer exactly; use std::int64_t "
        "or std::uint32_t");
    static_assert(problem != type_problem::long_double,
                  "syncfw: no SQL column keeps a long double exactly; use double");
    static_assert(problem != type_problem::character,
                  "syncfw: a character is neither a text nor a number; use std::string, or "
                  "std::int8_t");
    static_assert(problem != type_problem::view_or_pointer,
                  "syncfw: a view or pointer doesn't own its value; use std::string, or "
                  "std::optional for what may be missing");
    static_assert(problem != type_problem::unnamed_enum,
                  "syncfw: this enum's names can't be found; give it a fixed underlying type (enum "
                  "class) or describe it with BOOST_DESCRIBE_ENUM");
    static_assert(problem != type_problem::nested_optional,
                  "syncfw: an optional of an optional can't tell null from null; use one "
                  "std::optional");
    static_assert(problem != type_problem::nested_too_deep,
                  "syncfw: this type is nested more than 8 deep, or holds itself; use "
                  "syncfw::document for free structures");
    static_assert(problem != type_problem::secret_inside,
                  "syncfw: a secret must be a field of the entity itself");
    static_assert(problem != type_problem::wrapped_optional,
                  "syncfw: value_traits can't have an optional as storage_type; make the field "
                  "std::optional<your type>");
    static_assert(problem != type_problem::unsupported,
                  "syncfw: this type can't be a field; specialise syncfw::value_traits for it");
}

template <class T>
consteval void require_field_types() {
    []<class... V, std::size_t... I>(type_list<V...>, std::index_sequence<I...>) {
        (require_field_type<T, to_name_text(member_names<T>[I]), V>(), ...);
    }(member_types<T>{}, std::make_index_sequence<member_count<T>>());
}

template <class T>
consteval bool require_entity() {
    using enum declaration_problem;
    constexpr declaration_problem problem = entity_problem<T>();
    static_assert(
        problem != no_declaration,
        "syncfw: this type is no entity; give it a static constexpr member sync_entity, or "
        "a function sync_entity(syncfw::of<T>) in its namespace");
    static_assert(problem != not_reflected,
                  "syncfw: the members of this entity can't be found; make it a plain struct "
                  "without bases, or describe it with BOOST_DESCRIBE_STRUCT");
    static_assert(problem != too_many_fields, "syncfw: an entity has at most 128 fields");
    if constexpr (problem == unfit_type) require_field_types<T>();
    static_assert(problem != foreign_field,
                  "syncfw: sync_entity names a field of another struct; name members of this one "
                  "(for inherited ones describe the struct with its bases)");
    static_assert(problem != field_twice,
                  "syncfw: sync_entity names a field twice; put all its annotations in one place");
    static_assert(problem != too_many_aliases, "syncfw: a field has at most 4 aliases");
    static_assert(problem != no_primary_key,
                  "syncfw: sync_entity must mark at least one field as primary_key");
    static_assert(problem != meaning_twice,
                  "syncfw: only one field of an entity can be each of tenant, version, sync_state, "
                  "server_synced, created_at, updated_at, last_sync_at and soft_delete");
    static_assert(problem != bad_name,
                  "syncfw: names of entities, columns and JSON members are 1 to 63 printable ASCII "
                  "characters without quotes and backslashes");
    static_assert(problem != name_twice,
                  "syncfw: two fields have the same column, JSON name or alias");
    static_assert(
        problem != secret_in_the_open,
        "syncfw: a secret field must be encrypted or local_only, or it would be emitted in "
        "the open");
    static_assert(problem != default_does_not_fit,
                  "syncfw: a default_value is too large or too small for its field");
    static_assert(problem != unfit_check,
                  "syncfw: a check must take the entity (const auto&) and give a bool");
    return true;
}

}  // namespace syncfw::detail
