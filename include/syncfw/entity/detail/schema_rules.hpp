// SPDX-License-Identifier: BSL-1.0
// What must hold between the entities of one schema, and in which order they are applied. All of
// it is ordinary code over entity_info, run while compiling.
#pragma once

#include <syncfw/entity/detail/gates.hpp>
#include <syncfw/entity/entity.hpp>
#include <syncfw/entity/entity_info.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace syncfw {

/// A field that holds the key of another entity's row; places in the schema and the entities.
struct reference_info {
    std::size_t from = 0;
    std::size_t field = 0;
    std::size_t to = 0;
    std::size_t to_field = 0;
    /// The row referred to may be applied later than this one: it is of the same entity, or there
    /// is a circle of references.
    bool is_deferred = false;
};

namespace detail {

enum class schema_problem : unsigned char {
    none,
    empty,
    name_twice,
    foreign_reference,
    reference_to_no_key,
    tenants_differ,
};

struct schema_finding {
    schema_problem problem = schema_problem::none;
    std::string_view entity{};
    std::string_view field{};
};

constexpr std::size_t place_in(std::span<const entity_info> all, const reference_target& wanted) {
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].type == wanted.type) return i;
    return no_field;
}

constexpr std::size_t place_of_member(const entity_info& entity, std::string_view member) {
    for (std::size_t i = 0; i < entity.fields.size(); ++i)
        if (entity.fields[i].name == member) return i;
    return no_field;
}

constexpr bool is_whole_key(const entity_info& entity, std::string_view member) {
    return entity.all_with(meaning::primary_key).count() == 1 &&
           entity.find(meaning::primary_key) == place_of_member(entity, member);
}

constexpr schema_finding find_schema_problem(std::span<const entity_info> all) {
    using enum schema_problem;
    if (all.empty()) return {empty};
    const field_info* tenant = nullptr;
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j)
            if (same_ignoring_case(all[i].name, all[j].name)) return {name_twice, all[i].name};
        for (const field_info& field : all[i].fields) {
            if (field.has(meaning::references)) {
                const std::size_t target = place_in(all, field.refers_to);
                if (target == no_field) return {foreign_reference, all[i].name, field.name};
                if (!is_whole_key(all[target], field.refers_to.field))
                    return {reference_to_no_key, all[i].name, field.name};
            }
            if (field.has(meaning::tenant)) {
                if (tenant != nullptr && tenant->type != field.type)
                    return {tenants_differ, all[i].name, field.name};
                tenant = &field;
            }
        }
    }
    return {};
}

// The names stand in the notes of the compiler.
template <schema_problem Problem, name_text Entity, name_text Field>
consteval void require_schema_rule() {
    using enum schema_problem;
    static_assert(Problem != empty, "syncfw: a schema has at least one entity");
    static_assert(Problem != name_twice,
                  "syncfw: two entities of a schema have the same name (in any case of letters)");
    static_assert(Problem != foreign_reference,
                  "syncfw: this field references an entity that is not in the schema; add it");
    static_assert(Problem != reference_to_no_key,
                  "syncfw: references<…> must name the other entity's primary_key, and that must "
                  "be a single field");
    static_assert(Problem != tenants_differ,
                  "syncfw: the tenant fields of all entities of a schema must have one type");
}

template <class... Ts>
consteval bool require_schema() {
    static_assert((require_entity<Ts>() && ... && true));
    if constexpr (((entity_problem<Ts>() == declaration_problem::none) && ... && true)) {
        constexpr std::array<entity_info, sizeof...(Ts)> all{entity_of<Ts>...};
        constexpr schema_finding found = find_schema_problem(all);
        require_schema_rule<found.problem, to_name_text(found.entity), to_name_text(found.field)>();
    }
    return true;
}

constexpr std::size_t count_references(std::span<const entity_info> all) {
    std::size_t count = 0;
    for (const entity_info& entity : all)
        for (const field_info& field : entity.fields)
            count += field.has(meaning::references) ? 1 : 0;
    return count;
}

template <std::size_t Count>
constexpr std::array<reference_info, Count> find_references(std::span<const entity_info> all) {
    std::array<reference_info, Count> found{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t f = 0; f < all[i].fields.size(); ++f)
            if (const field_info& field = all[i].fields[f]; field.has(meaning::references)) {
                const std::size_t to = place_in(all, field.refers_to);
                found[count++] = {i, f, to, place_of_member(all[to], field.refers_to.field)};
            }
    return found;
}

template <const auto& All>
inline constexpr auto references_among = find_references<count_references(All)>(All);

// Parents first; where nothing decides, as declared. In a circle the first entity whose open
// references are all optional goes first (its rows can come without them), else the first.
template <std::size_t Size>
constexpr std::array<std::size_t, Size> order_parents_first(
    std::span<const entity_info> all, std::span<const reference_info> references) {
    std::array<std::size_t, Size> order{}, open{}, strict{};
    std::array<bool, Size> is_placed{};
    const auto is_strict = [&](const reference_info& each) {
        return !all[each.from].fields[each.field].nullable;
    };
    for (const reference_info& each : references)
        if (each.from != each.to) ++open[each.from], strict[each.from] += is_strict(each) ? 1 : 0;
    for (std::size_t& next : order) {
        std::size_t best = Size;
        const auto is_better = [&](std::size_t a, std::size_t b) {
            if (b == Size || open[a] == 0 || open[b] == 0) return b == Size || open[b] != 0;
            return strict[a] == 0 && strict[b] != 0;
        };
        for (std::size_t i = 0; i < Size; ++i)
            if (!is_placed[i] && is_better(i, best)) best = i;
        is_placed[next = best] = true;
        for (const reference_info& each : references)
            if (each.to == best && each.from != each.to)
                --open[each.from], strict[each.from] -= is_strict(each) ? 1 : 0;
    }
    return order;
}

// With what the order could not keep marked as deferred.
template <std::size_t Count>
constexpr std::array<reference_info, Count> mark_deferred(
    std::array<reference_info, Count> references, std::span<const std::size_t> order) {
    for (reference_info& each : references)
        for (const std::size_t place : order) {
            if (place == each.from) each.is_deferred = true;
            if (place == each.from || place == each.to) break;
        }
    return references;
}

template <std::size_t Size>
constexpr std::array<std::size_t, Size> sort_by_name(std::span<const entity_info> all) {
    std::array<std::size_t, Size> places{};
    for (std::size_t i = 0; i < Size; ++i) {
        std::size_t at = i;
        for (; at > 0 && all[i].name < all[places[at - 1]].name; --at) places[at] = places[at - 1];
        places[at] = i;
    }
    return places;
}

}  // namespace detail
}  // namespace syncfw
