// SPDX-License-Identifier: BSL-1.0
// The checks of a store that need several transactions at the same time.
#pragma once

#include <syncfw/storage/changes.hpp>
#include <syncfw/testing/detail/store_checker.hpp>

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace syncfw::testing::detail {

template <class Make>
class concurrent_checks : public store_checker<Make> {
  public:
    using base = store_checker<Make>;
    using base::base;
    using typename base::reader;
    using typename base::store_type;
    using typename base::writer;

  protected:
    using base::expect;
    using base::expect_same;
    using base::kept;
    using base::make;
    using base::must;
    using base::numbers;
    using base::placed;
    using base::read;
    using base::tenant;
    using base::write;

    void one_moment(store_type& store) {
        write(store, tenant(), [&](writer& tx) {
            must("next_sequence", tx.next_sequence(1));
            must("put", tx.put(placed(1, 1)));
        });
        auto before = begin_read(store, tenant());
        if (!must("begin_read", before)) return;
        const auto look = [&](reader& tx) {
            auto last = tx.last_sequence();
            auto value = tx.get_value("name");
            return row_at<specimen>(tx, make(1).id) + image_of(tx.scan(all<specimen>())) +
                   numbers(tx.template changes<specimen>(0, 100)) +
                   (last ? std::to_string(*last) : "?") + (value && *value ? **value : "none");
        };
        const std::string then = look(*before);
        std::thread([&] {
            auto tx = begin_write(store, tenant());
            if (!tx) return;
            (void)tx->next_sequence(2);
            (void)tx->put(placed(1, 2));
            (void)tx->put(placed(2, 3));
            (void)tx->put_value("name", "new");
            (void)tx->commit();
        }).join();
        expect_same("a reader that began before a commit", look(*before), then);
        read(store, tenant(), [&](reader& tx) {
            expect(look(tx) != then, "a reader that begins after a commit sees it");
        });
    }

    // Writers hold their numbers for a while; a reader goes after them in pages of any size.
    void no_gap(store_type& store) {
        constexpr int writers = 4, rounds = 25;
        std::atomic<int> left{writers};
        std::atomic<int> failures{0};
        std::vector<std::thread> running;
        for (int w = 0; w < writers; ++w)
            running.emplace_back([&, w] {
                random_source random(static_cast<std::uint64_t>(w) + 1);
                for (int i = 0; i < rounds; ++i)
                    failures +=
                        write_some(store, random, static_cast<std::uint64_t>(w * rounds + i));
                --left;
            });
        std::set<std::uint64_t> met;
        std::int64_t place = 0;
        random_source random(99);
        for (bool is_last = false; !is_last;) {
            is_last = left == 0;
            auto tx = begin_read(store, tenant());
            if (!tx) continue;
            bool is_behind = true;
            while (is_behind) {
                auto page = visit_changes<schema<specimen>>(
                    *tx, {.after = place, .limit = 1 + static_cast<std::int64_t>(random.below(7))},
                    [&]<class T>(const record<T>& row) {
                        if constexpr (std::is_same_v<T, specimen>)
                            met.insert(static_cast<std::uint64_t>(row.value.whole));
                    });
                if (!page) break;
                place = page->until;
                is_behind = page->is_behind;
            }
        }
        for (std::thread& each : running) each.join();
        expect_same("failed writes", std::int64_t{failures}, std::int64_t{0});
        expect_same("changes seen", static_cast<std::int64_t>(met.size()),
                    std::int64_t{writers} * rounds);
    }
    int write_some(store_type& store, random_source& random, std::uint64_t index) {
        for (int attempt = 0; attempt < 100; ++attempt) {
            auto tx = begin_write(store, tenant());
            if (!tx) continue;
            auto next = tx->next_sequence(1);
            if (!next) continue;
            for (std::uint64_t spin = random.below(5); spin > 0; --spin) std::this_thread::yield();
            record<specimen> row = placed(index, *next);
            row.value.whole = static_cast<std::int64_t>(index);
            if (tx->put(row) && kept(tx->commit())) return 0;
        }
        return 1;
    }
};

}  // namespace syncfw::testing::detail
