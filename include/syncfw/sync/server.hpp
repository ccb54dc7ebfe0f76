// SPDX-License-Identifier: BSL-1.0
// The side with authority: it takes what devices push, settles conflicts by its policy, gives each
// change its version and its place in the tenant's feed, and answers pulls.
//
//     auto store = syncfw::sqlite::open<library>("server.db").value();
//     syncfw::server hub(store, syncfw::last_write_wins());
//     std::string answer = hub.handle({.tenant = whose, .subject = user}, request);
//
// It holds no state beside the store, so any number of them may serve one database, and any number
// of threads may ask one. A push takes effect in one transaction, and once: what comes again gets
// its first answer.
#pragma once

#include <syncfw/conflict/policies.hpp>
#include <syncfw/entity/validation.hpp>
#include <syncfw/observe/events.hpp>
#include <syncfw/storage/changes.hpp>
#include <syncfw/storage/cursor.hpp>
#include <syncfw/storage/transact.hpp>
#include <syncfw/sync/detail/push_batch.hpp>
#include <syncfw/sync/detail/row_choice.hpp>
#include <syncfw/sync/detail/row_keys.hpp>
#include <syncfw/sync/environment.hpp>
#include <syncfw/sync/messages.hpp>
#include <syncfw/sync/resolution.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

/// Who asks: known from a token, never from the message.
struct caller {
    tenant_id tenant{};
    std::string subject{};
    std::string request{};  ///< What logs call it: for the audit.
};

struct server_options {
    std::int64_t rows_max = 10'000;        ///< Of a page,
    std::int64_t bytes_max = 16 << 20;     ///< which ends soon after so many bytes.
    std::int64_t operations_max = 10'000;  ///< Of a push.
    /// Whether a push takes effect as a whole or not at all; else each transaction of its device.
    bool all_or_nothing = false;
    bool audit = false;  ///< Whether it is kept who wrote what.
    /// Whether it is kept when each field was last written: what `timed_write` compares with.
    bool field_times = false;
    /// Whether a row's times are those of its arrival here, whatever its device's clock says. Then
    /// `updated_at` rises with the feed, and "what changed after this time" is exact.
    bool times_of_arrival = false;
    std::int64_t history_max = 0;  ///< So many versions of each row are kept, as bases of merges.
};

/// How a tenant's store stands.
struct server_status {
    std::int64_t last_sequence = 0;
    std::int64_t open_conflicts = 0;
};

/// How long what is only remembered is kept. None: for ever. Keep answers longer than any message
/// can be on its way: a first sending that arrives after its repetition's answer was let go would
/// take effect again.
struct retention {
    std::optional<timestamp> deletions_until{};  ///< Tombstones of rows deleted before.
    std::optional<timestamp> answers_until{};    ///< What operations of before were answered.
    /// Who wrote what, and the conflicts that were settled before. Of those a device that was away
    /// since then hears no more: its user settles them once again.
    std::optional<timestamp> audit_until{};
};

/// What was let go.
struct retired {
    std::int64_t deletions = 0;
    std::int64_t answers = 0;
    std::int64_t audit = 0;
};

template <class World, class Policy>
class row_server;

template <class World, class Policy>
class server {
  public:
    using storage_type = typename World::storage_type;
    using environment_type = typename World::environment_type;
    using schema_type = typename World::schema_type;

    /// The store must outlive the server.
    explicit server(storage_type& store, Policy policy = {}, server_options options = {},
                    environment_type from = {})
        : store_(&store), policy_(std::move(policy)), options_(options), from_(std::move(from)) {}

    /// A request's bytes to its answer's bytes. It never fails: an answer may be a failure.
    [[nodiscard]] std::string handle(const caller& who, std::string_view request);

    [[nodiscard]] result<push_answer<schema_type>> push(const caller& who,
                                                        push_message<schema_type> asked);
    [[nodiscard]] result<pull_answer<schema_type>> pull(const caller& who,
                                                        const pull_message& asked);

    /// A push that is made of what is there: `make(tx)` gives its message, in the transaction in
    /// which it will take effect and with the tenant's feed to itself; `keep(tx, answer)` writes
    /// what must be remembered with it, or fails, and then nothing has happened. Both may run
    /// again. For front doors that know no versions.
    template <class Make, class Keep>
    result<push_answer<schema_type>> push_within(const caller& who, Make&& make, Keep&& keep);

    /// Tells whoever listens to events that a request was refused before it came to `push` or
    /// `pull`. `handle` does so by itself.
    void tell_refused(const caller& who, const error& why) {
        detail::tell(from_, [&] { return refusal(who, why); });
    }

    // --- for people and operators ---------------------------------------------------------------

    [[nodiscard]] result<server_status> status(const tenant_id& whose);
    /// The conflicts that wait for a person, the oldest first.
    [[nodiscard]] result<std::vector<parked_conflict>> conflicts(const tenant_id& whose,
                                                                 std::uint64_t most = 100);
    /// Settles one; devices hear of it when they pull.
    result<void> resolve(const caller& who, const uuid& conflict, side taken);
    /// The same with a row of the person's own.
    template <class T>
    result<void> resolve(const caller& who, const uuid& conflict, const T& value);

    /// What a tenant's encrypted fields are opened and sealed with in messages.
    [[nodiscard]] detail::keys_of<storage_type> keys_for(const tenant_id& whose) const {
        return detail::keys_of<storage_type>(*store_, whose);
    }
    /// A new id, for what a front door makes.
    [[nodiscard]] uuid new_id() {
        const std::lock_guard locked(lock_);
        return detail::make_id(ids_, from_);
    }

    /// The next one whom the store knows, or none: for who lets go of what is old of all.
    [[nodiscard]] result<std::optional<tenant_id>> tenant_after(
        const std::optional<tenant_id>& last)
        requires lists_tenants<storage_type>
    {
        return store_->tenant_after(last);
    }

    /// Lets go of what only late-comers need. A device that was away longer reads all rows anew,
    /// and keeps its unsent work; what it had sent without hearing the answer waits for a person.
    result<retired> retire(const tenant_id& whose, const retention& kept);

  private:
    friend class row_server<World, Policy>;

    template <class T, class F>
    result<void> settle(const caller& who, const uuid& conflict, std::string how, F&& make);
    [[nodiscard]] result<void> begin();
    [[nodiscard]] detail::push_rules rules_for(const caller& who) {
        return {.tenant = who.tenant,
                .subject = who.subject,
                .now = from_.now(),
                .all_or_nothing = options_.all_or_nothing,
                .audits = options_.audit,
                .notes_times = options_.field_times,
                .times_of_arrival = options_.times_of_arrival,
                .history_max = options_.history_max};
    }
    // The threads that serve share one clock.
    template <class F>
    void with_clock(F&& f) {
        const std::lock_guard locked(lock_);
        f(*clock_);
    }
    [[nodiscard]] static events::request_refused refusal(const caller& who, const error& why) {
        return {.tenant = who.tenant.name(),
                .subject = who.subject,
                .code = std::string(describe(why.code).name),
                .message = why.message};
    }
    void tell_push(const caller& who, const push_message<schema_type>& asked,
                   const push_answer<schema_type>& answer,
                   const std::vector<events::conflict_parked>& parked);
    void tell_audited(const caller& who, const detail::audit_trail& audited);

    template <class Transaction>
    [[nodiscard]] result<void> tell_resolved(Transaction& tx, const pull_message& asked,
                                             pull_answer<schema_type>& page) const;
    template <class Transaction>
    [[nodiscard]] result<changes_seen> read_page(Transaction& tx, const change_range& range,
                                                 const detail::row_choice<schema_type>& wanted,
                                                 pull_answer<schema_type>& page) const;
    template <class Transaction>
    [[nodiscard]] result<void> give_foreign(Transaction& tx, pull_answer<schema_type>& page) const;
    template <class T>
    void take_page_row(pull_answer<schema_type>& page, record<T>&& row,
                       const detail::row_choice<schema_type>& wanted) const;

    storage_type* store_;
    Policy policy_;
    server_options options_;
    environment_type from_;
    std::mutex lock_{};  // Of these three.
    uuid_v7_generator ids_{};
    std::optional<store_identity> identity_{};
    std::optional<hybrid_clock> clock_{};
};

template <class S, class Policy = last_write_wins>
server(S&, Policy = {}, server_options = {}) -> server<world<S>, Policy>;
template <class S, class Policy, class E>
server(S&, Policy, server_options, E) -> server<world<S, E>, Policy>;

// --- how it is done ------------------------------------------------------------------------------

/// The server's own clock: its origin is the store's history, the same for all that serve it.
template <class W, class P>
result<void> server<W, P>::begin() {
    const std::lock_guard locked(lock_);
    if (!clock_) {
        auto identity = store_->identity();
        if (!identity) return identity.error();
        if (detail::has_unique_fields<schema_type> && !detail::keeps_unique(*store_))
            return error{.code = errc::schema_mismatch,
                         .message =
                             "the server's store must keep values unique; open it with "
                             ".unique = true"};
        identity_ = *identity;
        std::uint64_t origin = 0;
        for (std::size_t i = 8; i < 16; ++i) origin = origin << 8 | identity->history.bytes()[i];
        clock_.emplace(replica_id(origin | 1));
    }
    return {};
}

template <class W, class P>
std::string server<W, P>::handle(const caller& who, std::string_view request) {
    const auto refuse = [&](const error& why) {
        tell_refused(who, why);
        return encode(failure_message{why});
    };
    const auto keys = keys_for(who.tenant);
    const auto give = [&](const auto& answer) {
        if (!answer) return refuse(answer.error());
        auto bytes = encode(*answer, keys.view());
        return bytes ? std::move(*bytes) : refuse(bytes.error());
    };
    switch (kind_of(request)) {
        case message_kind::push: {
            auto asked = decode<push_message<schema_type>>(request, keys.view());
            if (!asked) return refuse(asked.error());
            return give(push(who, std::move(*asked)));
        }
        case message_kind::pull: {
            auto asked = decode<pull_message>(request);
            if (!asked) return refuse(asked.error());
            return give(pull(who, *asked));
        }
        default:
            return refuse({.code = errc::unsupported_format,
                           .message = "this is no request of protocol version " +
                                      std::to_string(protocol_version)});
    }
}

template <class W, class P>
result<push_answer<typename W::schema_type>> server<W, P>::push(const caller& who,
                                                                push_message<schema_type> asked) {
    if (static_cast<std::int64_t>(asked.operations.size()) > options_.operations_max)
        return error{.code = errc::too_large,
                     .message = "a push has " + std::to_string(options_.operations_max) +
                                " operations at most"};
    if (auto begun = begin(); !begun) return begun.error();
    if (asked.history != uuid() && asked.history != identity_->history)
        return error{.code = errc::resynchronise,
                     .message = "the store's history is another one than the device's"};
    if (auto fine = detail::check_ids(asked); !fine) return fine.error();
    detail::push_batch<storage_type, P> batch(asked, rules_for(who), policy_);
    with_clock([&](hybrid_clock& clock) { batch.accept_times(clock); });
    if (auto fine = batch.check(); !fine) return fine.error();
    // Rows that the database refuses are found out by trying: they are rejected with all that must
    // take effect with them, and the others are tried again. Each round rejects one at least.
    while (true) {
        auto tx = begin_write(*store_, who.tenant);
        if (!tx) return tx.error();
        // What is planned is written as planned: nobody else may write in between.
        auto alone = tx->next_sequence(0);
        if (!alone) return alone.error();
        batch.begins_at(from_.now());
        auto done = batch.apply(*tx);
        if (!done) {
            if (!batch.reject_refused()) return done.error();
            continue;
        }
        if (auto kept = tx->commit(); !kept) return kept.error();
        auto answer = batch.take_answer();
        answer.history = identity_->history;
        answer.until = *alone - 1 + batch.written();
        tell_push(who, asked, answer, batch.take_parked());
        tell_audited(who, batch.take_audited());
        return answer;
    }
}

template <class W, class P>
template <class Make, class Keep>
result<push_answer<typename W::schema_type>> server<W, P>::push_within(const caller& who,
                                                                       Make&& make, Keep&& keep) {
    if (auto begun = begin(); !begun) return begun.error();
    push_message<schema_type> asked;
    std::vector<events::conflict_parked> parked;
    detail::audit_trail audited;
    const auto once = [&](auto& tx) -> result<push_answer<schema_type>> {
        auto alone = tx.next_sequence(0);
        if (!alone) return alone.error();
        result<push_message<schema_type>> made = make(tx);
        if (!made) return made.error();
        asked = std::move(*made);
        detail::push_batch<storage_type, P> batch(asked, rules_for(who), policy_);
        with_clock([&](hybrid_clock& clock) { batch.accept_times(clock); });
        if (auto fine = batch.check(); !fine) return fine.error();
        if (auto done = batch.apply(tx); !done) return done.error();
        auto answer = batch.take_answer();
        answer.history = identity_->history;
        answer.until = *alone - 1 + batch.written();
        parked = batch.take_parked();
        audited = batch.take_audited();
        if (auto kept = keep(tx, std::as_const(answer)); !kept) return kept.error();
        return answer;
    };
    auto answer = transact(*store_, who.tenant, once);
    if (!answer || asked.operations.empty()) return answer;
    tell_push(who, asked, *answer, parked);
    tell_audited(who, audited);
    return answer;
}

template <class W, class P>
template <class T>
void server<W, P>::take_page_row(pull_answer<schema_type>& page, record<T>&& row,
                                 const detail::row_choice<schema_type>& wanted) const {
    if (!wanted.template names<T>()) return;
    const bool has_left = !row.is_deleted() && !wanted.has(row.value);
    // What was gone before the device began was never there.
    if ((row.is_deleted() || has_left) && row.sequence() <= page.fresh_until) return;
    page.rows.template of<T>().push_back({std::move(row), has_left});
}

// What is kept for devices that know more goes with its rows.
template <class W, class P>
template <class Transaction>
result<void> server<W, P>::give_foreign(Transaction& tx, pull_answer<schema_type>& page) const {
    result<void> done;
    schema_type::for_each([&]<class T>(of<T>) {
        std::vector<pulled_row<T>>& rows = page.rows.template of<T>();
        if (!done || rows.empty()) return;
        std::vector<T*> values;
        for (pulled_row<T>& each : rows) values.push_back(&each.row.value);
        auto left = detail::adopt_many(tx, values);
        if (!left) {
            done = left.error();
            return;
        }
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (!rows[i].has_left) rows[i].foreign = std::move((*left)[i].fields);
    });
    return done;
}

// A part at a time, so that large rows don't fill the memory.
template <class W, class P>
template <class Transaction>
result<changes_seen> server<W, P>::read_page(Transaction& tx, const change_range& range,
                                             const detail::row_choice<schema_type>& wanted,
                                             pull_answer<schema_type>& page) const {
    constexpr std::int64_t part = 1'000;
    std::size_t bytes = 0;
    changes_seen all{.until = range.after};
    do {
        const std::int64_t left = range.limit - all.rows;
        auto seen = visit_changes<schema_type>(
            tx, {.after = all.until, .limit = detail::smaller(left, part)},
            [&]<class T>(record<T>&& row) {
                detail::with_members(row.value, [&](const auto&... members) {
                    bytes += (detail::binary::bound(members) + ... + 0);
                });
                take_page_row(page, std::move(row), wanted);
            });
        if (!seen) return seen.error();
        all = {seen->until, all.rows + seen->rows, seen->is_behind};
    } while (all.is_behind && all.rows < range.limit &&
             bytes < static_cast<std::size_t>(options_.bytes_max));
    return all;
}

template <class W, class P>
result<pull_answer<typename W::schema_type>> server<W, P>::pull(const caller& who,
                                                                const pull_message& asked) {
    if (auto begun = begin(); !begun) return begun.error();
    auto wanted = detail::row_choice<schema_type>::make(asked.filters);
    if (!wanted) return wanted.error();
    auto tx = begin_read(*store_, who.tenant);
    if (!tx) return tx.error();
    auto last = tx->last_sequence();
    if (!last) return last.error();
    const cursor_scope scope{who.tenant, detail::entity_set<schema_type>, *identity_};
    auto after = read_cursor(scope, asked.cursor, *last);
    // Whoever has a cursor that we didn't give out can do nothing with it but throw it away.
    if (!after) return error{.code = errc::resynchronise, .message = after.error().message};
    auto floor = detail::get_floor(*tx);
    if (!floor) return floor.error();
    pull_answer<schema_type> page;
    page.fresh_until = asked.cursor.empty() ? *last : asked.fresh_until;
    // Some deletions behind the cursor are gone, of rows that the device may have.
    if (floor->is_above({*after, page.fresh_until})) return detail::was_away_too_long();
    const std::int64_t limit =
        detail::smaller(detail::larger<std::int64_t>(asked.rows_max, 0), options_.rows_max);
    if (auto told = tell_resolved(*tx, asked, page); !told) return told.error();
    auto seen = read_page(*tx, {.after = *after, .limit = limit}, *wanted, page);
    if (!seen) return seen.error();
    if (auto given = give_foreign(*tx, page); !given) return given.error();
    page.cursor = write_cursor(scope, seen->until);
    page.until = seen->until;
    page.behind = seen->is_behind ? *last - seen->until : 0;
    page.history = identity_->history;
    with_clock([&](hybrid_clock& clock) { page.newest = clock.tick(from_.now()); });
    detail::tell(from_, [&] {
        return events::page_given{.tenant = who.tenant.name(),
                                  .subject = who.subject,
                                  .rows = static_cast<std::int64_t>(page.rows.size()),
                                  .behind = page.behind};
    });
    return page;
}

template <class W, class P>
void server<W, P>::tell_push(const caller& who, const push_message<schema_type>& asked,
                             const push_answer<schema_type>& answer,
                             const std::vector<events::conflict_parked>& parked) {
    detail::tell(from_, [&] {
        events::push_taken told{
            .tenant = who.tenant.name(), .subject = who.subject, .device = to_string(asked.origin)};
        schema_type::for_each([&]<class T>(of<T>) {
            const auto& answers = answer.answers.template of<T>();
            if (answers.empty()) return;
            events::entity_outcomes seen{.entity = entity_of<T>.name};
            std::int64_t* const counts[] = {&seen.applied, &seen.merged, &seen.superseded,
                                            &seen.parked, &seen.rejected};
            for (const auto& each : answers) ++*counts[static_cast<std::size_t>(each.outcome)];
            told.add(seen);
        });
        return told;
    });
    schema_type::for_each([&]<class T>(of<T>) {
        for (const auto& each : answer.answers.template of<T>()) {
            if (each.outcome == push_outcome::rejected)
                detail::tell(from_, [&] {
                    return events::operation_rejected{.tenant = who.tenant.name(),
                                                      .operation = to_string(each.id),
                                                      .entity = std::string(entity_of<T>.name),
                                                      .code = std::string(describe(each.code).name),
                                                      .reason = each.reason};
                });
        }
    });
    for (const events::conflict_parked& each : parked) detail::tell(from_, [&] { return each; });
}

template <class W, class P>
void server<W, P>::tell_audited(const caller& who, const detail::audit_trail& audited) {
    for (std::size_t i = 0; i < audited.size(); ++i)
        detail::tell(from_, [&] {
            events::write_audited told = audited.event(i);
            told.tenant = who.tenant.name();
            told.request = who.request;
            return told;
        });
}

// Of a conflict that isn't known here, nothing is said: the device keeps its side of it.
template <class W, class P>
template <class Transaction>
result<void> server<W, P>::tell_resolved(Transaction& tx, const pull_message& asked,
                                         pull_answer<schema_type>& page) const {
    if (asked.open_conflicts.empty()) return {};
    auto found = tx.template get_many<parked_conflict>(std::span<const uuid>(asked.open_conflicts));
    if (!found) return found.error();
    for (const auto& each : *found)
        if (each && each->value.resolved_at) page.resolved_conflicts.push_back(each->value.id);
    return {};
}

}  // namespace syncfw

#include <syncfw/sync/detail/server_upkeep.hpp>
