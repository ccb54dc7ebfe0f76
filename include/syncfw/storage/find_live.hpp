// SPDX-License-Identifier: BSL-1.0
// The rows of a query that live, without what belongs to their records: what most routes of a
// program's own answer with.
//
//     auto tx = begin_read(store, asked.who.tenant);
//     if (!tx) return tx.error();
//     return syncfw::find_live(*tx, where(field<&book::pages> > 300).limit(50));
#pragma once

#include <syncfw/storage/storage.hpp>

#include <utility>
#include <vector>

namespace syncfw {

/// Deleted rows are passed over, so that a limit counts the living.
template <class T, class Transaction>
[[nodiscard]] result<std::vector<T>> find_live(Transaction& tx, query_view asked) {
    std::vector<T> live;
    std::vector<value> after(asked.after.begin(), asked.after.end());
    const auto limit = asked.limit;
    while (true) {
        asked.after = after;
        auto rows = tx.template scan<T>(asked);
        if (!rows) return rows.error();
        const bool was_last = !limit || rows->size() < *asked.limit;
        for (record<T>& each : *rows) {
            if (each.is_deleted()) continue;
            if (limit && live.size() == *limit) return live;
            live.push_back(std::move(each.value));
        }
        if (was_last || live.size() == *limit) return live;
        // Others may stand behind the deleted ones.
        after = detail::values_at(detail::erased(rows->back().value), asked.order);
    }
}
template <class T, auto Shape, class Transaction>
[[nodiscard]] result<std::vector<T>> find_live(Transaction& tx, const query<T, Shape>& asked) {
    return find_live<T>(tx, asked.view());
}

}  // namespace syncfw
