// SPDX-License-Identifier: BSL-1.0
// Goal: no change is ever missed or seen twice by who reads a feed while others write it. Method:
// eight writers that hold their numbers for random times, a reader with pages of random sizes, 200
// rounds, on a real PostgreSQL and on one SQLite file.
#include "postgres_support.hpp"
#include "sqlite_support.hpp"
#include <syncfw/storage/changes.hpp>
#include <syncfw/storage/transact.hpp>
#include <syncfw/testing/random.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace syncfw;

constexpr int writers = 8, rounds = 200;

// Each round's rows have keys of their own, so each is seen once; some write two rows.
template <class Store>
void write_rounds(Store& store, int writer, std::atomic<int>& failures) {
    testing::random_source random(static_cast<std::uint64_t>(writer) + 7);
    for (int round = 0; round < rounds; ++round) {
        const std::int64_t id = std::int64_t{writer} * 1'000 + round * 2;
        auto done = transact(
            store, tenant_id("t"),
            [&](auto& tx) -> result<void> {
                const std::int64_t count = 1 + static_cast<std::int64_t>(random.below(2));
                auto first = tx.next_sequence(count);
                if (!first) return first.error();
                std::this_thread::sleep_for(std::chrono::microseconds(random.below(3'000)));
                for (std::int64_t i = 0; i < count; ++i) {
                    record<stores::shelf> row{.value = {.id = id + i, .name = "s"}};
                    row.set_sequence(*first + i);
                    if (auto put = tx.put(row); !put) return put;
                }
                return {};
            },
            {.attempts = 100});
        if (!done) ++failures;
    }
}

template <class Store>
void check_feed(Store& store) {
    std::atomic<int> left{writers}, failures{0};
    std::vector<std::thread> running;
    for (int i = 0; i < writers; ++i)
        running.emplace_back([&, i] {
            write_rounds(store, i, failures);
            --left;
        });
    std::map<std::int64_t, int> met;
    std::int64_t place = 0, before = 0;
    bool is_in_order = true;
    testing::random_source random(1);
    for (bool is_last = false; !is_last;) {
        is_last = left == 0;
        auto tx = begin_read(store, tenant_id("t"));
        if (!tx) continue;
        for (bool is_behind = true; is_behind;) {
            auto page = visit_changes<schema<stores::shelf>>(
                *tx, {.after = place, .limit = 1 + static_cast<std::int64_t>(random.below(9))},
                [&]<class T>(const record<T>& row) {
                    is_in_order = is_in_order && row.sequence() > before;
                    before = row.sequence();
                    ++met[row.value.id];
                });
            REQUIRE(page);
            place = page->until;
            is_behind = page->is_behind;
        }
    }
    for (std::thread& each : running) each.join();
    CHECK(failures == 0);
    CHECK(is_in_order);
    auto tx = begin_read(store, tenant_id("t"));
    const std::int64_t rows = *tx->count(all<stores::shelf>());
    CHECK(rows >= writers * rounds);
    CHECK(met.size() == static_cast<std::size_t>(rows));
    CHECK(*tx->last_sequence() == rows);
    for (const auto& [id, times] : met) CHECK(times == 1);
}

}  // namespace

TEST_CASE("no-gap: eight writers and a reader on PostgreSQL") {
    if (pg::server() == nullptr) return;
    auto store = pg::open<stores::library>(pg::fresh_url(), {.connections = 10});
    check_feed(*store);
}

TEST_CASE("no-gap: eight writers and a reader on SQLite") {
    const stores::folder folder;
    auto store = sqlite::open<stores::library>(folder / "feed.db");
    REQUIRE(store);
    check_feed(*store);
}
