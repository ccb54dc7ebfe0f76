// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/query/query.hpp>
#include <syncfw/storage/storage.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// Walks the rows of a query by their keys, a part at a time, each in a transaction of its own: no
/// lock is held for long, and who dies on the way begins again. `f(tx, rows)` says whether it
/// changed anything.
template <class T, class Storage, class Query, class F>
[[nodiscard]] result<void> in_parts(Storage& store, const tenant_id& whose, const Query& asked,
                                    std::uint64_t part, F&& f) {
    std::optional<T> last;
    while (true) {
        auto tx = begin_write(store, whose);
        if (!tx) return tx.error();
        auto rows = last ? tx->scan(asked.limit(part).after(*last)) : tx->scan(asked.limit(part));
        if (!rows) return rows.error();
        if (rows->empty()) return {};
        last = rows->back().value;
        result<bool> changed = f(*tx, *rows);
        if (!changed) return changed.error();
        if (!*changed) continue;
        if (auto kept = tx->commit(); !kept) return kept;
    }
}

/// Takes those rows of a query away for which `is_gone(row)`; how many they were.
template <class T, class Storage, class Query, class F>
[[nodiscard]] result<std::int64_t> erase_in_parts(Storage& store, const tenant_id& whose,
                                                  const Query& asked, F&& is_gone) {
    std::int64_t count = 0;
    auto done = in_parts<T>(
        store, whose, asked, 1'000, [&](auto& tx, std::vector<record<T>>& rows) -> result<bool> {
            std::vector<key_of<T>> gone;
            for (const record<T>& each : rows)
                if (is_gone(each)) gone.push_back(key(each.value));
            if (gone.empty()) return false;
            count += static_cast<std::int64_t>(gone.size());
            auto erased = tx.template erase_many<T>(std::span<const key_of<T>>(gone));
            return erased ? result<bool>(true) : result<bool>(erased.error());
        });
    return done ? result<std::int64_t>(count) : result<std::int64_t>(done.error());
}

}  // namespace syncfw::detail
