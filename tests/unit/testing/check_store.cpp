// SPDX-License-Identifier: BSL-1.0
// Goal: the conformance suite finds the faults that a store can have, so its silence means
// something. Method: a memory store with one planted defect at a time; the check that is named
// after the broken promise must say so.
#include <syncfw/storage/memory.hpp>
#include <syncfw/testing/check_store.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::testing;
using sound_store = memory::store<conformance_schema>;

enum class defect : unsigned char {
    none,
    // Rows.
    stamps_lose_their_last_bits,
    origins_are_not_kept,
    versions_are_not_kept,
    status_is_not_kept,
    deletions_are_not_kept,
    reals_become_floats,
    integers_become_reals,
    small_numbers_get_a_sign,
    empty_texts_become_null,
    nulls_become_empty_texts,
    empty_bytes_become_null,
    times_become_milliseconds,
    texts_end_at_64_kilobytes,
    bytes_end_at_zero,
    put_only_adds,
    put_keeps_old_bookkeeping,
    erase_does_nothing,
    get_many_leaves_out_what_is_missing,
    get_many_fails_beyond_999_keys,
    // Transactions.
    destructors_commit,
    commits_do_nothing,
    values_are_written_at_once,
    feed_numbers_are_taken_at_once,
    get_sees_only_what_is_committed,
    scan_sees_only_what_is_committed,
    changes_see_only_what_is_committed,
    readers_get_what_is_newest,
    readers_scan_what_is_newest,
    readers_see_the_newest_changes,
    readers_see_the_newest_end,
    readers_see_the_newest_values,
    readers_see_numbers_before_their_rows,
    // The feed.
    next_sequence_gives_the_last_number,
    next_sequence_of_0_takes_one,
    changes_have_the_first_number,
    changes_lack_the_last_number,
    changes_have_no_limit,
    changes_lack_deletions,
    changes_are_by_key,
    changes_have_rows_without_number,
    // Tenants.
    get_reaches_others,
    scan_reaches_others,
    changes_reach_others,
    erase_reaches_others,
    values_reach_others,
    feeds_are_shared,
    keys_are_shared,
    names_lose_their_spaces,
    tenants_without_a_name_are_left_out,
    tenants_end_before_the_last,
    // What is unique, and refused.
    unique_values_clash_across_tenants,
    nulls_clash,
    deleted_rows_keep_their_values,
    clashes_overwrite,
    clashes_leave_the_row,
    clashes_end_the_transaction,
    clashes_name_no_entity,
    half_a_bulk_call_stays,
    // Queries.
    limits_are_ignored,
    orders_are_ignored,
    conditions_are_ignored,
    the_last_page_is_missing,
    counts_ignore_the_condition,
    places_behind_are_ignored,
    scans_end_at_1000_rows,
    // Small values, identity.
    values_end_at_zero,
    empty_values_are_none,
    erased_values_stay,
    values_are_written_once,
    identities_are_new_each_time,
    identities_are_all_the_same,
    count,
};

std::atomic<defect> planted{defect::none};
bool is(defect which) {
    return planted == which;
}

// What a store with a defect keeps outside of its transactions.
std::atomic<std::int64_t> numbers_taken{0};
std::map<std::string, std::string, std::less<>> values_at_once;

specimen spoiled(specimen s) {
    switch (planted) {
        case defect::reals_become_floats:
            s.real = static_cast<double>(static_cast<float>(s.real));
            break;
        case defect::integers_become_reals:
            if (s.whole != std::numeric_limits<std::int64_t>::max())
                s.whole = static_cast<std::int64_t>(static_cast<double>(s.whole));
            break;
        case defect::small_numbers_get_a_sign: s.small &= 0x7FFF'FFFF; break;
        case defect::empty_texts_become_null:
            if (s.maybe_text && s.maybe_text->empty()) s.maybe_text.reset();
            break;
        case defect::nulls_become_empty_texts:
            if (!s.maybe_text) s.maybe_text.emplace();
            break;
        case defect::empty_bytes_become_null:
            if (s.maybe_bytes && s.maybe_bytes->empty()) s.maybe_bytes.reset();
            break;
        case defect::times_become_milliseconds:
            s.moment =
                timestamp::from_microseconds(s.moment.microseconds_since_epoch() / 1000 * 1000);
            break;
        case defect::texts_end_at_64_kilobytes:
            if (s.text.size() > 65'536) s.text.resize(65'536);
            break;
        case defect::bytes_end_at_zero:
            for (std::size_t i = 0; i < s.bytes.size(); ++i)
                if (s.bytes[i] == std::byte{0}) s.bytes.resize(i);
            break;
        default: break;
    }
    return s;
}

template <class T>
record<T> spoiled(record<T> row) {
    if constexpr (std::is_same_v<T, specimen>) row.value = spoiled(std::move(row.value));
    const stamp at = row.written();
    switch (planted) {
        case defect::stamps_lose_their_last_bits:
            row.set_written(stamp(at.value() & ~std::uint64_t{0x3FF}, at.origin()));
            break;
        case defect::origins_are_not_kept: row.set_written(stamp(at.value(), replica_id())); break;
        case defect::versions_are_not_kept: row.set_version(1); break;
        case defect::status_is_not_kept: row.set_status(sync_status::synced); break;
        case defect::deletions_are_not_kept: row.beside.is_deleted = false; break;
        default: break;
    }
    return row;
}

/// What both kinds of transaction have wrong.
template <class Native>
class flawed_reader : public Native {
  public:
    flawed_reader(Native&& sound, sound_store& below, tenant_id whose)
        : Native(std::move(sound)), below_(&below), whose_(std::move(whose)) {}

    template <class T>
    result<std::optional<record<T>>> get(const key_of<T>& key) {
        if (is(is_writer ? defect::get_sees_only_what_is_committed
                         : defect::readers_get_what_is_newest))
            return newest(whose_).template get<T>(key);
        auto row = Native::template get<T>(key);
        if (is(defect::get_reaches_others) && !*row)
            return newest(tenant_id("one")).template get<T>(key);
        return row;
    }

    template <class T>
    result<std::vector<std::optional<record<T>>>> get_many(std::span<const key_of<T>> keys) {
        if (is(defect::get_many_fails_beyond_999_keys) && keys.size() > 999)
            return error{.code = errc::internal, .message = "too many parameters"};
        std::vector<std::optional<record<T>>> rows;
        for (const key_of<T>& each : keys) {
            auto row = get<T>(each);
            if (*row || !is(defect::get_many_leaves_out_what_is_missing)) rows.push_back(*row);
        }
        return rows;
    }

    template <class T>
    result<std::vector<record<T>>> scan(query_view asked) {
        if (is(defect::limits_are_ignored)) asked.limit.reset();
        if (is(defect::orders_are_ignored)) asked.order = {};
        if (is(defect::conditions_are_ignored)) asked.nodes = {};
        if (is(defect::places_behind_are_ignored)) asked.after = {};
        if (is(is_writer ? defect::scan_sees_only_what_is_committed
                         : defect::readers_scan_what_is_newest))
            return newest(whose_).template scan<T>(asked);
        auto rows = Native::template scan<T>(asked);
        if (is(defect::the_last_page_is_missing) && asked.limit && rows->size() < *asked.limit)
            rows->clear();
        if (is(defect::scans_end_at_1000_rows) && rows->size() > 1'000) rows->resize(1'000);
        if (is(defect::scan_reaches_others) && whose_ != tenant_id("one")) {
            auto theirs = newest(tenant_id("one")).template scan<T>(asked);
            rows->insert(rows->end(), theirs->begin(), theirs->end());
        }
        return rows;
    }
    template <class T>
    result<std::int64_t> count(query_view asked) {
        if (is(defect::counts_ignore_the_condition)) asked.nodes = {};
        auto rows = scan<T>(asked);
        return static_cast<std::int64_t>(rows->size());
    }

    template <class T>
    result<std::vector<record<T>>> changes(std::int64_t after, std::int64_t until,
                                           std::int64_t limit) {
        if (is(defect::changes_have_no_limit)) limit = std::numeric_limits<std::int64_t>::max();
        if (is(defect::changes_have_the_first_number)) --after;
        if (is(defect::changes_lack_the_last_number)) --until;
        if (is(is_writer ? defect::changes_see_only_what_is_committed
                         : defect::readers_see_the_newest_changes))
            return newest(whose_).template changes<T>(after, until, limit);
        auto rows = Native::template changes<T>(after, until, limit);
        if (is(defect::changes_lack_deletions))
            std::erase_if(*rows, [](const record<T>& each) { return each.is_deleted(); });
        if (is(defect::changes_are_by_key))
            std::sort(rows->begin(), rows->end(), [](const auto& a, const auto& b) {
                return key_text(key(a.value)) < key_text(key(b.value));
            });
        if (is(defect::changes_have_rows_without_number)) {
            auto all_rows = Native::template scan<T>(query_view{.entity = entity_of<T>});
            for (const auto& each : *all_rows)
                if (each.sequence() == 0) rows->insert(rows->begin(), each);
        }
        if (is(defect::changes_reach_others) && whose_ != tenant_id("one")) {
            auto theirs = newest(tenant_id("one")).template changes<T>(after, until, limit);
            rows->insert(rows->end(), theirs->begin(), theirs->end());
        }
        return rows;
    }

    result<std::int64_t> last_sequence() {
        if (!is_writer && is(defect::readers_see_the_newest_end))
            return newest(whose_).last_sequence();
        if (!is_writer && is(defect::readers_see_numbers_before_their_rows))
            return numbers_taken.load();
        return Native::last_sequence();
    }
    result<std::optional<std::string>> get_value(std::string_view name) {
        if (!is_writer && is(defect::readers_see_the_newest_values))
            return newest(whose_).get_value(name);
        const auto at_once = values_at_once.find(name);
        if (at_once != values_at_once.end()) return std::optional(at_once->second);
        auto value = Native::get_value(name);
        if (is(defect::values_reach_others) && !*value)
            return newest(tenant_id("one")).get_value(name);
        if (is(defect::empty_values_are_none) && *value && (*value)->empty()) value->reset();
        return value;
    }

  protected:
    static constexpr bool is_writer = !std::is_same_v<Native, sound_store::reader>;

    sound_store::reader newest(const tenant_id& whose) { return *below_->begin_read(whose); }

    sound_store* below_;
    tenant_id whose_;
};

class flawed_writer : public flawed_reader<sound_store::writer> {
    using sound = sound_store::writer;

  public:
    using flawed_reader::flawed_reader;
    flawed_writer(flawed_writer&&) noexcept = default;
    ~flawed_writer() {
        if (is(defect::destructors_commit) && sound::is_usable()) (void)sound::commit();
    }

    template <class T>
    result<void> put(const record<T>& row) {
        const auto before = sound::template get<T>(key(row.value));
        if (is(defect::put_only_adds) && *before) return {};
        if (auto clash = find_clash(row)) return *clash;
        record<T> kept = spoiled(row);
        if (is(defect::put_keeps_old_bookkeeping) && *before) kept.beside = (*before)->beside;
        auto done = sound::template put<T>(kept);
        return done ? done : refused(row, done.error());
    }
    template <class T>
    result<void> put_many(std::span<const record<T>> rows) {
        for (const record<T>& each : rows)
            if (auto done = put<T>(each); !done) {
                has_ended_ = !is(defect::half_a_bulk_call_stays);
                return done;
            }
        return {};
    }
    template <class T>
    result<void> erase(const key_of<T>& key) {
        if (is(defect::erase_does_nothing)) return {};
        if (is(defect::erase_reaches_others) && whose_ != tenant_id("one")) {
            auto tx = below_->begin_write(tenant_id("one"));
            (void)tx->template erase<T>(key);
            (void)tx->commit();
        }
        return sound::template erase<T>(key);
    }

    result<std::int64_t> next_sequence(std::int64_t count) {
        if (is(defect::next_sequence_of_0_takes_one) && count == 0) count = 1;
        if (is(defect::feeds_are_shared) || is(defect::feed_numbers_are_taken_at_once)) {
            const std::int64_t first = numbers_taken + 1;
            numbers_taken += count;
            const std::int64_t last = *sound::last_sequence();
            (void)sound::next_sequence(numbers_taken - last);
            return first;
        }
        auto first = sound::next_sequence(count);
        if (is(defect::readers_see_numbers_before_their_rows)) {
            numbers_taken = *first + count - 1;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return is(defect::next_sequence_gives_the_last_number) ? *first + count - 1 : *first;
    }

    result<void> put_value(std::string_view name, std::string_view bytes) {
        if (is(defect::values_are_written_once) && *sound::get_value(name)) return {};
        if (is(defect::values_end_at_zero)) bytes = bytes.substr(0, bytes.find('\0'));
        if (is(defect::values_are_written_at_once)) values_at_once[std::string(name)] = bytes;
        return sound::put_value(name, bytes);
    }
    result<void> erase_value(std::string_view name) {
        return is(defect::erased_values_stay) ? result<void>() : sound::erase_value(name);
    }

    bool is_usable() { return !has_ended_ && sound::is_usable(); }
    result<void> commit() {
        if (has_ended_) return error{.code = errc::unavailable, .message = "it has ended"};
        if (is(defect::commits_do_nothing)) return {};
        return sound::commit();
    }

  private:
    template <class T>
    result<void> refused(const record<T>& row, error why) {
        if (is(defect::clashes_name_no_entity)) why.entity.clear();
        if (is(defect::clashes_end_the_transaction)) has_ended_ = true;
        if constexpr (std::is_same_v<T, member>) {
            record<T> other = row;
            if (is(defect::clashes_leave_the_row)) {
                other.value.email.reset();
                (void)sound::template put<T>(other);
            }
            if (is(defect::clashes_overwrite)) {
                auto rows = sound::template scan<T>(query_view{.entity = entity_of<T>});
                for (const auto& each : *rows)
                    if (each.value.email == row.value.email)
                        (void)sound::template erase<T>(each.value.number);
                return sound::template put<T>(row);
            }
        }
        return why;
    }

    template <class T>
    std::optional<error> find_clash(const record<T>& row) {
        const error clash{.code = errc::already_exists, .message = "a row has this", .entity = "x"};
        const bool is_elsewhere = whose_ != tenant_id("one");
        if (is(defect::keys_are_shared) && is_elsewhere &&
            *newest(tenant_id("one")).template get<T>(key(row.value)))
            return clash;
        if constexpr (std::is_same_v<T, member>) {
            auto& here = static_cast<sound&>(*this);
            const auto mine = here.template scan<T>(query_view{.entity = entity_of<T>});
            const auto theirs =
                newest(tenant_id("one")).template scan<T>(query_view{.entity = entity_of<T>});
            for (const auto& each : *mine) {
                if (each.value.number == row.value.number) continue;
                const bool is_same = each.value.email == row.value.email;
                if (is_same && is(defect::nulls_clash) && !row.value.email) return clash;
                if (is_same && is(defect::deleted_rows_keep_their_values) && row.value.email &&
                    each.is_deleted())
                    return clash;
            }
            for (const auto& each : *theirs)
                if (is(defect::unique_values_clash_across_tenants) && is_elsewhere &&
                    row.value.email && each.value.email == row.value.email)
                    return clash;
        }
        return {};
    }

    bool has_ended_ = false;
};

class flawed_store {
  public:
    using schema_type = conformance_schema;
    using reader = flawed_reader<sound_store::reader>;
    using writer = flawed_writer;

    result<reader> begin_read(const tenant_id& whose) {
        auto native = sound_.begin_read(name_of(whose));
        return reader(std::move(*native), sound_, name_of(whose));
    }
    result<writer> begin_write(const tenant_id& whose) {
        auto native = sound_.begin_write(name_of(whose));
        return writer(std::move(*native), sound_, name_of(whose));
    }
    result<void> migrate() { return {}; }
    result<std::optional<tenant_id>> tenant_after(const std::optional<tenant_id>& last) {
        if (is(defect::tenants_without_a_name_are_left_out) && !last)
            return sound_.tenant_after(tenant_id());
        auto next = sound_.tenant_after(last);
        if (is(defect::tenants_end_before_the_last) && next && *next) {
            auto behind = sound_.tenant_after(*next);
            if (behind && !*behind) return behind;
        }
        return next;
    }
    result<store_identity> identity() {
        auto own = sound_.identity();
        if (is(defect::identities_are_new_each_time)) own->history = new_uuid();
        if (is(defect::identities_are_all_the_same)) own->history = make_uuid_v4({1, 2, 3});
        return own;
    }

  private:
    static tenant_id name_of(const tenant_id& whose) {
        std::string name = whose.name();
        while (is(defect::names_lose_their_spaces) && name.ends_with(' ')) name.pop_back();
        return tenant_id(name);
    }

    sound_store sound_{};
};

std::unique_ptr<flawed_store> make() {
    numbers_taken = 0;
    values_at_once.clear();
    return std::make_unique<flawed_store>();
}

}  // namespace

TEST_CASE("check_store: finds each planted defect") {
    for (auto i = defect::none; i != defect::count;
         i = static_cast<defect>(static_cast<int>(i) + 1)) {
        planted = i;
        const report seen = check_store(make, {.many_rows = 1'100});
        INFO("defect " << static_cast<int>(i) << "\n" << to_string(seen));
        CHECK(seen.passed() == (i == defect::none));
    }
    planted = defect::none;
}
