// SPDX-License-Identifier: BSL-1.0
// The two reflection back ends behind one face: how many members a struct has, their names, and
// all of them at once by reference. Boost.Describe where the struct is described (private members
// and bases included, cheaper to compile), else Boost.PFR (plain aggregates, no macro at all).
#pragma once

#include <syncfw/entity/detail/names.hpp>

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

// PFR knows no names. The address of a member of an object that is only declared, as a template
// argument, has the member's name in the compiler's text of it.
template <class T>
struct declared_only {
    T value;
};
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-internal"
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
template <class T>
extern const declared_only<T> declared_object;

template <auto* Member>
consteval std::string_view address_signature() {
    return __PRETTY_FUNCTION__;
}

inline constexpr int signature_sample_object = 0;
inline constexpr std::size_t address_signature_begin =
    address_signature<&signature_sample_object>().find("Member = ");

template <auto* Member>
consteval std::string_view raw_address_name() {
    constexpr std::string_view text = address_signature<Member>();
    std::size_t end = address_signature_begin;
    while (text[end] != ';' && text[end] != ']') ++end;
    return text.substr(0, end);
}

template <class T, std::size_t... I>
consteval auto raw_pfr_names(std::index_sequence<I...>) {
    return std::array<std::string_view, sizeof...(I)>{
        last_name(raw_address_name<&boost::pfr::get<I>(declared_object<T>.value)>())...};
}
#ifdef __clang__
#pragma clang diagnostic pop
#endif

template <class T>
inline constexpr auto pfr_names_writer = [](text_sink& out) {
    for (std::string_view name :
         raw_pfr_names<T>(std::make_index_sequence<boost::pfr::tuple_size_v<T>>()))
        out << name;
};

template <class T>
consteval auto make_member_names() {
    if constexpr (described<T>) {
        return []<template <class...> class L, class... D>(L<D...>) {
            return std::array<std::string_view, sizeof...(D)>{std::string_view(D::name)...};
        }(described_members<T>{});
    } else {
        // Copied, so that the long compiler texts don't end up in users' programs.
        constexpr auto raw =
            raw_pfr_names<T>(std::make_index_sequence<boost::pfr::tuple_size_v<T>>());
        auto names = raw;
        std::size_t at = 0;
        for (std::string_view& name : names) {
            name = static_text<pfr_names_writer<T>>.substr(at, name.size());
            at += name.size();
        }
        return names;
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

template <class Tuple, class F, std::size_t... I>
constexpr decltype(auto) with_tied_members(Tuple&& tied, F& f, std::index_sequence<I...> places) {
    return f(places, std::get<I>(tied)...);
}

/// Calls f once, with an index_sequence of the places and a reference to every member.
template <class T, class F>
constexpr decltype(auto) with_placed_members(T& object, F&& f) {
    using plain = std::remove_const_t<T>;
    if constexpr (described<plain>)
        return with_described_members(object, f, described_members<plain>{});
    else
        return with_tied_members(boost::pfr::structure_tie(object), f,
                                 std::make_index_sequence<member_count<plain>>());
}

/// Calls f once, with a reference to every member of the object.
template <class T, class F>
constexpr decltype(auto) with_members(T& object, F&& f) {
    return with_placed_members(
        object, [&](auto, auto&... members) -> decltype(auto) { return f(members...); });
}

/// The address of the member at a place. With a table of functions for each field type it takes
/// the place of a chain of templates for each entity.
template <class T>
void* member_address(void* object, std::size_t place) {
    return with_placed_members(
        *static_cast<T*>(object),
        [place]<std::size_t... I>(std::index_sequence<I...>, auto&... members) {
            void* address = nullptr;
            (void)((I == place && (address = static_cast<void*>(&members))) || ...);
            return address;
        });
}

template <class... V>
struct type_list {};

struct to_type_list {
    template <class... V>
    constexpr type_list<std::remove_cvref_t<V>...> operator()(V&&...) const {
        return {};
    }
};

/// The types of the members.
template <class T>
using member_types = decltype(with_members(std::declval<T&>(), to_type_list{}));

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
