// SPDX-License-Identifier: BSL-1.0
// The feed of a whole schema: the changes of all its entities, in the order in which they happened.
//
//     auto seen = visit_changes<library>(*tx, {.after = 4711, .limit = 1'000},
//                                        [&]<class T>(const record<T>& row) { send(row); });
//     remember(seen->until);           // goes on here
//     if (seen->is_behind) read_on();  // there was more
#pragma once

#include <syncfw/storage/storage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace syncfw {

struct change_range {
    std::int64_t after = 0;
    std::int64_t limit = 1'000;  ///< At most so many rows.
};

struct changes_seen {
    std::int64_t until = 0;  ///< Every change up to this number was seen.
    std::int64_t rows = 0;
    bool is_behind = false;  ///< The feed goes on.
};

/// Calls `f(row)` for each change after a number, in the order of the feed. Of each entity no more
/// than `limit + 1` rows are read at a time, and most often no more of all together. Each row comes
/// once, as it is now, tombstones included, and may be kept: `f` gets it as a `record<T>&&`.
template <class Schema, class Transaction, class F>
[[nodiscard]] result<changes_seen> visit_changes(Transaction& tx, const change_range& wanted,
                                                 F&& f);

/// The same for who has to ask something about many rows at once: `before(rows)` is called with
/// those of each entity as they are read, a `std::vector<record<T>>&` of which not all may come. It
/// gives a `result<void>`.
template <class Schema, class Transaction, class F, class Before>
[[nodiscard]] result<changes_seen> visit_changes(Transaction& tx, const change_range& wanted, F&& f,
                                                 Before&& before);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

template <class Schema>
class change_page;

// Without this, a store that gives a change again would keep its reader going for ever.
[[nodiscard]] [[gnu::cold]] inline error outside(std::string_view entity, std::int64_t sequence,
                                                 std::int64_t after, std::int64_t until) {
    return {.code = errc::internal,
            .message = "the store was asked for changes after " + std::to_string(after) +
                       " until " + std::to_string(until) + " and gave number " +
                       std::to_string(sequence),
            .entity = std::string(entity)};
}

template <class... Ts>
class change_page<schema<Ts...>> {
  public:
    template <class Transaction>
    [[nodiscard]] result<void> read(Transaction& tx, std::int64_t after, std::int64_t until,
                                    std::int64_t limit) {
        places_.clear();
        result<void> done;
        const auto read_one = [&]<class T>(std::vector<record<T>>& rows, std::size_t entity) {
            auto found = tx.template changes<T>(after, until, limit);
            if (!found) {
                done = found.error();
                return false;
            }
            rows = std::move(*found);
            for (std::size_t i = 0; i < rows.size(); ++i) {
                const std::int64_t sequence = rows[i].sequence();
                if (sequence <= after || sequence > until) {
                    done = outside(entity_of<T>.name, sequence, after, until);
                    return false;
                }
                places_.push_back({sequence, entity, i});
            }
            return true;
        };
        std::size_t entity = 0;
        std::apply([&](auto&... rows) { (void)(read_one(rows, entity++) && ...); }, rows_);
        if (sizeof...(Ts) > 1)
            std::sort(places_.begin(), places_.end(),
                      [](const place& a, const place& b) { return a.sequence < b.sequence; });
        return done;
    }

    [[nodiscard]] std::int64_t size() const noexcept { return std::ssize(places_); }
    /// Leaves so many, and gives the last one's number.
    [[nodiscard]] std::int64_t keep(std::int64_t rows) {
        places_.resize(static_cast<std::size_t>(rows));
        return places_.back().sequence;
    }

    template <class Before>
    [[nodiscard]] result<void> show(Before& before) {
        result<void> done;
        const auto show_one = [&](auto& rows) {
            if (done && !rows.empty()) done = before(rows);
        };
        std::apply([&](auto&... rows) { (show_one(rows), ...); }, rows_);
        return done;
    }

    template <class F>
    void visit(F& f) {
        for (const place& each : places_) {
            std::size_t entity = 0;
            const auto visit_one = [&](auto& rows) {
                if (entity++ == each.entity) f(std::move(rows[each.row]));
            };
            std::apply([&](auto&... rows) { (visit_one(rows), ...); }, rows_);
        }
    }

  private:
    struct place {
        std::int64_t sequence = 0;
        std::size_t entity = 0;
        std::size_t row = 0;
    };
    std::tuple<std::vector<record<Ts>>...> rows_{};
    std::vector<place> places_{};
};

}  // namespace detail

template <class Schema, class Transaction, class F>
result<changes_seen> visit_changes(Transaction& tx, const change_range& wanted, F&& f) {
    return visit_changes<Schema>(tx, wanted, f, [](const auto&) { return result<void>(); });
}

template <class Schema, class Transaction, class F, class Before>
result<changes_seen> visit_changes(Transaction& tx, const change_range& wanted, F&& f,
                                   Before&& before) {
    auto last = tx.last_sequence();
    if (!last) return last.error();
    detail::change_page<Schema> page;
    changes_seen seen{.until = wanted.after};
    // More than any store can give at a time, and small enough to be doubled.
    const std::int64_t limit = std::min(wanted.limit, std::int64_t{1} << 40);
    // A range of n numbers has n rows at most, and fewer where rows have changed since: then the
    // next range is wider. Where it then meets more rows than there is room for, none of them is
    // read again: those that there is room for are the first of all.
    std::int64_t width = limit;
    while (seen.until < *last && seen.rows < limit) {
        const std::int64_t room = limit - seen.rows;
        std::int64_t until = *last - seen.until > width ? seen.until + width : *last;
        if (auto done = page.read(tx, seen.until, until, room + 1); !done) return done.error();
        if (auto done = page.show(before); !done) return done.error();
        if (page.size() > room) until = page.keep(room);
        page.visit(f);
        seen.rows += page.size();
        seen.until = until;
        if (page.size() * 4 < width) width *= 2;
    }
    seen.is_behind = seen.until < *last;
    return seen;
}

}  // namespace syncfw
