// SPDX-License-Identifier: BSL-1.0
// How many members a plain struct has, all of them at once, and their names. Boost.PFR does the
// same for any struct; what is done here costs the compiler a third of it for the usual ones.
#pragma once

#include <syncfw/entity/detail/names.hpp>

#include <boost/pfr/core.hpp>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw::detail {

// What is only declared here is never used, but in types and as addresses.
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-internal"
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif

// --- how many ------------------------------------------------------------------------------------

// Takes the place of any member in a list of initialisers. A reference where that can be copied:
// an optional could be made of anything else.
// Never called; with a body, because Clang asks for one where V is known in one file alone.
struct any_copied {
    template <class V>
    operator V&() const {
        std::abort();
    }
};
struct any_moved {
    template <class V>
    operator V() const {
        std::abort();
    }
};
template <class T>
using any_member = std::conditional_t<std::is_copy_constructible_v<T>, any_copied, any_moved>;

template <class T, class Places>
inline constexpr bool takes_members = false;
template <class T, std::size_t... I>
    requires requires { T{(static_cast<void>(I), any_member<T>())...}; }
inline constexpr bool takes_members<T, std::index_sequence<I...>> = true;

// From below, by doubling and halving; Boost.PFR begins with as many as the struct has bits.
template <class T, std::size_t Fit = 0, std::size_t TooMany = 0>
consteval std::size_t count_plain_members() {
    constexpr std::size_t tried = TooMany == 0 ? 2 * Fit + 8 : (Fit + TooMany) / 2;
    if constexpr (tried == Fit)
        return Fit;
    else if constexpr (takes_members<T, std::make_index_sequence<tried>>)
        return count_plain_members<T, tried, TooMany>();
    else
        return count_plain_members<T, Fit, tried>();
}

// Where a member must be given its value, less initialisers than members are none at all.
template <class T>
consteval std::size_t plain_member_count() {
    if constexpr (std::is_empty_v<T>)
        return 0;
    else if constexpr (takes_members<T, std::index_sequence<>>)
        return count_plain_members<T>();
    else
        return boost::pfr::tuple_size_v<T>;
}

// --- all at once ---------------------------------------------------------------------------------

template <class Tuple, class F, std::size_t... I>
constexpr decltype(auto) with_tied_members(Tuple&& tied, F& f, std::index_sequence<I...> places) {
    return f(places, std::get<I>(tied)...);
}

/// Calls f once, with an index_sequence of the places and a reference to every member.
template <std::size_t Count, class T, class F>
constexpr decltype(auto) with_plain_members(T& v, F& f) {
    constexpr std::make_index_sequence<Count> all{};
    if constexpr (Count == 1) {
        auto& [a] = v;
        return f(all, a);
    } else if constexpr (Count == 2) {
        auto& [a, b] = v;
        return f(all, a, b);
    } else if constexpr (Count == 3) {
        auto& [a, b, c] = v;
        return f(all, a, b, c);
    } else if constexpr (Count == 4) {
        auto& [a, b, c, d] = v;
        return f(all, a, b, c, d);
    } else if constexpr (Count == 5) {
        auto& [a, b, c, d, e] = v;
        return f(all, a, b, c, d, e);
    } else if constexpr (Count == 6) {
        auto& [a, b, c, d, e, g] = v;
        return f(all, a, b, c, d, e, g);
    } else if constexpr (Count == 7) {
        auto& [a, b, c, d, e, g, h] = v;
        return f(all, a, b, c, d, e, g, h);
    } else if constexpr (Count == 8) {
        auto& [a, b, c, d, e, g, h, i] = v;
        return f(all, a, b, c, d, e, g, h, i);
    } else if constexpr (Count == 9) {
        auto& [a, b, c, d, e, g, h, i, j] = v;
        return f(all, a, b, c, d, e, g, h, i, j);
    } else if constexpr (Count == 10) {
        auto& [a, b, c, d, e, g, h, i, j, k] = v;
        return f(all, a, b, c, d, e, g, h, i, j, k);
    } else if constexpr (Count == 11) {
        auto& [a, b, c, d, e, g, h, i, j, k, l] = v;
        return f(all, a, b, c, d, e, g, h, i, j, k, l);
    } else if constexpr (Count == 12) {
        auto& [a, b, c, d, e, g, h, i, j, k, l, m] = v;
        return f(all, a, b, c, d, e, g, h, i, j, k, l, m);
    } else if constexpr (Count == 13) {
        auto& [a, b, c, d, e, g, h, i, j, k, l, m, n] = v;
        return f(all, a, b, c, d, e, g, h, i, j, k, l, m, n);
    } else if constexpr (Count == 14) {
        auto& [a, b, c, d, e, g, h, i, j, k, l, m, n, o] = v;
        return f(all, a, b, c, d, e, g, h, i, j, k, l, m, n, o);
    } else if constexpr (Count == 15) {
        auto& [a, b, c, d, e, g, h, i, j, k, l, m, n, o, p] = v;
        return f(all, a, b, c, d, e, g, h, i, j, k, l, m, n, o, p);
    } else if constexpr (Count == 16) {
        auto& [a, b, c, d, e, g, h, i, j, k, l, m, n, o, p, q] = v;
        return f(all, a, b, c, d, e, g, h, i, j, k, l, m, n, o, p, q);
    } else {
        return with_tied_members(boost::pfr::structure_tie(v), f, all);
    }
}

// --- their names ---------------------------------------------------------------------------------

// The addresses of the members of an object that is only declared, as template arguments, have the
// members' names in the compiler's text of them.
template <class T>
struct declared_only {
    T value;
};
template <class T>
extern const declared_only<T> declared_object;

struct to_addresses {
    template <class Places, class... V>
    constexpr auto operator()(Places, const V&... members) const {
        return std::array<const void*, sizeof...(V)>{&members...};
    }
};

template <const void*... Members>
consteval raw_text addresses_signature() {
    return {__PRETTY_FUNCTION__, sizeof __PRETTY_FUNCTION__ - 1};
}

template <class T, std::size_t... I>
consteval std::string_view plain_names_signature(std::index_sequence<I...>) {
    constexpr to_addresses f{};
    constexpr auto addresses = with_plain_members<sizeof...(I)>(declared_object<T>.value, f);
    constexpr raw_text text = addresses_signature<addresses[I]...>();
    return {text.data, text.size};
}

#ifdef __clang__
#pragma clang diagnostic pop
#endif

// Where a member's text begins: each has the same up to its name.
inline constexpr std::string_view address_begin = "declared_object";

// What stands between a name and the next member's text.
struct two_names_sample {
    int first;
    int second;
};
inline constexpr std::size_t address_gap = [] {
    constexpr std::string_view text =
        plain_names_signature<two_names_sample>(std::index_sequence<0, 1>());
    return text.rfind(address_begin) - (text.find("first") + 5);
}();

// From the last one on.
template <std::size_t Count>
consteval auto split_plain_names(std::string_view text) {
    std::array<std::string_view, Count> names{};
    std::size_t same = 0;
    for (std::size_t i = Count; i-- > 0;) {
        names[i] = last_name(text);
        const auto first = static_cast<std::size_t>(names[i].data() - text.data());
        if (same == 0) same = first - text.rfind(address_begin, first);
        if (i > 0) text = text.substr(0, first - same - address_gap);
    }
    return names;
}

template <class T>
inline constexpr auto raw_plain_names = split_plain_names<plain_member_count<T>()>(
    plain_names_signature<T>(std::make_index_sequence<plain_member_count<T>()>()));

template <class T>
inline constexpr auto plain_names_writer = [](text_sink& out) {
    for (std::string_view name : raw_plain_names<T>) out << name;
};

// Copied, so that the long compiler texts don't end up in users' programs.
template <class T>
consteval auto make_plain_names() {
    auto names = raw_plain_names<T>;
    std::size_t at = 0;
    for (std::string_view& name : names) {
        name = static_text<plain_names_writer<T>>.substr(at, name.size());
        at += name.size();
    }
    return names;
}

}  // namespace syncfw::detail
