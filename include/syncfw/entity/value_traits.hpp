// SPDX-License-Identifier: BSL-1.0
// Which C++ types may be fields, and how each is kept.
//
// A field's type has one *kind*: what a SQL column, a JSON value and the binary form make of it.
//
//   bool → boolean · integers up to 64 bits → integer · float, double → real · std::string → text
//   enums → text (their names) · blob, uuid, timestamp → themselves
//   std::vector<V>, set_of<V>, counter, document, nested structs → json
//   std::optional<V> → V, or null · a user's own type → the kind of its storage type
//
// A type that some store or codec could not keep exactly does not compile: unsigned 64-bit
// integers, long double, views, pointers.
#pragma once

#include <syncfw/core/blob.hpp>
#include <syncfw/core/fwd.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/detail/names.hpp>

#include <boost/describe/members.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace syncfw {

/// Makes a type of yours a field type; one specialisation serves JSON, binary and SQL.
///
///     template <>
///     struct syncfw::value_traits<money> {
///         using storage_type = std::int64_t;  // any built-in field type but optional
///         static std::int64_t  to_storage(const money& m) { return m.cents; }
///         static result<money> from_storage(std::int64_t cents) { return money{cents}; }
///     };
///
/// `from_storage` gets what came from outside: it returns an error for what is no valid value.
/// Both must be inverse to each other, or values change on the way.
template <class V>
struct value_traits {};

/// What a column, a JSON value or a binary field holds.
enum class value_kind : unsigned char {
    boolean,
    integer,
    real,
    text,
    bytes,
    uuid,
    timestamp,
    json
};

namespace detail {

// How a C++ type is written as a value.
enum class value_shape : unsigned char {
    unsupported,
    boolean,
    integer,
    real,
    text,
    bytes,
    uuid,
    timestamp,
    enumeration,
    optional,
    vector,
    set,
    counter,
    document,
    secret,
    structure,
    custom,
};

template <class V, template <class...> class Template>
inline constexpr bool is_specialisation = false;
template <template <class...> class Template, class... Args>
inline constexpr bool is_specialisation<Template<Args...>, Template> = true;

template <class V>
concept has_value_traits = requires { typename value_traits<V>::storage_type; };

template <class V>
concept is_character =
    std::same_as<V, char> || std::same_as<V, wchar_t> || std::same_as<V, char8_t> ||
    std::same_as<V, char16_t> || std::same_as<V, char32_t>;

// Integers that every store keeps in its signed 64-bit column.
template <class V>
concept exact_integer = std::integral<V> && !std::same_as<V, bool> && !is_character<V> &&
                        (std::is_signed_v<V> ? sizeof(V) <= 8 : sizeof(V) <= 4);

// Becomes any base of V, so that V can be made of it only when its first part is one.
template <class V>
struct any_base_of {
    template <class Base>
        requires(std::is_base_of_v<Base, V> && !std::is_same_v<Base, V>)
    operator Base() const;
};
// What Boost.PFR takes apart: its members are those of the struct itself.
template <class V>
concept plain_aggregate = std::is_aggregate_v<V> && !requires { V{any_base_of<V>{}}; };

template <class V>
concept is_structure = std::is_class_v<V> && !std::is_union_v<V> &&
                       (boost::describe::has_describe_members<V>::value || plain_aggregate<V>);

template <class V>
consteval value_shape shape_of() {
    using enum value_shape;
    if constexpr (has_value_traits<V>)
        return custom;
    else if constexpr (std::same_as<V, bool>)
        return boolean;
    else if constexpr (exact_integer<V>)
        return integer;
    else if constexpr (std::same_as<V, float> || std::same_as<V, double>)
        return real;
    else if constexpr (std::same_as<V, std::string>)
        return text;
    else if constexpr (std::same_as<V, syncfw::blob>)
        return bytes;
    else if constexpr (std::same_as<V, syncfw::uuid>)
        return uuid;
    else if constexpr (std::same_as<V, syncfw::timestamp>)
        return timestamp;
    else if constexpr (has_enumerator_names<V>)
        return enumeration;
    else if constexpr (is_specialisation<V, std::optional>)
        return optional;
    else if constexpr (is_specialisation<V, std::vector>)
        return vector;
    else if constexpr (is_specialisation<V, set_of>)
        return set;
    else if constexpr (std::same_as<V, syncfw::counter>)
        return counter;
    else if constexpr (std::same_as<V, syncfw::document>)
        return document;
    else if constexpr (is_specialisation<V, syncfw::secret>)
        return secret;
    else if constexpr (is_structure<V>)
        return structure;
    else
        return unsupported;
}

template <class V>
inline constexpr value_shape shape_v = shape_of<V>();

// The type inside an optional, vector, set or secret.
template <class V>
struct inner {
    using type = V;
};
template <template <class...> class Template, class V, class... Rest>
struct inner<Template<V, Rest...>> {
    using type = V;
};
template <class V>
using inner_t = typename inner<V>::type;

template <class V>
inline constexpr bool is_nullable = shape_v<V> == value_shape::optional;

/// Of a secret that may be missing nothing is told either, but whether it is there.
template <class V>
inline constexpr bool holds_secret =
    shape_v<V> == value_shape::secret || shape_v<inner_t<V>> == value_shape::secret;

// Without optional, secret and a user's wrapping: the type that is written.
template <class V>
struct written {
    using type = V;
};
template <class V>
struct written<std::optional<V>> : written<V> {};
template <class V>
struct written<syncfw::secret<V>> : written<V> {};
template <has_value_traits V>
struct written<V> : written<typename value_traits<V>::storage_type> {};
template <class V>
using written_t = typename written<V>::type;

template <class V>
consteval value_kind kind_of() {
    switch (shape_v<written_t<V>>) {
        case value_shape::boolean: return value_kind::boolean;
        case value_shape::integer: return value_kind::integer;
        case value_shape::real: return value_kind::real;
        case value_shape::text:
        case value_shape::enumeration: return value_kind::text;
        case value_shape::bytes: return value_kind::bytes;
        case value_shape::uuid: return value_kind::uuid;
        case value_shape::timestamp: return value_kind::timestamp;
        default: return value_kind::json;
    }
}

}  // namespace detail

}  // namespace syncfw
