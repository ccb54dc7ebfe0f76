// SPDX-License-Identifier: BSL-1.0
// Goal: a tombstone that rows still refer to stays, and nothing else stays with it. Method: a
// database that checks references itself, those that it checks at the end of a transaction too.
#include "postgres_support.hpp"
#include "sqlite_support.hpp"
#include <syncfw/sync/server.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct rack {
    std::int64_t id = 0;

    static constexpr auto sync_entity = entity<"rack">(field<&rack::id>(primary_key));
};

struct box {
    std::int64_t id = 0;
    std::optional<std::int64_t> on{};

    static constexpr auto sync_entity =
        entity<"box">(field<&box::id>(primary_key), field<&box::on>(references<&rack::id>));
};

// Refers to its own kind, so the database looks at its references when the transaction ends.
struct part {
    std::int64_t id = 0;
    std::optional<std::int64_t> of{};

    static constexpr auto sync_entity =
        entity<"part">(field<&part::id>(primary_key), field<&part::of>(references<&part::id>));
};
using depot = schema<rack, box, part>;

template <class Store>
class depot_filler {
  public:
    explicit depot_filler(Store& store)
        : tx_(begin_write(store, tenant_id()).value()), next_(tx_.next_sequence(5'000).value()) {}

    template <class T>
    void live(const T& value) {
        put(value, false);
    }
    template <class T>
    void deleted(const T& value) {
        put(value, true);
    }
    void commit() { REQUIRE(tx_.commit()); }

  private:
    template <class T>
    void put(const T& value, bool is_deleted) {
        record<T> row{.value = value};
        if (is_deleted) row.mark_deleted(timestamp());
        row.set_sequence(next_++);
        REQUIRE(tx_.put(row));
    }

    write_transaction<Store> tx_;
    std::int64_t next_;
};

template <class T, class Store>
std::set<std::int64_t> ids_in(Store& store) {
    std::set<std::int64_t> ids;
    for (const auto& row : stores::expect(begin_read(store, tenant_id())->scan(all<T>())))
        ids.insert(row.value.id);
    return ids;
}

template <class Store>
std::int64_t retire(Store& store) {
    server hub(store);
    return stores::expect(hub.retire(tenant_id(), {.deletions_until = timestamp::max()})).deletions;
}

using ids = std::set<std::int64_t>;

template <class Store>
void check_a_parent_that_is_needed(Store& store) {
    depot_filler fill(store);
    fill.deleted(rack{.id = 1});
    fill.live(box{.id = 1, .on = 1});
    fill.deleted(rack{.id = 2});
    fill.deleted(box{.id = 2, .on = 2});
    fill.commit();
    CHECK(retire(store) == 2);
    CHECK(ids_in<rack>(store) == ids{1});
    CHECK(ids_in<box>(store) == ids{1});
    CHECK(retire(store) == 0);
}

template <class Store>
void check_what_refers_to_its_own_kind(Store& store) {
    depot_filler fill(store);
    fill.deleted(part{.id = 1});
    fill.live(part{.id = 2, .of = 1});
    fill.deleted(part{.id = 3});
    fill.deleted(part{.id = 4, .of = 3});
    fill.deleted(part{.id = 5, .of = 5});
    fill.deleted(part{.id = 6, .of = 2});
    for (std::int64_t id = 10; id < 2'000; ++id) fill.deleted(part{.id = id, .of = id - 1});
    fill.deleted(part{.id = 9});
    fill.commit();
    CHECK(retire(store) == 4 + 1'991);
    CHECK(ids_in<part>(store) == ids{1, 2});
    CHECK(retire(store) == 0);
}

}  // namespace

TEST_CASE(
    "poison: on PostgreSQL, a tombstone that is still referred to keeps no other from going") {
    if (pg::server() == nullptr) return;
    auto store = pg::open<depot>(pg::fresh_url());
    check_a_parent_that_is_needed(*store);
}

TEST_CASE("poison: on SQLite, a tombstone that is still referred to keeps no other from going") {
    auto store = stores::expect(sqlite::open<depot>(":memory:", {.references = true}));
    check_a_parent_that_is_needed(store);
}

TEST_CASE("poison: on PostgreSQL, neither does one that rows of its own kind refer to") {
    if (pg::server() == nullptr) return;
    auto store = pg::open<depot>(pg::fresh_url());
    check_what_refers_to_its_own_kind(*store);
}

TEST_CASE("poison: on SQLite, neither does one that rows of its own kind refer to") {
    auto store = stores::expect(sqlite::open<depot>(":memory:", {.references = true}));
    check_what_refers_to_its_own_kind(store);
}
