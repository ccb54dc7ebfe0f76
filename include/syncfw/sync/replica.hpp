// SPDX-License-Identifier: BSL-1.0
// A store that works offline: what is written here is here at once, and travels when there is a
// way.
//
//     syncfw::replica mine(store, link);        // a store, and a transport to the server
//     mine.put(book{.id = syncfw::new_uuid(), .title = "Dune", .pages = 412});
//     mine.transact([&](auto& edit) -> result<void> {   // these travel and take effect together
//         if (auto done = edit.put(shelf); !done) return done;
//         return edit.remove<book>(old);
//     });
//     for (const book& each : *mine.find(where(field<&book::pages> > 300))) show(each);
//     mine.sync();                              // pushes what is unsent, pulls what is new
//
// Unsent work is never lost: not by a crash, by a lost answer, by a refusal (it stays, with the
// reason, until somebody mends, retries or drops it), nor by a server that went back in time.
#pragma once

#include <syncfw/codec/delta.hpp>
#include <syncfw/observe/events.hpp>
#include <syncfw/sync/detail/lease.hpp>
#include <syncfw/sync/detail/local_edit.hpp>
#include <syncfw/sync/environment.hpp>
#include <syncfw/sync/explanation.hpp>
#include <syncfw/sync/freshness.hpp>
#include <syncfw/sync/report.hpp>
#include <syncfw/sync/retry.hpp>
#include <syncfw/sync/session.hpp>
#include <syncfw/sync/watch.hpp>
#include <syncfw/transport/detail/asker.hpp>
#include <syncfw/transport/transport.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace syncfw {

/// What becomes of unsent work when somebody leaves a device.
enum class unsent : unsigned char {
    flush,  ///< It is sent first. If some can't be, nothing is taken away: `errc::busy`.
    keep,   ///< It stays, with its rows, and is sent when somebody synchronises again.
    drop,   ///< It is lost.
};

template <class World, class Transport>
class replica {
  public:
    using storage_type = typename World::storage_type;
    using environment_type = typename World::environment_type;
    using schema_type = typename World::schema_type;
    using edit_type = detail::local_edit<World>;

    /// The store and the transport must outlive the replica.
    replica(storage_type& store, Transport& link, tenant_id whose = {}, sync_options options = {},
            environment_type from = {})
        : link_(&link), core_(store, std::move(whose), options, std::move(from)) {}
    // Sessions and observers know where it is.
    replica(const replica&) = delete;
    replica& operator=(const replica&) = delete;

    // --- writing: it is here at once, and unsent --------------------------------------------

    /// Writes the row as given; a deleted one lives again.
    template <class T>
    result<void> put(const T& value) {
        return transact([&](edit_type& edit) { return edit.put(value); });
    }
    /// Changes a row: `patch<book>(id, [](book& b) { b.pages = 412; })`. Fails with
    /// `errc::not_found` where there is none.
    template <class T, class F>
    result<void> patch(const key_of<T>& at, F&& change) {
        return transact([&](edit_type& edit) { return edit.template patch<T>(at, change); });
    }
    template <class T>
    result<void> remove(const key_of<T>& at) {
        return transact([&](edit_type& edit) { return edit.template remove<T>(at); });
    }
    /// Takes a deletion back.
    template <class T>
    result<void> restore(const key_of<T>& at) {
        return transact([&](edit_type& edit) { return edit.template restore<T>(at); });
    }
    /// Several writes that are stored, travel and take effect together. Nothing of them stays if
    /// `f` fails.
    template <class F>
    result<void> transact(F&& f) {
        auto edit = edit_type::begin(core_);
        if (!edit) return edit.error();
        if (result<void> done = f(*edit); !done) return done;
        if (auto kept = edit->commit(); !kept) return kept;
        look_again();
        return {};
    }

    // --- reading: rows that live ------------------------------------------------------------

    template <class T>
    [[nodiscard]] result<std::optional<T>> get(const key_of<T>& at) {
        auto tx = begin_read(core_.store(), core_.tenant());
        if (!tx) return tx.error();
        auto row = tx->template get<T>(at);
        if (!row) return row.error();
        if (!*row || (*row)->is_deleted()) return std::optional<T>();
        return std::optional<T>(std::move((*row)->value));
    }
    template <class T, auto Shape>
    [[nodiscard]] result<std::vector<T>> find(const query<T, Shape>& asked) {
        return find<T>(asked.view());
    }
    /// The same without the query's own type: what another file passes on.
    template <class T>
    [[nodiscard]] result<std::vector<T>> find(const query_view& asked) {
        auto tx = begin_read(core_.store(), core_.tenant());
        if (!tx) return tx.error();
        return find_live<T>(*tx, asked);
    }
    /// How the row stands; nothing where there is none.
    template <class T>
    [[nodiscard]] result<std::optional<sync_status>> status_of(const key_of<T>& at) {
        auto tx = begin_read(core_.store(), core_.tenant());
        if (!tx) return tx.error();
        auto row = tx->template get<T>(at);
        if (!row) return row.error();
        return *row ? std::optional((*row)->status()) : std::nullopt;
    }
    [[nodiscard]] result<replica_status> status();
    /// Why the row is as it is.
    template <class T>
    [[nodiscard]] result<explanation> explain(const key_of<T>& at);
    /// Calls `told(std::vector<T>)` now and whenever the result changes; see watch.hpp.
    template <class T, auto Shape, class F>
    [[nodiscard]] result<watch> observe(query<T, Shape> asked, F told);
    /// The same of what a function reads: `read()` gives a `result<std::vector<T>>`.
    template <std::invocable Read, class F>
    [[nodiscard]] result<watch> observe(Read read, F told);
    /// For those who synchronise by sessions of their own: tells observers what came.
    void look_again();

    // --- synchronising ----------------------------------------------------------------------

    /// Pushes all unsent work, then pulls all that is new. `goes_on(sync_report)` is called behind
    /// each answer; if it gives false, the rest waits for the next time (`errc::cancelled`).
    template <class F>
    result<sync_report> sync(F&& goes_on) {
        return run(sync_parts::push_and_pull, goes_on);
    }
    result<sync_report> sync() { return run(sync_parts::push_and_pull); }
    result<sync_report> push() { return run(sync_parts::push); }
    result<sync_report> pull() { return run(sync_parts::pull); }
    /// Reads all rows anew. Unsent work stays.
    result<sync_report> full_sync() {
        if (auto done = core_.begin_renewal(); !done) return done.error();
        return run(sync_parts::push_and_pull);
    }

    /// For those who carry the messages themselves.
    [[nodiscard]] sync_session<World> begin_sync(sync_parts which = sync_parts::push_and_pull) {
        return sync_session<World>(core_, which);
    }

    /// How many changes may be left on the server; takes nothing in.
    [[nodiscard]] result<std::int64_t> pull_pending();

    /// What is here: with it somebody else can wait for as much; see freshness.hpp.
    [[nodiscard]] result<freshness> seen();
    /// Synchronises until all that was there at that moment is here; `errc::timed_out` if that
    /// takes longer.
    result<void> wait(const freshness& token, std::int64_t patience_microseconds);

    // --- leaving ----------------------------------------------------------------------------

    /// Takes the rows off this device. See `unsent` for what becomes of its work.
    result<void> sign_out(unsent work);

    // --- conflicts --------------------------------------------------------------------------

    /// Those of this device's writes that wait for a person, the oldest first; see resolution.hpp.
    [[nodiscard]] result<std::vector<parked_conflict>> conflicts(std::uint64_t most = 100) {
        auto tx = begin_read(core_.store(), core_.tenant());
        if (!tx) return tx.error();
        auto open = detail::open_conflicts(*tx, most);
        if (!open) return open.error();
        return detail::values_of(std::move(*open));
    }
    /// Settles one, by a write that travels like any other.
    result<void> resolve(const uuid& conflict, side taken) {
        return transact([&](edit_type& edit) { return edit.resolve(conflict, taken); });
    }
    template <class T>
    result<void> resolve(const uuid& conflict, const T& value) {
        return transact([&](edit_type& edit) { return edit.resolve(conflict, value); });
    }

    // --- refused work -----------------------------------------------------------------------

    /// What the server refused, with its reasons.
    [[nodiscard]] result<std::vector<outbox_operation>> failed();
    /// Sends it again.
    result<void> retry(const uuid& operation) { return core_.retry(operation); }
    /// Gives it up: the row becomes what the server has.
    result<void> drop(const uuid& operation) { return core_.drop(operation); }

  private:
    result<sync_report> run(sync_parts which) {
        return run(which, [](const sync_report&) { return true; });
    }
    template <class F>
    result<sync_report> run(sync_parts which, F&& goes_on) {
        const std::int64_t lasts = core_.options().lease_microseconds;
        if (lasts == 0) return run_alone(which, goes_on, [](timestamp) { return result<void>(); });
        if (holder_ == 0) holder_ = core_.environment().random() | 1;
        const detail::lease mine(holder_, lasts);
        if (auto taken = mine.take(core_.store(), core_.tenant(), core_.now()); !taken)
            return taken.error();
        timestamp since = core_.now();
        auto seen = run_alone(which, goes_on, [&](timestamp now) -> result<void> {
            if (microseconds_between(since, now) < mine.half()) return {};
            since = now;
            return mine.take(core_.store(), core_.tenant(), now);
        });
        mine.give_back(core_.store(), core_.tenant());
        return seen;
    }
    // `stays_alone` is asked before each request.
    template <class F, class G>
    result<sync_report> run_alone(sync_parts which, F&& goes_on, G&& stays_alone) {
        auto session = begin_sync(which);
        auto seen = carry(session, goes_on, stays_alone);
        if (seen)
            detail::tell(core_.environment(), [&] { return in_an_event(*seen); });
        else
            detail::tell(core_.environment(), [&] { return in_an_event(seen.error()); });
        return seen;
    }
    template <class F, class G>
    result<sync_report> carry(sync_session<World>& session, F&& goes_on, G&& stays_alone) {
        detail::asker<Transport> line(*link_);
        while (true) {
            if (auto alone = stays_alone(core_.now()); !alone) return alone.error();
            auto request = session.next();
            if (!request) return request.error();
            if (!*request) return session.report();
            auto answer = line.exchange(**request);
            if (!answer) {
                if (auto goes = session.lost(answer.error()); !goes) return goes.error();
                continue;
            }
            auto done = session.receive(*answer, line.ahead());
            if (!done) return done.error();
            look_again();
            if (!goes_on(session.report()))
                return error{.code = errc::cancelled, .message = "the sync was stopped"};
        }
    }
    [[nodiscard]] events::synchronised in_an_event(const sync_report& seen) const {
        return {.tenant = core_.tenant().name(),
                .pushed = seen.pushed,
                .superseded = seen.superseded,
                .parked = seen.parked,
                .rejected = seen.rejected,
                .pulled = seen.pulled,
                .left = seen.left,
                .messages = seen.messages,
                .bytes = seen.bytes,
                .kept_back = seen.push_failure ? to_string(*seen.push_failure) : std::string()};
    }
    [[nodiscard]] events::sync_failed in_an_event(const error& why) const {
        return {.tenant = core_.tenant().name(),
                .code = std::string(describe(why.code).name),
                .message = why.message};
    }

    Transport* link_;
    detail::replica_core<World> core_;
    std::uint64_t holder_ = 0;  // Of the lease.
    std::vector<std::weak_ptr<detail::look_again>> observers_{};
};

template <class S, class L>
replica(S&, L&, tenant_id = {}, sync_options = {}) -> replica<world<S>, L>;
template <class S, class L, class E>
replica(S&, L&, tenant_id, sync_options, E) -> replica<world<S, E>, L>;

// --- how it is done ------------------------------------------------------------------------------

template <class W, class L>
result<replica_status> replica<W, L>::status() {
    using annotations::field;
    auto tx = begin_read(core_.store(), core_.tenant());
    if (!tx) return tx.error();
    replica_status seen;
    auto failed = tx->count(where(field<&outbox_operation::state> == outbox_state::failed));
    if (!failed) return failed.error();
    auto all_work = tx->count(all<outbox_operation>());
    if (!all_work) return all_work.error();
    auto oldest = tx->scan(where(field<&outbox_operation::state> != outbox_state::failed)
                               .order_by(field<&outbox_operation::position>)
                               .limit(1));
    if (!oldest) return oldest.error();
    seen.failed = *failed;
    seen.pending = *all_work - *failed;
    if (!oldest->empty()) seen.oldest_pending = oldest->front().value.written_at;
    auto parked = tx->count(where(field<&parked_conflict::resolved_at>.is_null()));
    if (!parked) return parked.error();
    seen.conflicts = *parked;
    auto position = tx->template get<feed_position>(std::string(detail::server_name));
    if (!position) return position.error();
    if (*position) {
        seen.last_sync = (*position)->value.moved_at;
        const pull_phase phase = (*position)->value.phase;
        seen.is_renewing = phase == pull_phase::doubting || phase == pull_phase::renewing;
    }
    return seen;
}

template <class W, class L>
template <class T>
result<explanation> replica<W, L>::explain(const key_of<T>& at) {
    auto tx = begin_read(core_.store(), core_.tenant());
    if (!tx) return tx.error();
    auto row = tx->template get<T>(at);
    if (!row) return row.error();
    explanation seen{.exists = row->has_value()};
    if (!*row) return seen;
    seen.is_deleted = (*row)->is_deleted();
    seen.status = (*row)->status();
    seen.version = (*row)->version();
    seen.written = (*row)->written();
    auto work = detail::work_on(*tx, (*row)->value);
    if (!work) return work.error();
    seen.unsettled = detail::values_of(std::move(*work));
    auto parked = detail::conflicts_of<T>(*tx, detail::row_key((*row)->value));
    if (!parked) return parked.error();
    seen.conflicts = detail::values_of(std::move(*parked));
    return seen;
}

// --- observers -----------------------------------------------------------------------------------

namespace detail {

template <class T>
[[nodiscard]] bool is_same_result(const std::vector<T>& a, const std::vector<T>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!changed_fields(a[i], b[i]).empty()) return false;
    return true;
}

}  // namespace detail

template <class W, class L>
template <class T, auto Shape, class F>
result<watch> replica<W, L>::observe(query<T, Shape> asked, F told) {
    return observe([this, asked = std::move(asked)] { return find(asked); }, std::move(told));
}

template <class W, class L>
template <std::invocable Read, class F>
result<watch> replica<W, L>::observe(Read read, F told) {
    auto first = read();
    if (!first) return first.error();
    told(std::as_const(*first));
    auto looking = std::make_shared<detail::look_again>(
        [read = std::move(read), told = std::move(told), known = std::move(*first)]() mutable {
            auto now = read();
            if (!now) return false;
            if (detail::is_same_result(known, *now)) return true;
            known = std::move(*now);
            told(std::as_const(known));
            return true;
        });
    observers_.push_back(looking);
    return watch(std::move(looking));
}

template <class W, class L>
void replica<W, L>::look_again() {
    std::erase_if(observers_, [](const auto& each) { return each.expired(); });
    // Who is told may write, observe and stop observing.
    const auto all = observers_;
    for (const auto& each : all)
        if (const auto looking = each.lock()) (void)(*looking)();
}

template <class W, class L>
result<std::vector<outbox_operation>> replica<W, L>::failed() {
    using annotations::field;
    auto tx = begin_read(core_.store(), core_.tenant());
    if (!tx) return tx.error();
    auto rows = tx->scan(where(field<&outbox_operation::state> == outbox_state::failed)
                             .order_by(field<&outbox_operation::position>));
    if (!rows) return rows.error();
    return detail::values_of(std::move(*rows));
}

}  // namespace syncfw

#include <syncfw/sync/detail/replica_errands.hpp>
