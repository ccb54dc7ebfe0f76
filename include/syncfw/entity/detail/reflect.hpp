// SPDX-License-Identifier: BSL-1.0
// The two reflection back ends behind one face: how many members a struct has, their names, and
// all of them at once by reference. Boost.Describe where the struct is described (private members
// and bases included), else plain_struct.hpp (plain aggregates, no macro at all).
#pragma once

#include <syncfw/entity/detail/plain_struct.hpp>

#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>
#include <boost/pfr/core.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw::detail {

template <class T>
concept described = boost::describe::has_describe_members<T>::value;

template <class T>
using described_members = boost::describe::describe_members<T, boost::describe::mod_any_access |
                                                                   boost::describe::mod_inherited>;

template <class T>
consteval auto make_member_names() {
    if constexpr (described<T>) {
        return []<template <class...> class L, class... D>(L<D...>) {
            return std::array<std::string_view, sizeof...(D)>{std::string_view(D::name)...};
        }(described_members<T>{});
    } else {
        return make_plain_names<T>();
    }
}

/// The names of a struct's members, in declared order (bases first).
template <class T>
inline constexpr auto member_names = make_member_names<T>();

template <class T>
inline constexpr std::size_t member_count = member_names<T>.size();

// Lambdas are handed on by reference and called as they are: each layer less, std::forward
// included, is one function less that the compiler writes for every entity.

template <class T, class F, template <class...> class L, class... D>
constexpr decltype(auto) with_described_members(T& object, F& f, L<D...>) {
    return f(std::index_sequence_for<D...>(), (object.*D::pointer)...);
}

/// Calls f once, with an index_sequence of the places and a reference to every member.
template <class T, class F>
constexpr decltype(auto) with_placed_members(T& object, F&& f) {
    using plain = std::remove_const_t<T>;
    if constexpr (described<plain>)
        return with_described_members(object, f, described_members<plain>{});
    else
        return with_plain_members<member_count<plain>>(object, f);
}

/// Calls f once, with a reference to every member of the object.
template <class T, class F>
constexpr decltype(auto) with_members(T& object, F&& f) {
    return with_placed_members(
        object, [&](auto, auto&... members) -> decltype(auto) { return f(members...); });
}

struct address_list {
    void** to;

    template <class Places, class... V>
    void operator()(Places, V&... members) {
        ((*to++ = &members), ...);
    }
};
template <class T, template <class...> class L, class... D>
void list_described_members(T& object, void** to, L<D...>) {
    ((*to++ = &(object.*D::pointer)), ...);
}

/// Writes down the address of every member. With a table of functions for each field type it takes
/// the place of templates for each entity. One for both, rows that are written and rows that are
/// only read.
template <class T>
void list_members(const T& row, void** to) {
    T& object = const_cast<T&>(row);
    if constexpr (described<T>) {
        list_described_members(object, to, described_members<T>{});
    } else {
        address_list list{to};
        with_plain_members<member_count<T>>(object, list);
    }
}

template <class... V>
struct type_list {};

struct to_type_list {
    template <class Places, class... V>
    constexpr type_list<V...> operator()(Places, V&...) const {
        return {};
    }
};
template <class T, template <class...> class L, class... D>
type_list<std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>...> described_types(
    L<D...>);

template <class T>
consteval auto make_member_types() {
    if constexpr (described<T>)
        return decltype(described_types<T>(described_members<T>{})){};
    else
        return decltype(with_placed_members(std::declval<T&>(), to_type_list{})){};
}

/// The types of the members.
template <class T>
using member_types = decltype(make_member_types<T>());

// The I-th of a list of types.
template <class V>
struct of_type {
    using type = V;
};
template <class Places>
struct skip;
template <std::size_t... I>
struct skip<std::index_sequence<I...>> {
    template <class V>
    static of_type<V> next(decltype(static_cast<void>(I), static_cast<const void*>(nullptr))...,
                           of_type<V>*, ...);
};
template <std::size_t I, class... V>
using nth_t = typename decltype(skip<std::make_index_sequence<I>>::next(
    static_cast<of_type<V>*>(nullptr)...))::type;

/// The I-th member of the object.
template <std::size_t I, class T>
constexpr auto& member_at(T& object) {
    using plain = std::remove_const_t<T>;
    if constexpr (described<plain>)
        return object.*boost::mp11::mp_at_c<described_members<plain>, I>::pointer;
    else
        return boost::pfr::get<I>(object);
}
template <class T, std::size_t I>
using member_at_t = std::remove_cvref_t<decltype(member_at<I>(std::declval<T&>()))>;

}  // namespace syncfw::detail
