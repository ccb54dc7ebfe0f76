// SPDX-License-Identifier: BSL-1.0
// Goal: whatever operation of the disk fails, a store leaves nothing half-done, says why, and works
// again when the cause is gone. Method: the n-th operation of each step fails, for n = 1, 2, 3, …
// until the step comes to its end without a failure; once, from then on, and with the power cut.
#include "database/sqlite_support.hpp"
#include <syncfw/storage/changes.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/testing/fault_vfs.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace stores;
using namespace syncfw::testing;

struct fault_case {
    const char* name;
    disk_fault kind;
    bool is_lasting;
};
constexpr fault_case fault_cases[] = {
    {"an operation fails", disk_fault::io_error, false},
    {"all operations fail from then on", disk_fault::io_error, true},
    {"a write finds no room", disk_fault::full, false},
    {"no write finds room from then on", disk_fault::full, true},
    {"the power is cut", disk_fault::power_cut, false},
};

/// A disk whose n-th operation fails, with SQLite on it.
struct failing_disk {
    fault_disk disk;
    fault_vfs vfs;
    const fault_case& wanted;
    std::int64_t n;

    failing_disk(const fault_case& which, std::int64_t at, bool is_exclusive)
        : disk({.seed = static_cast<std::uint64_t>(at), .ordering = disk_ordering::loose_posix}),
          vfs(disk, !is_exclusive),
          wanted(which),
          n(at) {}

    void begin_to_fail() { disk.fail_at(n, wanted.kind, wanted.is_lasting); }
    [[nodiscard]] bool has_lost_power() const {
        return wanted.kind == disk_fault::power_cut && disk.has_failed();
    }
    void mend() {
        if (has_lost_power())
            disk.restart();
        else
            disk.heal();
    }
};

/// Calls `step(disk, options)` for each fault at each operation, with stores of both kinds, until
/// the fault comes no more. The step makes its preparations, lets the disk fail, and mends it.
template <class F>
void sweep(F&& step, bool writes = true) {
    for (const bool is_exclusive : {false, true})
        for (const fault_case& each : fault_cases) {
            std::int64_t n = 1;
            // For the time that it takes, not all of those that find out the least.
            const std::int64_t stride = is_exclusive ? 7 : each.is_lasting ? 3 : 1;
            for (bool has_failed = true; has_failed; n += stride) {
                INFO(std::string(each.name)
                     << " at " << n << std::string(is_exclusive ? ", exclusive" : ""));
                REQUIRE(n < 5'000);
                failing_disk failing(each, n, is_exclusive);
                has_failed = step(failing, sqlite::options{.exclusive = is_exclusive});
            }
            // What reads alone never finds out that there is no room.
            CHECK((n > 8) == (writes || each.kind != disk_fault::full));
        }
}

void check_said(const error& failed, const fault_case& which) {
    INFO(to_string(failed) << " / " << failed.cause);
    const bool is_known = failed.code == errc::unavailable || failed.code == errc::commit_unknown ||
                          (failed.code == errc::storage_full && which.kind == disk_fault::full);
    CHECK(is_known);
    CHECK(!failed.cause.empty());
    CHECK(!failed.message.empty());
}

/// The file of a store with some books.
std::string file_with_books(const std::string& path, std::int64_t books) {
    fault_disk disk;
    const fault_vfs vfs(disk);
    {
        auto store = open(path);
        expect(put_books(store, 0, books));
    }
    return disk.bytes_of(path);
}

void check_works(library_store& store, std::int64_t first) {
    const std::int64_t before = count_books(store);
    expect(put_books(store, first, 3));
    CHECK(count_books(store) == before + 3);
    check_sound(store);
}

// --- the sweeps ---------------------------------------------------------------------------------

TEST_CASE("SQLite: a new file is opened at last, whatever failed before") {
    const folder here;
    const std::string path = here / "library.db";
    sweep([&](failing_disk& failing, const sqlite::options& wanted) {
        failing.begin_to_fail();
        {
            auto store = sqlite::open<library>(path, wanted);
            if (!store) check_said(store.error(), failing.wanted);
        }
        const bool has_failed = failing.disk.has_failed();
        failing.mend();
        auto store = open(path, wanted);
        CHECK(!store.history_changed());
        CHECK(count_books(store) == 0);
        check_works(store, 1);
        return has_failed;
    });
}

struct shelf_with_place {
    std::int64_t id = 0;
    std::string name{};
    std::optional<std::string> place{};

    static constexpr auto sync_entity = entity<"shelf">(field<&shelf_with_place::id>(primary_key),
                                                        field<&shelf_with_place::name>(indexed));
};
struct plain_book {
    std::int64_t id = 0;
    std::string title{};
    std::optional<std::string> isbn{};
    std::optional<std::int64_t> on{};

    static constexpr auto sync_entity = entity<"book">(
        field<&plain_book::id>(primary_key), field<&plain_book::isbn>(unique, column("number")),
        field<&plain_book::on>(references<&shelf_with_place::id>));
};
using larger_library = schema<shelf_with_place, plain_book>;

TEST_CASE("SQLite: a migration is done whole or not at all, whatever fails") {
    const folder here;
    const std::string path = here / "library.db";
    const std::string file = file_with_books(path, 40);
    sweep([&](failing_disk& failing, const sqlite::options& wanted) {
        failing.disk.put_file(path, file);
        failing.begin_to_fail();
        {
            auto store = sqlite::open<larger_library>(path, wanted);
            if (!store) check_said(store.error(), failing.wanted);
        }
        const bool has_failed = failing.disk.has_failed();
        failing.mend();
        auto store = expect(sqlite::open<larger_library>(path, wanted));
        auto tx = expect(begin_write(store, nobody));
        CHECK(expect(tx.count(all<plain_book>())) == 40);
        expect(tx.put(record<shelf_with_place>{.value = {.id = 1, .place = "left"}}));
        expect(tx.commit());
        check_sound(store);
        return has_failed;
    });
}

TEST_CASE("SQLite: a transaction that fails leaves nothing of it, and the next one works") {
    const folder here;
    const std::string path = here / "library.db";
    const std::string file = file_with_books(path, 40);
    // With a log that is taken into the file after each commit, and one that isn't.
    for (const int pages : {1, 1'000})
        sweep([&](failing_disk& failing, sqlite::options wanted) {
            wanted.checkpoint_pages = pages;
            failing.disk.put_file(path, file);
            std::optional<library_store> store = open(path, wanted);
            failing.begin_to_fail();
            const auto done = put_books(*store, 30, 30);
            if (!done) check_said(done.error(), failing.wanted);
            const bool has_failed = failing.disk.has_failed();
            const bool is_dead = failing.has_lost_power();
            failing.mend();
            if (is_dead) store.emplace(open(path, wanted));
            const std::int64_t count = count_books(*store);
            auto tx = std::optional(expect(begin_read(*store, nobody)));
            const std::int64_t last = expect(tx->last_sequence());
            tx.reset();
            const bool may_be_there = done || done.error().code == errc::commit_unknown;
            CHECK(((count == 60 && last == 70 && may_be_there) ||
                   (count == 40 && last == 40 && !done)));
            check_works(*store, 100);
            store.reset();
            auto again = open(path, wanted);
            CHECK(count_books(again) == count + 3);
            return has_failed;
        });
}

TEST_CASE("SQLite: changes are read whole or the call fails, and the next one works") {
    const folder here;
    const std::string path = here / "library.db";
    const std::string file = file_with_books(path, 400);
    const auto read = [](auto& store) -> result<std::int64_t> {
        auto tx = begin_read(store, nobody);
        if (!tx) return tx.error();
        std::int64_t place = 0;
        auto seen = visit_changes<library>(*tx, {.limit = 1'000}, [&](const auto& row) {
            place = row.sequence() == place + 1 ? place + 1 : -1;
        });
        if (!seen) return seen.error();
        return place;
    };
    sweep(
        [&](failing_disk& failing, sqlite::options wanted) {
            wanted.cache_bytes = 4'096;
            failing.disk.put_file(path, file);
            std::optional<library_store> store = open(path, wanted);
            failing.begin_to_fail();
            const auto seen = read(*store);
            if (!seen) check_said(seen.error(), failing.wanted);
            if (seen) CHECK(*seen == 400);
            const bool has_failed = failing.disk.has_failed();
            const bool is_dead = failing.has_lost_power();
            failing.mend();
            if (is_dead) store.emplace(open(path, wanted));
            CHECK(expect(read(*store)) == 400);
            check_works(*store, 1'000);
            return has_failed;
        },
        false);
}

TEST_CASE("SQLite: a page that can't be read is no damage of the file") {
    const folder here;
    const std::string path = here / "library.db";
    const std::string file = file_with_books(path, 400);
    sweep(
        [&](failing_disk& failing, const sqlite::options& wanted) {
            failing.disk.put_file(path, file);
            std::optional<library_store> store = open(path, wanted);
            failing.begin_to_fail();
            const auto damage = store->check_integrity();
            if (!damage) check_said(damage.error(), failing.wanted);
            if (damage) CHECK(damage->empty());
            const bool has_failed = failing.disk.has_failed();
            const bool is_dead = failing.has_lost_power();
            failing.mend();
            if (is_dead) store.emplace(open(path, wanted));
            check_sound(*store);
            return has_failed;
        },
        false);
}

TEST_CASE("SQLite: a read that ends too early does no harm to the file") {
    const folder here;
    const std::string path = here / "library.db";
    const std::string file = file_with_books(path, 400);
    std::int64_t n = 1;
    for (bool has_failed = true; has_failed; ++n) {
        fault_disk disk;
        const fault_vfs vfs(disk);
        disk.put_file(path, file);
        {
            // SQLite takes what is missing for zeros: it finds damage, or rows that are none.
            auto store = open(path, {.cache_bytes = 4'096});
            disk.fail_at(n, disk_fault::short_read);
            if (auto tx = begin_read(store, nobody)) {
                (void)tx->scan(all<book>());
                (void)tx->changes<book>(0, 1'000);
            }
            has_failed = disk.has_failed();
            disk.heal();
        }
        auto store = open(path);
        check_sound(store);
        CHECK(count_books(store) == 400);
    }
    CHECK(n > 10);
}

TEST_CASE("SQLite: a backup is whole or there is none, whatever fails") {
    const folder here;
    const std::string path = here / "library.db";
    const std::string file = file_with_books(path, 20);
    sweep([&](failing_disk& failing, const sqlite::options& wanted) {
        fault_disk& disk = failing.disk;
        disk.put_file(path, file);
        std::optional<library_store> store = open(path, wanted);
        // The store makes the file itself, and gives it its name; both in the real folder.
        std::string copy = here / "backup.db";
        disk.put_file(copy + "-partial", "");
        failing.begin_to_fail();
        const auto done = store->backup_to(copy);
        const bool has_failed = disk.has_failed();
        const bool is_dead = failing.has_lost_power();
        CHECK(std::filesystem::exists(copy) == static_cast<bool>(done));
        CHECK(!std::filesystem::exists(copy + "-partial"));
        failing.mend();
        if (!done) {
            check_said(done.error(), failing.wanted);
            if (is_dead) store.emplace(open(path, wanted));
            copy = here / "another.db";
            disk.put_file(copy + "-partial", "");
            expect(store->backup_to(copy));
        }
        std::filesystem::remove(copy);
        check_works(*store, 1'000);
        if (!has_failed) {
            CHECK(!disk.holds(copy + "-partial-journal"));
            CHECK(!disk.holds(copy + "-partial-wal"));
        }
        disk.cut_power();  // A backup that was made is on the disk.
        disk.restart();
        disk.put_file(copy, disk.bytes_of(copy + "-partial"));
        store.emplace(open(copy, wanted));
        CHECK(store->history_changed());
        CHECK(count_books(*store) == 20);
        check_sound(*store);
        return has_failed;
    });
}

TEST_CASE("SQLite: a disk that is full takes nothing in part, and goes on with room") {
    const folder here;
    const std::string path = here / "library.db";
    const std::string file = file_with_books(path, 40);
    for (std::size_t room = 0; room < 200'000; room += 7'001) {
        fault_disk disk;
        const fault_vfs vfs(disk);
        disk.put_file(path, file);
        auto store = open(path, {.checkpoint_pages = 10});
        disk.limit_room(file.size() + room);
        std::int64_t next = 40;
        result<void> done;
        for (; next < 4'000 && done; next += 20) done = put_books(store, next, 20);
        REQUIRE(!done);
        next -= 20;
        INFO(to_string(done.error()));
        CHECK(done.error().code == errc::storage_full);
        CHECK(count_books(store) == next);
        CHECK(!put_books(store, next, 1'000));
        CHECK(count_books(store) == next);
        disk.limit_room(10'000'000);
        check_works(store, next);
        disk.cut_power();
        disk.restart();
        auto again = open(path);
        CHECK(count_books(again) == next + 3);
    }
}

}  // namespace
