// SPDX-License-Identifier: BSL-1.0
// What a replica keeps, and how answers and pages change it; each function is a part of one
// transaction of its caller.
#pragma once

#include <syncfw/storage/changes.hpp>
#include <syncfw/sync/detail/in_parts.hpp>
#include <syncfw/sync/detail/outbox.hpp>
#include <syncfw/sync/messages.hpp>
#include <syncfw/sync/plan.hpp>
#include <syncfw/sync/resolution.hpp>

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// Who this replica is, and the newest time it knows of; kept as a small value of its store.
struct replica_self {
    replica_id id{};
    stamp newest{};
    uuid history{};  ///< Of the store when it was named: a copy of it is another replica.
};

inline constexpr std::string_view self_name = "syncfw.replica";
inline constexpr std::string_view server_name = "server";

template <class Transaction>
[[nodiscard]] result<void> put_self(Transaction& tx, const replica_self& self) {
    buffer out;
    wire_writer writer(out);
    writer.fixed(self.id.value());
    writer.fixed(self.newest.value());
    writer.id(self.history);
    return tx.put_value(self_name, out.view());
}
template <class Transaction>
[[nodiscard]] result<std::optional<replica_self>> get_self(Transaction& tx) {
    auto bytes = tx.get_value(self_name);
    if (!bytes) return bytes.error();
    if (!*bytes) return std::optional<replica_self>();
    wire_reader in(**bytes);
    const replica_id id(in.fixed());
    const stamp newest(in.fixed(), id);
    return std::optional(replica_self{id, newest, in.id()});
}

template <class Transaction>
[[nodiscard]] result<feed_position> get_position(Transaction& tx,
                                                 std::string_view name = server_name) {
    auto row = tx.template get<feed_position>(std::string(name));
    if (!row) return row.error();
    if (*row) return std::move((*row)->value);
    return feed_position{.peer = std::string(name)};
}

/// Numbers of another history say nothing.
inline void enter_history(feed_position& at, const uuid& history) {
    if (at.history != history) at.seen_until = at.written_until = 0;
    at.history = history;
}

[[nodiscard]] inline error missing_row(const outbox_operation& of) {
    return {.code = errc::corrupted,
            .message = "a row with unsent work is missing",
            .entity = of.entity_name,
            .key = of.row_key};
}

// --- answers -------------------------------------------------------------------------------------

/// The row as the server has it after an operation: what it had, with the operation's changes, and
/// what the answer says besides. Nothing if the server has none.
template <class T>
[[nodiscard]] std::optional<record<T>> settled_row(const operation<T>& sent,
                                                   const std::optional<record<T>>& base,
                                                   const record<T>& here,
                                                   const operation_answer<T>& answer) {
    if (!answer.exists) return {};
    record<T> row = base ? *base : record<T>{.value = sent.after};
    assign_fields(row.value, here.value, only_here<T> | tenant_field<T>);
    if (answer.outcome == push_outcome::applied) {
        row.set_written(sent.written);
        add_fields(row.value, sent.after, sent.changed);
        set_times(row, !base);
    }
    assign_fields(row.value, answer.row, answer.differs);
    row.set_version(answer.version);
    // The answer's own deletion field says when; without one in it the operation's time does.
    if (row.is_deleted() != answer.is_deleted) set_deleted(row, answer.is_deleted);
    row.set_sequence(0);
    return row;
}

/// An operation that had no effect waits again, or for a person if there is a reason why it can't
/// be taken. What was edited since takes it along. It gets another id where an effect may have been
/// in another history of the server: there the id is used up.
template <class T, class Transaction>
[[nodiscard]] result<void> take_back(Transaction& tx, outbox_operation kept, const error* why,
                                     const uuid& id) {
    auto at = parse_row_key<T>(kept.row_key);
    if (!at) return at.error();
    auto row = tx.template get<T>(*at);
    if (!row) return row.error();
    if (!*row) return missing_row(kept);
    auto later = find_unsent<T>(tx, (*row)->value);
    if (!later) return later.error();
    if (*later) {
        (*later)->value.base = kept.base;
        (*later)->value.position = kept.position;
        for (const uuid& each : kept.resolves) (*later)->value.resolves.push_back(each);
        if (auto done = tx.put(**later); !done) return done;
        return tx.template erase<outbox_operation>(kept.id);
    }
    if (kept.id != id) {
        if (auto done = tx.template erase<outbox_operation>(kept.id); !done) return done;
        kept.id = id;
    }
    kept.state = why == nullptr ? outbox_state::queued : outbox_state::failed;
    if (why != nullptr) {
        kept.code = std::string(describe(why->code).name);
        kept.reason = to_string(*why);
        (*row)->set_status(sync_status::failed);
        if (auto done = tx.put(**row); !done) return done;
    }
    return tx.put(record<outbox_operation>{std::move(kept)});
}

/// The row is again as both sides know it, or was never sent: its work is none any more.
template <class T, class Transaction>
[[nodiscard]] result<void> back_to_base(Transaction& tx, const outbox_operation& unsent,
                                        std::optional<record<T>> base, const record<T>& row) {
    if (auto done = tx.template erase<outbox_operation>(unsent.id); !done) return done;
    if (!base) return tx.template erase<T>(key(row.value));
    assign_fields(base->value, row.value, only_here<T>);
    base->set_sequence(row.sequence());
    // Where an operation of it still travels, its answer will say how the row stands.
    auto travels = is_in_flight<T>(tx, row.value);
    if (!travels) return travels.error();
    auto stands = standing<T>(tx, unsent.row_key);
    if (!stands) return stands.error();
    base->set_status(*travels ? sync_status::pending : *stands);
    return tx.put(*base);
}

/// What was refused is tried again, as another operation.
template <class Transaction>
[[nodiscard]] result<void> queue_again(Transaction& tx, outbox_operation failed, const uuid& id) {
    if (auto done = tx.template erase<outbox_operation>(failed.id); !done) return done;
    failed.id = id;
    failed.state = outbox_state::queued;
    failed.attempts = 0;
    failed.code = failed.reason = {};
    return tx.put(record<outbox_operation>{std::move(failed)});
}

/// Work on a row that the server has no more. Only a person knows whether the row is to be written
/// anew or was deleted for good.
template <class T, class Transaction>
[[nodiscard]] result<void> keep_orphan(Transaction& tx, record<T> row, outbox_operation unsent) {
    row.set_sequence(0);
    if (unsent.base) {
        unsent.base.reset();
        unsent.state = outbox_state::failed;
        unsent.code = std::string(describe(errc::not_found).name);
        unsent.reason = "the server has no such row any more; a retry writes it anew";
        row.set_status(sync_status::failed);
        if (auto done = tx.put(record<outbox_operation>{std::move(unsent)}); !done) return done;
    }
    return tx.put(row);
}

/// Takes one answer in: the operation ends, and work that came after it goes on from the answer.
template <class T, class Transaction>
[[nodiscard]] result<void> take_answer(Transaction& tx, const outbox_operation& kept,
                                       const operation_answer<T>& answer, timestamp now,
                                       bool has_conflicts) {
    auto sent = from_sent<T>(kept, keys_in(tx));
    if (!sent) return sent.error();
    auto base = base_of<T>(kept, keys_in(tx));
    if (!base) return base.error();
    auto here = tx.template get<T>(key(sent->after));
    if (!here) return here.error();
    auto later = find_unsent<T>(tx, sent->after);
    if (!later) return later.error();
    if (!*here) return missing_row(kept);
    record<T> row = std::move(**here);
    if (answer.outcome == push_outcome::rejected) {
        const error why{.code = answer.code == errc{} ? errc::internal : answer.code,
                        .message = answer.reason};
        return take_back<T>(tx, kept, &why, kept.id);
    }
    if (auto done = tx.template erase<outbox_operation>(kept.id); !done) return done;
    for (const uuid& each : kept.resolves)
        if (auto closed = close_conflict(tx, each, std::string(to_string(answer.outcome)), now);
            !closed)
            return closed;
    if (answer.outcome == push_outcome::parked) {
        record<parked_conflict> parked{.value = {.id = kept.id,
                                                 .operation = kept.id,
                                                 .entity_name = kept.entity_name,
                                                 .row_key = kept.row_key,
                                                 .their_version = answer.version,
                                                 .reason = answer.reason,
                                                 .detected_at = now}};
        record<T> theirs{.value = answer.row};
        theirs.set_version(answer.version);
        auto sides = keep_sides(parked.value, *base ? &**base : nullptr, row, theirs, keys_in(tx));
        if (!sides) return sides;
        if (auto done = tx.put(parked); !done) return done;
    }
    std::optional<record<T>> settled = settled_row(*sent, *base, row, answer);
    const key_of<T> at = key(sent->after);
    if (!*later) {
        if (!settled) return tx.template erase<T>(at);
        auto stands = has_conflicts || answer.outcome == push_outcome::parked
                          ? standing<T>(tx, kept.row_key)
                          : result<sync_status>(sync_status::synced);
        if (!stands) return stands.error();
        settled->set_status(*stands);
        set_last_sync_at(settled->value, now);
        return tx.put(*settled);
    }
    auto later_base = base_of<T>((*later)->value, keys_in(tx));
    if (!later_base) return later_base.error();
    if (!settled) {
        if (!row.is_deleted()) return keep_orphan(tx, std::move(row), std::move((*later)->value));
        if (auto done = tx.template erase<outbox_operation>((*later)->value.id); !done) return done;
        return tx.template erase<T>(at);
    }
    const pull_plan<T> plan = plan_pull<T>({.row = &row,
                                            .base = *later_base ? &**later_base : nullptr,
                                            .is_pending = true,
                                            .is_doubted = true},
                                           *settled);
    return put_rebased<T>(tx, (*later)->value, plan);
}

/// Stores what a plan made of a row with unsent work.
template <class T, class Transaction>
[[nodiscard]] result<void> put_rebased(Transaction& tx, const outbox_operation& unsent,
                                       const pull_plan<T>& plan) {
    auto made = rebase<T>(unsent, *plan.row, *plan.base, keys_in(tx));
    if (!made) return made.error();
    made->row.set_sequence(0);
    if (!made->left) {
        auto stands = standing<T>(tx, unsent.row_key);
        if (!stands) return stands.error();
        made->row.set_status(*stands);
    }
    if (auto done = tx.put(made->row); !done) return done;
    if (made->left) return tx.put(*made->left);
    return tx.template erase<outbox_operation>(unsent.id);
}

// --- pages ---------------------------------------------------------------------------------------

struct rows_taken {
    std::int64_t stored = 0;  ///< Rows that changed here.
    std::int64_t left = 0;    ///< Rows that were taken away.
};

/// What a replica has of the rows that a page may be about.
enum class rows_here : unsigned char {
    none,     ///< Nothing but what came before it in the same feed.
    settled,  ///< Rows as the server had them: no work on any, none in conflict or in doubt.
    any,
};

/// The rows of one entity of a page.
template <class T, class Transaction>
class page_taker {
  public:
    page_taker(Transaction& tx, timestamp now, rows_taken& counted)
        : tx_(tx), now_(now), counted_(counted) {}

    [[nodiscard]] result<void> take(std::vector<pulled_row<T>>& items, rows_here here_are) {
        changed_.reserve(items.size());
        if constexpr (only_here<T>.empty()) {
            if (here_are == rows_here::none) return take_fresh(items);
            if (here_are == rows_here::settled && is_whole(items)) return take_newer(items);
        }
        std::vector<key_of<T>> keys;
        keys.reserve(items.size());
        for (const pulled_row<T>& each : items) keys.push_back(key(each.row.value));
        auto here = tx_.template get_many<T>(std::span<const key_of<T>>(keys));
        if (!here) return here.error();
        for (std::size_t i = 0; i < items.size(); ++i)
            if (auto done = take_one(items[i], (*here)[i]); !done) return done;
        if (auto done = tx_.put_many(changed_); !done) return done;
        if (gone_.empty()) return {};
        return tx_.template erase_many<T>(std::span<const key_of<T>>(gone_));
    }

  private:
    // Nothing is here but what came before in the same feed, where each row comes once: or again,
    // and newer.
    [[nodiscard]] result<void> take_fresh(std::vector<pulled_row<T>>& items) {
        for (pulled_row<T>& each : items) {
            if (each.has_left) {
                gone_.push_back(key(each.row.value));
                continue;
            }
            changed_.push_back(std::move(each.row));
            store(changed_.back(), sync_status::synced);
        }
        if (auto done = tx_.put_many(changed_); !done) return done;
        if (gone_.empty()) return {};
        return tx_.template erase_many<T>(std::span<const key_of<T>>(gone_));
    }
    [[nodiscard]] static bool is_whole(const std::vector<pulled_row<T>>& items) {
        for (const pulled_row<T>& each : items)
            if (each.has_left || !(fields_on<T, route::to_client> - each.told).empty())
                return false;
        return true;
    }
    // Of rows without work the higher version counts, and the store sees for itself which it is.
    [[nodiscard]] result<void> take_newer(std::vector<pulled_row<T>>& items) {
        const std::int64_t before = counted_.stored;
        for (pulled_row<T>& each : items) {
            changed_.push_back(std::move(each.row));
            store(changed_.back(), sync_status::synced);
        }
        auto stored = tx_.put_newer(std::span<const record<T>>(changed_));
        if (!stored) return stored.error();
        counted_.stored = before + *stored;
        return {};
    }
    void store(record<T>& row, sync_status stands) {
        row.set_status(stands);
        row.set_sequence(0);
        set_last_sync_at(row.value, now_);
        ++counted_.stored;
    }

    [[nodiscard]] result<void> take_one(pulled_row<T>& item, std::optional<record<T>>& here) {
        const bool may_have_work = here && (here->status() == sync_status::pending ||
                                            here->status() == sync_status::failed);
        if (may_have_work) {
            auto unsent = find_unsent<T>(tx_, item.row.value);
            if (!unsent) return unsent.error();
            if (*unsent)
                return item.has_left ? keep_unsent(*here)
                                     : rebase_one(item, *here, (*unsent)->value);
        }
        if (item.has_left) {
            if (here) gone_.push_back(key(item.row.value)), ++counted_.left;
            return {};
        }
        if (here) keep_untold(item, here->value);
        auto plan = plan_pull<T>(
            {.row = here ? &*here : nullptr, .is_doubted = here && here->sequence() > 0}, item.row);
        if (!plan.changes) return {};
        const bool is_open = here && here->status() == sync_status::conflict;
        store(*plan.row, is_open ? sync_status::conflict : sync_status::synced);
        changed_.push_back(std::move(*plan.row));
        return {};
    }

    // It is none of ours any more but for the work on it.
    [[nodiscard]] result<void> keep_unsent(record<T>& here) {
        if (here.sequence() == 0) return {};
        here.set_sequence(0);
        changed_.push_back(std::move(here));
        return {};
    }

    // What an older server doesn't know of, it doesn't take away.
    static void keep_untold(pulled_row<T>& item, const T& here) {
        const field_mask travelling = fields_on<T, route::to_client>;
        const field_mask untold = travelling - item.told;
        if (!item.has_left && !untold.empty()) assign_fields(item.row.value, here, untold);
    }

    [[nodiscard]] result<void> rebase_one(pulled_row<T>& item, const record<T>& here,
                                          const outbox_operation& unsent) {
        auto base = base_of<T>(unsent, keys_in(tx_));
        if (!base) return base.error();
        keep_untold(item, *base ? (*base)->value : here.value);
        const auto plan = plan_pull<T>({.row = &here,
                                        .base = *base ? &**base : nullptr,
                                        .is_pending = true,
                                        .is_doubted = here.sequence() > 0},
                                       item.row);
        if (!plan.changes) return {};
        ++counted_.stored;
        return put_rebased<T>(tx_, unsent, plan);
    }

    Transaction& tx_;
    timestamp now_;
    rows_taken& counted_;
    std::vector<record<T>> changed_{};
    std::vector<key_of<T>> gone_{};
};

/// Whether there is no unsent work, and, if that is asked, no row.
template <class Schema, class Transaction>
[[nodiscard]] result<bool> is_empty(Transaction& tx, bool of_rows) {
    result<bool> empty = true;
    const auto look = [&]<class T>(of<T>) {
        if (!empty || !*empty) return;
        auto rows = tx.scan(all<T>().limit(1));
        empty = rows ? result<bool>(rows->empty()) : result<bool>(rows.error());
    };
    look(of<outbox_operation>());
    if (of_rows) Schema::for_each(look);
    return empty;
}

template <class Schema, class Transaction>
[[nodiscard]] result<rows_taken> take_page(Transaction& tx, pull_answer<Schema>& page,
                                           timestamp now, rows_here here_are) {
    rows_taken counted;
    result<void> done;
    // Parents first, so that a reference never points to a row that isn't there yet.
    for (const std::size_t place : Schema::parents_first)
        Schema::visit_at(place, [&]<class T>(of<T>) {
            if (done && !page.rows.template of<T>().empty())
                done = page_taker<T, Transaction>(tx, now, counted)
                           .take(page.rows.template of<T>(), here_are);
        });
    if (!done) return done.error();
    return counted;
}

/// Notes which of the conflicts that were parked here are resolved elsewhere.
template <class Schema, class Transaction>
[[nodiscard]] result<void> take_resolved(Transaction& tx, const std::vector<uuid>& ids,
                                         timestamp now) {
    for (const uuid& id : ids) {
        auto found = tx.template get<parked_conflict>(id);
        if (!found) return found.error();
        if (!*found) continue;
        if (auto done = close_conflict(tx, id, "elsewhere", now); !done) return done;
        const parked_conflict& parked = (*found)->value;
        auto done = Schema::visit(parked.entity_name, [&]<class T>(of<T>) -> result<void> {
            auto at = parse_row_key<T>(parked.row_key);
            if (!at) return at.error();
            auto row = tx.template get<T>(*at);
            if (!row) return row.error();
            if (!*row || (*row)->status() != sync_status::conflict) return {};
            auto stands = standing<T>(tx, parked.row_key);
            if (!stands) return stands.error();
            (*row)->set_status(*stands);
            return tx.put(**row);
        });
        if (!done) return done;
    }
    return {};
}

// --- another history of the server ---------------------------------------------------------------

/// Marks the rows of T as unconfirmed: gives them numbers of the replica's own feed, which has no
/// others.
template <class T, class Storage>
[[nodiscard]] result<void> doubt_rows(Storage& store, const tenant_id& whose, std::int64_t part) {
    return in_parts<T>(store, whose, all<T>(), static_cast<std::uint64_t>(part),
                       [](auto& tx, std::vector<record<T>>& rows) -> result<bool> {
                           std::vector<record<T>> doubted;
                           for (record<T>& each : rows)
                               if (each.sequence() == 0) doubted.push_back(std::move(each));
                           if (doubted.empty()) return false;
                           auto first = tx.next_sequence(std::ssize(doubted));
                           if (!first) return first.error();
                           for (record<T>& each : doubted) each.set_sequence((*first)++);
                           auto put = tx.put_many(doubted);
                           return put ? result<bool>(true) : result<bool>(put.error());
                       });
}

/// Takes away what no page confirmed; rows with unsent work stay. True when none is left.
template <class Schema, class Transaction>
[[nodiscard]] result<bool> sweep_rows(Transaction& tx, std::int64_t rows_max, rows_taken& counted) {
    result<void> done;
    auto seen = visit_changes<Schema>(
        tx, {.after = 0, .limit = rows_max}, [&]<class T>(const record<T>& row) {
            if (!done) return;
            auto unsent = find_unsent<T>(tx, row.value);
            if (!unsent) {
                done = unsent.error();
            } else if (*unsent) {
                done = keep_orphan(tx, row, std::move((*unsent)->value));
            } else {
                done = tx.template erase<T>(key(row.value));
                ++counted.left;
            }
        });
    if (!done) return done.error();
    if (!seen) return seen.error();
    return !seen->is_behind;
}

}  // namespace syncfw::detail
