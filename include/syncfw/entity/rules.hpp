// SPDX-License-Identifier: BSL-1.0
// Rules of plain structs that are no entities: what a request's body or query may hold.
//
//     using namespace syncfw::annotations;
//
//     struct list_query {
//         std::int64_t               limit = 100;
//         std::optional<std::string> after{};
//
//         static constexpr auto sync_rules = rules(field<&list_query::limit>(range(1, 1'000)));
//     };
//
// They are the same words as in an entity's declaration: `required`, `length`, `range`, `one_of`,
// `is::email`, `pattern`, `satisfies`, and `check` for the struct as a whole.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/entity/validation.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw {

namespace annotations {

/// What a plain struct's members may hold; stands in it as `static constexpr auto sync_rules`.
template <class... Fields>
constexpr auto rules(Fields... fields);

}  // namespace annotations

using annotations::rules;

/// Whether a value keeps its rules, and all that it holds keeps its own: fails for the first that
/// is broken, with the path: `items[3].title`. Of an entity the server's own fields are left out,
/// for no client sets them.
template <class V>
[[nodiscard]] result<void> keep_rules(const V& value);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

inline constexpr std::uint32_t rule_meanings = bit_of(meaning::required) | bit_of(meaning::length) |
                                               bit_of(meaning::range) | bit_of(meaning::one_of) |
                                               bit_of(meaning::email) | bit_of(meaning::pattern) |
                                               bit_of(meaning::satisfies);

template <class T>
concept has_rules = requires { T::sync_rules.notes(); };

// Calls f(name, annotation) with each rule of a member.
template <class T, class F>
void each_rule(F&& f) {
    if constexpr (has_rules<T>)
        T::sync_rules.each([&](const auto& field) {
            field.each([&](const auto& annotation) { f(field.note.name, annotation); });
        });
}

inline error broken_rule(const value_path* path, std::string_view name, const std::string& words) {
    std::string field = path_text(path);
    if (!name.empty()) (field += '.') += name;
    if (field.starts_with('.')) field.erase(0, 1);
    return {.code = errc::invalid_value,
            .message = name.empty() ? words : std::string(name) + " " + words,
            .field = std::move(field)};
}

template <class T>
result<void> keep_own_rules(const T& value, const value_path* path) {
    result<void> kept;
    if constexpr (has_rules<T>) {
        static_assert(decltype(T::sync_rules)::template belongs_to<T>(),
                      "syncfw: sync_rules speak of another struct's members");
        T::sync_rules.each([&]<class Field>(const Field& field) {
            field.each([&]<class A>(const A& annotation) {
                const auto& member = value.*Field::member;
                using V = std::remove_cvref_t<decltype(member)>;
                if (!kept || rule_check<A>::keeps(annotation, member)) return;
                kept = broken_rule(path, field.note.name,
                                   rule_check<A>::words(annotation, member, holds_secret<V>));
            });
        });
        T::sync_rules.each_check([&](const auto& check) {
            if (kept && !check.rule(value)) kept = broken_rule(path, {}, std::string(check.words));
        });
    }
    return kept;
}

template <class T>
result<void> keep_entity_rules(const T& value, const value_path* path) {
    for (const violation& each : violations(value)) {
        const std::string_view first =
            std::string_view(each.field).substr(0, each.field.find_first_of(".["));
        const std::size_t place = entity_of<T>.find(first);
        if (place != no_field && entity_of<T>.fields[place].is_server_owned()) continue;
        error why = broken_rule(path, {}, each.words);
        if (!each.field.empty()) why.field += (why.field.empty() ? "" : ".") + each.field;
        return why;
    }
    return {};
}

template <class V>
result<void> keep_rules_at(const V& value, const value_path* path) {
    constexpr auto shape = shape_v<V>;
    result<void> kept;
    if constexpr (shape == value_shape::optional) {
        if (value) kept = keep_rules_at(*value, path);
    } else if constexpr (shape == value_shape::vector) {
        value_path here{path};
        for (const auto& each : value) {
            kept = keep_rules_at<inner_t<V>>(each, &here);
            if (!kept) break;
            ++here.element;
        }
    } else if constexpr (shape == value_shape::structure && has_declaration<V>) {
        kept = keep_entity_rules(value, path);
    } else if constexpr (shape == value_shape::structure) {
        kept = keep_own_rules(value, path);
        with_members(value, [&](const auto&... members) {
            std::size_t i = 0;
            const auto keep = [&](const auto& member) {
                const value_path here{path, member_names<V>[i++]};
                if (kept) kept = keep_rules_at(member, &here);
            };
            (keep(members), ...);
        });
    }
    return kept;
}

}  // namespace detail

template <class... Fields>
constexpr auto annotations::rules(Fields... fields) {
    static_assert(((detail::is_field_declaration<Fields> || detail::is_check<Fields>) && ...),
                  "syncfw: rules(…) takes fields with rules, as in field<&q::limit>(range(1, 9)), "
                  "and checks");
    static_assert((((detail::meanings_of<Fields> & ~detail::rule_meanings) == 0) && ...),
                  "syncfw: rules(…) takes rules alone: required, length, range, one_of, email, "
                  "pattern, satisfies");
    return detail::entity_declaration<"", std::index_sequence_for<Fields...>, Fields...>{
        {fields}...};
}

template <class V>
result<void> keep_rules(const V& value) {
    return detail::keep_rules_at(value, nullptr);
}

}  // namespace syncfw
