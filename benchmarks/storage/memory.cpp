// SPDX-License-Identifier: BSL-1.0
// The memory store beside what one would write by hand: a reserved hash map, and a map from the
// place in the feed to the row.
#include "storage.hpp"
#include <syncfw/storage/memory.hpp>

#include <map>
#include <optional>
#include <string>
#include <unordered_map>

namespace bench {
namespace {

struct by_hand {
    std::unordered_map<std::string, book_record> rows{};
    std::map<std::int64_t, const book_record*> feed{};

    void insert(const std::vector<book_record>& records) {
        rows.reserve(records.size());
        for (const book_record& each : records) {
            const auto at = rows.insert_or_assign(each.value.id, each).first;
            feed.insert_or_assign(feed.end(), each.sequence(), &at->second);
        }
    }
    [[nodiscard]] std::vector<book_record> changes(std::int64_t after, std::int64_t until) const {
        std::vector<book_record> found;
        for (auto at = feed.upper_bound(after); at != feed.end() && at->first <= until; ++at)
            found.push_back(*at->second);
        return found;
    }
};

using memory_store = syncfw::memory::store<library>;

// Both hold the same rows when it is done.
void bench_insert(report& out, const settings& chosen, const std::vector<book_record>& records,
                  std::optional<memory_store>& store, std::optional<by_hand>& hand) {
    const auto fill_store = [&] {
        store.emplace(syncfw::memory::options{.rows_expected = records.size()});
        auto tx = begin_write(*store, the_library);
        must(tx->put_many(records));
        must(tx->commit());
    };
    const auto fill_hand = [&] {
        hand.emplace();
        hand->insert(records);
    };
    const auto until_the_end = compare(fill_store, fill_hand, no_budget, chosen.how);
    plan fresh = chosen.how;
    fresh.before = [&] { store.reset(), hand.reset(); };
    const auto inserted = compare(fill_store, fill_hand, 1.3, fresh);
    out.add(versus("memory: insert", inserted, records.size(), "hash map + feed map", 1.3));
    out.add(
        versus("memory: insert and drop", until_the_end, records.size(), "hash map + feed map"));
    fill_store();
    fill_hand();
}

void bench_memory(report& out, const settings& chosen) {
    const std::size_t count = chosen.rows;
    const std::vector<book_record> records = make_records(count);
    std::optional<memory_store> store;
    std::optional<by_hand> hand;
    bench_insert(out, chosen, records, store, hand);

    std::vector<std::string> keys;
    random_source random(7);
    for (std::size_t i = 0; i < count / 10; ++i)
        keys.push_back(records[random.below(count)].value.id);
    auto tx = begin_read(*store, the_library);
    const auto found = compare(
        [&] {
            for (const std::string& key : keys) keep(tx->get<book>(key));
        },
        [&] {
            for (const std::string& key : keys) {
                const auto at = hand->rows.find(key);
                keep(at == hand->rows.end() ? std::nullopt : std::optional(at->second));
            }
        },
        1.2, chosen.how);
    out.add(versus("memory: get", found, keys.size(), "hash map", 1.2));

    const auto after = static_cast<std::int64_t>(count / 2);
    const auto until = after + static_cast<std::int64_t>(count / 10);
    const auto scanned = compare([&] { keep(tx->changes<book>(after, until)); },
                                 [&] { keep(hand->changes(after, until)); }, 1.2, chosen.how);
    out.add(versus("memory: changes", scanned, count / 10, "feed map", 1.2));
}

const registered_part here{{.name = "memory", .run = bench_memory}};

}  // namespace
}  // namespace bench
