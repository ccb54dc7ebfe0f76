// SPDX-License-Identifier: BSL-1.0
// The declaration of an entity, and what the library makes of it.
//
// A struct becomes an entity by one value, either inside of it,
//
//     static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key), …);
//
// or, for types that one doesn't own, as a function in the type's namespace:
//
//     constexpr auto sync_entity(syncfw::of<book>) {
//         return entity<"book">(field<&book::id>(primary_key), …);
//     }
//
// Fields are all members of the struct: found by Boost.Describe where it is described, else by
// Boost.PFR (plain aggregates). Those that the declaration doesn't mention take part as they are.
#pragma once

#include <syncfw/entity/annotations.hpp>
#include <syncfw/entity/detail/declaration.hpp>
#include <syncfw/entity/detail/gates.hpp>
#include <syncfw/entity/detail/reflect.hpp>
#include <syncfw/entity/entity_info.hpp>
#include <syncfw/entity/field.hpp>

namespace syncfw {

/// Whether T has a declaration (right or wrong; a wrong one is told by the gates).
template <class T>
concept entity_type = detail::has_declaration<T>;

/// What is known of an entity, without its types: `entity_of<book>.fields[0].name`.
template <class T>
inline constexpr entity_info entity_of = [] {
    static_assert(detail::require_entity<T>());
    if constexpr (detail::entity_problem<T>() == detail::declaration_problem::none)
        return entity_info{detail::declared_name<T>, detail::field_infos<T>,
                           &detail::type_address<T>};
    else
        return entity_info{};
}();

namespace detail {
template <class T, route Way>
inline constexpr field_mask fields_on = entity_of<T>.on(Way);
}  // namespace detail

/// The place of a member in its entity: `place_of<&book::title>`.
template <auto Member, class T = typename field_t<Member>::entity_type>
inline constexpr std::size_t place_of = detail::place_of_name<T>(detail::raw_member_name<Member>);

}  // namespace syncfw
