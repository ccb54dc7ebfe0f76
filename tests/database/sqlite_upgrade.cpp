// SPDX-License-Identifier: BSL-1.0
// Goal: a program that is brought up to date while there is unsent work loses none of it and reads
// nothing anew: complaint 17 of docs/concepts/complaints.md. Method: a device's and a server's file
// that are opened with an earlier schema and then with a later one.
#include "sqlite_support.hpp"
#include <syncfw/conflict/policies.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/in_process.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

namespace {

using namespace stores;

struct note {
    std::int64_t id = 0;
    std::string text{};
    static constexpr auto sync_entity = entity<"note">(field<&note::id>(primary_key));
};
struct later_note {
    std::int64_t id = 0;
    std::string colour = "none";
    std::string text{};
    static constexpr auto sync_entity = entity<"note">(
        field<&later_note::id>(primary_key), field<&later_note::colour>(default_value("none")));
};

/// The files of a device and of a server, opened by programs that know this note.
template <class Note>
struct both {
    sqlite::store<schema<Note>> hub_store, store;
    server<world<sqlite::store<schema<Note>>>, merge_fields> hub{hub_store};
    in_process_link<decltype(hub), caller> link{hub, caller{}};
    replica<world<sqlite::store<schema<Note>>>, decltype(link)> mine{store, link};

    explicit both(const folder& here)
        : hub_store(expect(sqlite::open<schema<Note>>(here / "hub.db"))),
          store(expect(sqlite::open<schema<Note>>(here / "device.db", {.unique = false}))) {}
};

}  // namespace

TEST_CASE("complaint 17: a new column sends no row again, and queued work arrives") {
    const folder here;
    {
        both<note> before(here);
        for (std::int64_t id = 1; id <= 3; ++id)
            expect(before.mine.put(note{.id = id, .text = "old"}));
        expect(before.mine.sync());
        expect(before.mine.patch<note>(1, [](note& n) { n.text = "queued"; }));
        // On its way when the program ended.
        expect(before.mine.begin_sync().next());
        expect(before.mine.patch<note>(2, [](note& n) { n.text = "queued"; }));
    }
    both<later_note> now(here);
    CHECK(expect(now.mine.pull_pending()) == 0);
    const auto seen = expect(now.mine.sync());
    CHECK(seen.pushed == 2);
    CHECK(seen.pulled == 0);
    CHECK(seen.left == 0);
    CHECK(expect(now.mine.failed()).empty());
    auto tx = expect(begin_read(now.hub_store, nobody));
    for (const std::int64_t id : {1, 2})
        CHECK(expect(tx.get<later_note>(id))->value.text == "queued");
    CHECK(expect(tx.get<later_note>(3))->value.colour == "none");
}
