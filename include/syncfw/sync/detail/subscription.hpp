// SPDX-License-Identifier: BSL-1.0
// What a replica is subscribed to, and how it comes to be so when that changes: what is none of it
// any more goes, what is new to it is read from the beginning, and all else stays as it is.
#pragma once

#include <syncfw/codec/where.hpp>
#include <syncfw/core/blob.hpp>
#include <syncfw/query/filter.hpp>
#include <syncfw/storage/storage.hpp>
#include <syncfw/sync/detail/replica_store.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// Where the reading of what is new to a subscription stands, beside the position of all else.
inline constexpr std::string_view backfill_name = "server, new filters";

[[nodiscard]] inline blob to_bytes(const std::vector<filter>& filters) {
    if (filters.empty()) return {};
    buffer out;
    wire_writer writer(out);
    append_filters(writer, filters);
    return to_blob(out.view());
}
[[nodiscard]] inline result<std::vector<filter>> filters_in(const blob& bytes) {
    if (bytes.empty()) return std::vector<filter>();
    wire_reader in(to_view(bytes));
    return read_filters(in);
}

/// What is wanted of an entity; nothing where it isn't subscribed to.
[[nodiscard]] inline std::optional<filter> wanted_of(const std::vector<filter>& filters,
                                                     std::string_view entity) {
    if (filters.empty()) return filter{.entity = std::string(entity)};
    for (const filter& each : filters)
        if (each.entity == entity) return each;
    return {};
}

/// What has to be read to get from one subscription to another.
template <class Schema>
[[nodiscard]] std::vector<filter> what_is_new(const std::vector<filter>& before,
                                              const std::vector<filter>& now) {
    std::vector<filter> news;
    for (const entity_info& each : Schema::entities) {
        std::optional<filter> wanted = wanted_of(now, each.name);
        if (wanted && wanted != wanted_of(before, each.name)) news.push_back(std::move(*wanted));
    }
    return news;
}

/// All that was new has come.
template <class Transaction>
[[nodiscard]] result<void> end_backfill(Transaction& tx, feed_position position) {
    position.phase = pull_phase::steady;
    if (auto done = tx.put(record<feed_position>{std::move(position)}); !done) return done;
    return tx.template erase<feed_position>(std::string(backfill_name));
}

}  // namespace syncfw::detail
