// SPDX-License-Identifier: BSL-1.0
// One page of rows as JSON: from a time or a cursor to a place in the feed, the rows behind it,
// and where to go on.
#pragma once

#include <syncfw/codec/detail/json_object.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/storage/changes.hpp>
#include <syncfw/storage/cursor.hpp>
#include <syncfw/sync/detail/feed_times.hpp>
#include <syncfw/sync/detail/foreign_fields.hpp>
#include <syncfw/sync/detail/push_rules.hpp>
#include <syncfw/sync/detail/retention.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

/// What a client wants to pull.
struct row_question {
    static constexpr std::int64_t limit_default = 1'000;
    static constexpr std::int64_t limit_max = 10'000;

    std::optional<timestamp> since{};     ///< All behind this time; none or 1970: a first pull.
    std::string cursor{};                 ///< Where there is one, it counts, and not the time.
    std::optional<std::int64_t> limit{};  ///< Rows over all types.
    std::optional<std::vector<std::string>> entity_types{};  ///< None: all.
    /// False where some of the changes are asked for only: then the answer's time is none to go on
    /// from, but what the client had before.
    bool moves_time = true;
};

namespace detail {

/// `{"success":true,"data":`, with the data to be appended.
inline std::string& begin_answer(std::string& out) {
    return out = R"({"success":true,"data":)";
}
inline void end_answer(std::string& out, timestamp since, const std::string& cursor,
                       const std::vector<std::string>& warnings) {
    out += ",\"syncTimestamp\":" + syncfw::json::encode_value(since);
    if (!cursor.empty()) out += ",\"cursor\":" + syncfw::json::encode_value(cursor);
    if (!warnings.empty()) out += ",\"warnings\":" + syncfw::json::encode_value(warnings);
    out += '}';
}

/// Of the two what surely isn't too late.
[[nodiscard]] inline timestamp smaller_time(const std::optional<timestamp>& told, timestamp began) {
    return told && *told > began ? *told : began;
}

/// The first number of the feed whose row is of a later time, or none.
template <class T, class Transaction>
[[nodiscard]] result<std::optional<std::int64_t>> first_after(Transaction& tx, timestamp since) {
    constexpr std::size_t place = entity_of<T>.find(meaning::updated_at);
    static_assert(place != no_field,
                  "syncfw: rows that are pulled by a time need a field marked updated_at");
    const query_node is_later{
        .op = query_op::greater, .place = static_cast<std::uint8_t>(place), .count = 1};
    const value bound = value::of(since);
    std::vector<order_term> order{{.place = static_cast<std::uint8_t>(place)}};
    for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i)
        if (entity_of<T>.fields[i].has(meaning::primary_key))
            order.push_back({.place = static_cast<std::uint8_t>(i)});
    auto rows = tx.template scan<T>(query_view{.entity = entity_of<T>,
                                               .nodes = {&is_later, 1},
                                               .values = {&bound, 1},
                                               .order = order,
                                               .limit = 1});
    if (!rows) return rows.error();
    if (rows->empty()) return std::optional<std::int64_t>();
    return std::optional<std::int64_t>(rows->front().sequence());
}

template <class Schema>
class row_page {
  public:
    explicit row_page(const row_question& asked) : asked_(asked) {}

    [[nodiscard]] result<void> check() {
        limit_ = asked_.limit.value_or(row_question::limit_default);
        if (limit_ < 1)
            return error{.code = errc::invalid_value,
                         .message = "a page has one row at least",
                         .field = "limit"};
        limit_ = smaller(limit_, row_question::limit_max);
        if (!asked_.entity_types)
            for (const entity_info& each : Schema::entities) take_type(std::string(each.name));
        else
            for (const std::string& each : *asked_.entity_types) take_type(each);
        return {};
    }

    /// Where in the feed the page begins.
    template <class Transaction>
    [[nodiscard]] result<void> place(Transaction& tx, const tenant_id& whose,
                                     const store_identity& identity, timestamp now) {
        auto last = tx.last_sequence();
        if (!last) return last.error();
        auto times = feed_times::read(tx, now);
        if (!times) return times.error();
        auto floor = get_floor(tx);
        if (!floor) return floor.error();
        auto keeps = has_foreign(tx);
        if (!keeps) return keeps.error();
        last_ = *last;
        times_ = *times;
        keeps_foreign_ = *keeps;
        if (!asked_.cursor.empty()) return go_to_cursor(whose, identity, *floor);
        if (!asked_.since || *asked_.since <= timestamp()) {
            fresh_until_ = last_;  // A first pull: what is gone by now was never there.
            return {};
        }
        if (*asked_.since < floor->deletions_at) return was_away_too_long("lastSyncTimestamp");
        if (*asked_.since > larger_time(times_->last(), now))
            warnings_.push_back(
                "lastSyncTimestamp is a time to come: send the syncTimestamp of the last answer");
        return go_to_time(tx, *asked_.since);
    }

    template <class Transaction, class Keep>
    [[nodiscard]] result<void> read(Transaction& tx, const Keep& keep) {
        constexpr std::int64_t part = 1'000;
        constexpr std::size_t bytes_max = 16 << 20;
        do {
            auto seen = visit_changes<Schema>(
                tx, {.after = until_, .limit = smaller(limit_ - rows_, part)},
                [&]<class T>(const record<T>& row) { take(row, keep); },
                // What is kept beside a row and known here by now is the row's.
                [&](auto& rows) { return keeps_foreign_ ? adopt_all(tx, rows) : result<void>(); });
            if (!seen) return seen.error();
            until_ = seen->until;
            is_behind_ = seen->is_behind;
        } while (is_behind_ && rows_ < limit_ && bytes_ < bytes_max);
        return {};
    }

    [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }
    [[nodiscard]] std::int64_t behind() const noexcept { return last_ - until_; }

    [[nodiscard]] std::string text(const tenant_id& whose, const store_identity& identity) const {
        std::string out;
        begin_answer(out) += '{';
        std::string_view between;
        for (const list& each : lists_) {
            out.append(between).append(json::quoted(each.name)).append(":[");
            out.append(each.rows).append("]");
            between = ",";
        }
        out += '}';
        end_answer(out, reached(), write_place(scope(whose, identity), {until_, fresh_until_}),
                   warnings_);
        return out;
    }

  private:
    struct list {
        std::string name{};
        std::size_t place = no_field;  ///< No entity's: it stays empty.
        std::string rows{};
    };

    [[nodiscard]] static timestamp larger_time(timestamp a, timestamp b) { return a < b ? b : a; }

    void take_type(const std::string& name) {
        for (const list& each : lists_)
            if (each.name == name) return;
        constexpr std::size_t types_max = 100, shown_max = 63;
        if (lists_.size() == types_max) return;
        const std::size_t at = Schema::find(name);
        if (at == no_field)
            warnings_.push_back("there is no entity type '" + name.substr(0, shown_max) + "'");
        lists_.push_back({.name = name, .place = at});
    }

    // A cursor goes on for the types that it was given for: of others it would miss rows.
    [[nodiscard]] cursor_scope scope(const tenant_id& whose, const store_identity& identity) const {
        std::uint64_t wanted = 0;
        for (const std::size_t i : Schema::by_name)
            for (const list& each : lists_)
                if (each.place == i)
                    wanted = join_fingerprint(wanted, hash_of_line(Schema::entities[i].name));
        return {whose, wanted, identity};
    }

    [[nodiscard]] result<void> go_to_cursor(const tenant_id& whose, const store_identity& identity,
                                            const retention_floor& floor) {
        auto at = read_place(scope(whose, identity), asked_.cursor, last_);
        if (!at) {
            const bool is_of_others = at.error().code == errc::resynchronise;
            return error{.code = errc::invalid_value,
                         .message = is_of_others
                                        ? "the cursor was given for other entity types, or by "
                                          "another store; begin without one"
                                        : "the cursor was not given out here; begin without one",
                         .field = "cursor"};
        }
        if (floor.is_above(*at)) return was_away_too_long("cursor");
        until_ = at->until;
        fresh_until_ = at->fresh_until;
        return {};
    }

    template <class Transaction>
    [[nodiscard]] result<void> go_to_time(Transaction& tx, timestamp since) {
        until_ = last_;
        if (since >= times_->last()) return {};
        result<void> done;
        Schema::for_each([&]<class T>(of<T>) {
            if (!done) return;
            auto first = first_after<T>(tx, since);
            if (!first)
                done = first.error();
            else if (*first)
                until_ = smaller(until_, **first - 1);
        });
        return done;
    }

    template <class T, class Keep>
    void take(const record<T>& row, const Keep& keep) {
        const std::optional<timestamp> at =
            member_at<entity_of<T>.find(meaning::updated_at)>(row.value);
        if (at) newest_ = larger_time(newest_, *at);
        if (row.is_deleted() && row.sequence() <= fresh_until_) return;
        for (list& each : lists_) {
            if (each.place != Schema::template place<T> || !keep(row)) continue;
            buffer out;
            syncfw::json::append<to_client>(out, row.value);
            if (!each.rows.empty()) each.rows += ',';
            each.rows += out.view();
            bytes_ += out.size();
            ++rows_;
        }
    }

    // Times rise with the feed, so all up to the last row's time was seen, and nothing behind it.
    [[nodiscard]] timestamp reached() const {
        if (!asked_.moves_time) return smaller_time(asked_.since, times_->began());
        if (!is_behind_) return times_->is_new() ? timestamp() : times_->last();
        return newest_;
    }

    const row_question& asked_;
    std::int64_t limit_ = 0;
    std::vector<list> lists_{};
    std::vector<std::string> warnings_{};
    std::optional<feed_times> times_{};
    std::int64_t last_ = 0;
    std::int64_t until_ = 0;
    std::int64_t fresh_until_ = 0;
    std::int64_t rows_ = 0;
    std::size_t bytes_ = 0;
    bool is_behind_ = false;
    bool keeps_foreign_ = false;
    timestamp newest_{};
};

}  // namespace detail
}  // namespace syncfw
