// SPDX-License-Identifier: BSL-1.0
// The vocabulary of a declaration: what a field means.
//
//     using namespace syncfw::annotations;
//
//     struct book {
//         syncfw::uuid id{};
//         std::string  title{};
//         std::int64_t version = 0;
//
//         static constexpr auto sync_entity = entity<"book">(
//             field<&book::id>(primary_key),
//             field<&book::title>(required, length<1, 200>),
//             field<&book::version>(is::version));
//     };
//
// Only fields that mean something need a line; the others take part by themselves. Inside the
// struct a member hides an annotation of the same name: there, write `is::version`, `is::email`.
#pragma once

#include <syncfw/core/fixed_string.hpp>
#include <syncfw/entity/detail/annotation_types.hpp>
#include <syncfw/entity/field.hpp>

namespace syncfw::annotations {

/// Every annotation, also under a name that no member hides: `is::created_at`.
namespace is = ::syncfw::annotations;

using ::syncfw::field;

// --- what the row is --------------------------------------------------------------------------

/// The row's identity, given by the device that makes the row. Several fields so marked are a
/// composite key, in declared order. `field<&book::id>(primary_key)`
inline constexpr detail::primary_key_t primary_key{};
/// Whose row it is; the server takes it from the token, never from the body.
/// `field<&book::owner>(tenant)`
inline constexpr detail::tenant_t tenant{};
/// The row's version, raised by the server with each change. `field<&book::version>(is::version)`
inline constexpr detail::version_t version{};

// --- how far it is synchronised -----------------------------------------------------------------

/// Pending, synced, failed or conflict, as this device knows it.
/// `field<&book::sync_status>(sync_state)` (a `syncfw::sync_status`)
inline constexpr detail::sync_state_t sync_state{};
/// Whether the server has the row. `field<&user::server_synced>(is::server_synced)` (bool, 0/1)
inline constexpr detail::server_synced_t server_synced{};
/// When the row was made. `field<&book::created>(created_at)` (a timestamp)
inline constexpr detail::created_at_t created_at{};
/// When the row was last changed. `field<&book::changed>(updated_at)`
inline constexpr detail::updated_at_t updated_at{};
/// When the row last went through a sync. `field<&book::synced>(last_sync_at)`
inline constexpr detail::last_sync_at_t last_sync_at{};
/// A deleted row stays as a tombstone, so that the deletion reaches every device: a bool or 0/1,
/// or the time of deletion (`std::optional<timestamp>`). `field<&book::is_deleted>(soft_delete)`
/// With a value, the row is deleted when the field holds it:
/// `field<&visit::status>(soft_delete(status::cancelled))`
inline constexpr detail::soft_delete_t soft_delete{};

// --- who may see and set it ---------------------------------------------------------------------

/// Ciphertext in storage and on the wire, another one each time. `field<&user::iban>(encrypted)`
inline constexpr detail::encrypted_t encrypted{};
/// Ciphertext that is the same for equal values, so that an index finds them, and so that anybody
/// who sees the column learns which rows have equal values.
/// `field<&user::mail>(encrypted_revealing_equality)`
inline constexpr detail::encrypted_revealing_equality_t encrypted_revealing_equality{};
/// Only the server sets it; what a client sends for it is never taken.
/// `field<&user::credit>(server_owned)`
inline constexpr detail::server_owned_t server_owned{};
/// Set when the row is made, never changed after. `field<&book::isbn>(immutable)`
inline constexpr detail::immutable_t immutable{};
/// Stays on this device. `field<&book::scroll_position>(local_only)`
inline constexpr detail::local_only_t local_only{};

// --- how it is stored and named ------------------------------------------------------------------

/// Holds the key of another entity's row, of the same tenant.
/// `field<&rating::book_id>(references<&book::id>)`
template <auto Key>
inline constexpr detail::references_t<Key> references{};
/// An index on the column. `field<&book::author>(indexed)`
inline constexpr detail::indexed_t indexed{};
/// No two live rows of a tenant have the same value. `field<&user::mail>(unique)`
inline constexpr detail::unique_t unique{};
/// The SQL column's name, where it isn't the member's. `field<&user::name>(column("full_name"))`
constexpr detail::column_t column(std::string_view name) {
    return {name};
}
/// The name in JSON and on the wire. `field<&user::updated>(json("updatedAt"))`
constexpr detail::json_t json(std::string_view name) {
    return {name};
}
/// Another name that is taken on input; may be given several times.
/// `field<&user::is_deleted>(alias("isDeleted"))`
constexpr detail::alias_t alias(std::string_view name) {
    return {name};
}
/// Takes the place of a value that is missing in the input, and of old rows' in a new column.
/// `field<&user::active>(default_value(true))`
template <class V>
constexpr detail::default_value_t<V> default_value(V value) {
    return {value};
}

// --- how two edits of it become one -------------------------------------------------------------

/// How a field that was changed on both sides is merged.
namespace by {
inline constexpr detail::merge_rule_t<merge_rule::latest> latest{};      ///< The later edit.
inline constexpr detail::merge_rule_t<merge_rule::maximum> maximum{};    ///< The greater value.
inline constexpr detail::merge_rule_t<merge_rule::minimum> minimum{};    ///< The smaller value.
inline constexpr detail::merge_rule_t<merge_rule::counter> counter{};    ///< Sum of increments.
inline constexpr detail::merge_rule_t<merge_rule::set> set{};            ///< Adds win (set_of).
inline constexpr detail::merge_rule_t<merge_rule::document> document{};  ///< Member by member.
inline constexpr detail::merge_rule_t<merge_rule::text> text{};          ///< Three-way, by line.
inline constexpr detail::merge_rule_t<merge_rule::all> all{};            ///< A list's union.
/// `field<&book::x>(merge(by::function([](auto& base, auto& mine, auto& theirs) { … })))`
/// With a fourth parameter, a bool, it learns whether mine came later.
template <class F>
constexpr detail::merge_function_t<F> function(F f) {
    return {f};
}
}  // namespace by

/// `field<&book::notes>(merge(by::text))`
template <class Rule>
constexpr Rule merge(Rule rule) {
    return rule;
}

// --- which values are allowed -------------------------------------------------------------------

/// A text that isn't empty, an optional that has a value, a uuid that isn't nil.
/// `field<&book::title>(required)`
inline constexpr detail::required_t required{};
/// Length of a text in characters, of bytes or a list in elements. `field<&book::title>(length<1,
/// 200>)`
template <std::size_t Min, std::size_t Max>
inline constexpr detail::length_t<Min, Max> length{};
/// At most so long. `field<&book::title>(max_length<200>)`
template <std::size_t Max>
inline constexpr detail::length_t<0, Max> max_length{};
/// A number or time between the two, both included. `field<&rating::stars>(range(1, 5))`
template <class V>
constexpr detail::range_t<V> range(V min, V max) {
    return {min, max};
}
/// One of these values. `field<&visit::type>(one_of("call", "mail"))`
template <class... V>
constexpr auto one_of(V... values) {
    return detail::one_of_t<std::common_type_t<V...>, sizeof...(V)>{{values...}};
}
/// Something with one @ and a domain behind it. `field<&user::mail>(is::email)`
inline constexpr detail::email_t email{};
/// The whole text matches: literals, `.`, `[a-z]`, `\d \w \s`, `( )`, `|`, `* + ? {m,n}`; matched
/// in linear time. `field<&book::isbn>(pattern<"[0-9]{13}">)`
template <fixed_string Pattern>
inline constexpr detail::pattern_t<Pattern> pattern{};
/// Your own rule on the field, in words and code.
/// `field<&book::pages>(satisfies("be even", [](std::int64_t n) { return n % 2 == 0; }))`
template <class F>
constexpr detail::satisfies_t<F> satisfies(std::string_view words, F rule) {
    return {words, rule};
}

}  // namespace syncfw::annotations
