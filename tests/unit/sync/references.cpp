// SPDX-License-Identifier: BSL-1.0
// Goal: complaint 20 of docs/concepts/complaints.md: no order of applying is wrong for references.
// Method: a server's store that refuses what PostgreSQL refuses by default.
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/in_process.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

using namespace syncfw;
using namespace syncfw::annotations;

namespace {

struct shelf {
    std::int64_t id = 0;
    std::string name{};
    bool is_deleted = false;
    static constexpr auto sync_entity =
        entity<"shelf">(field<&shelf::id>(primary_key), field<&shelf::is_deleted>(soft_delete));
};
struct book {
    std::int64_t id = 0;
    std::int64_t on = 0;
    bool is_deleted = false;
    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::on>(references<&shelf::id>),
                       field<&book::is_deleted>(soft_delete));
};
using library = schema<book, shelf>;

/// A server's store as PostgreSQL is by default: no book is without its shelf.
struct careful_store : memory::store<library> {
    struct writer : memory::store<library>::writer {
        using base = memory::store<library>::writer;
        template <class T>
        result<void> put(const record<T>& row) {
            if constexpr (std::is_same_v<T, book>)
                if (!*base::get<shelf>(row.value.on)) return error{.code = errc::invalid_value};
            return base::put<T>(row);
        }
        template <class T>
        result<void> erase(const key_of<T>& key) {
            if constexpr (std::is_same_v<T, shelf>) {
                const auto on_it = where(field<&book::on> == key);
                if (!base::scan<book>(on_it.view())->empty())
                    return error{.code = errc::invalid_value};
            }
            return base::erase<T>(key);
        }
    };
    result<writer> begin_write(const tenant_id& whose) {
        auto tx = memory::store<library>::begin_write(whose);
        if (!tx) return tx.error();
        return writer{std::move(*tx)};
    }
};

template <class T>
operation<T> making(const T& value) {
    return {.id = new_uuid(),
            .changed = field_mask::first(entity_of<T>.fields.size()),
            .before = value,
            .after = value};
}

}  // namespace

TEST_CASE("complaint 20: of what comes together parents are written first") {
    careful_store store;
    server hub(store);
    push_message<library> together{.batch = new_uuid(), .origin = replica_id(1)};
    together.operations.of<shelf>().push_back(making(shelf{.id = 1}));
    together.operations.of<book>().push_back(making(book{.id = 1, .on = 1}));
    const auto answer = hub.push({}, together);
    REQUIRE(answer);
    CHECK(answer->answers.of<book>().at(0).outcome == push_outcome::applied);
}

TEST_CASE("complaint 20: of what is let go children go first, and a parent waits for them") {
    careful_store store;
    server hub(store);
    auto tx = begin_write(store, tenant_id());
    std::int64_t next = *tx->next_sequence(4);
    const auto put = [&]<class T>(const T& value) {
        record<T> row{.value = value};
        row.set_sequence(next++);
        REQUIRE(tx->put(row));
    };
    put(shelf{.id = 1, .is_deleted = true});
    put(book{.id = 1, .on = 1, .is_deleted = true});
    put(shelf{.id = 2, .is_deleted = true});
    put(book{.id = 2, .on = 2});
    REQUIRE(tx->commit());
    const auto gone = hub.retire(tenant_id(), {.deletions_until = timestamp::max()});
    REQUIRE(gone);
    CHECK(gone->deletions == 2);
}

TEST_CASE("complaint 20: a device writes parents and children offline, and others get both") {
    careful_store store;
    server hub(store);
    in_process_link line(hub, caller{});
    memory::store<library> here, there;
    replica mine(here, line), yours(there, line);
    REQUIRE(mine.transact([](auto& edit) -> result<void> {
        if (auto done = edit.put(book{.id = 1, .on = 1}); !done) return done;
        return edit.put(shelf{.id = 1, .name = "new"});
    }));
    REQUIRE(mine.sync());
    CHECK(mine.status()->failed == 0);
    REQUIRE(yours.sync());
    CHECK(yours.get<book>(1)->value().on == 1);
    CHECK(yours.get<shelf>(1)->value().name == "new");
}
