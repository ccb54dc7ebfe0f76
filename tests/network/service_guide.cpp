// SPDX-License-Identifier: BSL-1.0
// The code of docs/guide/service.md, run.

// [server]
#include <syncfw/app/service.hpp>
#include <syncfw/security/jwt.hpp>
#include <syncfw/storage/sqlite.hpp>

using namespace syncfw::annotations;

struct shelf_book {
    syncfw::uuid id{};
    std::string title{};
    std::int64_t pages = 0;
    static constexpr auto sync_entity = entity<"book">(field<&shelf_book::id>(primary_key));
};
using shelf = syncfw::schema<shelf_book>;

int serve_shelf(const std::string& file, syncfw::jwt_verifier& tokens, unsigned short port) {
    auto store = syncfw::sqlite::open<shelf>(file);
    if (!store) return std::puts(to_string(store.error()).c_str()), 1;
    syncfw::service_events told;
    syncfw::server hub(*store, syncfw::last_write_wins(), {}, syncfw::observed(told));
    syncfw::service books(hub, told, syncfw::checked_by(tokens), {.port = port});
    return books.run();  // until SIGINT or SIGTERM
}
// [/server]

// [device]
#include <syncfw/sync/replica.hpp>
#include <syncfw/transport/http_link.hpp>

syncfw::result<std::int64_t> sync_shelf(syncfw::sqlite::store<shelf>& here,
                                        const std::string& address, const std::string& token,
                                        const std::string& person) {
    auto link = syncfw::http_link::make(
        address, {.token = [&] { return syncfw::secret<std::string>(token); }});
    if (!link) return link.error();
    syncfw::replica mine(here, *link, syncfw::tenant_id(person));
    auto seen = mine.sync();
    if (!seen) return seen.error();
    return seen->pushed + seen->pulled;
}
// [/device]

#include <syncfw/storage/find_live.hpp>

// [own-route]
struct page_count {
    std::int64_t books = 0;
    std::int64_t pages = 0;
};

void add_count(syncfw::service& books, syncfw::sqlite::store<shelf>& store) {
    using namespace syncfw::http;
    books.routes().add("GET", "/api/count", needs_token,
                       typed([&](const call& asked) -> syncfw::result<page_count> {
                           auto tx = begin_read(store, asked.who.tenant);
                           if (!tx) return tx.error();
                           auto found = syncfw::find_live(*tx, syncfw::all<shelf_book>());
                           if (!found) return found.error();
                           page_count seen;
                           for (const auto& each : *found) ++seen.books, seen.pages += each.pages;
                           return seen;
                       }));
}
// [/own-route]

// [keep]
syncfw::service_options kept_for_a_year(unsigned short port) {
    return {.port = port, .keep = {.deletions = 365, .answers = 365, .audit = 730}};
}
// [/keep]

#include <doctest/doctest.h>

#include <string>
#include <thread>

TEST_CASE("guide: a service, a device that reaches it, and a route of one's own") {
    auto keys = syncfw::jwt_keys::from_secret(
        syncfw::secret<std::string>("a key for the guide, which is long enough for HS256"));
    syncfw::jwt_verifier tokens(std::move(*keys));
    auto key = syncfw::jwt_key::from_secret(
        syncfw::secret<std::string>("a key for the guide, which is long enough for HS256"));
    const syncfw::timestamp now = syncfw::system_environment().now();
    const std::string token = mint(*key, {.subject = "ann",
                                          .issued_at = now,
                                          .expires_at = syncfw::timestamp::from_microseconds(
                                              now.microseconds_since_epoch() + 3'600'000'000)})
                                  .value();

    auto store = syncfw::sqlite::open<shelf>(":memory:").value();
    syncfw::service_events told(syncfw::logger(stderr, syncfw::log_level::error));
    syncfw::server hub(store, syncfw::last_write_wins(), {}, syncfw::observed(told));
    syncfw::service books(hub, told, syncfw::checked_by(tokens), kept_for_a_year(0));
    add_count(books, store);
    REQUIRE(books.listen());
    std::thread serving([&] { (void)books.run(); });
    const std::string address = "http://127.0.0.1:" + std::to_string(books.port());

    auto phone = syncfw::sqlite::open<shelf>(":memory:").value();
    {
        auto nowhere = syncfw::http_link::make(address).value();
        syncfw::replica offline(phone, nowhere, syncfw::tenant_id("ann"));
        REQUIRE(offline.put(shelf_book{.id = syncfw::new_uuid(), .title = "Dune", .pages = 412}));
    }
    CHECK(sync_shelf(phone, address, token, "ann").value() > 0);
    auto line = syncfw::http::client::make(
        address, {.token = [&] { return syncfw::secret<std::string>(token); }});
    CHECK(line->ask({.path = "/api/count"})->body == R"({"books":1,"pages":412})");
    books.stop();
    serving.join();
    // What can't be opened is said, and is no crash.
    CHECK(serve_shelf("/nowhere/at/all.db", tokens, 0) == 1);
}
