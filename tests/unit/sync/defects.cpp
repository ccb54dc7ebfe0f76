// SPDX-License-Identifier: BSL-1.0
// Goal: the simulation finds defects, so its silence means something. Method: an engine that is
// right stands on a store, or speaks over a line, that has one defect as an engine could have it:
// something isn't kept, comes too early, twice or changed. Each must be found within 2,000 worlds.
#include <syncfw/conflict/policies.hpp>
#include <syncfw/testing/simulation.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct note {
    std::int64_t id = 0;
    std::string text{};
    std::int64_t pages = 0;
    counter likes{};
    bool is_deleted = false;

    static constexpr auto sync_entity =
        entity<"note">(field<&note::id>(primary_key), field<&note::is_deleted>(soft_delete));
};
using notes = schema<note>;

enum class defect : int {
    none,
    // What a device keeps.
    outbox_is_not_written,
    outbox_forgets_the_base,
    outbox_gets_other_ids,
    outbox_is_empty_when_sent,
    outbox_says_another_row,
    operations_in_flight_look_queued,
    sent_operations_are_not_kept,
    answered_operations_stay,
    rows_are_not_written_by_an_edit,
    pending_rows_look_synced,
    synced_rows_look_pending,
    every_third_pulled_row_is_lost,
    the_cursor_moves_without_the_rows,
    a_renewal_takes_nothing_away,
    rows_in_doubt_are_not_marked,
    // What the server keeps.
    answers_are_not_kept,
    answers_are_kept_with_another_hash,
    answers_are_kept_as_rejected,
    rows_are_in_no_feed,
    rows_keep_their_version,
    versions_rise_by_two,
    deletions_are_not_kept,
    counters_are_not_kept,
    commits_do_nothing,
    the_feed_lacks_deletions,
    the_feed_lacks_its_last_row,
    the_feed_gives_old_rows_first,
    // What is said.
    an_answer_lacks_an_operation,
    an_answer_says_applied,
    an_answer_says_superseded,
    an_answer_says_nothing_differs,
    an_answer_says_another_version,
    an_answer_says_rejected_at_random,
    a_page_lacks_a_row,
    a_page_has_another_text,
    a_page_says_deleted,
    a_page_says_left,
    a_page_hides_deletions,
    a_page_says_another_version,
    a_push_lacks_a_field,
    a_push_has_another_text,
    a_push_deletes,
    a_push_knows_another_version,
    a_push_has_other_ids,
    count,
};

defect planted = defect::none;
std::uint64_t chances = 0;

// So often a defect that does not always show shows.
bool now_and_then() {
    return ++chances % 3 == 0;
}

template <class T>
inline constexpr bool is_user = std::is_same_v<T, note>;
template <class T>
inline constexpr bool is_outbox = std::is_same_v<T, outbox_operation>;

/// What a store with the defect would keep of the row; nothing: it would not keep it.
template <class T>
std::optional<record<T>> spoiled(record<T> row) {
    if constexpr (is_outbox<T>) {
        outbox_operation& op = row.value;
        switch (planted) {
            case defect::outbox_is_not_written: return {};
            case defect::outbox_forgets_the_base: op.base.reset(); break;
            case defect::outbox_says_another_row:
                if (now_and_then()) op.row_key = "0";
                break;
            case defect::outbox_is_empty_when_sent:
                if (op.state == outbox_state::in_flight) op.sent.clear();
                break;
            case defect::operations_in_flight_look_queued:
                if (op.state == outbox_state::in_flight) op.state = outbox_state::queued;
                break;
            case defect::sent_operations_are_not_kept:
                if (op.state == outbox_state::in_flight) return {};
                break;
            case defect::outbox_gets_other_ids:
                if (op.state == outbox_state::in_flight) op.id = new_uuid();
                break;
            default: break;
        }
    } else if constexpr (std::is_same_v<T, applied_operation>) {
        if (planted == defect::answers_are_not_kept) return {};
        if (planted == defect::answers_are_kept_with_another_hash)
            row.value.request_hash.push_back(std::byte{1});
        if (planted == defect::answers_are_kept_as_rejected) row.value.outcome = "rejected";
    } else if constexpr (is_user<T>) {
        const bool is_hubs = row.sequence() > 0 && row.status() == sync_status::synced;
        const bool is_pulled = row.sequence() == 0 && row.status() == sync_status::synced;
        switch (planted) {
            case defect::rows_are_not_written_by_an_edit:
                if (row.status() == sync_status::pending) return {};
                break;
            case defect::pending_rows_look_synced:
                if (row.status() == sync_status::pending) row.set_status(sync_status::synced);
                break;
            case defect::synced_rows_look_pending:
                if (is_pulled && now_and_then()) row.set_status(sync_status::pending);
                break;
            case defect::every_third_pulled_row_is_lost:
            case defect::the_cursor_moves_without_the_rows:
                if (is_pulled &&
                    (planted != defect::every_third_pulled_row_is_lost || now_and_then()))
                    return {};
                break;
            case defect::rows_in_doubt_are_not_marked:
                if (row.sequence() > 0 && !is_hubs) row.set_sequence(0);
                break;
            case defect::rows_are_in_no_feed:
                if (is_hubs && now_and_then()) row.set_sequence(0);
                break;
            case defect::rows_keep_their_version:
                if (is_hubs && row.version() > 1) row.set_version(row.version() - 1);
                break;
            case defect::versions_rise_by_two:
                if (is_hubs) row.set_version(row.version() + 1);
                break;
            case defect::deletions_are_not_kept:
                if (is_hubs) row.value.is_deleted = false;
                break;
            case defect::counters_are_not_kept:
                if (is_hubs) row.value.likes = {};
                break;
            default: break;
        }
    }
    return row;
}

using memory_store = memory::store<notes>;

/// A memory store with the planted defect.
class spoiled_writer : public memory_store::writer {
  public:
    explicit spoiled_writer(memory_store::writer&& sound)
        : memory_store::writer(std::move(sound)) {}

    template <class T>
    result<void> put(const record<T>& row) {
        auto kept = spoiled(row);
        return kept ? memory_store::writer::put<T>(*kept) : result<void>();
    }
    template <class T>
    result<void> erase(const key_of<T>& key) {
        if (is_outbox<T> && planted == defect::answered_operations_stay) return {};
        if (is_user<T> && planted == defect::a_renewal_takes_nothing_away) return {};
        return memory_store::writer::erase<T>(key);
    }
    result<void> commit() {
        if (planted == defect::commits_do_nothing && now_and_then()) return {};
        return memory_store::writer::commit();
    }
};

class spoiled_reader : public memory_store::reader {
  public:
    explicit spoiled_reader(memory_store::reader&& sound)
        : memory_store::reader(std::move(sound)) {}

    template <class T>
    result<std::vector<record<T>>> changes(std::int64_t after, std::int64_t until,
                                           std::int64_t limit) {
        auto rows = memory_store::reader::changes<T>(after, until, limit);
        if (!rows || rows->empty()) return rows;
        if (planted == defect::the_feed_lacks_deletions)
            std::erase_if(*rows, [](const record<T>& each) { return each.is_deleted(); });
        if (planted == defect::the_feed_lacks_its_last_row && now_and_then()) rows->pop_back();
        if (planted == defect::the_feed_gives_old_rows_first && now_and_then())
            rows->front() = record<T>{};
        return rows;
    }
};

class spoiled_store {
  public:
    using schema_type = notes;
    using reader = spoiled_reader;
    using writer = spoiled_writer;

    result<reader> begin_read(const tenant_id& whose) { return reader(*sound_.begin_read(whose)); }
    result<writer> begin_write(const tenant_id& whose) {
        return writer(*sound_.begin_write(whose));
    }
    result<void> migrate() { return {}; }
    result<store_identity> identity() { return sound_.identity(); }

  private:
    memory_store sound_{};
};

template <class Message, class F>
void respeak(std::string& bytes, F&& change) {
    auto message = decode<Message>(bytes);
    if (!message) return;
    change(*message);
    bytes = encode(*message);
}

class spoiled_place {
  public:
    using storage_type = spoiled_store;
    spoiled_place(std::uint64_t, bool) {}
    [[nodiscard]] spoiled_store& store() noexcept { return store_; }
    void restart(bool) {}

  private:
    spoiled_store store_{};
};

struct setup {
    using schema_type = notes;
    using policy_type = last_write_wins;
    using place_type = spoiled_place;

    static void spoil_request(std::string& bytes) {
        if (planted < defect::a_push_lacks_a_field || !now_and_then()) return;
        respeak<push_message<notes>>(bytes, [](push_message<notes>& m) {
            for (operation<note>& op : m.operations.of<note>()) spoil(op);
        });
    }
    static void spoil(operation<note>& op) {
        switch (planted) {
            case defect::a_push_lacks_a_field: op.changed.reset(1); break;
            case defect::a_push_has_another_text: op.after.text += "!"; break;
            case defect::a_push_deletes: op.kind = operation_kind::remove; break;
            case defect::a_push_knows_another_version: ++op.base_version; break;
            case defect::a_push_has_other_ids: op.id = new_uuid(); break;
            default: break;
        }
    }

    static void spoil_answer(std::string& bytes) {
        if (planted < defect::an_answer_lacks_an_operation || !now_and_then()) return;
        respeak<push_answer<notes>>(bytes, [](push_answer<notes>& m) {
            auto& answers = m.answers.of<note>();
            if (planted == defect::an_answer_lacks_an_operation && answers.size() > 1)
                answers.pop_back();
            for (operation_answer<note>& each : answers) spoil(each);
        });
        respeak<pull_answer<notes>>(bytes, [](pull_answer<notes>& m) {
            auto& rows = m.rows.of<note>();
            if (planted == defect::a_page_lacks_a_row && !rows.empty()) rows.pop_back();
            if (planted == defect::a_page_hides_deletions)
                std::erase_if(rows, [](const auto& each) { return each.row.is_deleted(); });
            for (pulled_row<note>& each : rows) spoil(each);
        });
    }
    static void spoil(operation_answer<note>& each) {
        switch (planted) {
            case defect::an_answer_says_applied: each.outcome = push_outcome::applied; break;
            case defect::an_answer_says_superseded: each.outcome = push_outcome::superseded; break;
            case defect::an_answer_says_nothing_differs: each.differs = {}; break;
            case defect::an_answer_says_another_version: ++each.version; break;
            case defect::an_answer_says_rejected_at_random:
                each.outcome = push_outcome::rejected;
                break;
            default: break;
        }
    }
    static void spoil(pulled_row<note>& each) {
        switch (planted) {
            case defect::a_page_has_another_text: each.row.value.text += "!"; break;
            case defect::a_page_says_deleted: each.row.value.is_deleted = true; break;
            case defect::a_page_says_left: each.has_left = true; break;
            case defect::a_page_says_another_version:
                each.row.set_version(each.row.version() + 1);
                break;
            default: break;
        }
    }
};

/// The seed that found it; 0 for none.
std::uint64_t seed_that_finds(defect what) {
    planted = what;
    chances = 0;
    for (std::uint64_t seed = 1; seed <= 2'000; ++seed)
        if (!testing::simulate<setup>(seed).passed()) return seed;
    return 0;
}

}  // namespace

TEST_CASE("the simulation finds each of the planted defects, and none where there is none") {
    planted = defect::none;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const auto seen = testing::simulate<setup>(seed);
        for (const std::string& each : seen.violations) FAIL_CHECK("seed " << seed << ": " << each);
    }
    int found = 0;
    for (int each = 1; each < static_cast<int>(defect::count); ++each) {
        INFO("defect " << each);
        const std::uint64_t seed = seed_that_finds(static_cast<defect>(each));
        CHECK(seed != 0);
        found += seed != 0 ? 1 : 0;
        if (std::getenv("SYNCFW_SHOW") != nullptr) MESSAGE("defect " << each << ": seed " << seed);
    }
    planted = defect::none;
    CHECK(found >= 40);
}
