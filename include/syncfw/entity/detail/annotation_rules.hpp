// SPDX-License-Identifier: BSL-1.0
// The gates of one field: which annotation fits which type. Each unmet rule is one sentence; the
// compiler names the member and the annotation in the lines below it.
#pragma once

#include <syncfw/core/sync_status.hpp>
#include <syncfw/entity/detail/annotation_types.hpp>
#include <syncfw/entity/pattern.hpp>
#include <syncfw/entity/value_traits.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

namespace syncfw::detail {

template <class V, value_shape... Shapes>
inline constexpr bool is_shaped = ((shape_v<written_t<V>> == Shapes) || ...);

template <class V>
inline constexpr bool is_flag = is_shaped<V, value_shape::boolean, value_shape::integer>;

// A literal may stand for a text; a number must fit without loss.
template <class From, class To>
concept stands_for =
    std::is_same_v<From, To> || (std::is_arithmetic_v<To> && requires(From from) { To{from}; }) ||
    (std::is_integral_v<From> && std::is_arithmetic_v<To> && !std::is_same_v<From, bool> &&
     !std::is_same_v<To, bool>) ||
    (!std::is_arithmetic_v<To> && std::is_convertible_v<From, To>);

// A default may also be what is inside of an optional or secret.
template <class From, class V>
consteval bool default_stands_for() {
    if constexpr (stands_for<From, V>)
        return true;
    else if constexpr (shape_v<V> == value_shape::optional || shape_v<V> == value_shape::secret)
        return default_stands_for<From, inner_t<V>>();
    else
        return false;
}

template <class V>
struct references_target {};
template <class Entity, class Value>
struct references_target<Value Entity::*> {
    using entity = Entity;
    using value = Value;
};

template <class A>
struct annotation_argument {};
template <auto Key>
struct annotation_argument<references_t<Key>> : references_target<decltype(Key)> {};
template <template <class> class A, class V>
struct annotation_argument<A<V>> {
    using value = V;
};
template <class V, std::size_t N>
struct annotation_argument<one_of_t<V, N>> {
    using value = V;
};
template <class A>
using argument_t = typename annotation_argument<A>::value;

template <class A>
inline constexpr bool lengths_in_order = true;
template <std::size_t Min, std::size_t Max>
inline constexpr bool lengths_in_order<length_t<Min, Max>> = Min <= Max;

template <class A>
inline constexpr bool pattern_is_valid = true;
template <fixed_string Pattern>
inline constexpr bool pattern_is_valid<pattern_t<Pattern>> = compiled_pattern<Pattern>.valid;

// The value that a user's rule gets: the field's own, or that inside its optional or secret.
template <class Rule, class V>
consteval bool takes_value() {
    if constexpr (std::is_invocable_r_v<bool, const Rule&, const V&>)
        return true;
    else if constexpr (shape_v<V> == value_shape::optional || shape_v<V> == value_shape::secret)
        return takes_value<Rule, inner_t<V>>();
    else
        return false;
}
template <class A, class V>
inline constexpr bool rule_takes_value = true;
template <class Rule, class V>
inline constexpr bool rule_takes_value<satisfies_t<Rule>, V> = takes_value<Rule, V>();

// What the row is.
template <class V, class A>
consteval void require_identity_rules() {
    using enum value_shape;
    constexpr auto f = A::means;
    if constexpr (f == meaning::primary_key) {
        static_assert(!is_nullable<V>, "syncfw: a primary_key can't be std::optional");
        static_assert(is_shaped<V, text, integer, uuid, enumeration, timestamp>,
                      "syncfw: a primary_key must be a text, an integer, a uuid, an enum or a "
                      "timestamp");
    } else if constexpr (f == meaning::tenant) {
        static_assert(is_shaped<V, text, integer, uuid> && !is_nullable<V>,
                      "syncfw: tenant must be a text, an integer or a uuid");
    } else if constexpr (f == meaning::version) {
        static_assert(std::is_same_v<V, std::int64_t>,
                      "syncfw: version must be a std::int64_t field");
    } else if constexpr (f == meaning::references) {
        static_assert(std::is_same_v<written_t<V>, written_t<argument_t<A>>>,
                      "syncfw: a reference must have the type of the key it refers to");
    }
}

// How far it is synchronised.
template <class V, class A>
consteval void require_bookkeeping_rules() {
    using enum value_shape;
    constexpr auto f = A::means;
    if constexpr (f == meaning::sync_state) {
        static_assert(std::is_same_v<V, sync_status>,
                      "syncfw: sync_state must be a syncfw::sync_status field");
    } else if constexpr (f == meaning::server_synced) {
        static_assert(is_flag<V> && !is_nullable<V>,
                      "syncfw: server_synced must be a bool field, or an integer for 0 and 1");
    } else if constexpr (f == meaning::created_at || f == meaning::updated_at ||
                         f == meaning::last_sync_at) {
        static_assert(is_shaped<V, timestamp>,
                      "syncfw: created_at, updated_at and last_sync_at need a syncfw::timestamp "
                      "field (or an optional one)");
    } else if constexpr (std::is_same_v<A, soft_delete_t>) {
        static_assert(
            (is_flag<V> && !is_nullable<V>) || std::is_same_v<V, std::optional<syncfw::timestamp>>,
            "syncfw: soft_delete needs a bool or 0/1 field, or a std::optional<timestamp>; for "
            "another value write soft_delete(value)");
    } else if constexpr (f == meaning::soft_delete) {
        static_assert(stands_for<argument_t<A>, V>,
                      "syncfw: the value of soft_delete(value) must be one of the field's type");
    }
}

// Who sees it, how it is stored and merged.
template <class V, class A>
consteval void require_storage_rules() {
    using enum value_shape;
    constexpr auto f = A::means;
    if constexpr (f == meaning::encrypted) {
        static_assert(is_shaped<V, text, bytes>,
                      "syncfw: only texts and bytes can be encrypted; keep others in one of these");
    } else if constexpr (f == meaning::indexed || f == meaning::unique) {
        static_assert(kind_of<V>() != value_kind::json,
                      "syncfw: a list, set, counter, document or nested struct can't be indexed or "
                      "unique");
    } else if constexpr (f == meaning::default_value) {
        static_assert(default_stands_for<argument_t<A>, V>(),
                      "syncfw: default_value must have the type of its field");
    } else if constexpr (f == meaning::merge) {
        constexpr auto rule = A::rule;
        static_assert(rule != merge_rule::counter || shape_v<V> == counter,
                      "syncfw: merge(by::counter) needs a syncfw::counter field; one that is not "
                      "optional, for a counter begins empty");
        static_assert(rule != merge_rule::set || shape_v<V> == set,
                      "syncfw: merge(by::set) needs a syncfw::set_of field; one that is not "
                      "optional, for a set begins empty");
        static_assert(rule != merge_rule::document || is_shaped<V, document>,
                      "syncfw: merge(by::document) needs a syncfw::document field");
        static_assert(rule != merge_rule::text || is_shaped<V, text>,
                      "syncfw: merge(by::text) needs a std::string field");
        static_assert(rule != merge_rule::all || is_shaped<V, vector>,
                      "syncfw: merge(by::all) needs a std::vector field");
        static_assert((rule != merge_rule::maximum && rule != merge_rule::minimum) ||
                          is_shaped<V, integer, real, timestamp, text, uuid>,
                      "syncfw: merge(by::maximum) and merge(by::minimum) need a field whose values "
                      "have an order");
    }
}

// Which values are allowed.
template <class V, class A>
consteval void require_validation_rules() {
    using enum value_shape;
    constexpr auto f = A::means;
    if constexpr (f == meaning::required) {
        static_assert(is_nullable<V> || is_shaped<V, text, uuid, bytes, vector, set>,
                      "syncfw: required is for what can be empty: texts, bytes, lists, uuids, "
                      "optionals");
    } else if constexpr (f == meaning::length) {
        static_assert(is_shaped<V, text, bytes, vector, set>,
                      "syncfw: length is for texts, bytes and lists");
        static_assert(lengths_in_order<A>, "syncfw: length<Min, Max> needs Min <= Max");
    } else if constexpr (f == meaning::range) {
        static_assert(is_shaped<V, integer, real, timestamp>,
                      "syncfw: range is for numbers and timestamps");
        static_assert(
            !is_shaped<V, integer, real, timestamp> || stands_for<argument_t<A>, written_t<V>>,
            "syncfw: the ends of range must have the type of the field");
    } else if constexpr (f == meaning::one_of) {
        static_assert(stands_for<argument_t<A>, written_t<V>>,
                      "syncfw: the values of one_of must have the type of the field");
    } else if constexpr (f == meaning::email || f == meaning::pattern) {
        static_assert(is_shaped<V, text>, "syncfw: email and pattern are for texts");
        static_assert(pattern_is_valid<A>,
                      "syncfw: this pattern has a syntax error, or is longer than 64 steps");
    } else if constexpr (f == meaning::satisfies) {
        static_assert(rule_takes_value<A, V>,
                      "syncfw: the rule of satisfies must take the field's value and give a bool");
    }
}

template <class V, class A>
consteval bool require_annotation() {
    require_identity_rules<V, A>();
    require_bookkeeping_rules<V, A>();
    require_storage_rules<V, A>();
    require_validation_rules<V, A>();
    return true;
}

template <class... As>
consteval bool has_meaning(meaning wanted) {
    return ((As::means == wanted) || ...);
}

template <class... As>
consteval bool meanings_differ() {
    constexpr std::array<meaning, sizeof...(As) + 1> meanings{As::means...};
    for (std::size_t i = 0; i < sizeof...(As); ++i) {
        if (meanings[i] == meaning::alias || meanings[i] == meaning::satisfies) continue;
        for (std::size_t j = 0; j < i; ++j)
            if (meanings[i] == meanings[j]) return false;
    }
    return true;
}

// By the field's type alone, so that fields of one type share it; the compiler's notes name the
// field, which calls this.
template <class V, class... As>
consteval bool require_annotations() {
    using enum meaning;
    static_assert(meanings_differ<As...>(), "syncfw: a field has the same annotation twice");
    static_assert(!has_meaning<As...>(primary_key) ||
                      (!has_meaning<As...>(encrypted) && !has_meaning<As...>(local_only) &&
                       !has_meaning<As...>(server_owned) && !has_meaning<As...>(default_value)),
                  "syncfw: a primary_key can't be encrypted, local_only, server_owned or have a "
                  "default_value: every device must know it and give it");
    static_assert(!has_meaning<As...>(local_only) || !has_meaning<As...>(server_owned),
                  "syncfw: a field can't be both local_only and server_owned: nobody could set it");
    static_assert(!(std::is_same_v<As, encrypted_t> || ...) ||
                      (!has_meaning<As...>(indexed) && !has_meaning<As...>(unique)),
                  "syncfw: encrypted gives another ciphertext each time, so no index can find it; "
                  "leave indexed and unique out, or write encrypted_revealing_equality");
    static_assert(!(has_meaning<As...>(required) && has_meaning<As...>(default_value)),
                  "syncfw: a field is either required or has a default_value");
    return (require_annotation<V, As>() && ... && true);
}

template <class V, class... As>
inline constexpr bool annotations_hold = require_annotations<V, As...>();

}  // namespace syncfw::detail
