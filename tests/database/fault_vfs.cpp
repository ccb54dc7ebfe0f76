// SPDX-License-Identifier: BSL-1.0
// Goal: the simulated disk loses what a real one may lose, and finds the settings of SQLite that
// are not safe; so a store that survives it is. Method: SQLite alone, by its C functions.
#include <syncfw/testing/fault_vfs.hpp>
#include <syncfw/testing/random.hpp>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <utility>

namespace {

using namespace syncfw::testing;

/// A connection whose texts of SQL fail with a code.
class plain_sqlite {
  public:
    explicit plain_sqlite(const char* name = "plain.db") { code_ = sqlite3_open(name, &opened_); }
    ~plain_sqlite() { sqlite3_close(opened_); }
    plain_sqlite(const plain_sqlite&) = delete;
    plain_sqlite& operator=(const plain_sqlite&) = delete;

    int run(const std::string& text) {
        return code_ != SQLITE_OK ? code_
                                  : sqlite3_exec(opened_, text.c_str(), nullptr, nullptr, nullptr);
    }
    /// The first column of the first row; nothing where there is none.
    std::string ask(const char* text) {
        sqlite3_stmt* made = nullptr;
        std::string answer;
        if (sqlite3_prepare_v2(opened_, text, -1, &made, nullptr) == SQLITE_OK &&
            sqlite3_step(made) == SQLITE_ROW && sqlite3_column_text(made, 0) != nullptr)
            answer = reinterpret_cast<const char*>(sqlite3_column_text(made, 0));
        sqlite3_finalize(made);
        return answer;
    }

  private:
    sqlite3* opened_ = nullptr;
    int code_ = SQLITE_OK;
};

enum class outcome { whole, lost, damaged };

/// Commits number after number until the power is cut, three times over. A commit that was
/// answered is there afterwards; the one that wasn't may be.
outcome cut_power_thrice(const std::string& settings, disk_ordering ordering, std::uint64_t seed) {
    random_source random(seed);
    fault_disk disk({.seed = seed,
                     .ordering = ordering,
                     .sector_bytes = random.below(2) == 0 ? 512U : 4096U,
                     .is_powersafe = random.below(2) == 0});
    const fault_vfs vfs(disk);
    int answered = 0;
    for (int i = 0; i < 3; ++i) {
        disk.fail_at(static_cast<std::int64_t>(1 + random.below(250)), disk_fault::power_cut);
        {
            plain_sqlite db;
            bool goes_on =
                db.run(settings) == SQLITE_OK &&
                db.run("PRAGMA wal_autocheckpoint = 5") == SQLITE_OK &&
                db.run("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, b)") == SQLITE_OK;
            if (goes_on && answered == 0) goes_on = db.run("DELETE FROM t") == SQLITE_OK;
            for (int next = answered + 1; goes_on && next < answered + 100; ++next) {
                goes_on =
                    db.run("INSERT OR REPLACE INTO t VALUES (" + std::to_string(next) +
                           ", zeroblob(" + std::to_string(random.below(3'000)) + "))") == SQLITE_OK;
                if (goes_on) answered = next;
            }
        }
        disk.cut_power();
        disk.restart();
        plain_sqlite found;
        const std::string sound = found.ask("PRAGMA integrity_check");
        if (sound != "ok") return outcome::damaged;
        const std::string last = found.ask("SELECT max(n) FROM t");
        const int kept = last.empty() ? 0 : std::stoi(last);
        if (kept < answered) return outcome::lost;
        if (kept != 0 && found.ask("SELECT count(*) FROM t") != last) return outcome::damaged;
        answered = kept;
    }
    return outcome::whole;
}

struct counts {
    int lost = 0;
    int damaged = 0;
};
counts count_outcomes(const std::string& settings, disk_ordering ordering, std::uint64_t seeds) {
    counts found;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const outcome how = cut_power_thrice(settings, ordering, seed);
        found.lost += how == outcome::lost ? 1 : 0;
        found.damaged += how == outcome::damaged ? 1 : 0;
    }
    return found;
}

TEST_CASE("fault VFS: what is set for power loss loses nothing, whatever the file system does") {
    for (const auto ordering : {disk_ordering::loose_posix, disk_ordering::ext4_like})
        for (const char* mode : {"WAL", "DELETE"}) {
            const counts found = count_outcomes(
                std::string("PRAGMA synchronous = EXTRA; PRAGMA journal_mode = ") + mode, ordering,
                300);
            CHECK(found.lost == 0);
            CHECK(found.damaged == 0);
        }
}

TEST_CASE("fault VFS: it finds the settings that lose commits or damage the file") {
    for (const auto ordering : {disk_ordering::loose_posix, disk_ordering::ext4_like}) {
        const auto count = [&](const char* settings) {
            return count_outcomes(settings, ordering, 100);
        };
        CHECK(count("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL").lost > 30);
        CHECK(count("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF").damaged > 10);
        CHECK(count("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL").lost > 30);
    }
}

/// How often each thing was there after a power cut, of 200 seeds.
struct findings {
    int first = 0;
    int second_alone = 0;
    int removed = 0;
    int whole = 0;
    int spoilt = 0;
};
findings cut_after_changes(disk_ordering ordering, bool with_synchronisation) {
    findings found;
    const std::string written(1'024, 'w');
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        fault_disk disk({.seed = seed, .ordering = ordering});
        disk.put_file("kept", "");
        disk.put_file("removed", "");
        {
            const auto held = disk.hold();
            (void)disk.make("first");
            (void)disk.make("second");
            disk.remove("removed");
            CHECK(disk.write(*disk.find("kept"), 0, written) == disk_fault::none);
            if (with_synchronisation)
                CHECK(disk.synchronise(*disk.find("kept")) == disk_fault::none);
        }
        disk.cut_power();
        disk.restart();
        found.first += disk.holds("first") ? 1 : 0;
        found.second_alone += disk.holds("second") && !disk.holds("first") ? 1 : 0;
        found.removed += disk.holds("removed") ? 1 : 0;
        const std::string kept = disk.bytes_of("kept");
        found.whole += kept == written ? 1 : 0;
        // Old sectors were zeros here.
        found.spoilt += kept.find_first_not_of(std::string("w\0", 2)) != kept.npos ? 1 : 0;
    }
    return found;
}

TEST_CASE("fault disk: what was synchronised stays; of all else, anything may be found") {
    for (const auto ordering : {disk_ordering::loose_posix, disk_ordering::ext4_like}) {
        const bool is_loose = ordering == disk_ordering::loose_posix;
        const findings before = cut_after_changes(ordering, false);
        for (const int each : {before.first, before.removed, before.whole, before.spoilt}) {
            CHECK(each > 5);
            CHECK(each < 195);
        }
        CHECK((before.second_alone > 0) == is_loose);
        const findings after = cut_after_changes(ordering, true);
        CHECK(after.whole == 200);
        CHECK(after.spoilt == 0);
        if (is_loose) {
            CHECK(after.first < 180);
            CHECK(after.removed > 20);
        } else {
            CHECK(after.first == 200);
            CHECK(after.removed == 0);
        }
    }
}

TEST_CASE("fault VFS: the same seed does the same") {
    const auto run = [](std::uint64_t seed) {
        fault_disk disk({.seed = seed});
        const fault_vfs vfs(disk);
        std::string before;
        {
            plain_sqlite db;
            disk.fail_at(200, disk_fault::power_cut);
            db.run("PRAGMA synchronous = NORMAL; PRAGMA journal_mode = WAL; CREATE TABLE t (n)");
            while (db.run("INSERT INTO t VALUES (random())") == SQLITE_OK) {
            }
            before = disk.bytes_of("plain.db-wal");
        }
        disk.restart();
        return std::pair(before, disk.bytes_of("plain.db") + disk.bytes_of("plain.db-wal"));
    };
    const auto [before, after] = run(5);
    CHECK(!before.empty());
    CHECK(before != after);
    CHECK((run(5) == std::pair(before, after)));
    CHECK((run(6) != std::pair(before, after)));
}

TEST_CASE("fault VFS: each fault comes at its operation, once or until it is healed") {
    fault_disk disk;
    const fault_vfs vfs(disk);
    plain_sqlite db;
    REQUIRE(db.run("PRAGMA synchronous = EXTRA; CREATE TABLE t (n)") == SQLITE_OK);
    const std::string insert = "INSERT INTO t VALUES (zeroblob(9000))";

    disk.fail_at(1, disk_fault::io_error);
    CHECK(db.run(insert) == SQLITE_IOERR);
    CHECK(disk.has_failed());
    CHECK(db.run(insert) == SQLITE_OK);

    disk.fail_at(1, disk_fault::io_error, true);
    CHECK(db.run(insert) == SQLITE_IOERR);
    CHECK(db.run(insert) == SQLITE_IOERR);
    disk.heal();
    CHECK(db.run(insert) == SQLITE_OK);

    disk.fail_at(1, disk_fault::full);
    CHECK(db.run(insert) == SQLITE_FULL);
    disk.heal();
    disk.limit_room(disk.bytes_of("plain.db").size() + 4'000);
    CHECK(db.run(insert) == SQLITE_FULL);
    disk.limit_room(1'000'000);
    CHECK(db.run(insert) == SQLITE_OK);
    CHECK(db.ask("SELECT count(*) FROM t") == "3");

    // Behind the last fault no operation has one: a sweep ends.
    disk.fail_at(1'000, disk_fault::io_error);
    CHECK(db.run(insert) == SQLITE_OK);
    CHECK(!disk.has_failed());

    disk.cut_power();
    CHECK(db.run(insert) == SQLITE_IOERR);
    disk.restart();
    CHECK(db.run(insert) == SQLITE_IOERR);  // What was open stays dead.
    plain_sqlite again;
    CHECK(again.ask("SELECT count(*) FROM t") == "4");
}

TEST_CASE("fault VFS: connections share memory and exclude each other") {
    fault_disk disk;
    const fault_vfs vfs(disk);
    for (const char* mode : {"WAL", "DELETE"}) {
        plain_sqlite one(mode);
        plain_sqlite other(mode);
        REQUIRE(one.run(std::string("PRAGMA journal_mode = ") + mode) == SQLITE_OK);
        REQUIRE(one.run("CREATE TABLE t (n); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)") ==
                SQLITE_OK);
        CHECK(other.run("BEGIN IMMEDIATE") == SQLITE_BUSY);
        CHECK(other.ask("SELECT count(*) FROM t") == "0");
        CHECK(other.run("BEGIN; SELECT * FROM t") == SQLITE_OK);
        const int code = one.run("COMMIT");
        CHECK(code == (std::string(mode) == "WAL" ? SQLITE_OK : SQLITE_BUSY));
        CHECK(other.ask("SELECT count(*) FROM t") == "0");
        CHECK(other.run("COMMIT") == SQLITE_OK);
        if (code != SQLITE_OK) CHECK(one.run("COMMIT") == SQLITE_OK);
        CHECK(other.ask("SELECT count(*) FROM t") == "1");
        CHECK(other.run("BEGIN IMMEDIATE") == SQLITE_OK);
        CHECK(one.run("INSERT INTO t VALUES (2)") == SQLITE_BUSY);
    }
}

}  // namespace
