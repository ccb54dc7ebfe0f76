// SPDX-License-Identifier: BSL-1.0
// How the queue keeps its rows, and works them off. Who has one stands in nobody's partition, a row
// of the same entity for each, so that a process that starts knows where to look.
#pragma once

#include <syncfw/storage/transact.hpp>
#include <syncfw/sync/write_queue.hpp>

#include <cstdio>

namespace syncfw {

template <class S>
result<void> write_queue<S>::check(const timed_write& wanted) {
    return S::schema_type::visit(wanted.entity, [&]<class T>(of<T>) -> result<void> {
        if constexpr (std::is_same_v<T, queued_write>) {
            return error{.code = errc::unknown_entity, .message = "the schema has no such entity"};
        } else {
            const auto at = detail::key_parser<key_of<T>>::parse(wanted.key);
            if (!at || wanted.key.empty())
                return error{.code = errc::invalid_value,
                             .message = "it is no key of this entity",
                             .field = "entityId"};
            if (wanted.kind == write_kind::remove) return {};
            field_mask present;
            auto read = read_plain<T>(wanted.data, present);
            return read ? result<void>() : result<void>(read.error());
        }
    });
}

template <class S>
result<void> write_queue<S>::note_owner(const tenant_id& whose) {
    return transact(*store_, tenant_id(), [&](auto& tx) -> result<void> {
        auto known = tx.template get<queued_write>(whose.name());
        if (!known) return known.error();
        if (*known) return {};
        return tx.put(record<queued_write>{.value = {.id = whose.name()}});
    });
}

template <class S>
result<queued_write> write_queue<S>::add(const caller& who, timed_write wanted, timestamp now) {
    if (auto fits = check(wanted); !fits) return fits.error();
    // First it is known where to look, then there is something.
    if (auto noted = note_owner(who.tenant); !noted) return noted.error();
    record<queued_write> row{.value = {.id = "op-" + to_string(hub_->new_id()),
                                       .kind = wanted.kind,
                                       .entity_name = std::move(wanted.entity),
                                       .row_key = std::move(wanted.key),
                                       .data = std::move(wanted.data),
                                       .due = now}};
    auto done = transact(*store_, who.tenant, [&](auto& tx) -> result<void> {
        if (auto alone = tx.next_sequence(0); !alone) return alone.error();
        auto last = tx.get_value("queue/last");
        if (!last) return last.error();
        // Of two that come within a millisecond the second is the later one all the same.
        std::int64_t position = 0, milliseconds = 0;
        if (*last) (void)std::sscanf((*last)->c_str(), "%ld %ld", &position, &milliseconds);
        milliseconds = std::max(milliseconds + 1, now.milliseconds_since_epoch());
        row.value.position = ++position;
        row.value.at = timestamp::from_microseconds(milliseconds * 1'000);
        if (auto put = tx.put(row); !put) return put;
        return tx.put_value("queue/last",
                            std::to_string(position) + " " + std::to_string(milliseconds));
    });
    if (!done) return done.error();
    return std::move(row.value);
}

template <class S>
result<std::vector<queued_write>> write_queue<S>::pending(const tenant_id& whose) {
    using annotations::field;
    auto tx = begin_read(*store_, whose);
    if (!tx) return tx.error();
    auto rows = tx->scan(where(field<&queued_write::state> != queue_state::synced)
                             .order_by(field<&queued_write::position>)
                             .limit(10'000));
    if (!rows) return rows.error();
    std::vector<queued_write> all;
    for (auto& each : *rows) all.push_back(std::move(each.value));
    return all;
}

template <class S>
result<queue_counts> write_queue<S>::count(const tenant_id& whose) {
    using annotations::field;
    auto tx = begin_read(*store_, whose);
    if (!tx) return tx.error();
    auto waiting = tx->count(where(field<&queued_write::state> == queue_state::waiting));
    if (!waiting) return waiting.error();
    auto parked = tx->count(where(field<&queued_write::state> == queue_state::parked));
    if (!parked) return parked.error();
    return queue_counts{*waiting, *parked};
}

template <class S>
result<std::int64_t> write_queue<S>::mark(const tenant_id& whose,
                                          const std::vector<std::string>& ids) {
    const std::set<std::string> wanted(ids.begin(), ids.end());
    return transact(*store_, whose, [&](auto& tx) -> result<std::int64_t> {
        if (auto alone = tx.next_sequence(0); !alone) return alone.error();
        std::int64_t count = 0;
        for (const std::string& each : wanted) {
            auto row = tx.template get<queued_write>(each);
            if (!row) return row.error();
            if (!*row) continue;
            ++count;
            (*row)->value.state = queue_state::synced;
            if (auto put = tx.put(**row); !put) return put.error();
        }
        return count;
    });
}

template <class S>
result<std::int64_t> write_queue<S>::clear(const tenant_id& whose) {
    using annotations::field;
    return transact(*store_, whose, [&](auto& tx) -> result<std::int64_t> {
        if (auto alone = tx.next_sequence(0); !alone) return alone.error();
        auto rows = tx.scan(where(field<&queued_write::state> == queue_state::synced));
        if (!rows) return rows.error();
        for (const auto& each : *rows)
            if (auto done = tx.template erase<queued_write>(each.value.id); !done)
                return done.error();
        return static_cast<std::int64_t>(rows->size());
    });
}

template <class S>
result<queue_step> write_queue<S>::work(timestamp now) {
    queue_step step;
    std::vector<std::string> owners;
    {
        auto tx = begin_read(*store_, tenant_id());
        if (!tx) return tx.error();
        auto rows = tx->scan(all<queued_write>());
        if (!rows) return rows.error();
        for (const auto& each : *rows) owners.push_back(each.value.id);
    }
    for (const std::string& each : owners)
        if (auto done = work_of(tenant_id(each), now, step); !done) return done.error();
    return step;
}

/// A row waits behind those of its key that wait, and is due when its time has come. No more rows
/// are read than it takes to find a batch.
template <class S>
result<std::vector<queued_write>> write_queue<S>::take_due(const tenant_id& whose, timestamp now,
                                                           queue_step& step) {
    using annotations::field;
    const auto is_waiting = where(field<&queued_write::state> == queue_state::waiting);
    const auto batch = static_cast<std::size_t>(std::max<std::int64_t>(rules_.batch, 1));
    const auto in_order = is_waiting.order_by(field<&queued_write::position>).limit(4 * batch);
    auto tx = begin_read(*store_, whose);
    if (!tx) return tx.error();
    auto left = tx->count(is_waiting);
    if (!left) return left.error();
    step.left += *left;
    std::vector<queued_write> taken;
    std::set<std::pair<std::string, std::string>> held_back;
    std::optional<queued_write> last;
    while (true) {
        auto rows = last ? tx->scan(in_order.after(*last)) : tx->scan(in_order);
        if (!rows) return rows.error();
        if (rows->empty()) return taken;
        last = rows->back().value;
        for (auto& each : *rows) {
            const auto key = std::pair(each.value.entity_name, each.value.row_key);
            if (held_back.count(key) != 0) continue;
            const bool is_due = each.value.due <= now;
            if (is_due && taken.size() < batch) {
                taken.push_back(std::move(each.value));
                continue;
            }
            held_back.insert(key);
            const timestamp at = is_due ? now : each.value.due;
            if (!step.due || at < *step.due) step.due = at;
            if (is_due) return taken;
        }
    }
}

template <class S>
result<void> write_queue<S>::work_of(const tenant_id& whose, timestamp now, queue_step& step) {
    auto taken = take_due(whose, now, step);
    if (!taken) return taken.error();
    const caller who{.tenant = whose, .subject = whose.name()};
    writes_before before;
    std::set<std::pair<std::string, std::string>> failed;
    bool changed = false;
    for (const queued_write& each : *taken) {
        const auto key = std::pair(each.entity_name, each.row_key);
        if (failed.count(key) != 0) continue;
        const write_result done = handle(who, each, before);
        changed |= done.wrote;
        queue_result& told = step.results.emplace_back(
            queue_result{.user = whose.name(), .id = each.id, .made = done});
        if (done.status != write_status::error) {
            ++step.handled;
            --step.left;
            continue;
        }
        failed.insert(key);
        ++step.failed;
        auto is_parked = note_failure(whose, each, done.why, now);
        if (!is_parked) return is_parked.error();
        // Behind what was parked the next of the row has its turn.
        const timestamp at =
            *is_parked ? now
                       : timestamp::from_microseconds(now.microseconds_since_epoch() +
                                                      queue_wait(each.attempts + 1, rules_));
        told.is_parked = *is_parked;
        if (*is_parked) ++step.parked, --step.left;
        if (!step.due || at < *step.due) step.due = at;
    }
    if (changed) step.changed.push_back(whose);
    return {};
}

template <class S>
write_result write_queue<S>::handle(const caller& who, const queued_write& each,
                                    writes_before& before) {
    const timed_write wanted{.id = "queue/" + each.id,
                             .kind = each.kind,
                             .entity = each.entity_name,
                             .key = each.row_key,
                             .data = each.data,
                             .at = each.at};
    return take_write(*hub_, who, wanted, before,
                      [&](auto& tx, const write_result&) -> result<void> {
                          auto row = tx.template get<queued_write>(each.id);
                          if (!row) return row.error();
                          if (!*row) return {};
                          (*row)->value.state = queue_state::synced;
                          return tx.put(**row);
                      });
}

template <class S>
result<bool> write_queue<S>::note_failure(const tenant_id& whose, const queued_write& each,
                                          const error& why, timestamp now) {
    return transact(*store_, whose, [&](auto& tx) -> result<bool> {
        if (auto alone = tx.next_sequence(0); !alone) return alone.error();
        auto row = tx.template get<queued_write>(each.id);
        if (!row) return row.error();
        if (!*row || (*row)->value.state != queue_state::waiting) return false;
        queued_write& now_there = (*row)->value;
        ++now_there.attempts;
        now_there.code = describe(why.code).name;
        now_there.reason = why.message;
        now_there.due = timestamp::from_microseconds(now.microseconds_since_epoch() +
                                                     queue_wait(now_there.attempts, rules_));
        const bool is_parked = now_there.attempts >= rules_.attempts;
        if (is_parked) now_there.state = queue_state::parked;
        if (auto put = tx.put(**row); !put) return put.error();
        return is_parked;
    });
}

}  // namespace syncfw
