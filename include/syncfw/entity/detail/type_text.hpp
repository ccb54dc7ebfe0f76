// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/text_sink.hpp>
#include <syncfw/entity/detail/reflect.hpp>
#include <syncfw/entity/value_traits.hpp>

#include <cstddef>
#include <string_view>

namespace syncfw::detail {

// Structs that hold lists of themselves have no end; the gates refuse them with a sentence.
inline constexpr int nesting_max = 8;

// Why a type can't be a field.
enum class type_problem : unsigned char {
    none,
    unsupported,
    unsigned_64_bit,
    long_double,
    character,
    view_or_pointer,
    unnamed_enum,
    nested_optional,
    nested_too_deep,
    secret_inside,
    wrapped_optional,
};

template <class V, int Depth>
consteval type_problem problem_of();

template <int Depth, class... V>
consteval type_problem first_problem(type_list<V...>) {
    type_problem found = type_problem::none;
    (void)(((found = problem_of<V, Depth>()) != type_problem::none) || ...);
    return found;
}

template <class V>
consteval type_problem problem_of_unsupported() {
    if constexpr (std::is_same_v<V, long double>) return type_problem::long_double;
    if constexpr (is_character<V>) return type_problem::character;
    if constexpr (std::is_integral_v<V>) return type_problem::unsigned_64_bit;
    if constexpr (std::is_pointer_v<V> || std::is_same_v<V, std::string_view>)
        return type_problem::view_or_pointer;
    if constexpr (std::is_enum_v<V>) return type_problem::unnamed_enum;
    return type_problem::unsupported;
}

template <class V, int Depth = 0>
consteval type_problem problem_of() {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    if constexpr (Depth > nesting_max) {
        return type_problem::nested_too_deep;
    } else if constexpr (shape == unsupported) {
        return problem_of_unsupported<V>();
    } else if constexpr (shape == optional) {
        constexpr auto held = shape_v<inner_t<V>>;
        if (held == optional || held == document) return type_problem::nested_optional;
        // Whether a secret is there may be told; what else is around it may not.
        return problem_of<inner_t<V>, held == secret ? Depth : Depth + 1>();
    } else if constexpr (shape == secret) {
        if (Depth > 1) return type_problem::secret_inside;
        return problem_of<inner_t<V>, Depth + 1>();
    } else if constexpr (shape == vector || shape == set) {
        return problem_of<inner_t<V>, Depth + 1>();
    } else if constexpr (shape == custom) {
        using stored = typename value_traits<V>::storage_type;
        if (shape_v<stored> == optional) return type_problem::wrapped_optional;
        return problem_of<stored, Depth + 1>();
    } else if constexpr (shape == structure) {
        if constexpr (Depth == nesting_max)
            return type_problem::nested_too_deep;
        else
            return first_problem<Depth + 1>(member_types<V>{});
    } else {
        return type_problem::none;
    }
}

template <class V>
constexpr void write_type(text_sink& out);

template <class V>
constexpr void write_enumerators(text_sink& out) {
    out << "enum(";
    for (std::size_t i = 0; i < enumerators<V>.size(); ++i)
        out << (i == 0 ? "" : "|") << enumerators<V>[i].name;
    out << ")";
}

template <class V>
constexpr void write_structure(text_sink& out) {
    out << "{";
    [&]<class... M>(type_list<M...>) {
        std::size_t i = 0;
        ((out << (i == 0 ? "" : ",") << member_names<V>[i] << ":", write_type<M>(out), ++i), ...);
    }(member_types<V>{});
    out << "}";
}

// The type in a layout: what must be equal on two sides for a row of one to be a row of the other.
template <class V>
constexpr void write_type(text_sink& out) {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    if constexpr (shape == boolean) {
        out << "bool";
    } else if constexpr (shape == integer) {
        out << (std::is_signed_v<V> ? "int" : "uint") << std::uint64_t{sizeof(V) * 8};
    } else if constexpr (shape == real) {
        out << "float" << std::uint64_t{sizeof(V) * 8};
    } else if constexpr (shape == text) {
        out << "text";
    } else if constexpr (shape == bytes) {
        out << "bytes";
    } else if constexpr (shape == uuid) {
        out << "uuid";
    } else if constexpr (shape == timestamp) {
        out << "timestamp";
    } else if constexpr (shape == counter) {
        out << "counter";
    } else if constexpr (shape == document) {
        out << "document";
    } else if constexpr (shape == enumeration) {
        write_enumerators<V>(out);
    } else if constexpr (shape == structure) {
        write_structure<V>(out);
    } else if constexpr (shape == optional) {
        write_type<inner_t<V>>(out);
        out << "?";
    } else if constexpr (shape == vector) {
        out << "[";
        write_type<inner_t<V>>(out);
        out << "]";
    } else if constexpr (shape == set) {
        out << "set(";
        write_type<inner_t<V>>(out);
        out << ")";
    } else if constexpr (shape == secret) {
        write_type<inner_t<V>>(out);
    } else if constexpr (shape == custom) {
        write_type<typename value_traits<V>::storage_type>(out);
    }
}

template <class V>
inline constexpr auto type_text_writer = [](text_sink& out) { write_type<V>(out); };
template <class V>
inline constexpr std::string_view type_text = static_text<type_text_writer<V>>;

}  // namespace syncfw::detail
