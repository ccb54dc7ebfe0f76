// SPDX-License-Identifier: BSL-1.0
// The steps of a session. Each is a transaction of the store, so that a session may end anywhere.
#pragma once

#include <syncfw/observe/events.hpp>
#include <syncfw/sync/detail/batch_maker.hpp>
#include <syncfw/sync/detail/push_rules.hpp>
#include <syncfw/sync/detail/row_keys.hpp>
#include <syncfw/sync/session.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace syncfw {

template <class W>
result<std::optional<std::string>> sync_session<W>::next() {
    while (true) switch (at_) {
            case stage::settle:
            case stage::push: {
                auto nothing = has_only_to_ask();
                if (!nothing) return nothing.error();
                if (*nothing) {
                    at_ = which_ == sync_parts::push ? stage::done : stage::pull;
                    break;
                }
                auto request = next_push();
                if (!request || *request) return request;
                at_ = behind_push();
                break;
            }
            case stage::subscribe:
                if (auto done = subscribe(); !done) return done.error();
                at_ = stage::pull;
                break;
            case stage::pull: return next_pull();
            case stage::sweep:
                if (auto done = sweep(); !done) return done.error();
                at_ = behind_pull();
                break;
            case stage::done: return std::optional<std::string>();
        }
}

template <class W>
result<void> sync_session<W>::receive(std::string_view answer, const request_ahead& ahead) {
    count(answer);
    return at_ == stage::pull ? receive_pull(answer, ahead) : receive_push(answer);
}

template <class W>
result<void> sync_session<W>::lost(const error& why) {
    // Whoever said so, a proxy say, has not passed it on.
    if (at_ <= stage::push && why.code == errc::too_large) return take_back_batch(why);
    at_ = stage::done;
    return why;
}

// --- push ----------------------------------------------------------------------------------------

// The first look: where nothing is to be sent and nothing is in doubt, all that is left is to ask
// for news. That is how most syncs are, so it costs one transaction that only reads.
template <class W>
result<bool> sync_session<W>::has_only_to_ask() {
    using annotations::field;
    if (std::exchange(has_looked_, true)) return false;
    auto tx = begin_read(core_->store(), core_->tenant());
    if (!tx) return tx.error();
    auto position = detail::get_position(*tx);
    if (!position) return position.error();
    if (position->phase != pull_phase::steady || position->cursor.empty() ||
        position->filters != detail::to_bytes(core_->options().filters))
        return false;
    auto work =
        which_ == sync_parts::pull
            ? tx->scan(where(field<&outbox_operation::state> == outbox_state::in_flight).limit(1))
            : tx->scan(where(field<&outbox_operation::state>.in(outbox_state::queued,
                                                                outbox_state::in_flight))
                           .limit(1));
    if (!work) return work.error();
    if (!work->empty()) return false;
    position_ = std::move(*position);
    return true;
}

template <class W>
result<std::optional<std::string>> sync_session<W>::next_push() {
    auto tx = begin_write(core_->store(), core_->tenant());
    if (!tx) return tx.error();
    if (auto known = core_->know_self(*tx); !known) return known.error();
    auto position = detail::get_position(*tx);
    if (!position) return position.error();
    detail::batch_maker<schema_type, write_transaction<typename W::storage_type>> batch(
        *tx, core_->id(), position->history);
    auto found = batch.take_in_flight();
    // While all is read anew, a row's base may be of another history: it waits until that is done.
    const bool may_push =
        position->phase == pull_phase::steady || position->phase == pull_phase::backfilling;
    if (found && !*found && !may_push && which_ != sync_parts::pull) pushes_again_ = true;
    if (found && !*found && at_ == stage::push && may_push) found = take_queued(*tx, batch);
    if (!found) return found.error();
    if (auto kept = tx->commit(); !kept) return kept.error();
    if (!*found) return std::optional<std::string>();
    batch_ = batch.message().batch;
    auto request = encode(batch.message(), detail::keys_in(*tx));
    if (!request) return request.error();
    count(*request);
    return std::optional(std::move(*request));
}

// What is written from now on waits for the next session: who never stops writing has to hear the
// news as well.
template <class W>
template <class Transaction, class Batch>
result<bool> sync_session<W>::take_queued(Transaction& tx, Batch& batch) {
    if (!queued_until_) {
        auto last = tx.last_sequence();
        if (!last) return last.error();
        queued_until_ = *last;
    }
    return batch.take_queued(operations_max_, *queued_until_, core_->new_id());
}

template <class W>
result<void> sync_session<W>::receive_push(std::string_view bytes) {
    const detail::keys_of keys(core_->store(), core_->tenant());
    auto answer = decode<push_answer<schema_type>>(bytes, keys.view());
    if (!answer) {
        // Only what the server said itself tells that there was no effect; anything else is no
        // answer, and the push is sent again.
        if (auto failure = decode<failure_message>(bytes)) return take_back_batch(failure->why);
        at_ = stage::done;
        return answer.error();
    }
    auto tx = begin_write(core_->store(), core_->tenant());
    if (!tx) return tx.error();
    result<void> done = core_->observe(*tx, answer->newest);
    auto position = detail::get_position(*tx);
    if (!position) return position.error();
    detail::enter_history(*position, answer->history);
    position->written_until = std::max(position->written_until, answer->until);
    sync_report seen;
    for (const std::size_t place : schema_type::parents_first)
        schema_type::visit_at(place, [&]<class T>(of<T>) {
            for (const auto& each : answer->answers.template of<T>()) {
                if (!done) return;
                auto kept = tx->template get<outbox_operation>(each.id);
                if (!kept) {
                    done = kept.error();
                    return;
                }
                // Answers to what was not asked are passed over.
                if (!*kept || (*kept)->value.state != outbox_state::in_flight ||
                    (*kept)->value.batch != batch_ ||
                    (*kept)->value.entity_name != entity_of<T>.name)
                    continue;
                ++seen.pushed;
                seen.superseded += each.outcome == push_outcome::superseded ? 1 : 0;
                seen.rejected += each.outcome == push_outcome::rejected ? 1 : 0;
                seen.parked += each.outcome == push_outcome::parked ? 1 : 0;
                done = detail::take_answer<T>(*tx, (*kept)->value, each, core_->now(),
                                              position->has_conflicts);
            }
        });
    if (!done) return done;
    if (seen.pushed == 0) {
        at_ = stage::done;
        return error{.code = errc::malformed, .message = "the server answered something else"};
    }
    position->has_conflicts |= seen.parked > 0;
    if (auto noted = tx->put(record<feed_position>{*position}); !noted) return noted;
    if (auto kept = tx->commit(); !kept) return kept;
    operations_max_ = std::min(operations_max_ * 2, core_->options().operations_max);
    report_.pushed += seen.pushed;
    report_.rejected += seen.rejected;
    report_.superseded += seen.superseded;
    report_.parked += seen.parked;
    return {};
}

// The server said that the push had no effect. Where that is the data's fault it is cut in halves,
// until the transaction is found that can't be taken; that one fails alone, with the reason. What
// else is wrong is the server's to mend, and the work waits for that.
template <class W>
result<void> sync_session<W>::take_back_batch(const error& why) {
    using annotations::field;
    if (why.code == errc::commit_unknown || why.code == errc::timed_out) {
        at_ = stage::done;
        return why;
    }
    auto tx = begin_write(core_->store(), core_->tenant());
    if (!tx) return tx.error();
    auto rows = tx->scan(where(field<&outbox_operation::state> == outbox_state::in_flight));
    if (!rows) return rows.error();
    const bool is_renewal = why.code == errc::resynchronise;
    const bool is_to_blame = detail::is_fault_of_work(why.code);
    bool is_alone = true;  // One transaction: nothing less can be sent.
    std::int32_t attempts = 0;
    for (const record<outbox_operation>& each : *rows) {
        is_alone &= each.value.transaction == rows->front().value.transaction;
        attempts = std::max(attempts, each.value.attempts);
    }
    const bool fails =
        is_alone && !is_renewal && (is_to_blame || attempts >= core_->options().attempts_max);
    for (record<outbox_operation>& row : *rows) {
        outbox_operation& each = row.value;
        // Of several nobody knows which it was.
        if (is_renewal || (is_to_blame && !is_alone)) --each.attempts;
        auto done = schema_type::visit(each.entity_name, [&]<class T>(of<T>) {
            return detail::take_back<T>(*tx, each, fails ? &why : nullptr,
                                        is_renewal ? core_->new_id() : each.id);
        });
        if (!done) return done;
    }
    if (auto kept = tx->commit(); !kept) return kept;
    if (is_renewal) {
        // Versions of another history say nothing: first all is read anew, then this is sent.
        pushes_again_ = which_ != sync_parts::pull;
        return begin_renewal(why);
    } else if (is_to_blame) {
        const auto sent = static_cast<std::int64_t>(rows->size());
        operations_max_ = std::max<std::int64_t>(1, std::min(operations_max_, sent) / 2);
    } else {
        // What is new can be had nevertheless.
        report_.push_failure = why;
        at_ = behind_push();
    }
    return {};
}

// --- pull ----------------------------------------------------------------------------------------

// All rows are read anew. A server that asks for it again and again doesn't keep us going.
template <class W>
result<void> sync_session<W>::begin_renewal(const error& why) {
    if (renewals_++ == renewals_max) {
        at_ = stage::done;
        return why;
    }
    if (auto done = core_->begin_renewal(); !done) return done;
    detail::tell(core_->environment(), [&] {
        return events::renewal_began{.tenant = core_->tenant().name(), .reason = why.message};
    });
    at_ = stage::subscribe;
    return {};
}

template <class W>
result<void> sync_session<W>::doubt() {
    {
        auto tx = begin_read(core_->store(), core_->tenant());
        if (!tx) return tx.error();
        auto position = detail::get_position(*tx);
        if (!position) return position.error();
        // As long as nothing was pulled, the server may have deleted what was pushed from here, and
        // won't tell: a first page leaves deletions out.
        const bool may_have_missed = position->cursor.empty() && !is_first_doubted_;
        if (position->phase != pull_phase::doubting && !may_have_missed) return {};
    }
    result<void> done;
    schema_type::for_each([&]<class T>(of<T>) {
        if (done)
            done = detail::doubt_rows<T>(core_->store(), core_->tenant(),
                                         core_->options().rows_max_behind);
    });
    if (!done) return done;
    auto tx = begin_write(core_->store(), core_->tenant());
    if (!tx) return tx.error();
    auto position = detail::get_position(*tx);
    if (!position) return position.error();
    is_first_doubted_ = true;
    position->phase = pull_phase::renewing;
    position->cursor.clear();
    position->fresh_until = 0;
    position->filters = detail::to_bytes(core_->options().filters);
    const std::string beside(detail::backfill_name);
    if (auto erased = tx->template erase<feed_position>(beside); !erased) return erased;
    if (auto kept = tx->put(record<feed_position>{*position}); !kept) return kept;
    return tx->commit();
}

template <class W>
result<std::optional<std::string>> sync_session<W>::next_pull() {
    if (!position_) {
        auto tx = begin_read(core_->store(), core_->tenant());
        if (!tx) return tx.error();
        auto position = detail::get_position(*tx);
        if (!position) return position.error();
        position_ = std::move(*position);
        if (position_->phase == pull_phase::backfilling) {
            auto backfill = detail::get_position(*tx, detail::backfill_name);
            if (!backfill) return backfill.error();
            backfill_ = std::move(*backfill);
        }
    }
    std::vector<uuid> conflicts;
    if (position_->has_conflicts) {
        auto tx = begin_read(core_->store(), core_->tenant());
        if (!tx) return tx.error();
        auto open = detail::open_conflicts(*tx, conflicts_max);
        if (!open) return open.error();
        for (const record<parked_conflict>& each : *open) conflicts.push_back(each.value.id);
    }
    auto request =
        page_request(backfill_ ? *backfill_ : *position_, rows_max_, std::move(conflicts));
    if (!request) return request.error();
    count(*request);
    return std::optional(std::move(*request));
}

template <class W>
result<std::string> sync_session<W>::page_request(const feed_position& from, std::int64_t rows_max,
                                                  std::vector<uuid> open_conflicts) const {
    auto wanted = detail::filters_in(from.filters);
    if (!wanted) return wanted.error();
    return encode(pull_message{.cursor = from.cursor,
                               .rows_max = rows_max,
                               .fingerprint = schema_type::fingerprint,
                               .fresh_until = from.fresh_until,
                               .open_conflicts = std::move(open_conflicts),
                               .filters = std::move(*wanted)});
}

// Where nobody has written anything, a page need not be compared with what is here.
template <class W>
template <class Transaction>
result<detail::rows_here> sync_session<W>::look_around(Transaction& tx, const feed_position& at,
                                                       bool is_backfill) {
    using detail::rows_here;
    if (is_backfill) is_fresh_ = false;
    const bool may_be_fresh = !is_backfill && (at.cursor.empty() || is_fresh_);
    auto is_free = detail::is_empty<schema_type>(tx, false);
    if (!is_free) return is_free.error();
    if (may_be_fresh && *is_free) {
        auto empty = at.cursor.empty() ? detail::is_empty<schema_type>(tx, true) : is_free;
        if (!empty) return empty.error();
        is_fresh_ = *empty;
        if (is_fresh_) return rows_here::none;
    }
    is_fresh_ = false;
    const bool is_sure = at.phase == pull_phase::steady || at.phase == pull_phase::backfilling;
    return *is_free && is_sure && !at.has_conflicts ? rows_here::settled : rows_here::any;
}

// Large transactions cost a store less, but as long as the server prepares a page much larger than
// the one before, and as long as the last one is stored, one side waits for the other: so ten pages
// or more, and none so small that its transaction costs more than that.
template <class W>
void sync_session<W>::choose_page(std::int64_t behind) {
    constexpr std::int64_t worth_a_transaction = 10'000;
    const std::int64_t wanted = std::min({rows_max_ * 4, std::max(worth_a_transaction, behind / 10),
                                          core_->options().rows_max_behind});
    rows_max_ = std::max(rows_max_, wanted);
}

template <class W>
result<void> sync_session<W>::receive_pull(std::string_view bytes, const request_ahead& ahead) {
    const detail::keys_of keys(core_->store(), core_->tenant());
    auto page = decode<pull_answer<schema_type>>(bytes, keys.view());
    const std::optional<feed_position> asked = std::exchange(position_, std::nullopt);
    std::optional<feed_position> backfill = std::exchange(backfill_, std::nullopt);
    if (!page) {
        if (page.error().code == errc::resynchronise) return begin_renewal(page.error());
        at_ = stage::done;
        return page.error();
    }
    // A sync that finds nothing writes nothing.
    if (asked->phase == pull_phase::steady && page->cursor == asked->cursor && page->rows.empty() &&
        page->resolved_conflicts.empty() && !page->is_behind()) {
        report_.behind = 0;
        at_ = behind_pull();
        return {};
    }
    choose_page(page->behind);
    if (ahead && page->is_behind() && !asked->has_conflicts) {
        feed_position behind = backfill ? *backfill : *asked;
        behind.cursor = page->cursor;
        behind.fresh_until = page->fresh_until;
        if (auto request = page_request(behind, rows_max_, {})) ahead(std::move(*request));
    }
    auto tx = begin_write(core_->store(), core_->tenant());
    if (!tx) return tx.error();
    auto position = detail::get_position(*tx);
    if (!position) return position.error();
    auto here = look_around(*tx, *position, backfill.has_value());
    if (!here) return here.error();
    auto counted = detail::take_page(*tx, *page, core_->now(), *here);
    if (!counted) return counted.error();
    feed_position& moved = backfill ? *backfill : *position;
    if (page->is_behind() && moved.cursor == page->cursor) {
        at_ = stage::done;
        return error{.code = errc::malformed, .message = "the server gives the same page for ever"};
    }
    auto taken = detail::take_resolved<schema_type>(*tx, page->resolved_conflicts, core_->now());
    if (!taken) return taken;
    if (!page->resolved_conflicts.empty()) {
        auto open = detail::open_conflicts(*tx, 1);
        if (!open) return open.error();
        position->has_conflicts = !open->empty();
    }
    moved.cursor = page->cursor;
    detail::enter_history(moved, page->history);
    moved.seen_until = std::max(moved.seen_until, page->until);
    moved.fresh_until = page->fresh_until;
    moved.moved_at = core_->now();
    if (auto done = core_->know_self(*tx); !done) return done;
    if (auto done = core_->observe(*tx, page->newest); !done) return done;
    if (auto done = tx->put(record<feed_position>{*position}); !done) return done;
    if (backfill) {
        auto done = page->is_behind() ? tx->put(record<feed_position>{*backfill})
                                      : detail::end_backfill(*tx, *position);
        if (!done) return done;
    }
    if (auto kept = tx->commit(); !kept) return kept;
    report_.pulled += counted->stored;
    report_.left += counted->left;
    report_.behind = page->behind;
    if (!page->is_behind() && !backfill)
        at_ = position->phase == pull_phase::renewing ? stage::sweep : behind_pull();
    return {};
}

template <class W>
result<void> sync_session<W>::sweep() {
    while (true) {
        auto tx = begin_write(core_->store(), core_->tenant());
        if (!tx) return tx.error();
        detail::rows_taken counted;
        auto all = detail::sweep_rows<schema_type>(*tx, core_->options().rows_max_behind, counted);
        if (!all) return all.error();
        if (*all) {
            auto position = detail::get_position(*tx);
            if (!position) return position.error();
            position->phase = pull_phase::steady;
            if (auto done = tx->put(record<feed_position>{*position}); !done) return done;
        }
        if (auto kept = tx->commit(); !kept) return kept;
        report_.left += counted.left;
        if (*all) return {};
    }
}

}  // namespace syncfw
