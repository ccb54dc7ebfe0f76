// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/text_sink.hpp>

#include <boost/describe/enumerators.hpp>
#include <boost/mp11/list.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw::detail {

// C++20 has no names of members or enumerators; the compiler's name of a template instance does.

constexpr bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// `… Member = &ns::book::title]` → `title`; with `end` before the closing bracket.
constexpr std::string_view last_name(std::string_view text) {
    std::size_t last = text.size();
    while (last > 0 && !is_name_character(text[last - 1])) --last;
    std::size_t first = last;
    while (first > 0 && is_name_character(text[first - 1])) --first;
    return text.substr(first, last - first);
}

// Not a string_view: of that GCC would explain what it is, behind the names.
struct raw_text {
    const char* data;
    std::size_t size;
};
template <auto Member>
consteval raw_text member_signature() {
    return {__PRETTY_FUNCTION__, sizeof __PRETTY_FUNCTION__ - 1};
}

// For constants alone: a view of the long text of the compiler.
template <auto Member>
inline constexpr std::string_view raw_member_name = [] {
    constexpr raw_text text = member_signature<Member>();
    return last_name({text.data, text.size});
}();

// Names are copied, so that the long compiler texts don't end up in users' programs.
template <auto Member>
inline constexpr auto member_name_writer = [](text_sink& out) { out << raw_member_name<Member>; };
template <auto Member>
inline constexpr std::string_view member_name = static_text<member_name_writer<Member>>;

// The enumerators of an enum: those described by BOOST_DESCRIBE_ENUM, or else every named value
// from 0 to 63. Others have no name and are refused wherever a value is checked.

// An enum without a fixed underlying type can't hold other values, so these can't be tried.
template <class E>
concept has_enumerator_names = boost::describe::has_describe_enumerators<E>::value ||
                               (std::is_enum_v<E> && requires { E{0}; });

template <class E>
struct enumerator {
    E value{};
    std::string_view name{};
};

inline constexpr std::size_t plain_enum_values_max = 64;

template <class E, E... Values>
consteval std::string_view raw_enumerator_names() {
    return __PRETTY_FUNCTION__;
}

template <class E, std::size_t... I>
consteval std::string_view raw_enumerator_names(std::index_sequence<I...>) {
    return raw_enumerator_names<E, static_cast<E>(I)...>();
}

// Both compilers write an unnamed value as a cast, `(ns::colour)7`, and a named one as its
// qualified name; GCC as `Values = {a, b}`, Clang as `Values = <a, b>`. One value more than is
// looked at makes sure that each ends with a comma.
template <class E>
consteval auto plain_enumerators() {
    constexpr std::string_view text =
        raw_enumerator_names<E>(std::make_index_sequence<plain_enum_values_max + 1>());
    std::array<enumerator<E>, plain_enum_values_max> found{};
    std::size_t count = 0;
    std::string_view rest = text.substr(text.find("Values = ") + 10);
    for (std::size_t i = 0; i < plain_enum_values_max; ++i) {
        const std::string_view name = last_name(rest.substr(0, rest.find(',')));
        if (name[0] < '0' || name[0] > '9') found[count++] = {static_cast<E>(i), name};
        rest = rest.substr(rest.find(',') + 1);
    }
    return std::pair(found, count);
}

template <class E>
consteval auto make_enumerators() {
    if constexpr (boost::describe::has_describe_enumerators<E>::value) {
        using list = boost::describe::describe_enumerators<E>;
        return []<template <class...> class L, class... D>(L<D...>) {
            return std::array<enumerator<E>, sizeof...(D)>{enumerator<E>{D::value, D::name}...};
        }(list{});
    } else {
        constexpr auto found = plain_enumerators<E>();
        std::array<enumerator<E>, found.second> all{};
        for (std::size_t i = 0; i < found.second; ++i) all[i] = found.first[i];
        return all;
    }
}

template <class E>
inline constexpr auto enumerators = make_enumerators<E>();

/// The enumerator's name, or an empty text for a value that has none.
template <class E>
[[nodiscard]] constexpr std::string_view enum_name(E value) {
    // Most enums count up from 0: then the value is the place.
    const auto place = static_cast<std::size_t>(value);
    if (place < enumerators<E>.size() && enumerators<E>[place].value == value)
        return enumerators<E>[place].name;
    for (const auto& each : enumerators<E>)
        if (each.value == value) return each.name;
    return {};
}

template <class E>
[[nodiscard]] constexpr bool enum_from_name(std::string_view name, E& value) {
    for (const auto& each : enumerators<E>)
        if (each.name == name) {
            value = each.value;
            return true;
        }
    return false;
}

}  // namespace syncfw::detail
