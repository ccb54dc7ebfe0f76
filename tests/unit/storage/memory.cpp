// SPDX-License-Identifier: BSL-1.0
// Goal: the memory store, the model of the others, keeps what storage.hpp promises; and the suite
// that says so finds faults. Method: the conformance suite and random scripts.
#include <syncfw/storage/memory.hpp>
#include <syncfw/testing/check_store.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace {

using namespace syncfw::testing;
using store_type = syncfw::memory::store<conformance_schema>;

std::unique_ptr<store_type> make() {
    return std::make_unique<store_type>();
}

using syncfw::begin_read;
using syncfw::begin_write;
using syncfw::tenant_id;

member with_email(std::int64_t number, std::string email) {
    return {.number = number, .email = std::move(email)};
}
template <class Transaction>
syncfw::result<void> put(Transaction& tx, const member& row) {
    return tx.put(syncfw::record<member>{.value = row});
}

}  // namespace

TEST_CASE("storage: memory keeps every promise") {
    const report seen = check_store(make);
    INFO(to_string(seen));
    CHECK(seen.passed());
    CHECK(seen.checks > 400);
}

TEST_CASE("storage: a script gives the same each time") {
    const report seen = compare_stores(make, make, {.scripts = 20});
    INFO(to_string(seen));
    CHECK(seen.passed());
}

TEST_CASE("storage: what is rolled back gives every row its unique values back") {
    store_type store;
    {
        auto tx = begin_write(store, tenant_id());
        REQUIRE(put(*tx, with_email(1, "x")));
        REQUIRE(put(*tx, with_email(2, "y")));
        REQUIRE(tx->commit());
    }
    {
        auto tx = begin_write(store, tenant_id());
        REQUIRE(put(*tx, {.number = 1, .email = "x", .is_deleted = true}));
        REQUIRE(put(*tx, {.number = 2, .email = "y", .is_deleted = true}));
        REQUIRE(put(*tx, with_email(1, "y")));
        REQUIRE(put(*tx, with_email(2, "x")));
    }
    auto tx = begin_write(store, tenant_id());
    for (const char* const taken : {"x", "y"}) {
        const auto refused = put(*tx, with_email(3, taken));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == syncfw::errc::already_exists);
    }
}

// Goal: values are unique after any transactions, those that were rolled back too. Method: random
// ones, compared with a list of the rows.
TEST_CASE("storage: unique values are free or taken as the rows say, whatever was rolled back") {
    rc::check([](std::uint64_t seed) {
        random_source random(seed);
        store_type store;
        std::map<std::int64_t, member> kept;
        std::optional<syncfw::read_transaction<store_type>> reader;
        for (std::uint64_t i = random.below(20); i > 0; --i) {
            auto rows = kept;
            {
                auto tx = begin_write(store, tenant_id());
                for (std::uint64_t steps = random.below(8); steps > 0; --steps) {
                    const auto number = static_cast<std::int64_t>(random.below(4));
                    if (random.chance(200)) {
                        RC_ASSERT(tx->erase<member>(number).has_value());
                        rows.erase(number);
                        continue;
                    }
                    member wanted{.number = number, .is_deleted = random.chance(250)};
                    if (random.chance(850)) wanted.email = std::string(1, "xyz"[random.below(3)]);
                    bool is_free = true;
                    for (const auto& [other, row] : rows)
                        if (other != number && !row.is_deleted && !wanted.is_deleted &&
                            wanted.email && row.email == wanted.email)
                            is_free = false;
                    RC_ASSERT(put(*tx, wanted).has_value() == is_free);
                    if (is_free) rows[number] = wanted;
                }
                if (random.chance(600)) {
                    RC_ASSERT(tx->commit().has_value());
                    kept = rows;
                }
            }
            // What a reader sees is kept beside what is newer, until he ends.
            if (random.chance(500))
                reader.reset();
            else if (!reader)
                reader.emplace(begin_read(store, tenant_id()).value());
            std::map<std::int64_t, std::optional<std::string>> seen, expected;
            for (const auto& row : *begin_read(store, tenant_id())->scan(syncfw::all<member>()))
                seen[row.value.number] = row.value.email;
            for (const auto& [number, row] : kept) expected[number] = row.email;
            RC_ASSERT(seen == expected);
        }
    });
}

TEST_CASE("storage: what was put and erased while somebody read may be put again, in vain") {
    store_type store;
    auto reader = begin_read(store, tenant_id());
    const auto put_and = [&](auto&& then) {
        auto tx = begin_write(store, tenant_id());
        REQUIRE(put(*tx, with_email(1, "x")));
        REQUIRE(tx->put_value("name", "content"));
        then(*tx);
    };
    put_and([](auto& tx) {
        REQUIRE(tx.template erase<member>(1));
        REQUIRE(tx.erase_value("name"));
        REQUIRE(tx.commit());
    });
    put_and([](auto&) {});
    {
        const auto ended = std::move(*reader);
    }
    auto tx = begin_read(store, tenant_id());
    CHECK_FALSE(tx->get<member>(1)->has_value());
    CHECK_FALSE(tx->get_value("name")->has_value());
}
