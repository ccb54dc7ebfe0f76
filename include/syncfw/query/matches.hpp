// SPDX-License-Identifier: BSL-1.0
// A query in memory: which rows it finds, and which comes first.
//
//     std::erase_if(rows, [&](const task& each) { return !matches(late, each); });
//     std::sort(rows.begin(), rows.end(),
//               [&](const task& a, const task& b) { return less(late, a, b); });
//
// Memory, SQLite and PostgreSQL find the same rows in the same order; tests hold them to it.
// Nothing here allocates. The limit is the caller's: one row can't know it.
#pragma once

#include <syncfw/query/detail/evaluate.hpp>
#include <syncfw/query/query.hpp>

namespace syncfw {

/// Whether any query of T finds the row.
template <class T>
[[nodiscard]] bool matches(const query_view& asked, const T& row) {
    const detail::row_view erased = detail::erased(row);
    return detail::evaluate(asked.nodes, asked.values, erased) == detail::truth::yes &&
           (asked.after.empty() || detail::compare_with(asked.order, erased, asked.after) > 0);
}

/// Whether the query finds the row: its condition is true (not unknown), and the row stands
/// behind what `after` names.
template <class T, auto Shape>
[[nodiscard]] bool matches(const query<T, Shape>& asked, const T& row) {
    return matches(asked.view(), row);
}

/// Whether a comes before b. Two rows of different keys never stand at the same place.
template <class T, auto Shape>
[[nodiscard]] bool less(const query<T, Shape>&, const T& a, const T& b) {
    return detail::is_less({Shape.order, Shape.order_count}, detail::erased(a), detail::erased(b));
}

template <class T>
[[nodiscard]] bool less(const query_view& asked, const T& a, const T& b) {
    return detail::is_less(asked.order, detail::erased(a), detail::erased(b));
}

}  // namespace syncfw
