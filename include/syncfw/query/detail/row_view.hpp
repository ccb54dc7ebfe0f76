// SPDX-License-Identifier: BSL-1.0
// A row and what may be asked of it, without its type.
#pragma once

#include <syncfw/entity/value.hpp>
#include <syncfw/query/node.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace syncfw::detail {

/// Borrowed code that takes a view, and says whether it wants another one.
struct value_callback {
    const void* context;
    bool (*call)(const void* context, const value_view& seen);

    bool operator()(const value_view& seen) const { return call(context, seen); }
};

template <class F>
[[nodiscard]] value_callback borrowed(const F& f) {
    return {&f, [](const void* context, const value_view& seen) {
                return (*static_cast<const F*>(context))(seen);
            }};
}

/// A row without its type.
struct row_view {
    const void* row;
    void (*field)(const void* row, std::size_t place, value_callback f);
    void (*elements)(const void* row, std::size_t place, value_callback f);
};

template <class T>
[[nodiscard]] row_view erased(const T& row) {
    return {&row,
            [](const void* at, std::size_t place, value_callback f) {
                visit_field(*static_cast<const T*>(at), place, f);
            },
            [](const void* at, std::size_t place, value_callback f) {
                visit_elements(*static_cast<const T*>(at), place, f);
            }};
}

/// The row's values of these fields.
[[nodiscard]] inline std::vector<value> values_at(const row_view& row,
                                                  std::span<const order_term> order) {
    std::vector<value> all;
    all.reserve(order.size());
    const auto keep = [&](const value_view& seen) {
        all.emplace_back(seen);
        return true;
    };
    for (const order_term& each : order) row.field(row.row, each.place, borrowed(keep));
    return all;
}

}  // namespace syncfw::detail
