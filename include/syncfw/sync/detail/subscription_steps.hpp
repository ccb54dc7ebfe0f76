// SPDX-License-Identifier: BSL-1.0
// A session's way from one subscription to another.
#pragma once

#include <syncfw/sync/detail/in_parts.hpp>
#include <syncfw/sync/session.hpp>

#include <string>
#include <utility>
#include <vector>

namespace syncfw {

// Notes what is wanted now, and what of it is new; all at once, so that no moment is lost.
template <class W>
result<void> sync_session<W>::take_filters() {
    const std::vector<filter>& wanted = core_->options().filters;
    blob bytes = detail::to_bytes(wanted);
    auto tx = begin_write(core_->store(), core_->tenant());
    if (!tx) return tx.error();
    auto position = detail::get_position(*tx);
    if (!position) return position.error();
    // What is read from the beginning is read as it is wanted.
    if (position->cursor.empty() || position->filters == bytes) return {};
    if (position->phase == pull_phase::renewing) {
        position->phase = pull_phase::doubting;
    } else {
        auto backfill = detail::get_position(*tx, detail::backfill_name);
        if (!backfill) return backfill.error();
        auto before = detail::filters_in(position->filters);
        if (!before) return before.error();
        auto open = detail::filters_in(backfill->filters);
        if (!open) return open.error();
        std::vector<filter> news = detail::what_is_new<schema_type>(*before, wanted);
        for (filter& each : *open) {
            const bool is_wanted = detail::wanted_of(wanted, each.entity) == each;
            bool is_there = false;
            for (const filter& other : news) is_there = is_there || other == each;
            if (is_wanted && !is_there) news.push_back(std::move(each));
        }
        *backfill = {.peer = std::string(detail::backfill_name), .filters = detail::to_bytes(news)};
        if (auto done = tx->put(record<feed_position>{*backfill}); !done) return done;
        position->phase = pull_phase::backfilling;
    }
    position->filters = std::move(bytes);
    if (auto done = tx->put(record<feed_position>{*position}); !done) return done;
    return tx->commit();
}

// What isn't wanted any more goes, before anything new is read; unsent work stays.
template <class W>
result<void> sync_session<W>::let_go(const detail::row_choice<schema_type>& wanted) {
    result<void> done;
    schema_type::for_each([&]<class T>(of<T>) {
        if (!done) return;
        auto gone = detail::erase_in_parts<T>(
            core_->store(), core_->tenant(), all<T>(), [&](const record<T>& each) {
                return each.status() == sync_status::synced && !wanted.has(each.value);
            });
        if (!gone) done = gone.error();
        report_.left += gone ? *gone : 0;
    });
    return done;
}

template <class W>
result<void> sync_session<W>::subscribe() {
    auto choice = detail::row_choice<schema_type>::make(core_->options().filters);
    if (!choice) return choice.error();
    if (auto taken = take_filters(); !taken) return taken;
    if (auto done = doubt(); !done) return done;
    feed_position position, backfill;
    {
        auto tx = begin_read(core_->store(), core_->tenant());
        if (!tx) return tx.error();
        auto main = detail::get_position(*tx);
        if (!main) return main.error();
        auto beside = detail::get_position(*tx, detail::backfill_name);
        if (!beside) return beside.error();
        position = std::move(*main);
        backfill = std::move(*beside);
    }
    if (position.phase != pull_phase::backfilling || !backfill.cursor.empty()) return {};
    if (auto gone = let_go(*choice); !gone || !backfill.filters.empty()) return gone;
    auto tx = begin_write(core_->store(), core_->tenant());
    if (!tx) return tx.error();
    if (auto done = detail::end_backfill(*tx, position); !done) return done;
    return tx->commit();
}

}  // namespace syncfw
