// SPDX-License-Identifier: BSL-1.0
// Goal: who reads a feed page by page sees each change once, in order, whatever the pages' size.
// Method: random histories of several entities.
#include <syncfw/storage/changes.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/testing/conformance_schema.hpp>
#include <syncfw/testing/random.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

using namespace syncfw;

namespace {

using testing::member;
using testing::shelf_place;

using store_type = memory::store<testing::conformance_schema>;

/// Counts the rows that the store has to read.
struct counting_reader {
    read_transaction<store_type> tx;
    std::int64_t rows = 0;

    [[nodiscard]] result<std::int64_t> last_sequence() { return tx.last_sequence(); }
    template <class T>
    [[nodiscard]] result<std::vector<record<T>>> changes(
        std::int64_t after, std::int64_t until,
        std::int64_t limit = std::numeric_limits<std::int64_t>::max()) {
        auto found = tx.changes<T>(after, until, limit);
        rows += static_cast<std::int64_t>(found->size());
        return found;
    }
};

}  // namespace

TEST_CASE("cost: behind a row that changed 100,000 times, no more rows are read than wanted") {
    store_type store;
    constexpr std::int64_t rewritten = 100'000, dense = 4'999, limit = 100;
    auto tx = begin_write(store, tenant_id());
    REQUIRE(tx->next_sequence(rewritten + dense));
    const auto put = [&]<class T>(T value, std::int64_t at) {
        record<T> row{.value = std::move(value)};
        row.set_sequence(at);
        REQUIRE(tx->put(row));
    };
    put(member{.number = 1}, rewritten);
    for (std::int64_t i = 1; i <= dense; ++i)
        if (i % 2 == 0)
            put(member{.number = 1 + i}, rewritten + i);
        else
            put(shelf_place{.shelf = "s", .place = i}, rewritten + i);
    REQUIRE(tx->commit());

    counting_reader counted{begin_read(store, tenant_id()).value()};
    std::int64_t expected = rewritten;
    changes_seen page{.is_behind = true};
    while (page.is_behind) {
        const std::int64_t before = counted.rows;
        auto next = visit_changes<testing::conformance_schema>(
            counted, {.after = page.until, .limit = limit}, [&]<class T>(const record<T>& row) {
                CHECK(row.sequence() == expected);
                ++expected;
            });
        REQUIRE(next);
        page = *next;
        CHECK(page.rows == limit);
        CHECK(counted.rows - before <= 2 * (limit + 1));
    }
    CHECK(page.until == rewritten + dense);
    CHECK(counted.rows <= dense + 2 * (limit + 1));
}

TEST_CASE("changes: a limit beyond all numbers reads everything") {
    store_type store;
    auto tx = begin_write(store, tenant_id());
    REQUIRE(tx->next_sequence(9));
    record<member> row{.value = {.number = 1}};
    row.set_sequence(9);
    REQUIRE(tx->put(row));
    REQUIRE(tx->commit());
    auto reader = begin_read(store, tenant_id());
    auto seen = visit_changes<testing::conformance_schema>(
        *reader, {.limit = std::numeric_limits<std::int64_t>::max()}, [](const auto&) {});
    REQUIRE(seen);
    CHECK(seen->rows == 1);
    CHECK(seen->until == 9);
    CHECK_FALSE(seen->is_behind);
}

TEST_CASE("no-gap: pages of any size give each change once, in order") {
    rc::check([](std::uint64_t seed) {
        memory::store<testing::conformance_schema> store;
        testing::random_source random(seed);
        std::map<std::string, std::int64_t> expected;
        for (std::uint64_t i = random.below(60); i > 0; --i) {
            auto tx = begin_write(store, tenant_id());
            const std::int64_t at = *tx->next_sequence(1);
            const auto put = [&]<class T>(T value) {
                record<T> row{.value = std::move(value)};
                row.set_sequence(at);
                RC_ASSERT(tx->put(row).has_value());
                expected[std::string(entity_of<T>.name) + key_text(key(row.value))] = at;
            };
            if (random.chance(500))
                put(testing::shelf_place{.shelf = "s", .place = std::int64_t(random.below(9))});
            else
                put(testing::member{.number = std::int64_t(random.below(9))});
            if (random.chance(900)) {
                RC_ASSERT(tx->commit().has_value());
            } else {
                return;  // What was rolled back is another history.
            }
        }
        auto tx = begin_read(store, tenant_id());
        std::map<std::string, std::int64_t> seen;
        changes_seen page{.is_behind = true};
        std::int64_t before = 0;
        while (page.is_behind) {
            const auto limit = static_cast<std::int64_t>(1 + random.below(5));
            auto next = visit_changes<testing::conformance_schema>(
                *tx, {.after = page.until, .limit = limit}, [&]<class T>(const record<T>& row) {
                    RC_ASSERT(row.sequence() > before);
                    before = row.sequence();
                    seen[std::string(entity_of<T>.name) + key_text(key(row.value))] = before;
                });
            RC_ASSERT(next.has_value());
            RC_ASSERT(next->rows <= limit);
            page = *next;
        }
        RC_ASSERT(seen == expected);
    });
}
