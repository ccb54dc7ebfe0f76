// SPDX-License-Identifier: BSL-1.0
// The gates of a whole declaration: the first unmet rule, as one sentence.
#pragma once

#include <syncfw/entity/detail/declaration.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
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

// Whether each field that is mentioned is one of the entity's, and is mentioned once.
constexpr declaration_problem find_mention_problem(std::span<const std::string_view> members,
                                                   std::span<const field_note> notes) {
    field_mask mentioned;
    const std::string_view* const names = members.data();
    const std::size_t count = members.size();
    for (const field_note& each : notes) {
        if (each.name.empty()) continue;
        std::size_t place = 0;
        while (place < count && !is_same_name(names[place], each.name)) ++place;
        if (place == count) return declaration_problem::foreign_field;
        if (mentioned.test(place)) return declaration_problem::field_twice;
        mentioned.set(place);
    }
    return declaration_problem::none;
}

constexpr bool same_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

// Names of members are good by themselves, but for their length.
constexpr bool names_are_good(std::string_view entity, std::span<const field_info> infos,
                              std::span<const field_note> notes) {
    if (!is_good_name(entity)) return false;
    for (const field_info& each : infos)
        if (each.name.size() > 63) return false;
    for (const field_note& each : notes) {
        const auto says = [&](meaning m) { return (each.meanings & bit_of(m)) != 0; };
        if (says(meaning::column) && !is_good_name(each.column)) return false;
        if (says(meaning::json) && !is_good_name(each.json)) return false;
        if (!each.aliases_are_good) return false;
    }
    return true;
}

constexpr bool aliases_differ(std::span<const field_info> infos) {
    for (const field_info& one : infos)
        for (const field_info& other : infos) {
            if (&one == &other || !other.has(meaning::alias)) continue;
            if (other.is_called(one.json)) return false;
            for (const std::string_view& alias : one.aliases)
                if (!alias.empty() && other.is_called(alias)) return false;
        }
    return true;
}

constexpr bool names_differ(std::span<const field_info> infos) {
    const field_info* const all = infos.data();
    const std::size_t count = infos.size();
    std::size_t columns[field_mask::fields_max]{}, jsons[field_mask::fields_max]{};
    bool has_aliases = false;
    for (std::size_t i = 0; i < count; ++i) {
        columns[i] = all[i].column.size();
        jsons[i] = all[i].json.size();
        has_aliases = has_aliases || all[i].has(meaning::alias);
        for (std::size_t j = 0; j < i; ++j) {
            if (columns[i] == columns[j] && same_ignoring_case(all[i].column, all[j].column))
                return false;
            if (jsons[i] == jsons[j] && all[i].json == all[j].json) return false;
        }
    }
    return !has_aliases || aliases_differ(infos);
}

constexpr bool single_meanings_are_single(std::span<const field_info> infos) {
    constexpr std::uint32_t single = bit_of(meaning::tenant) | bit_of(meaning::version) |
                                     bit_of(meaning::sync_state) | bit_of(meaning::server_synced) |
                                     bit_of(meaning::created_at) | bit_of(meaning::updated_at) |
                                     bit_of(meaning::last_sync_at) | bit_of(meaning::soft_delete);
    std::uint32_t seen = 0;
    for (const field_info& each : infos) {
        if ((seen & each.meanings & single) != 0) return false;
        seen |= each.meanings;
    }
    return true;
}

constexpr bool has_key(std::span<const field_info> infos) {
    for (const field_info& each : infos)
        if (each.has(meaning::primary_key)) return true;
    return false;
}

// A secret that is neither encrypted nor kept on the device would be emitted in the open.
constexpr bool secrets_are_kept(std::span<const field_info> infos) {
    for (const field_info& each : infos)
        if (each.is_secret && !each.has(meaning::encrypted) && !each.has(meaning::local_only))
            return false;
    return true;
}

constexpr declaration_problem find_problem(std::string_view entity,
                                           std::span<const field_info> infos,
                                           std::span<const field_note> notes) {
    using enum declaration_problem;
    for (const field_note& each : notes) {
        if (each.alias_count > field_info::aliases_max) return too_many_aliases;
        if (!each.default_fits) return default_does_not_fit;
    }
    if (!has_key(infos)) return no_primary_key;
    if (!single_meanings_are_single(infos)) return meaning_twice;
    if (!names_are_good(entity, infos, notes)) return bad_name;
    if (!names_differ(infos)) return name_twice;
    if (!secrets_are_kept(infos)) return secret_in_the_open;
    return none;
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
consteval declaration_problem find_problem_of() {
    using enum declaration_problem;
    if constexpr (!has_declaration<T>) {
        return no_declaration;
    } else if constexpr (!is_reflected<T>) {
        return not_reflected;
    } else if constexpr (member_count<T> > field_mask::fields_max) {
        return too_many_fields;
    } else if constexpr (first_problem<1>(member_types<T>{}) != type_problem::none) {
        return unfit_type;
    } else if constexpr (!declaration_of<T>::template belongs_to<T>()) {
        return foreign_field;
    } else {
        constexpr auto notes = declaration<T>.notes();
        constexpr auto mentions = find_mention_problem(member_names<T>, notes);
        if constexpr (mentions != none)
            return mentions;
        else if constexpr (constexpr auto found =
                               find_problem(declared_name<T>, field_infos<T>, notes);
                           found != none)
            return found;
        else
            return declaration_of<T>::has_checks && !checks_fit<T>() ? unfit_check : none;
    }
}

template <class T>
inline constexpr declaration_problem entity_problem_of = find_problem_of<T>();

template <class T>
consteval declaration_problem entity_problem() {
    return entity_problem_of<T>;
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
