// SPDX-License-Identifier: BSL-1.0
// Goal: the cost of reading changes follows their number, never that of the rows. Method: the steps
// of SQLite's virtual machine, counted, and the plans of all statements that the store prepared.
#include "sqlite_support.hpp"
#include <syncfw/storage/changes.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace stores;

void fill(library_store& store, std::int64_t rows) {
    auto tx = expect(begin_write(store, nobody));
    const std::int64_t first = expect(tx.next_sequence(rows));
    std::vector<record<shelf>> all_rows;
    for (std::int64_t i = 0; i < rows; ++i) {
        all_rows.push_back({.value = {.id = i, .name = "s"}});
        all_rows.back().set_sequence(first + i);
    }
    REQUIRE(tx.put_many(all_rows));
    REQUIRE(tx.commit());
}

std::int64_t steps_of_last_changes(std::int64_t rows) {
    auto store = expect(sqlite::open<library>(":memory:"));
    fill(store, rows);
    auto tx = expect(begin_read(store, nobody));
    const auto count = [&] {
        std::int64_t steps = 0;
        for (sqlite3_stmt* each = sqlite3_next_stmt(tx.native().handle(), nullptr); each != nullptr;
             each = sqlite3_next_stmt(tx.native().handle(), each))
            steps += sqlite3_stmt_status(each, SQLITE_STMTSTATUS_VM_STEP, 1);
        return steps;
    };
    (void)count();
    const auto seen = expect(visit_changes<library>(tx, {.after = rows - 100}, [](const auto&) {}));
    CHECK(seen.rows == 100);
    return count();
}

}  // namespace

TEST_CASE("cost: 100 changes of 20,000 rows take the steps that they take of 1,000") {
    const std::int64_t few = steps_of_last_changes(1'000), many = steps_of_last_changes(20'000);
    CHECK(many <= few + few / 10);
}

TEST_CASE("cost: a query for an indexed value takes no more steps where there are more rows") {
    const auto steps = [](std::int64_t rows) {
        auto store = expect(sqlite::open<library>(":memory:"));
        auto tx = expect(begin_write(store, nobody));
        std::vector<record<book>> all_rows;
        for (std::int64_t i = 0; i < rows; ++i)
            all_rows.push_back({.value = {.id = i, .title = "t", .isbn = std::to_string(i)}});
        REQUIRE(tx.put_many(all_rows));
        sqlite3* const database = tx.native().handle();
        // Both in the keys' order, which needs another index, and in the value's own.
        REQUIRE(tx.scan(where(field<&book::isbn> == "7"))->size() == 1);
        REQUIRE(tx.scan(where(field<&book::isbn> == "7").order_by(field<&book::isbn>))->size() ==
                1);
        std::int64_t count = 0;
        for (sqlite3_stmt* each = sqlite3_next_stmt(database, nullptr); each != nullptr;
             each = sqlite3_next_stmt(database, each))
            if (std::string_view(sqlite3_sql(each)).substr(0, 6) == "SELECT")
                count += sqlite3_stmt_status(each, SQLITE_STMTSTATUS_VM_STEP, 0);
        return count;
    };
    CHECK(steps(5'000) == steps(50));
}

TEST_CASE("cost: no statement of the store goes through a table without an index") {
    auto store = expect(sqlite::open<library>(":memory:"));
    fill(store, 10);
    auto tx = expect(begin_write(store, nobody));
    REQUIRE(tx.get<shelf>(1));
    REQUIRE(tx.changes<shelf>(0, 5));
    REQUIRE(tx.changes<book>(0, 5));
    REQUIRE(tx.put(record<shelf>{.value = {.id = 3}}));
    REQUIRE(tx.erase<shelf>(3));
    REQUIRE(tx.next_sequence(1));
    REQUIRE(tx.put_value("name", "x"));
    REQUIRE(tx.get_value("name"));
    REQUIRE(tx.scan(where(field<&book::isbn> == "1")));
    REQUIRE(tx.scan(where(field<&shelf::id> == 1)));
    sqlite3* const database = tx.native().handle();
    int looked_at = 0;
    std::vector<std::string> texts;
    for (sqlite3_stmt* each = sqlite3_next_stmt(database, nullptr); each != nullptr;
         each = sqlite3_next_stmt(database, each))
        texts.emplace_back(sqlite3_sql(each));
    for (const std::string& text : texts) {
        sqlite3_stmt* plan = nullptr;
        const std::string asked = "EXPLAIN QUERY PLAN " + text;
        if (text.find("syncfw_") != text.npos && text.find("_tenant") == text.npos) continue;
        if (sqlite3_prepare_v2(database, asked.c_str(), -1, &plan, nullptr) != SQLITE_OK) continue;
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const std::string step = reinterpret_cast<const char*>(sqlite3_column_text(plan, 3));
            INFO(text << "\n" << step);
            ++looked_at;
            CHECK(step.substr(0, 5) != "SCAN ");
        }
        sqlite3_finalize(plan);
    }
    CHECK(looked_at >= 6);
}
