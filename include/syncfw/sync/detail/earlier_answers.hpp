// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/storage/system_entities.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// Calls `f(i, answer)` for each of the operations that was answered before.
///
/// A push is mostly new, and its ids were made one behind the other: where it lies between two of
/// them, so do few others. One walk along the key is far less than as many misses. Ids from
/// anywhere may have all answers between them; those are looked up one by one, as they are in a
/// store without an index to walk along: it knows no queries while compiling.
template <class Transaction, class F>
[[nodiscard]] result<void> for_each_earlier_answer(Transaction& tx, std::span<const uuid> ids,
                                                   F&& f) {
    if (ids.empty()) return {};
    const auto [least, greatest] = std::minmax_element(ids.begin(), ids.end());
    using answered = applied_operation;
    const auto between = where(field<&answered::id> >= *least && field<&answered::id> <= *greatest)
                             .limit(2 * ids.size() + 1);
    if constexpr (requires { tx.native().scan(between); }) {
        auto found = tx.scan(between);
        if (!found) return found.error();
        if (found->size() <= 2 * ids.size()) {
            for (std::size_t i = 0; i < ids.size() && !found->empty(); ++i) {
                const auto at = std::lower_bound(
                    found->begin(), found->end(), ids[i],
                    [](const record<answered>& a, const uuid& b) { return a.value.id < b; });
                if (at != found->end() && at->value.id == ids[i]) f(i, std::move(at->value));
            }
            return {};
        }
    }
    auto found = tx.template get_many<answered>(ids);
    if (!found) return found.error();
    for (std::size_t i = 0; i < ids.size(); ++i)
        if ((*found)[i]) f(i, std::move((*found)[i]->value));
    return {};
}

}  // namespace syncfw::detail
