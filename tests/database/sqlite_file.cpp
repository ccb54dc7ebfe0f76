// SPDX-License-Identifier: BSL-1.0
// Goal: what is wrong with a file is said when it is opened, and the file stays as it is; a full or
// failing disk leaves nothing half-written, and work goes on when it is well again; a file that
// went back in time begins a new history.
#include "database/sqlite_support.hpp"
#include <syncfw/storage/sqlite.hpp>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <vector>

namespace {

using namespace stores;

error refusal_of(const std::string& path, const sqlite::options& wanted = {}) {
    auto opened = sqlite::open<library>(path, wanted);
    REQUIRE(!opened);
    return opened.error();
}

void check_refused(const std::string& path, errc code) {
    const std::string before = bytes_of(path);
    const error refused = refusal_of(path);
    INFO(to_string(refused));
    CHECK(refused.code == code);
    CHECK(refused.message.find(path) != std::string::npos);
    CHECK(bytes_of(path) == before);
}

void make_library(const std::string& path, std::int64_t books = 100) {
    auto store = open(path, quick);
    expect(put_books(store, 1, books));
}

// --- what is no file of ours --------------------------------------------------------------------

TEST_CASE("SQLite: what is no database is refused and stays as it is") {
    const folder here;
    const std::string path = here / "some.db";
    for (const char* each : {"x", "a text, which is much longer than the header of a database. "}) {
        std::string text;
        for (int i = 0; i < 100; ++i) text += each;
        write_bytes(path, text);
        check_refused(path, errc::unsupported_format);
    }
    write_bytes(path, std::string(8192, '\0'));
    check_refused(path, errc::unsupported_format);
}

TEST_CASE("SQLite: another program's database is refused and stays as it is") {
    const folder here;
    for (const char* text :
         {"CREATE TABLE book (id)", "PRAGMA application_id = 5", "PRAGMA journal_mode = WAL",
          "PRAGMA encoding = 'UTF-16'; PRAGMA application_id = 1937337955; CREATE TABLE t (x)"}) {
        const std::string path = here / std::to_string(std::string_view(text).size());
        run_sql(path, text);
        if (std::string_view(text) == "PRAGMA journal_mode = WAL")
            run_sql(path, "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
        check_refused(path, errc::unsupported_format);
    }
}

TEST_CASE("SQLite: an empty file is a new one") {
    const folder here;
    write_bytes(here / "empty.db", "");
    make_library(here / "empty.db");
    auto store = open(here / "empty.db");
    CHECK(count_books(store) == 100);
    CHECK(!store.history_changed());
}

TEST_CASE("SQLite: a damaged file is refused, as far as it is looked at") {
    const folder here;
    const std::string path = here / "library.db";
    make_library(path, 3'000);
    const std::string whole = bytes_of(path);
    REQUIRE(whole.size() > 64 * 1024);

    write_bytes(path, std::string_view(whole).substr(0, whole.size() / 2));
    check_refused(path, errc::corrupted);

    std::string broken = whole;
    for (std::size_t i = 0; i < 4096; ++i) broken[whole.size() / 2 / 4096 * 4096 + i] ^= 0x55;
    write_bytes(path, broken);
    CHECK(refusal_of(path, {.check = sqlite::integrity::quick}).code == errc::corrupted);
    CHECK(refusal_of(path, {.check = sqlite::integrity::full}).code == errc::corrupted);
    {
        auto store = open(path);  // Not looked at.
        const auto damage = store.check_integrity();
        CHECK((!damage || !damage->empty()));
    }
    write_bytes(path, whole);
    auto store = open(path, {.check = sqlite::integrity::full});
    check_sound(store);
}

TEST_CASE("SQLite: bytes that are turned over anywhere in a file crash nothing") {
    const folder here;
    const std::string path = here / "library.db";
    make_library(path, 300);
    const std::string whole = bytes_of(path);
    std::uint64_t chance = 1;
    for (int round = 0; round < 200; ++round) {
        std::string broken = whole;
        for (int i = 0; i < 8; ++i) {
            chance = chance * 6364136223846793005u + 1442695040888963407u;
            // The header and the pages' heads more often than the rest.
            std::size_t at = (chance >> 33) % whole.size();
            if (i % 2 == 0) at = at / 4096 * 4096 + at % 128;
            broken[at] ^= static_cast<char>(chance >> 24);
        }
        for (const char* each : {"-wal", "-shm"}) std::filesystem::remove(path + each);
        write_bytes(path, broken);
        auto store = sqlite::open<library>(path, quick);
        if (!store) continue;
        if (auto tx = begin_read(*store, nobody)) {
            (void)tx->scan(all<book>());
            (void)tx->changes<book>(0, INT64_MAX);
        }
        (void)put_books(*store, 1'000, 20);
        (void)store->check_integrity();
    }
}

TEST_CASE("SQLite: a folder, a missing folder and no name are refused") {
    const folder here;
    CHECK(refusal_of(here.path()).code == errc::unsupported_format);
    CHECK(refusal_of(here / "not/there.db").code == errc::unavailable);
    CHECK(refusal_of("").code == errc::invalid_value);
    CHECK(refusal_of(std::string("a\0b", 3)).code == errc::invalid_value);
}

TEST_CASE("SQLite: a name that looks like an address is a name") {
    const folder here;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(here.path());
    make_library("file:library.db?mode=memory");
    std::filesystem::current_path(before);
    CHECK(std::filesystem::exists(here / "file:library.db?mode=memory"));
}

// --- permissions --------------------------------------------------------------------------------

// As somebody who may not write everywhere: tests often run as root.
template <class F>
int end_as_nobody(F&& f) {
    return end_of(start_process([&] {
        if (::geteuid() == 0 && ::seteuid(65'534) != 0) return 99;
        return f();
    }));
}

TEST_CASE("SQLite: a file or folder that can't be written is refused as read_only") {
    const folder here;
    const std::string path = here / "library.db";
    make_library(path);
    const auto code_of_open = [](const std::string& name) {
        auto opened = sqlite::open<library>(name);
        return opened ? 0 : static_cast<int>(opened.error().code);
    };
    ::chmod(here.path().c_str(), 0777);
    ::chmod(path.c_str(), 0444);
    ::chmod((path + "-lease").c_str(), 0666);
    CHECK(end_as_nobody([&] { return code_of_open(path); }) == static_cast<int>(errc::read_only));
    ::chmod(path.c_str(), 0666);
    ::chmod(here.path().c_str(), 0555);
    for (const char* each : {"-wal", "-shm"}) std::filesystem::remove(path + each);
    CHECK(end_as_nobody([&] { return code_of_open(path); }) == static_cast<int>(errc::read_only));
    CHECK(end_as_nobody([&] { return code_of_open(here / "new.db"); }) ==
          static_cast<int>(errc::read_only));
    ::chmod(here.path().c_str(), 0755);
    auto store = open(path);
    CHECK(count_books(store) == 100);
}

// --- hostile content ----------------------------------------------------------------------------

TEST_CASE("SQLite: nothing in a file runs") {
    const folder here;
    const std::string path = here / "library.db";
    make_library(path, 10);
    run_sql(path,
            "CREATE TRIGGER lurking AFTER INSERT ON book BEGIN DELETE FROM book; END;"
            "CREATE TRIGGER waiting AFTER UPDATE ON book BEGIN DELETE FROM book; END");
    auto store = open(path);
    expect(put_books(store, 5, 10));
    CHECK(count_books(store) == 14);
}

TEST_CASE("SQLite: what only looks like a table is refused") {
    const folder here;
    for (const char* each : {"CREATE VIEW book AS SELECT * FROM other",
                             "CREATE VIRTUAL TABLE \"BOOK\" USING fts5(id, title)"}) {
        const std::string path = here / std::to_string(std::string_view(each).size());
        make_library(path, 10);
        run_sql(path, std::string("ALTER TABLE book RENAME TO other; ") + each);
        check_refused(path, errc::unsupported_format);
    }
}

TEST_CASE("SQLite: a value of a type that its column never has is damage, not a wrong answer") {
    const folder here;
    const std::string path = here / "library.db";
    make_library(path, 3);
    run_sql(path, "UPDATE book SET title = x'00ff' WHERE id = 1");
    run_sql(path, "UPDATE book SET \"on\" = 'many' WHERE id = 2");
    auto store = open(path);
    auto tx = expect(begin_read(store, nobody));
    for (const std::int64_t id : {1, 2}) {
        const auto found = tx.get<book>(id);
        REQUIRE(!found);
        CHECK(found.error().code == errc::corrupted);
        CHECK(found.error().entity == "book");
    }
    CHECK(expect(tx.get<book>(3)).has_value());
    CHECK(tx.scan(all<book>()).error().code == errc::corrupted);
    CHECK(tx.is_usable());
}

// --- durability ---------------------------------------------------------------------------------

TEST_CASE("SQLite: the connection that writes has the durability that was asked for") {
    const folder here;
    const std::pair<sqlite::durability, const char*> levels[] = {
        {sqlite::durability::power_loss, "3"},
        {sqlite::durability::process_crash, "1"},
        {sqlite::durability::none, "0"}};
    for (const auto& [level, expected] : levels) {
        auto store = open(here / expected, {.durability = level});
        auto tx = expect(begin_write(store, nobody));
        const auto asked = [&](const char* text) {
            std::string answer;
            sqlite3_exec(
                tx.native().handle(), text,
                [](void* to, int, char** values, char**) {
                    *static_cast<std::string*>(to) = values[0];
                    return 0;
                },
                &answer, nullptr);
            return answer;
        };
        CHECK(asked("PRAGMA synchronous") == expected);
        CHECK(asked("PRAGMA journal_mode") == "wal");
        CHECK(asked("PRAGMA application_id") == "1937337955");
        CHECK(asked("PRAGMA trusted_schema") == "0");
        CHECK(asked("PRAGMA cell_size_check") == "1");
        CHECK(asked("PRAGMA wal_autocheckpoint") == "0");
    }
}

TEST_CASE("SQLite: the log is taken into the file now and then, and when the store ends") {
    const folder here;
    const std::string path = here / "library.db";
    {
        auto store = open(path, {.durability = sqlite::durability::none, .checkpoint_pages = 50});
        for (int i = 0; i < 50; ++i) expect(put_books(store, i * 100, 100));
        CHECK(std::filesystem::file_size(path + "-wal") < 1'000'000);
        CHECK(std::filesystem::file_size(path) > 100'000);
    }
    CHECK(std::filesystem::file_size(path + "-wal") == 0);
    run_sql(path, "UPDATE book SET title = 'seen by any program' WHERE id = 4999");
}

// --- bad days -----------------------------------------------------------------------------------

void set_pages_max(library_store& store, int pages) {
    auto tx = expect(begin_write(store, nobody));
    const std::string text = "PRAGMA max_page_count = " + std::to_string(pages);
    REQUIRE(sqlite3_exec(tx.native().handle(), text.c_str(), nullptr, nullptr, nullptr) ==
            SQLITE_OK);
}

TEST_CASE("SQLite: a full disk leaves nothing of a transaction, and work goes on with room") {
    const folder here;
    auto store = open(here / "library.db", quick);
    expect(put_books(store, 1, 100));
    set_pages_max(store, 1);  // No more than it has now.
    for (int round = 0; round < 2; ++round) {
        auto tx = expect(begin_write(store, nobody));
        result<void> done;
        std::int64_t id = 1'000;
        for (; done && id < 100'000; ++id) done = tx.put(record<book>{.value = {.id = id}});
        REQUIRE(!done);
        CHECK(done.error().code == errc::storage_full);
        if (!tx.is_usable()) {
            CHECK(tx.put(record<book>{}).error().code == errc::storage_full);
            CHECK(tx.get<book>(1).error().code == errc::storage_full);
            CHECK(tx.next_sequence(1).error().code == errc::storage_full);
            CHECK(tx.commit().error().code == errc::storage_full);
        }
    }
    CHECK(put_books(store, 1'000, 10'000).error().code == errc::storage_full);
    CHECK(count_books(store) == 100);
    set_pages_max(store, 1'000'000);
    expect(put_books(store, 1'000, 10'000));
    CHECK(count_books(store) == 10'100);
    check_sound(store);
}

// A disk that takes no byte beyond a size.
class small_files {
  public:
    explicit small_files(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
    }
    ~small_files() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    small_files(const small_files&) = delete;
    small_files& operator=(const small_files&) = delete;

  private:
    rlimit before_{};
    void (*handler_)(int);
};

TEST_CASE("SQLite: a disk that fails while a transaction is written leaves nothing of it") {
    const folder here;
    auto store = open(here / "library.db", quick);
    expect(put_books(store, 1, 100));
    std::size_t failed = 0;
    for (rlim_t bytes = 8'192; bytes < 1'500'000; bytes += 150'000) {
        const std::int64_t before = count_books(store);
        result<void> done;
        {
            const small_files disk(bytes);
            done = put_books(store, 1'000 * static_cast<std::int64_t>(bytes), 5'000);
        }
        if (!done) ++failed;
        CHECK(count_books(store) == before + (done ? 5'000 : 0));
        expect(put_books(store, 1'000 * static_cast<std::int64_t>(bytes) + 500, 10));
    }
    CHECK(failed > 0);
    check_sound(store);
}

// --- files that change --------------------------------------------------------------------------

store_identity identity_of(const std::string& path, bool is_changed) {
    auto store = open(path, quick);
    CHECK(store.history_changed() == is_changed);
    return expect(store.identity());
}

TEST_CASE("SQLite: a file keeps its history, a copy of it gets another one") {
    const folder here;
    const std::string path = here / "library.db";
    make_library(path);
    const store_identity first = identity_of(path, false);
    CHECK(identity_of(path, false) == first);
    std::filesystem::copy_file(path, here / "copy.db");
    const store_identity copied = identity_of(here / "copy.db", true);
    CHECK(copied.history != first.history);
    CHECK(identity_of(here / "copy.db", false) == copied);

    std::filesystem::rename(here / "copy.db", path);  // An older file in its place.
    CHECK(identity_of(path, false).history != first.history);
    CHECK(first.history != store_identity{}.history);
}

TEST_CASE("SQLite: a backup has all rows of its moment, and a history of its own") {
    const folder here;
    const std::string path = here / "library.db";
    const std::string copy = here / "backup.db";
    auto store = open(path, quick);
    expect(put_books(store, 1, 500));
    std::int64_t pages = 0;
    expect(store.backup_to(copy, [&](const sqlite::backup_progress& p) {
        CHECK(p.pages_done <= p.pages);
        pages = p.pages_done;
    }));
    CHECK(pages > 0);
    CHECK(!std::filesystem::exists(copy + "-partial"));
    CHECK(!std::filesystem::exists(copy + "-wal"));
    CHECK(!std::filesystem::exists(copy + "-journal"));
    expect(put_books(store, 1'000, 5));
    CHECK(store.backup_to(copy).error().code == errc::already_exists);
    const auto first = expect(store.identity());

    auto restored = open(copy, quick);
    CHECK(restored.history_changed());
    CHECK(expect(restored.identity()).history != first.history);
    CHECK(count_books(restored) == 500);
    check_sound(restored);
}

TEST_CASE("SQLite: a backup's bytes in the old file begin a new history too") {
    const folder here;
    const std::string path = here / "library.db";
    const std::string copy = here / "backup.db";
    store_identity first;
    {
        auto store = open(path, quick);
        first = expect(store.identity());
        expect(store.backup_to(copy));
        expect(put_books(store, 1, 5));
    }
    for (const char* each : {"-wal", "-shm"}) std::filesystem::remove(path + each);
    write_bytes(path, bytes_of(copy));
    CHECK(identity_of(path, true).history != first.history);
}

TEST_CASE("SQLite: a backup while others write is one moment") {
    const folder here;
    auto store = open(here / "library.db", quick);
    expect(put_books(store, 0, 1'000));
    std::atomic<bool> is_done = false;
    std::thread writer([&] {
        for (std::int64_t i = 100; !is_done && i < 10'000; ++i)
            if (!put_books(store, i * 10, 10)) return;
    });
    for (int i = 0; i < 5; ++i) {
        const std::string copy = here / ("backup" + std::to_string(i) + ".db");
        expect(store.backup_to(copy));
        auto restored = open(copy, quick);
        CHECK(count_books(restored) % 10 == 0);
        auto tx = expect(begin_read(restored, nobody));
        CHECK(expect(tx.last_sequence()) == expect(tx.count(all<book>())));
        tx = expect(begin_read(restored, nobody));
    }
    is_done = true;
    writer.join();
}

TEST_CASE("SQLite: a backup that finds no room leaves no file") {
    const folder here;
    auto store = open(here / "library.db", quick);
    expect(put_books(store, 1, 20'000));
    {
        const small_files disk(300'000);
        CHECK(!store.backup_to(here / "backup.db"));
    }
    std::size_t files = 0;
    for (const auto& each : std::filesystem::directory_iterator(here.path()))
        files += each.path().filename().string().rfind("backup", 0) == 0 ? 1 : 0;
    CHECK(files == 0);
    CHECK(store.backup_to(here / "not/there.db").error().code == errc::unavailable);
    expect(store.backup_to(here / "backup.db"));
}

TEST_CASE("SQLite: a store whose file was swapped for another says so, and writes to neither") {
    const folder here;
    const std::string path = here / "library.db";
    make_library(here / "other.db", 7);
    auto store = open(path, quick);
    expect(put_books(store, 1, 3));
    CHECK(count_books(store) == 3);
    std::filesystem::rename(path, here / "away.db");
    CHECK(put_books(store, 10, 1).error().code == errc::unavailable);
    std::filesystem::copy_file(here / "other.db", path);
    CHECK(put_books(store, 10, 1).error().code == errc::unavailable);
    CHECK(begin_read(store, nobody).error().code == errc::unavailable);
    // The log beside the name is still that of the file that was there.
    CHECK(std::filesystem::file_size(path + "-wal") > 0);
    CHECK(refusal_of(path).code == errc::corrupted);
    for (const char* each : {"-wal", "-shm"})
        std::filesystem::rename(path + each, here / (std::string("away.db") + each));
    auto swapped = open(path, quick);
    CHECK(swapped.history_changed());
    CHECK(count_books(swapped) == 7);
    auto away = open(here / "away.db", quick);
    CHECK(count_books(away) == 3);
}

TEST_CASE("SQLite: a database in memory has no file, and all else") {
    auto store = open(":memory:");
    CHECK(!store.history_changed());
    CHECK(expect(store.identity()).history != uuid{});
    expect(put_books(store, 1, 3));
    const folder here;
    expect(store.backup_to(here / "kept.db"));
    auto kept = open(here / "kept.db");
    CHECK(count_books(kept) == 3);
}

}  // namespace
