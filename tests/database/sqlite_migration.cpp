// SPDX-License-Identifier: BSL-1.0
// Goal: opening a file brings it to the schema or changes nothing. What the changes are is the
// business of database/migration.cpp; this is about the store that runs them.
#include "database/sqlite_support.hpp"
#include <syncfw/storage/sqlite.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>

namespace {

using namespace stores;

namespace later {

struct book {
    std::int64_t id = 0;
    std::string title{};
    std::optional<std::string> isbn{};
    std::optional<std::int64_t> on{};
    std::optional<std::string> notes{};  // New.

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::isbn>(unique, column("number")),
                       field<&book::on>(references<&shelf::id>));
};

struct wrong_book {
    std::int64_t id = 0;
    std::int64_t title = 0;  // Was a text.

    static constexpr auto sync_entity = entity<"book">(field<&wrong_book::id>(primary_key));
};

}  // namespace later

using later_library = schema<shelf, later::book>;

TEST_CASE("SQLite: a file of an earlier schema is brought to it, rows and history stay") {
    const folder here;
    const std::string path = here / "library.db";
    store_identity before;
    {
        auto store = open(path, quick);
        expect(put_books(store, 1, 3));
        before = expect(store.identity());
    }
    {
        auto store = expect(sqlite::open<later_library>(path, {.migrate = false}));
        const auto status = expect(store.migration_status());
        CHECK(status.automatic.size() == 1);
        CHECK(expect(store.identity()) == before);
    }
    auto store = expect(sqlite::open<later_library>(path, quick));
    CHECK(expect(store.identity()) == before);
    CHECK(expect(store.migration_status()).automatic.empty());
    auto tx = expect(begin_write(store, nobody));
    CHECK(expect(tx.scan(all<later::book>())).size() == 3);
    expect(tx.put(record<later::book>{.value = {.id = 1, .notes = "new"}}));
    expect(tx.commit());
    // The earlier program goes on beside the later one.
    auto earlier = open(path, quick);
    expect(put_books(earlier, 10, 1));
    CHECK(count_books(earlier) == 4);
}

TEST_CASE("SQLite: a connection that is open sees tables that another one changed") {
    const folder here;
    const std::string path = here / "library.db";
    auto earlier = open(path, quick);
    expect(put_books(earlier, 1, 1));
    CHECK(count_books(earlier) == 1);
    auto store = expect(sqlite::open<later_library>(path, quick));
    expect(put_books(earlier, 2, 1));
    CHECK(count_books(earlier) == 2);
}

TEST_CASE("SQLite: a file that needs a hand is refused and stays as it is") {
    const folder here;
    const std::string path = here / "library.db";
    {
        auto store = open(path, quick);
    }
    const std::string before = bytes_of(path);
    const auto refused = sqlite::open<schema<later::wrong_book>>(path);
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::schema_mismatch);
    CHECK(refused.error().message.find(path) != std::string::npos);
    CHECK(bytes_of(path) == before);
}

TEST_CASE("SQLite: migrations by hand run once, up and down, and keep references whole") {
    const folder here;
    const std::string path = here / "library.db";
    const sqlite::options strict{.references = true};
    {
        auto store = open(path, strict);
        auto tx = expect(begin_write(store, nobody));
        expect(tx.put(record<shelf>{.value = {.id = 7, .name = "oak"}}));
        expect(tx.put(record<book>{.value = {.id = 1, .on = 7}}));
        expect(tx.commit());
    }
    // [by-hand]
    const syncfw::migration by_hand[] = {
        {.version = 1,
         .name = "names in capitals",
         .up = {"UPDATE shelf SET name = upper(name); UPDATE shelf SET name = name || '!'"},
         .down = {"UPDATE shelf SET name = lower(rtrim(name, '!'))"}},
    };
    // [/by-hand]
    const auto name = [&](auto& store) {
        return expect(expect(begin_read(store, nobody)).template get<shelf>(7))->value.name;
    };
    for (int i = 0; i < 2; ++i) {
        auto store = open(path, {.references = true, .migrations = by_hand});
        CHECK(name(store) == "OAK!");
        CHECK(expect(store.migration_status()).done.size() == 1);
        const record<book> lost{.value = {.id = 2, .on = 8}};
        auto tx = expect(begin_write(store, nobody));
        CHECK(tx.put(lost).error().code == errc::invalid_value);
    }
    {
        auto store = open(path, {.references = true, .migrations = by_hand});
        expect(store.migrate_down(0));
        CHECK(name(store) == "oak");
    }
    const syncfw::migration breaking[] = {
        {.version = 1, .name = "shelves go", .up = {"DELETE FROM shelf"}, .down = {}},
    };
    const auto refused = sqlite::open<library>(path, {.references = true, .migrations = breaking});
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::invalid_value);
    auto store = open(path, strict);
    CHECK(name(store) == "oak");
}

}  // namespace

TEST_CASE("SQLite: a file with the engine's tables of an earlier program is used as it is") {
    const folder here;
    const std::string path = here / "library.db";
    const uuid answered = new_uuid();
    const auto remember = [&](library_store& store, const uuid& id) {
        auto tx = expect(begin_write(store, nobody));
        expect(tx.put(record<applied_operation>{.value = {.id = id, .outcome = "applied"}}));
        expect(tx.commit());
    };
    {
        auto store = open(path, quick);
        remember(store, answered);
        check_sound(store);
    }
    // Operations by row number, and two tables that have no use any more.
    run_sql(path, R"(
        ALTER TABLE "syncfw_applied" RENAME TO "by_key";
        CREATE TABLE "syncfw_applied" ("id" TEXT NOT NULL, "outcome" TEXT NOT NULL,
            "code" TEXT NOT NULL, "reason" TEXT NOT NULL, "version" INTEGER NOT NULL,
            "request_hash" BLOB NOT NULL, "applied_at" INTEGER NOT NULL, "_tenant" TEXT NOT NULL
            DEFAULT '', PRIMARY KEY ("_tenant", "id"));
        INSERT INTO "syncfw_applied" SELECT "id", "outcome", "code", "reason", "version",
            "request_hash", "applied_at", "_tenant" FROM "by_key";
        DROP TABLE "by_key";
        CREATE TABLE "syncfw_link" ("link" TEXT NOT NULL, "_tenant" TEXT NOT NULL DEFAULT '',
            PRIMARY KEY ("_tenant", "link"));
        CREATE TABLE "syncfw_digest" ("range" INTEGER NOT NULL, "_tenant" TEXT NOT NULL DEFAULT '',
            PRIMARY KEY ("_tenant", "range"));
        INSERT INTO "syncfw_link" VALUES ('row', '');
        UPDATE "syncfw_schema" SET "state" = '';)");
    {
        auto store = expect(sqlite::open<library>(path, {.migrate = false}));
        const auto status = expect(store.migration_status());
        CHECK(status.automatic.empty());
        CHECK(status.refused.empty());
    }
    auto store = open(path, quick);
    const uuid later = new_uuid();
    remember(store, later);
    remember(store, answered);
    auto tx = expect(begin_read(store, nobody));
    CHECK(expect(tx.count(all<applied_operation>())) == 2);
    CHECK(expect(tx.get<applied_operation>(answered))->value.outcome == "applied");
    CHECK(expect(tx.get<applied_operation>(later)).has_value());
    check_sound(store);
}
