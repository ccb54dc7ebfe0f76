// SPDX-License-Identifier: BSL-1.0
// What a replica does now and then: leaving a device, asking how much is left, waiting for news.
#pragma once

#include <syncfw/sync/detail/in_parts.hpp>
#include <syncfw/sync/detail/row_keys.hpp>
#include <syncfw/sync/replica.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace syncfw {

// --- leaving -------------------------------------------------------------------------------------

template <class W, class L>
result<void> replica<W, L>::sign_out(unsent work) {
    if (work == unsent::flush) {
        if (auto pushed = push(); !pushed) return pushed.error();
        auto now = status();
        if (!now) return now.error();
        if (now->pending + now->failed + now->conflicts > 0)
            return error{.code = errc::busy,
                         .message = "there is work on this device that the server has not taken"};
    }
    result<void> done;
    const auto wipe = [&]<class T>(of<T>) {
        if (!done) return;
        // What was written since the flush stays as well.
        auto gone = detail::erase_in_parts<T>(
            core_.store(), core_.tenant(), all<T>(), [&](const record<T>& each) {
                return work == unsent::drop || each.status() == sync_status::synced;
            });
        if (!gone) done = gone.error();
    };
    schema_type::for_each(wipe);
    if (work == unsent::drop) wipe(of<outbox_operation>());
    if (!done) return done;
    // A conflict that was settled still has the row as both sides had it.
    auto settled = detail::erase_in_parts<parked_conflict>(
        core_.store(), core_.tenant(), all<parked_conflict>(),
        [&](const record<parked_conflict>& each) {
            return work == unsent::drop || each.value.resolved_at.has_value();
        });
    if (!settled) return settled.error();
    auto tx = begin_write(core_.store(), core_.tenant());
    if (!tx) return tx.error();
    auto position = detail::get_position(*tx);
    if (!position) return position.error();
    // What comes next is everything, and until then nothing is here.
    position->cursor.clear();
    position->seen_until = 0;
    if (auto ended = detail::end_backfill(*tx, std::move(*position)); !ended) return ended;
    if (auto kept = tx->commit(); !kept) return kept;
    look_again();
    return {};
}

template <class W, class L>
result<std::int64_t> replica<W, L>::pull_pending() {
    pull_message asked{.rows_max = 0, .fingerprint = schema_type::fingerprint};
    {
        auto tx = begin_read(core_.store(), core_.tenant());
        if (!tx) return tx.error();
        auto position = detail::get_position(*tx);
        if (!position) return position.error();
        asked.cursor = position->cursor;
        asked.fresh_until = position->fresh_until;
        asked.filters = core_.options().filters;
    }
    auto answer = link_->exchange(encode(asked));
    if (!answer) return answer.error();
    const detail::keys_of keys(core_.store(), core_.tenant());
    auto page = decode<pull_answer<schema_type>>(*answer, keys.view());
    if (!page) return page.error();
    return page->behind;
}

// --- freshness -----------------------------------------------------------------------------------

template <class W, class L>
result<freshness> replica<W, L>::seen() {
    auto tx = begin_read(core_.store(), core_.tenant());
    if (!tx) return tx.error();
    auto position = detail::get_position(*tx);
    if (!position) return position.error();
    return freshness{position->history,
                     detail::larger(position->seen_until, position->written_until)};
}

template <class W, class L>
result<void> replica<W, L>::wait(const freshness& token, std::int64_t patience_microseconds) {
    constexpr backoff_rules rules{.base_microseconds = 20'000, .most_microseconds = 2'000'000};
    detail::countdown patience;
    patience.start(core_.now(), patience_microseconds);
    for (std::int64_t attempt = 1;; ++attempt) {
        {
            auto tx = begin_read(core_.store(), core_.tenant());
            if (!tx) return tx.error();
            auto position = detail::get_position(*tx);
            if (!position) return position.error();
            if (position->history == token.history && position->seen_until >= token.sequence)
                return {};
        }
        patience.look(core_.now());
        if (patience.left() == 0)
            return error{.code = errc::timed_out,
                         .message = "what was waited for has not come in time"};
        core_.environment().pause(
            std::min(patience.left(), wait_before(attempt, rules, core_.environment().random())));
        if (auto seen = pull(); !seen && !is_worth_retrying(seen.error().code)) return seen.error();
    }
}

}  // namespace syncfw
