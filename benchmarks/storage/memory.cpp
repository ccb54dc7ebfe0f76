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
    std::vector<book_record> changes(std::int64_t after, std::int64_t until) const {
        std::vector<book_record> found;
        for (auto at = feed.upper_bound(after); at != feed.end() && at->first <= until; ++at)
            found.push_back(*at->second);
        return found;
    }
};

using memory_store = syncfw::memory::store<library>;

void insert(memory_store& store, const std::vector<book_record>& records) {
    auto tx = begin_write(store, the_library);
    must(tx->put_many(records));
    must(tx->commit());
}

}  // namespace

void bench_memory(report& out, const plan& how) {
    constexpr std::size_t count = 100'000;
    const std::vector<book_record> records = make_records(count);
    std::optional<memory_store> store;
    std::optional<by_hand> hand;
    const auto per_row = static_cast<double>(count);

    const auto inserted = compare(
        [&] {
            store.emplace(syncfw::memory::options{.rows_expected = count});
            insert(*store, records);
        },
        [&] {
            hand.emplace();
            hand->insert(records);
        },
        1.3, how);
    out.add(versus("memory: insert", inserted, per_row, "hash map + feed map", 1.3));

    std::vector<std::string> keys;
    random_source random(7);
    for (int i = 0; i < 10'000; ++i) keys.push_back(records[random.below(count)].value.id);
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
        1.2, how);
    out.add(versus("memory: get", found, 10'000, "hash map", 1.2));

    const auto scanned = compare([&] { keep(tx->changes<book>(50'000, 60'000)); },
                                 [&] { keep(hand->changes(50'000, 60'000)); }, 1.2, how);
    out.add(versus("memory: changes", scanned, 10'000, "feed map", 1.2));
}

}  // namespace bench
