// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/entity/detail/annotation_types.hpp>
#include <syncfw/entity/entity_info.hpp>
#include <syncfw/entity/value_traits.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw::detail {

// What a declaration says of one field, without types: so that what an entity costs the compiler
// is a loop over these and not a template for each field and annotation.
struct field_note {
    std::string_view name{};
    std::string_view column{};
    std::string_view json{};
    std::size_t alias_count = 0;
    std::uint32_t meanings = 0;
    merge_rule merge = merge_rule::none;
    deletion deletes = deletion::none;
    encryption cipher = encryption::none;
    bool default_fits = true;
    bool aliases_are_good = true;
};

// What may be an identifier in every database, and needs no escape in JSON.
constexpr bool is_good_name(std::string_view name) {
    if (name.empty() || name.size() > 63) return false;
    for (char c : name)
        if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '`') return false;
    return true;
}

constexpr std::uint32_t bit_of(meaning m) {
    return std::uint32_t{1} << static_cast<unsigned>(m);
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

// What one annotation adds, for a field of type V.
template <class V, class A>
constexpr void note(field_note& out, const A& annotation) {
    out.meanings |= bit_of(A::means);
    if constexpr (A::means == meaning::column) {
        out.column = annotation.name;
    } else if constexpr (A::means == meaning::json) {
        out.json = annotation.name;
    } else if constexpr (A::means == meaning::alias) {
        out.aliases_are_good = out.aliases_are_good && is_good_name(annotation.name);
        ++out.alias_count;
    } else if constexpr (A::means == meaning::merge) {
        out.merge = A::rule;
    } else if constexpr (std::is_same_v<A, encrypted_t>) {
        out.cipher = encryption::randomised;
    } else if constexpr (A::means == meaning::encrypted) {
        out.cipher = encryption::equality;
    } else if constexpr (std::is_same_v<A, soft_delete_t>) {
        out.deletes = is_nullable<V> ? deletion::time : deletion::flag;
    } else if constexpr (A::means == meaning::soft_delete) {
        out.deletes = deletion::value;
    } else if constexpr (A::means == meaning::default_value) {
        out.default_fits = default_fits<V>(annotation.value);
    }
}

constexpr void add_note(field_info& info, const field_note& said) {
    info.meanings = said.meanings;
    if (said.merge != merge_rule::none) info.merge = said.merge;
    info.deletes = said.deletes;
    info.cipher = said.cipher;
    if (!said.column.empty()) info.column = said.column;
    if (!said.json.empty()) info.json = said.json;
}

}  // namespace syncfw::detail
