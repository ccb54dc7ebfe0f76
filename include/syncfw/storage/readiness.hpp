// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/observe/health.hpp>
#include <syncfw/storage/storage.hpp>

#include <utility>

namespace syncfw {

/// A health check that asks a store for the end of a tenant's feed, in a transaction that only
/// reads: it finds a database that is gone, locked, or without its tables.
///
///     health.add("database", syncfw::reads_of(store, syncfw::tenant_id()));
///
/// The store must outlive the check.
template <class S>
[[nodiscard]] health_check reads_of(S& store, tenant_id whose) {
    return [&store, whose = std::move(whose)]() -> health_finding {
        auto tx = begin_read(store, whose);
        if (!tx) return result<void>(tx.error());
        auto last = tx->last_sequence();
        return last ? result<void>() : result<void>(last.error());
    };
}

}  // namespace syncfw
