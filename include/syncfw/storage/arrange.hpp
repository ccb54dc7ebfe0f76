// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/entity/record.hpp>
#include <syncfw/query/matches.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace syncfw {

/// Makes of all rows what a query finds, in its order and within its limit: for stores that can
/// only go through their rows.
template <class T>
void arrange(std::vector<record<T>>& rows, const query_view& asked) {
    std::erase_if(rows, [&](const record<T>& each) { return !matches(asked, each.value); });
    query_view ordered = asked;
    if (asked.order.empty())
        ordered.order = {detail::key_order<T>.terms, detail::key_order<T>.count};
    std::sort(rows.begin(), rows.end(), [&](const record<T>& a, const record<T>& b) {
        return less(ordered, a.value, b.value);
    });
    if (asked.limit && *asked.limit < rows.size())
        rows.resize(static_cast<std::size_t>(*asked.limit));
}

}  // namespace syncfw
