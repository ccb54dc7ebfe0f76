// SPDX-License-Identifier: BSL-1.0
// What a store must still have when it is opened again.
#pragma once

#include <syncfw/testing/detail/store_checker.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace syncfw::testing::detail {

template <class Open>
class reopening_checks : public store_checker<Open> {
  public:
    using base = store_checker<Open>;
    using base::base;
    using typename base::reader;
    using typename base::store_type;
    using typename base::writer;

    void run() {
        std::string before;
        store_identity identity;
        check("what is committed is there when the store is opened again", [&](auto& store) {
            fill(store);
            leave_unfinished(store);
            before = image_of_all(store);
            if (auto found = store.identity(); must("identity", found)) identity = *found;
        });
        check("what is committed is there when the store is opened again", [&](auto& store) {
            expect_same("all of it", image_of_all(store), before);
            auto found = store.identity();
            if (must("identity", found)) expect(*found == identity, "the history stays the same");
            go_on(store);
            before = image_of_all(store);
        });
        check("a store that was opened again goes on",
              [&](auto& store) { expect_same("all of it", image_of_all(store), before); });
    }

  private:
    using base::check;
    using base::expect;
    using base::expect_code;
    using base::expect_same;
    using base::must;
    using base::placed;
    using base::seed;
    using base::tenant;
    using base::write;

    static constexpr std::int64_t count = 20;

    static record<member> person(std::int64_t number, const char* whose) {
        return {.value = {.number = number, .tenant = whose, .email = "a@x"}};
    }

    void fill(store_type& store) {
        for (const char* whose : {"one", "two"}) {
            write(store, tenant(whose), [&](writer& tx) {
                random_source random(seed);
                auto first = tx.next_sequence(count);
                if (!must("next_sequence", first)) return;
                for (std::int64_t i = 0; i < count; ++i) {
                    const auto index = static_cast<std::uint64_t>(i);
                    auto row = random_row<specimen>(index, tenant(whose), random);
                    row.set_sequence(*first + i);
                    must("put", tx.put(row));
                    must("put", tx.put(random_row<shelf_place>(index, tenant(whose), random)));
                }
                must("put", tx.put(person(1, whose)));
                must("put_value", tx.put_value("name", std::string("a\0\xFF", 3)));
            });
        }
        write(store, tenant(),
              [&](writer& tx) { must("erase", tx.template erase<specimen>(this->make(3).id)); });
    }

    // The store is closed behind a transaction that was rolled back.
    void leave_unfinished(store_type& store) {
        auto tx = begin_write(store, tenant());
        if (!must("begin_write", tx)) return;
        must("next_sequence", tx->next_sequence(5));
        must("put", tx->put(placed(1'000, count + 1)));
        must("put_value", tx->put_value("name", "unfinished"));
    }

    void go_on(store_type& store) {
        write(store, tenant(), [&](writer& tx) {
            auto next = tx.next_sequence(1);
            if (must("next_sequence", next)) expect_same("the feed goes on", *next, count + 1);
            must("put", tx.put(placed(4, count + 1)));
            expect_code("a value that is taken", tx.put(person(2, "one")), errc::already_exists);
        });
    }

    [[nodiscard]] std::string image_of_all(store_type& store) {
        std::string all_of_it;
        for (const char* whose : {"one", "two"}) {
            this->read(store, tenant(whose), [&](reader& tx) {
                all_of_it += std::string(whose) + "\n" + image_of(tx.scan(all<specimen>())) +
                             image_of(tx.scan(all<shelf_place>())) +
                             image_of(tx.scan(all<member>())) +
                             image_of(tx.template changes<specimen>(0, 1'000));
                auto value = tx.get_value("name");
                if (must("get_value", value)) all_of_it += value->value_or("none") + "\n";
                auto last = tx.last_sequence();
                if (must("last_sequence", last)) all_of_it += std::to_string(*last) + "\n";
            });
        }
        return all_of_it;
    }
};

}  // namespace syncfw::testing::detail
