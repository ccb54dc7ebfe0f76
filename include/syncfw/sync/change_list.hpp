// SPDX-License-Identifier: BSL-1.0
// What has changed, as a list of plain rows: for clients that keep no versions.
//
//     auto page = syncfw::list_changes(store, whose, {.since = monday, .limit = 100});
//     for (const listed_change& each : page->changes) show(each.entity, each.is_deleted, each.row);
//     ask_again({.cursor = page->cursor});
//
// By cursor each change comes once, in the order in which they took effect, and none is missed
// whoever writes meanwhile. By time it begins at the rows that this store wrote since then, by its
// own clock, whatever the writers' clocks said: their entities need a `last_sync_at` field. Rows of
// the last two seconds before are given again, for what was under way at that moment. After the
// first page the cursor goes on. Who comes back so late that deletions behind his cursor or time
// were let go is told so (`errc::resynchronise`), and begins without one.
#pragma once

#include <syncfw/storage/changes.hpp>
#include <syncfw/storage/cursor.hpp>
#include <syncfw/sync/detail/foreign_fields.hpp>
#include <syncfw/sync/detail/push_rules.hpp>
#include <syncfw/sync/detail/retention.hpp>
#include <syncfw/sync/detail/row_key.hpp>
#include <syncfw/sync/plain_rows.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

/// A write that began before a reader's moment may be there only after it.
inline constexpr std::int64_t changes_overlap_microseconds = 2'000'000;

struct changes_wanted {
    std::string cursor{};              ///< Empty: by time, or from the beginning.
    std::optional<timestamp> since{};  ///< Only without a cursor.
    std::int64_t limit = 1'000;
    std::vector<std::string> entities{};  ///< None: all.
};

struct listed_change {
    std::string_view entity{};
    std::string key{};
    bool is_deleted = false;
    document row{};
    std::int64_t sequence = 0;  ///< The row's number in the feed, where a cursor may begin.
};

struct changes_page {
    std::vector<listed_change> changes{};
    std::string cursor{};
    std::int64_t until = 0;  ///< The number of the feed that the cursor stands for.
    bool has_more = false;
};

template <class Storage>
[[nodiscard]] result<changes_page> list_changes(Storage& store, const tenant_id& whose,
                                                const changes_wanted& wanted);

/// The same from a number of the feed on, which must be of this tenant's. Only for who follows the
/// feed without a break: deletions that were let go are not missed.
template <class Storage>
[[nodiscard]] result<changes_page> list_changes_after(Storage& store, const tenant_id& whose,
                                                      std::int64_t after,
                                                      const changes_wanted& wanted);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

template <class T>
[[nodiscard]] bool is_wanted(const record<T>& row, const changes_wanted& wanted) {
    const auto& names = wanted.entities;
    if (!names.empty() && std::find(names.begin(), names.end(), entity_of<T>.name) == names.end())
        return false;
    constexpr std::size_t place = entity_of<T>.find(meaning::last_sync_at);
    if constexpr (place != no_field) {
        if (!wanted.cursor.empty() || !wanted.since) return true;
        const auto since = wanted.since->microseconds_since_epoch() - changes_overlap_microseconds;
        return member_at<place>(row.value).microseconds_since_epoch() >= since;
    }
    return true;
}

template <class Storage, class Transaction>
[[nodiscard]] result<changes_page> read_changes(Storage& store, Transaction& tx,
                                                const tenant_id& whose, const feed_place& from,
                                                const changes_wanted& wanted) {
    using schema_type = typename Storage::schema_type;
    auto identity = store.identity();
    if (!identity) return identity.error();
    auto keeps_foreign = has_foreign(tx);
    if (!keeps_foreign) return keeps_foreign.error();
    changes_page page{.until = from.until};
    // What is not wanted is read over, so a page may be made of several parts of the feed.
    do {
        const std::int64_t room = wanted.limit - static_cast<std::int64_t>(page.changes.size());
        auto seen = visit_changes<schema_type>(
            tx, {.after = page.until, .limit = room},
            [&]<class T>(record<T>&& row) {
                if (!is_wanted(row, wanted)) return;
                page.changes.push_back({.entity = entity_of<T>.name,
                                        .key = row_key(row.value),
                                        .is_deleted = row.is_deleted(),
                                        .row = to_plain(row.value),
                                        .sequence = row.sequence()});
            },
            [&](auto& rows) { return *keeps_foreign ? adopt_all(tx, rows) : result<void>(); });
        if (!seen) return seen.error();
        page.until = seen->until;
        page.has_more = seen->is_behind;
    } while (page.has_more && static_cast<std::int64_t>(page.changes.size()) < wanted.limit);
    page.cursor =
        write_place({whose, entity_set<schema_type>, *identity}, {page.until, from.fresh_until});
    return page;
}

}  // namespace detail

template <class Storage>
result<changes_page> list_changes(Storage& store, const tenant_id& whose,
                                  const changes_wanted& wanted) {
    using schema_type = typename Storage::schema_type;
    for (const std::string& each : wanted.entities)
        if (schema_type::find(each) == no_field)
            return error{.code = errc::unknown_entity,
                         .message = "there is no such entity",
                         .entity = each.substr(0, 63),
                         .field = "entities"};
    auto identity = store.identity();
    if (!identity) return identity.error();
    auto tx = begin_read(store, whose);
    if (!tx) return tx.error();
    auto last = tx->last_sequence();
    if (!last) return last.error();
    auto floor = detail::get_floor(*tx);
    if (!floor) return floor.error();
    // Who begins by a time has older rows, and has been told of what is gone by now.
    detail::feed_place from{.fresh_until = wanted.since ? floor->deletions_until : *last};
    if (!wanted.cursor.empty()) {
        auto at = detail::read_place({whose, detail::entity_set<schema_type>, *identity},
                                     wanted.cursor, *last);
        if (!at) return at.error();
        from = *at;
    } else if (wanted.since && *wanted.since < floor->deletions_at) {
        return detail::was_away_too_long("since");
    }
    if (floor->is_above(from)) return detail::was_away_too_long("cursor");
    return detail::read_changes(store, *tx, whose, from, wanted);
}

template <class Storage>
result<changes_page> list_changes_after(Storage& store, const tenant_id& whose, std::int64_t after,
                                        const changes_wanted& wanted) {
    auto tx = begin_read(store, whose);
    if (!tx) return tx.error();
    return detail::read_changes(store, *tx, whose, {.until = after}, wanted);
}

}  // namespace syncfw
