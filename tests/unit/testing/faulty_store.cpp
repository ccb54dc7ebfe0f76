// SPDX-License-Identifier: BSL-1.0
// Goal: whatever call of a store fails, nothing is half-written, the next transaction works, and
// what is built upon stores keeps its promises. Method: each call fails in turn.
#include <syncfw/storage/changes.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/storage/transact.hpp>
#include <syncfw/testing/check_store.hpp>
#include <syncfw/testing/faulty_store.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::testing;
using memory_store = memory::store<conformance_schema>;
using store_type = faulty_store<memory_store>;

static_assert(storage<store_type>);

const tenant_id whose("one");
constexpr std::int64_t count = 3;

// Some rows at the end of the feed, and a value that says which they are.
template <class Tx>
result<void> write_round(Tx& tx, const std::string& round) {
    auto first = tx.next_sequence(count);
    if (!first) return first.error();
    std::vector<record<shelf_place>> rows;
    for (std::int64_t i = 0; i < count; ++i) {
        rows.push_back({.value = {.shelf = "a", .place = i, .title = round}});
        rows.back().set_sequence(*first + i);
    }
    if (auto done = tx.put_many(rows); !done) return done;
    if (auto done = tx.template erase<shelf_place>({"b", 0}); !done) return done;
    return tx.put_value("round", round);
}
template <class S>
result<void> commit_round(S& store, const std::string& round) {
    auto tx = begin_write(store, whose);
    if (!tx) return tx.error();
    if (auto done = write_round(*tx, round); !done) return done;
    return tx->commit();
}

// "first" or "second" where all of the store is of that round.
template <class S>
std::string round_in(S& store) {
    auto tx = begin_read(store, whose);
    std::string round = tx->get_value("round")->value_or("none");
    auto rows = tx->scan(all<shelf_place>()).value();
    const std::size_t expected = count + (round == "first" ? 1 : 0);  // "b" is gone since then.
    if (rows.size() != expected) return "torn: " + std::to_string(rows.size()) + " rows";
    for (const auto& each : rows)
        if (each.value.title != round) return "torn: " + each.value.title + " in " + round;
    const std::int64_t end = round == "first" ? count : 2 * count;
    if (*tx->last_sequence() != end) return "torn: the feed's end";
    if (tx->template changes<shelf_place>(end - count, end)->size() != count)
        return "torn: the feed";
    return round;
}

void prepare(memory_store& store) {
    auto tx = begin_write(store, whose);
    REQUIRE(tx->put(record<shelf_place>{.value = {.shelf = "b", .title = "first"}}));
    std::vector<record<shelf_place>> rows;
    const std::int64_t first = *tx->next_sequence(count);
    for (std::int64_t i = 0; i < count; ++i) {
        rows.push_back({.value = {.shelf = "a", .place = i, .title = "first"}});
        rows.back().set_sequence(first + i);
    }
    REQUIRE(tx->put_many(rows));
    REQUIRE(tx->put_value("round", "first"));
    REQUIRE(tx->commit());
    REQUIRE(round_in(store) == "first");
}

struct healthy {
    memory_store below{};
    fault_plan faults{};
    store_type store{below, faults};
};

}  // namespace

TEST_CASE("faulty_store: without a fault it is the store beneath") {
    const report seen = check_store([] {
        auto all = std::make_shared<healthy>();
        return std::shared_ptr<store_type>(all, &all->store);
    });
    INFO(to_string(seen));
    CHECK(seen.passed());
}

TEST_CASE("faulty_store: the call of the number fails, and only that one") {
    memory_store below;
    fault_plan faults(3, fault::refused, errc::storage_full);
    store_type store(below, faults);
    auto tx = begin_write(store, whose);
    REQUIRE(tx);
    CHECK(tx->put_value("a", "1"));
    const auto refused = tx->put_value("b", "1");
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::storage_full);
    CHECK(refused.error().cause == "call 3, put_value");
    CHECK(faults.what_failed() == "put_value");
    CHECK(tx->is_usable());
    CHECK(tx->put_value("c", "1"));
    REQUIRE(tx->commit());
    auto after = begin_read(store, whose);
    CHECK(after->get_value("a")->has_value());
    CHECK(!after->get_value("b")->has_value());
    CHECK(after->get_value("c")->has_value());
}

TEST_CASE("faulty_store: a transaction that is lost does nothing more, and lets the next one in") {
    memory_store below;
    fault_plan faults(3, fault::lost);
    store_type store(below, faults);
    auto tx = begin_write(store, whose);
    CHECK(tx->put_value("a", "1"));
    CHECK(!tx->put_value("b", "1"));
    CHECK(!tx->is_usable());
    CHECK(!tx->get_value("a"));
    CHECK(!tx->commit());
    auto next = begin_write(store, whose);
    REQUIRE(next);
    CHECK(!next->get_value("a")->has_value());
}

TEST_CASE("faulty_store: a process that is killed does nothing more, but perhaps its last commit") {
    for (const fault how : {fault::killed, fault::killed_late}) {
        memory_store below;
        fault_plan faults(3, how);
        store_type store(below, faults);
        auto tx = begin_write(store, whose);
        CHECK(tx->put_value("a", "1"));
        CHECK(!faults.is_over());
        CHECK(!tx->commit());
        CHECK(faults.is_over());
        CHECK(!begin_write(store, whose));
        CHECK(!begin_read(store, whose));
        const bool took_effect = begin_read(below, whose)->get_value("a")->has_value();
        CHECK(took_effect == (how == fault::killed_late));
    }
    memory_store below;
    fault_plan faults(2, fault::killed_late);
    store_type store(below, faults);
    auto tx = begin_write(store, whose);
    CHECK(!tx->put_value("a", "1"));
    CHECK(!tx->is_usable());
    CHECK(!tx->commit());  // That was behind its end.
    CHECK(!begin_read(below, whose)->get_value("a")->has_value());
}

TEST_CASE("storage: whatever call fails, a transaction is there whole or not at all") {
    for (const errc code : {errc::unavailable, errc::storage_full}) {
        const std::uint64_t failures = for_each_failure(
            [](fault_plan& faults) {
                memory_store below;
                prepare(below);
                store_type store(below, faults);
                const auto done = commit_round(store, "second");
                faults.stop();
                CAPTURE(faults.what_failed());
                const bool is_unknown = !done && done.error().code == errc::commit_unknown;
                CHECK(is_unknown ==
                      (faults.what_failed() == "commit" && faults.how() == fault::lost));
                CHECK(done.has_value() == !faults.has_failed());
                CHECK(round_in(store) == (done || is_unknown ? "second" : "first"));
                // The next one finds its way: neither a lock nor a number is left behind.
                if (!done && !is_unknown) {
                    CHECK(commit_round(store, "second"));
                    CHECK(round_in(store) == "second");
                }
            },
            code);
        CHECK(failures == 2 * 8);  // begin, next_sequence, three put, erase, put_value, commit
    }
}

TEST_CASE("storage: who goes on after a refused bulk call can't commit the half of it") {
    for_each_failure([](fault_plan& faults) {
        memory_store below;
        prepare(below);
        store_type store(below, faults);
        auto tx = begin_write(store, whose);
        if (!tx) return;
        (void)write_round(*tx, "second");  // Its failure is overlooked.
        const bool was_usable = tx->is_usable();
        const auto done = tx->commit();
        faults.stop();
        if (faults.what_failed() == "put") {
            CHECK(done.has_value() == was_usable);
            auto rows = begin_read(store, whose)->scan(all<shelf_place>()).value();
            std::set<std::string> rounds;
            for (const auto& each : rows) rounds.insert(each.value.title);
            CHECK(rounds == std::set<std::string>{"first"});
        }
    });
}

TEST_CASE("transact: whatever call fails, the work is done once") {
    const std::uint64_t failures = for_each_failure([](fault_plan& faults) {
        memory_store below;
        prepare(below);
        store_type store(below, faults);
        const retry_rules rules{.may_run_twice = true, .pause = [](std::int64_t) {}};
        const auto done = transact(
            store, whose,
            [](auto& tx) -> result<void> {
                auto round = tx.get_value("round");
                if (!round) return round.error();
                if (round->value_or("") == "second") return {};  // The first run took effect.
                return write_round(tx, "second");
            },
            rules);
        faults.stop();
        CAPTURE(faults.what_failed());
        CHECK(done);
        CHECK(round_in(store) == "second");
    });
    CHECK(failures == 2 * 9);
}

TEST_CASE("no-gap: whatever call fails, a walk through the feed goes on where it was") {
    const std::uint64_t failures = for_each_failure([](fault_plan& faults) {
        memory_store below;
        prepare(below);
        REQUIRE(commit_round(below, "second"));
        store_type store(below, faults);
        std::vector<std::int64_t> met;
        std::int64_t place = 0;
        for (bool is_behind = true; is_behind;) {
            auto tx = begin_read(store, whose);
            if (!tx) continue;
            auto seen = visit_changes<conformance_schema>(
                *tx, {.after = place, .limit = 2},
                [&](const auto& row) { met.push_back(row.sequence()); });
            if (!seen) {
                // What came before the failure comes again.
                while (!met.empty() && met.back() > place) met.pop_back();
                continue;
            }
            place = seen->until;
            is_behind = seen->is_behind;
        }
        faults.stop();
        CAPTURE(faults.what_failed());
        CHECK(met == std::vector<std::int64_t>{4, 5, 6});
    });
    CHECK(failures > 20);
}
