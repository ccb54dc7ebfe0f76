// SPDX-License-Identifier: BSL-1.0
// Goal: several threads and several processes on one file lose nothing, see whole moments, and wait
// for each other no longer than they were told; a process that is killed takes nothing with it that
// it had said was done. Method: real processes, forked before this one has threads or an open
// store.
#include "database/sqlite_support.hpp"
#include <syncfw/storage/changes.hpp>
#include <syncfw/storage/sqlite.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <signal.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace stores;
using namespace std::chrono_literals;

// --- one process --------------------------------------------------------------------------------

TEST_CASE("SQLite: a reader stays at its moment while others commit") {
    const folder here;
    auto store = open(here / "library.db", quick);
    expect(put_books(store, 1, 5));
    auto before = expect(begin_read(store, nobody));
    expect(put_books(store, 10, 5));
    auto writing = expect(begin_write(store, nobody));
    expect(writing.put(record<book>{.value = {.id = 99}}));
    auto after = expect(begin_read(store, nobody));
    CHECK(expect(before.count(all<book>())) == 5);
    CHECK(expect(before.last_sequence()) == 5);
    CHECK(expect(before.changes<book>(0, 100)).size() == 5);
    CHECK(expect(after.count(all<book>())) == 10);
    CHECK(expect(writing.count(all<book>())) == 11);
    expect(writing.commit());
    CHECK(expect(after.count(all<book>())) == 10);
    CHECK(count_books(store) == 11);
}

TEST_CASE("SQLite: a transaction waits for its turn as long as it was told, then it is busy") {
    const folder here;
    const std::string path = here / "library.db";
    auto patient = open(path, quick);
    auto hasty = open(path, {.busy_timeout = 20ms, .readers = 1});
    {
        auto holding = expect(begin_write(patient, nobody));
        CHECK(begin_write(hasty, nobody).error().code == errc::busy);
        CHECK(is_retryable(begin_write(hasty, nobody).error()));
        CHECK(sqlite::open<library>(path, {.busy_timeout = 20ms}).error().code == errc::busy);
        auto reading = expect(begin_read(hasty, nobody));
        CHECK(begin_read(hasty, nobody).error().code == errc::busy);
    }
    {
        auto holding = expect(begin_write(hasty, nobody));
        CHECK(begin_write(hasty, nobody).error().code == errc::busy);  // Of the same store.
        auto reading = expect(begin_read(hasty, nobody));
    }
    expect(put_books(hasty, 1, 1));
    auto reading = expect(begin_read(hasty, nobody));
    CHECK(expect(reading.count(all<book>())) == 1);
}

TEST_CASE("SQLite: an exclusive store has the file alone, and gives it back") {
    const folder here;
    const std::string path = here / "library.db";
    {
        auto alone = open(path, {.busy_timeout = 20ms, .exclusive = true});
        expect(put_books(alone, 1, 2'000));
        CHECK(::access((path + "-shm").c_str(), F_OK) != 0);
        CHECK(sqlite::open<library>(path, {.busy_timeout = 20ms}).error().code == errc::busy);
        auto reading = expect(begin_read(alone, nobody));
        CHECK(begin_read(alone, nobody).error().code == errc::busy);
    }
    auto store = open(path, quick);
    CHECK(count_books(store) == 2'000);
}

TEST_CASE("SQLite: one that writes without the lease is waited for as well") {
    const folder here;
    const std::string path = here / "library.db";
    auto store = open(path, {.busy_timeout = 20ms});
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    CHECK(begin_write(store, nobody).error().code == errc::busy);
    sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
    expect(put_books(store, 1, 1));
    sqlite3_close(other);
}

TEST_CASE("SQLite: a lease whose file was removed is taken anew") {
    const folder here;
    const std::string path = here / "library.db";
    auto one = open(path, quick);
    auto two = open(path, {.busy_timeout = 20ms});
    REQUIRE(::unlink((path + "-lease").c_str()) == 0);
    auto holding = expect(begin_write(one, nobody));
    CHECK(begin_write(two, nobody).error().code == errc::busy);
}

TEST_CASE("SQLite: threads that share a store see each change once, in order") {
    const folder here;
    auto store = open(here / "library.db", quick);
    constexpr int writers = 4;
    constexpr std::int64_t rounds = 40;
    std::atomic<int> working = writers;
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < writers; ++i)
        threads.emplace_back([&, i] {
            for (std::int64_t n = 0; n < rounds; ++n)
                if (!put_books(store, i * 10'000 + n * 3, 3)) ++failures;
            --working;
        });
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([&, i] {
            std::int64_t place = 0;
            for (bool goes_on = true; goes_on;) {
                goes_on = working > 0;
                auto tx = begin_read(store, nobody);
                if (!tx) {
                    ++failures;
                    continue;
                }
                const auto seen = visit_changes<library>(*tx, {.after = place, .limit = 7 + 90 * i},
                                                         [&](const auto& row) {
                                                             if (row.sequence() != ++place)
                                                                 ++failures;
                                                         });
                if (!seen || seen->until != place) ++failures;
                goes_on = goes_on || (seen && seen->is_behind);
            }
            if (place != writers * rounds * 3) ++failures;
        });
    for (std::thread& each : threads) each.join();
    CHECK(failures == 0);
    CHECK(count_books(store) == writers * rounds * 3);
}

TEST_CASE("SQLite: a thread that writes all the time keeps no other away") {
    auto store = open(":memory:", {.busy_timeout = 2s});
    std::vector<record<book>> rows(500);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].value.id = static_cast<std::int64_t>(i);
    std::atomic<bool> is_done = false;
    std::atomic<int> written = 0;
    std::thread greedy([&] {
        for (; !is_done; ++written) {
            auto tx = begin_write(store, nobody);
            if (!tx || !tx->put_many(rows) || !tx->commit()) return;
        }
    });
    while (written == 0) std::this_thread::yield();
    result<void> done;
    for (std::int64_t i = 0; i < 20 && done; ++i) done = put_books(store, 10'000 + i, 1);
    is_done = true;
    greedy.join();
    expect(done);
}

// --- several processes --------------------------------------------------------------------------

TEST_CASE("SQLite: processes that open a new file at once make its tables once") {
    const folder here;
    const std::string path = here / "library.db";
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i)
        children.push_back(start_process([&] {
            auto store = sqlite::open<library>(path);
            return store ? 0 : static_cast<int>(store.error().code);
        }));
    for (const pid_t each : children) CHECK(end_of(each) == 0);
    auto store = open(path, quick);
    CHECK(!store.history_changed());
    check_sound(store);
}

TEST_CASE("SQLite: processes that write one file lose nothing and leave no gap") {
    const folder here;
    const std::string path = here / "library.db";
    constexpr int processes = 3;
    constexpr std::int64_t rounds = 60;
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i)
        children.push_back(start_process([&] {
            // Few pages, so that checkpoints come between the others' commits.
            auto store = sqlite::open<library>(
                path, {.durability = sqlite::durability::process_crash, .checkpoint_pages = 20});
            if (!store) return 1;
            for (std::int64_t n = 0; n < rounds; ++n)
                if (!put_books(*store, i * 10'000 + n * 5, 5)) return 2;
            return 0;
        }));
    for (const pid_t each : children) CHECK(end_of(each) == 0);
    auto store = open(path, {.check = sqlite::integrity::full});
    CHECK(count_books(store) == processes * rounds * 5);
    auto tx = expect(begin_read(store, nobody));
    CHECK(expect(tx.last_sequence()) == processes * rounds * 5);
    std::int64_t place = 0;
    for (const auto& row : expect(tx.changes<book>(0, INT64_MAX))) CHECK(row.sequence() == ++place);
}

TEST_CASE("SQLite: one that writes all the time keeps nobody away") {
    const folder here;
    const std::string path = here / "library.db";
    {
        auto store = open(path, quick);
    }
    // It gives the file back for moments alone, and has it for thousands of them in between.
    const pid_t greedy = start_process([&] {
        auto store = sqlite::open<library>(path, quick);
        std::vector<record<book>> rows(2'000);
        for (std::size_t i = 0; i < rows.size(); ++i)
            rows[i].value.id = static_cast<std::int64_t>(i);
        while (store) {
            auto tx = begin_write(*store, nobody);
            if (!tx || !tx->put_many(rows) || !tx->commit()) return 1;
        }
        return 1;
    });
    auto store = open(path, {.busy_timeout = 2s});
    while (count_books(store) == 0) std::this_thread::sleep_for(1ms);
    for (std::int64_t i = 0; i < 20; ++i) expect(put_books(store, 10'000 + i, 1));
    ::kill(greedy, SIGKILL);
    CHECK(end_of(greedy) == -1);
    CHECK(count_books(store) == 2'020);
    check_sound(store);
}

TEST_CASE("no-lost-write: a process killed in the middle loses no commit that it had reported") {
    const folder here;
    const std::string path = here / "library.db";
    std::int64_t next = 0;
    std::int64_t reported = 0;
    for (int round = 0; round < 50; ++round) {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        const pid_t writer = start_process([&] {
            auto store = sqlite::open<library>(path, {.checkpoint_pages = 10});
            if (!store) return 1;
            for (std::int64_t id = next;; id += 4) {
                if (!put_books(*store, id, 4)) return 2;
                if (::write(ends[1], &id, sizeof id) != sizeof id) return 3;
            }
        });
        ::close(ends[1]);
        // Killed after some commits, and so at any point of the next one.
        std::int64_t last = -1;
        for (int n = round % 7; n >= 0; --n)
            if (::read(ends[0], &last, sizeof last) != sizeof last) break;
        std::this_thread::sleep_for(std::chrono::microseconds(137 * (round % 11)));
        ::kill(writer, SIGKILL);
        CHECK(end_of(writer) == -1);
        while (::read(ends[0], &last, sizeof last) == sizeof last) {
        }
        ::close(ends[0]);
        REQUIRE(last >= next);

        auto store = open(path);
        auto tx = expect(begin_read(store, nobody));
        const auto rows = expect(tx.scan(all<book>()));
        reported += (last - next) / 4 + 1;
        CHECK(static_cast<std::int64_t>(rows.size()) >= last + 4);
        // The one whose report was cut off is there in full or not at all.
        CHECK(rows.size() % 4 == 0);
        for (std::size_t i = 0; i < rows.size(); ++i)
            REQUIRE(rows[i].value.id == static_cast<std::int64_t>(i));
        CHECK(expect(tx.last_sequence()) == static_cast<std::int64_t>(rows.size()));
        next = static_cast<std::int64_t>(rows.size());
    }
    CHECK(reported >= 50);
    auto store = open(path, {.check = sqlite::integrity::full});
    CHECK(!store.history_changed());
}

}  // namespace
