// SPDX-License-Identifier: BSL-1.0
// What people and operators do on a server: settle conflicts, let old things go.
#pragma once

#include <syncfw/sync/detail/field_times.hpp>
#include <syncfw/sync/detail/foreign_fields.hpp>
#include <syncfw/sync/detail/in_parts.hpp>
#include <syncfw/sync/detail/retention.hpp>
#include <syncfw/sync/detail/row_history.hpp>
#include <syncfw/sync/detail/row_keys.hpp>
#include <syncfw/sync/server.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw {

template <class W, class P>
result<server_status> server<W, P>::status(const tenant_id& whose) {
    using annotations::field;
    auto tx = begin_read(*store_, whose);
    if (!tx) return tx.error();
    auto last = tx->last_sequence();
    if (!last) return last.error();
    auto open = tx->count(where(field<&parked_conflict::resolved_at>.is_null()));
    if (!open) return open.error();
    return server_status{.last_sequence = *last, .open_conflicts = *open};
}

// --- conflicts -----------------------------------------------------------------------------------

template <class W, class P>
result<std::vector<parked_conflict>> server<W, P>::conflicts(const tenant_id& whose,
                                                             std::uint64_t most) {
    auto tx = begin_read(*store_, whose);
    if (!tx) return tx.error();
    return detail::open_conflicts(*tx, most);
}

template <class W, class P>
result<void> server<W, P>::resolve(const caller& who, const uuid& conflict, side taken) {
    std::string entity_name;
    {
        auto tx = begin_read(*store_, who.tenant);
        if (!tx) return tx.error();
        auto parked = tx->template get<parked_conflict>(conflict);
        if (!parked) return parked.error();
        if (!*parked) return detail::no_conflict();
        entity_name = std::move((*parked)->value.entity_name);
    }
    const std::string how = taken == side::mine ? "mine" : "theirs";
    const detail::keys_of keys(*store_, who.tenant);
    return schema_type::visit(entity_name, [&]<class T>(of<T>) {
        return settle<T>(who, conflict, how, [&](const parked_conflict& each, record<T> now) {
            return detail::resolved_row<T>(each, std::move(now), taken, keys.view());
        });
    });
}

template <class W, class P>
template <class T>
result<void> server<W, P>::resolve(const caller& who, const uuid& conflict, const T& value) {
    const detail::keys_of keys(*store_, who.tenant);
    return settle<T>(who, conflict, "by hand",
                     [&](const parked_conflict& each, record<T> now) -> result<record<T>> {
                         if (each.row_key != detail::row_key(value))
                             return error{.code = errc::invalid_value,
                                          .message = "the conflict is of another row",
                                          .entity = each.entity_name,
                                          .key = each.row_key};
                         auto kept = detail::resolved_row<T>(each, now, side::theirs, keys.view());
                         if (!kept) return kept.error();
                         detail::assign_fields(now.value, value, detail::writable_fields<T>);
                         detail::merge_members(now.value, kept->value);
                         detail::set_deleted(now, is_deleted(value));
                         return now;
                     });
}

// The row gets a new version, also where it stays as it is: whoever looks sees that it was settled.
template <class W, class P>
template <class T, class F>
result<void> server<W, P>::settle(const caller& who, const uuid& conflict, std::string how,
                                  F&& make) {
    if (auto begun = begin(); !begun) return begun.error();
    auto tx = begin_write(*store_, who.tenant);
    if (!tx) return tx.error();
    auto first = tx->next_sequence(1);
    if (!first) return first.error();
    auto parked = tx->template get<parked_conflict>(conflict);
    if (!parked) return parked.error();
    if (!*parked || (*parked)->value.resolved_at ||
        (*parked)->value.entity_name != entity_of<T>.name)
        return detail::no_conflict();
    auto at = detail::parse_row_key<T>((*parked)->value.row_key);
    if (!at) return at.error();
    auto stored = tx->template get<T>(*at);
    if (!stored) return stored.error();
    detail::foreign_left foreign;
    if (*stored) {
        auto left = detail::adopt_one(*tx, (*stored)->value);
        if (!left) return left.error();
        foreign = std::move(*left);
    } else {
        // It was let go since: the device's row is all that is left of it.
        auto sides = read_conflict<T>((*parked)->value, detail::keys_in(*tx));
        if (!sides) return sides.error();
        *stored = record<T>{.value = sides->mine.value};
        auto floor = detail::get_floor(*tx);
        if (!floor) return floor.error();
        (*stored)->set_version(floor->versions_until);
    }
    auto row = make((*parked)->value, **stored);
    if (!row) return row.error();
    detail::set_tenant(row->value, who.tenant);
    if (auto fits = validate(row->value); !fits) return fits;
    row->set_version((*stored)->version() + 1);
    with_clock([&](hybrid_clock& clock) {
        // Devices' clocks run ahead: the decision is later than what was decided about.
        if ((*stored)->written().value() != 0) clock.observe((*stored)->written(), from_.now());
        row->set_written(clock.tick(from_.now()));
    });
    row->set_sequence(*first);
    row->set_status(sync_status::synced);
    detail::set_times(*row, false);
    set_last_sync_at(row->value, from_.now());
    if (options_.times_of_arrival) {
        auto times = detail::feed_times::read(*tx, from_.now());
        if (!times) return times.error();
        detail::stamp_arrival(*row, times->next(), false);
        if (auto kept = times->keep(*tx); !kept) return kept;
    }
    detail::row_history history(options_.history_max, detail::keys_in(*tx));
    history.add(**stored);
    if (auto kept = history.keep(*tx); !kept) return kept;
    if (auto done = tx->put(*row); !done) return done;
    if (auto kept = detail::keep_left(*tx, row->value, foreign); !kept) return kept;
    if (options_.field_times)
        if (auto done = detail::note_field_times(*tx, &**stored, *row, row->written()); !done)
            return done;
    if (auto done = detail::close_conflict(*tx, conflict, how, from_.now()); !done) return done;
    detail::audit_trail audited;
    if (options_.audit)
        audited.add({.id = new_id(),
                     .at = from_.now(),
                     .subject = who.subject,
                     .action = "resolve",
                     .entity_name = std::string(entity_of<T>.name),
                     .row_key = (*parked)->value.row_key},
                    {.outcome = how, .words = how});
    if (auto done = audited.keep(*tx); !done) return done;
    if (auto kept = tx->commit(); !kept) return kept;
    detail::tell(from_, [&] {
        return events::conflict_resolved{.tenant = who.tenant.name(),
                                         .subject = who.subject,
                                         .conflict = to_string(conflict),
                                         .how = how};
    });
    tell_audited(who, audited);
    return {};
}

// --- retention -----------------------------------------------------------------------------------

namespace detail {

/// By which a client who goes by time has been told of the row.
template <class T>
[[nodiscard]] timestamp told_at(const T& row) {
    timestamp last;
    const auto look = [&]<std::size_t Place>(std::integral_constant<std::size_t, Place>) {
        if constexpr (Place != no_field) {
            const std::optional<timestamp> at = member_at<Place>(row);
            if (at && last < *at) last = *at;
        }
    };
    look(std::integral_constant<std::size_t, entity_of<T>.find(meaning::updated_at)>());
    look(std::integral_constant<std::size_t, entity_of<T>.find(meaning::last_sync_at)>());
    return last;
}

template <class T>
struct tombstone {
    T value{};
    std::int64_t sequence = 0;
    std::int64_t version = 0;
};

struct tombstones_gone {
    std::int64_t erased = 0;
    std::int64_t refused = 0;  ///< Other rows refer to them.
};

/// Whether another row refers to this one so that a database looks at it only at the end of the
/// transaction.
template <class Schema, class T, class Transaction>
[[nodiscard]] result<bool> is_needed_at_end(Transaction& tx, const key_of<T>& at) {
    auto row = tx.template get<T>(at);
    if (!row) return row.error();
    result<bool> is_needed(false);
    for (const auto& each : Schema::references) {
        if (!each.is_deferred || Schema::entities[each.to].name != entity_of<T>.name || !*row)
            continue;
        value wanted;
        visit_field((*row)->value, each.to_field,
                    [&](const value_view& seen) { wanted = value(seen); });
        Schema::visit_at(each.from, [&]<class F>(of<F>) {
            const query_node is_it{
                .op = query_op::equal, .place = static_cast<std::uint8_t>(each.field), .count = 1};
            auto others = tx.template scan<F>(query_view{
                .entity = entity_of<F>, .nodes = {&is_it, 1}, .values = {&wanted, 1}, .limit = 2});
            if (!others) is_needed = others.error();
            if (!others || !is_needed) return;
            for (const record<F>& other : *others) {
                bool is_itself = false;
                if constexpr (std::is_same_v<F, T>) is_itself = key(other.value) == at;
                *is_needed = *is_needed || !is_itself;
            }
        });
        if (!is_needed || *is_needed) break;
    }
    return is_needed;
}

/// Takes the tombstones of one part of the feed away, children first, and says that they may be
/// missing. One that other rows refer to stays; where that may be found at the end alone, when all
/// is refused, it takes a second run with `looks_first`.
template <class Schema, class Storage>
[[nodiscard]] result<changes_seen> erase_tombstones(Storage& store, const tenant_id& whose,
                                                    std::int64_t after, timestamp until,
                                                    bool looks_first, tombstones_gone& count) {
    auto tx = begin_write(store, whose);
    if (!tx) return tx.error();
    // A row that is written anew meanwhile is no tombstone.
    if (auto alone = tx->next_sequence(0); !alone) return alone.error();
    auto floor = get_floor(*tx);
    if (!floor) return floor.error();
    auto keeps_foreign = has_foreign(*tx);
    if (!keeps_foreign) return keeps_foreign.error();
    lists_of<Schema, tombstone> found;
    auto seen = visit_changes<Schema>(
        *tx, {.after = after, .limit = 1'000}, [&]<class T>(const record<T>& row) {
            if (row.is_deleted() && row.written().moment() < until)
                found.template of<T>().push_back({row.value, row.sequence(), row.version()});
        });
    if (!seen) return seen.error();
    result<void> done;
    tombstones_gone now;
    const auto erase = [&]<class T>(const tombstone<T>& each) -> result<bool> {
        const key_of<T> at = key(each.value);
        if (looks_first) {
            auto is_needed = is_needed_at_end<Schema, T>(*tx, at);
            if (!is_needed || *is_needed) return is_needed ? result<bool>(false) : is_needed;
        }
        auto erased = tx->template erase<T>(at);
        if (!erased && is_about_data(erased.error()) && tx->is_usable()) return false;
        if (erased && *keeps_foreign)
            erased = tx->template erase<foreign_values>(
                {std::string(entity_of<T>.name), row_key(each.value)});
        if (erased) erased = tx->erase_value(field_times_name(each.value));
        if (erased) erased = row_history::erase(*tx, each.value);
        if (!erased) return erased.error();
        ++now.erased;
        floor->deletions_at = std::max(floor->deletions_at, told_at(each.value));
        floor->deletions_until = larger(floor->deletions_until, each.sequence);
        floor->versions_until = larger(floor->versions_until, each.version);
        return true;
    };
    for (bool goes_on = true; goes_on;) {
        const std::int64_t before = now.erased;
        now.refused = 0;
        for (std::size_t i = Schema::size; i-- > 0;)
            Schema::visit_at(Schema::parents_first[i], [&]<class T>(of<T>) {
                std::vector<tombstone<T>> left;
                for (const tombstone<T>& each : found.template of<T>()) {
                    auto erased = done ? erase(each) : result<bool>(false);
                    if (!erased) done = erased.error();
                    if (erased && !*erased) left.push_back(each);
                }
                now.refused += std::ssize(left);
                // Where each refers to the next one, one of the two ways takes them all.
                std::reverse(left.begin(), left.end());
                found.template of<T>() = std::move(left);
            });
        if (!done) return done.error();
        goes_on = looks_first && now.refused > 0 && now.erased > before;
    }
    if (now.erased > 0) {
        if (auto put = put_floor(*tx, *floor); !put) return put.error();
        if (auto kept = feed_times::pass(*tx, floor->deletions_at); !kept) return kept.error();
        if (auto kept = tx->commit(); !kept) return kept.error();
    }
    count.erased += now.erased;
    count.refused += now.refused;
    return *seen;
}

}  // namespace detail

template <class W, class P>
result<retired> server<W, P>::retire(const tenant_id& whose, const retention& kept) {
    using annotations::field;
    retired gone;
    if (kept.answers_until) {
        // First it is said, then it is done.
        auto tx = begin_write(*store_, whose);
        if (!tx) return tx.error();
        if (auto alone = tx->next_sequence(0); !alone) return alone.error();
        auto floor = detail::get_floor(*tx);
        if (!floor) return floor.error();
        if (floor->answers_until < *kept.answers_until) floor->answers_until = *kept.answers_until;
        if (auto done = detail::put_floor(*tx, *floor); !done) return done.error();
        if (auto done = tx->commit(); !done) return done.error();
        auto count = detail::erase_in_parts<applied_operation>(
            *store_, whose, where(field<&applied_operation::applied_at> < *kept.answers_until),
            [](const auto&) { return true; });
        if (!count) return count.error();
        gone.answers = *count;
    }
    if (kept.audit_until) {
        auto count = detail::erase_in_parts<audit_entry>(
            *store_, whose, where(field<&audit_entry::at> < *kept.audit_until),
            [](const auto&) { return true; });
        if (!count) return count.error();
        gone.audit = *count;
        auto settled = detail::erase_in_parts<parked_conflict>(
            *store_, whose, all<parked_conflict>(), [&](const record<parked_conflict>& each) {
                return each.value.resolved_at && *each.value.resolved_at < *kept.audit_until;
            });
        if (!settled) return settled.error();
    }
    // Who is referred to goes when those who refer to him are gone, if they come later in the feed.
    for (bool goes_on = kept.deletions_until.has_value(); goes_on;) {
        detail::tombstones_gone count;
        result<changes_seen> seen = changes_seen{.is_behind = true};
        while (seen && seen->is_behind) {
            const auto erase = [&](bool looks_first) {
                return detail::erase_tombstones<schema_type>(
                    *store_, whose, seen->until, *kept.deletions_until, looks_first, count);
            };
            auto next = erase(false);
            if (!next && detail::is_about_data(next.error())) next = erase(true);
            seen = next;
        }
        if (!seen) return seen.error();
        gone.deletions += count.erased;
        goes_on = count.refused > 0 && count.erased > 0;
    }
    detail::tell(from_, [&] {
        return events::history_retired{.tenant = whose.name(),
                                       .deletions = gone.deletions,
                                       .answers = gone.answers,
                                       .audit = gone.audit};
    });
    return gone;
}

}  // namespace syncfw
