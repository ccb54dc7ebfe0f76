// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/entity/value.hpp>
#include <syncfw/query/node.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace syncfw {

/// What a comparison of a field gives: a truth about every row of T. Conditions of one entity are
/// joined by `&&`, `||` and `!`; `where` makes a query of one.
///
/// The program is part of the type, so that its SQL is made once, while compiling; the values are
/// its only contents. Both are public for adapters and codecs.
template <class T, auto Program>
struct condition {
    using entity_type = T;
    static constexpr auto program = Program;

    std::vector<value> values{};
};

namespace detail {

template <std::size_t N, std::size_t M>
[[nodiscard]] consteval node_list<N + M + 1> joined(const node_list<N>& a, const node_list<M>& b,
                                                    query_op op) {
    node_list<N + M + 1> all;
    std::size_t at = 0;
    for (const query_node& each : a.view()) all.nodes[at++] = each;
    const auto shift = static_cast<std::uint16_t>(a.value_count());
    for (query_node each : b.view()) {
        each.first = static_cast<std::uint16_t>(each.first + shift);
        all.nodes[at++] = each;
    }
    all.nodes[at].op = op;
    return all;
}

template <std::size_t N>
[[nodiscard]] consteval node_list<N + 1> negated(const node_list<N>& a) {
    node_list<N + 1> all;
    for (std::size_t i = 0; i < N; ++i) all.nodes[i] = a.nodes[i];
    all.nodes[N].op = query_op::negation;
    return all;
}

[[nodiscard]] inline std::vector<value> joined(std::vector<value>&& a, std::vector<value>&& b) {
    for (value& each : b) a.push_back(std::move(each));
    return std::move(a);
}

}  // namespace detail

/// Both hold.
template <class T, auto A, auto B>
[[nodiscard]] condition<T, detail::joined(A, B, query_op::both)> operator&&(condition<T, A> a,
                                                                            condition<T, B> b) {
    return {detail::joined(std::move(a.values), std::move(b.values))};
}

/// At least one holds.
template <class T, auto A, auto B>
[[nodiscard]] condition<T, detail::joined(A, B, query_op::either)> operator||(condition<T, A> a,
                                                                              condition<T, B> b) {
    return {detail::joined(std::move(a.values), std::move(b.values))};
}

/// It is false; not where it is unknown.
template <class T, auto A>
[[nodiscard]] condition<T, detail::negated(A)> operator!(condition<T, A> a) {
    return {std::move(a.values)};
}

}  // namespace syncfw
