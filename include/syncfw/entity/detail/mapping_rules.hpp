// SPDX-License-Identifier: BSL-1.0
// Which fields of two entities belong together, and what a mapping must keep. Ordinary code over
// entity_info, run while compiling.
#pragma once

#include <syncfw/entity/detail/gates.hpp>
#include <syncfw/entity/entity.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw {

/// A field of the first entity and the one of the second that it belongs to, by their places.
struct field_pair {
    std::size_t first = 0;
    std::size_t second = 0;
};

namespace detail {

template <auto First, auto Second>
struct rename_t {};
template <auto Member>
struct leave_out_t {};

// A rule without its types; `no_field` for a side that it doesn't name.
struct mapping_rule {
    std::size_t first = no_field;
    std::size_t second = no_field;
    bool is_rename = false;
    std::string_view name{};
};

// Members of a base count where the base's members are known to be the entity's.
template <class T, auto Member>
constexpr std::size_t place_if_of() {
    using owner = typename field_t<Member>::entity_type;
    if constexpr (std::is_base_of_v<owner, T>)
        return place_of_name<T>(member_name<Member>);
    else
        return no_field;
}

template <class A, class B, auto First, auto Second>
constexpr mapping_rule plain_rule(rename_t<First, Second>) {
    return {place_if_of<A, First>(), place_if_of<B, Second>(), true, member_name<First>};
}
template <class A, class B, auto Member>
constexpr mapping_rule plain_rule(leave_out_t<Member>) {
    // A field of two entities of one type is left out on the first side, which is enough.
    constexpr std::size_t first = place_if_of<A, Member>();
    return {first, first == no_field ? place_if_of<B, Member>() : no_field, false,
            member_name<Member>};
}

template <class T>
inline constexpr bool is_mapping_rule = false;
template <auto First, auto Second>
inline constexpr bool is_mapping_rule<rename_t<First, Second>> = true;
template <auto Member>
inline constexpr bool is_mapping_rule<leave_out_t<Member>> = true;

// Each store has its own bookkeeping, and it must not travel as if it were a value. A deletion
// crosses as such; the value of soft_delete(value) is a value as well.
constexpr bool stays_at_home(const field_info& field) {
    return field.has(meaning::local_only) || field.has(meaning::version) ||
           field.has(meaning::sync_state) || field.has(meaning::server_synced) ||
           field.has(meaning::last_sync_at) || field.deletes == deletion::flag ||
           field.deletes == deletion::time;
}

// The shared fields: renamed, or of equal wire names and not left out.
struct field_pairs {
    std::array<field_pair, field_mask::fields_max> pairs{};
    std::size_t count = 0;
};

constexpr field_pairs find_pairs(const entity_info& a, const entity_info& b,
                                 std::span<const mapping_rule> rules) {
    field_mask named_first, named_second;
    for (const mapping_rule& rule : rules) {
        if (rule.first != no_field) named_first.set(rule.first);
        if (rule.second != no_field) named_second.set(rule.second);
    }
    field_pairs found;
    for (std::size_t i = 0; i < a.fields.size(); ++i) {
        std::size_t other = no_field;
        if (named_first.test(i)) {
            for (const mapping_rule& rule : rules)
                if (rule.is_rename && rule.first == i) other = rule.second;
        } else if (!stays_at_home(a.fields[i])) {
            for (std::size_t j = 0; j < b.fields.size(); ++j)
                if (!named_second.test(j) && a.fields[i].json == b.fields[j].json &&
                    !stays_at_home(b.fields[j]))
                    other = j;
        }
        if (other != no_field) found.pairs[found.count++] = {i, other};
    }
    return found;
}

enum class mapping_problem : unsigned char {
    none,
    rename_of_others,
    left_out_nowhere,
    field_twice,
    bookkeeping_renamed,
    types_differ,
    key_alone,
    in_the_open,
    never_given,
};

struct mapping_finding {
    mapping_problem problem = mapping_problem::none;
    std::string_view field{};
};

constexpr mapping_finding find_rule_problem(const entity_info& a, const entity_info& b,
                                            std::span<const mapping_rule> rules) {
    using enum mapping_problem;
    field_mask first, second;
    for (const mapping_rule& rule : rules) {
        const bool has_first = rule.first != no_field, has_second = rule.second != no_field;
        if (rule.is_rename && !(has_first && has_second)) return {rename_of_others, rule.name};
        if (!has_first && !has_second) return {left_out_nowhere, rule.name};
        if ((has_first && first.test(rule.first)) || (has_second && second.test(rule.second)))
            return {field_twice, rule.name};
        if (has_first) first.set(rule.first);
        if (has_second) second.set(rule.second);
        if (rule.is_rename &&
            (stays_at_home(a.fields[rule.first]) || stays_at_home(b.fields[rule.second])))
            return {bookkeeping_renamed, rule.name};
    }
    return {};
}

// One side's fields that the mapping gives nothing to, though they need something.
constexpr mapping_finding find_lonely(const entity_info& entity, field_mask shared,
                                      field_mask left_out) {
    for (std::size_t i = 0; i < entity.fields.size(); ++i) {
        const field_info& field = entity.fields[i];
        if (shared.test(i)) continue;
        if (field.has(meaning::primary_key)) return {mapping_problem::key_alone, field.name};
        if (!left_out.test(i) && field.has(meaning::required) && !stays_at_home(field))
            return {mapping_problem::never_given, field.name};
    }
    return {};
}

constexpr mapping_finding find_pair_problem(const entity_info& a, const entity_info& b,
                                            const field_pairs& found,
                                            std::span<const mapping_rule> rules) {
    using enum mapping_problem;
    field_mask first, second, first_out, second_out;
    for (std::size_t i = 0; i < found.count; ++i) {
        const auto [left, right] = found.pairs[i];
        const field_info& mine = a.fields[left];
        const field_info& theirs = b.fields[right];
        if (mine.has(meaning::primary_key) != theirs.has(meaning::primary_key))
            return {key_alone, mine.name};
        if ((mine.cipher == encryption::none) != (theirs.cipher == encryption::none))
            return {in_the_open, mine.name};
        first.set(left);
        second.set(right);
    }
    for (const mapping_rule& rule : rules) {
        if (rule.first != no_field) first_out.set(rule.first);
        if (rule.second != no_field) second_out.set(rule.second);
    }
    const mapping_finding lonely = find_lonely(a, first, first_out);
    return lonely.problem != none ? lonely : find_lonely(b, second, second_out);
}

// The field's name stands in the notes of the compiler.
template <class A, class B, mapping_problem Problem, name_text Field>
consteval void require_mapping_rule() {
    using enum mapping_problem;
    static_assert(Problem != rename_of_others,
                  "syncfw: rename<&A::x, &B::y> takes a field of the mapping's first entity and "
                  "one of its second");
    static_assert(Problem != left_out_nowhere,
                  "syncfw: leave_out names a field of neither entity of the mapping");
    static_assert(Problem != field_twice,
                  "syncfw: a mapping names a field twice; it has one counterpart, or is left out");
    static_assert(Problem != bookkeeping_renamed,
                  "syncfw: a local_only or bookkeeping field (version, soft_delete, sync_state, …) "
                  "can't be mapped: each store keeps its own");
    static_assert(Problem != types_differ,
                  "syncfw: two mapped fields must have the same type; leave one of them out, or "
                  "give them one type");
    static_assert(Problem != key_alone,
                  "syncfw: the primary keys of two mapped entities must belong together; give "
                  "them the same JSON name, or rename<&A::key, &B::key>");
    static_assert(Problem != in_the_open,
                  "syncfw: a mapped field is encrypted on one side only, and would be in the open "
                  "on the other");
    static_assert(Problem != never_given,
                  "syncfw: a required field that only one side of the mapping has would never get "
                  "a value; rename its counterpart, or leave it out and give it a value yourself");
}

template <class A, class B, class... Rules>
inline constexpr std::array<mapping_rule, sizeof...(Rules)> plain_rules{
    plain_rule<A, B>(Rules{})...};

template <class A, class B, class... Rules>
inline constexpr field_pairs pairs_of =
    find_pairs(entity_of<A>, entity_of<B>, plain_rules<A, B, Rules...>);

// The place in the pairs of the first two fields of different types, or `no_field`.
template <class A, class B, const field_pairs& Found, std::size_t... I>
consteval std::size_t first_type_difference(std::index_sequence<I...>) {
    std::size_t place = 0;
    const bool differ = ((std::is_same_v<member_at_t<A, Found.pairs[I].first>,
                                         member_at_t<B, Found.pairs[I].second>>
                              ? (++place, false)
                              : true) ||
                         ... || false);
    return differ ? place : no_field;
}

template <class A, class B, class... Rules>
consteval mapping_finding find_mapping_problem() {
    constexpr const auto& rules = plain_rules<A, B, Rules...>;
    constexpr mapping_finding of_rules = find_rule_problem(entity_of<A>, entity_of<B>, rules);
    if constexpr (of_rules.problem != mapping_problem::none) {
        return of_rules;
    } else {
        constexpr std::size_t count = pairs_of<A, B, Rules...>.count;
        constexpr std::size_t differ = first_type_difference<A, B, pairs_of<A, B, Rules...>>(
            std::make_index_sequence<count>());
        const field_pairs& found = pairs_of<A, B, Rules...>;
        if (differ != no_field)
            return {mapping_problem::types_differ,
                    entity_of<A>.fields[found.pairs[differ].first].name};
        return find_pair_problem(entity_of<A>, entity_of<B>, found, rules);
    }
}

template <class A, class B, class... Rules>
consteval bool require_mapping() {
    static_assert(require_entity<A>() && require_entity<B>());
    static_assert((is_mapping_rule<Rules> && ... && true),
                  "syncfw: mapping<A, B>(…) takes rename<&A::x, &B::y> and leave_out<&A::x>");
    if constexpr (entity_problem<A>() == declaration_problem::none &&
                  entity_problem<B>() == declaration_problem::none &&
                  (is_mapping_rule<Rules> && ... && true)) {
        constexpr mapping_finding found = find_mapping_problem<A, B, Rules...>();
        require_mapping_rule<A, B, found.problem, to_name_text(found.field)>();
    }
    return true;
}

}  // namespace detail
}  // namespace syncfw
