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
#include <map>
#include <string>

using namespace syncfw;

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
