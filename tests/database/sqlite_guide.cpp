// SPDX-License-Identifier: BSL-1.0
// The code of docs/guide/sqlite.md, run.
#include "database/sqlite_support.hpp"
#include <syncfw/storage/sqlite.hpp>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace {

using namespace stores;

int keep_a_book(const std::string& path) {
    // [open]
    auto store = syncfw::sqlite::open<library>(path);
    if (!store) {
        std::fprintf(stderr, "%s\n", to_string(store.error()).c_str());
        return 1;
    }
    for (const std::string& each : store->warnings()) std::fprintf(stderr, "%s\n", each.c_str());

    auto tx = begin_write(*store, syncfw::tenant_id());
    if (!tx) return 1;
    const record<book> dune{.value = {.id = 1, .title = "Dune"}};
    if (!tx->put(dune)) return 1;
    if (!tx->commit()) return 1;  // Without it, nothing was written.
    // [/open]
    return 0;
}

TEST_CASE("SQLite: the guide's first program") {
    const folder here;
    CHECK(keep_a_book(here / "library.db") == 0);
    auto store = open(here / "library.db");
    CHECK(count_books(store) == 1);
}

TEST_CASE("SQLite: the guide's options") {
    const folder here;
    // [options]
    const syncfw::sqlite::options wanted{
        .durability = syncfw::sqlite::durability::process_crash,
        .busy_timeout = std::chrono::seconds(2),
        .readers = 8,
        .check = syncfw::sqlite::integrity::quick,
    };
    // [/options]
    auto store = open(here / "library.db", wanted);
    CHECK(count_books(store) == 0);
}

TEST_CASE("SQLite: the guide's own SQL") {
    auto store = open(":memory:");
    expect(put_books(store, 1, 3));
    auto tx = expect(begin_write(store, nobody));
    // [own-sql]
    sqlite3* const database = tx.native().handle();
    const char* const text = "UPDATE book SET title = upper(title) WHERE \"_deleted\" = 0";
    const int code = sqlite3_exec(database, text, nullptr, nullptr, nullptr);
    // [/own-sql]
    CHECK(code == SQLITE_OK);
    CHECK(expect(tx.get<book>(2))->value.title == "BOOK");
}

TEST_CASE("SQLite: the guide's backup") {
    const folder here;
    auto store = open(here / "library.db", quick);
    const std::string path = here / "library-backup.db";
    // [backup]
    auto done = store.backup_to(path, [](const syncfw::sqlite::backup_progress& so_far) {
        std::printf("%lld of %lld pages\n", static_cast<long long>(so_far.pages_done),
                    static_cast<long long>(so_far.pages));
    });
    // [/backup]
    expect(done);
}

}  // namespace
