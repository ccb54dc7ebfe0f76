// SPDX-License-Identifier: BSL-1.0
// Goal: whatever happens to the server, the connection or other transactions, an error says what,
// nothing is half-written, and the next call works. Method: a real server, whose backends are
// killed, whose locks are held, whose tables are made by several at once.
#include "postgres_support.hpp"
#include <syncfw/storage/changes.hpp>
#include <syncfw/storage/transact.hpp>
#include <syncfw/testing/random.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;
using namespace std::chrono_literals;

struct author {
    std::int64_t id = 0;
    std::string name{};
    static constexpr auto sync_entity = entity<"author">(field<&author::id>(primary_key));
};
struct book {
    std::int64_t id = 0;
    std::string title{};
    std::optional<std::string> isbn{};
    std::optional<std::int64_t> by{};
    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::isbn>(unique),
                       field<&book::by>(references<&author::id>));
};
using library = schema<author, book>;
using store_type = postgres::store<library>;

const tenant_id whose("t");

record<book> a_book(std::int64_t id, std::optional<std::string> isbn = {},
                    std::optional<std::int64_t> by = {}) {
    return {.value = {.id = id, .title = "t", .isbn = std::move(isbn), .by = by}};
}
std::int64_t count_books(store_type& store) {
    auto tx = begin_read(store, whose);
    REQUIRE(tx);
    return *tx->count(all<book>());
}
template <class Transaction>
std::string backend_of(Transaction& tx) {
    return std::to_string(PQbackendPID(tx.native().handle()));
}

}  // namespace

TEST_CASE("postgres: a refused row leaves the transaction usable, and says which it was") {
    if (pg::server() == nullptr) return;
    auto store = pg::open<library>(pg::fresh_url());
    auto tx = begin_write(*store, whose);
    REQUIRE(tx);
    REQUIRE(tx->put(a_book(1, "x")));
    auto taken = tx->put(a_book(2, "x"));
    REQUIRE(!taken);
    CHECK(taken.error().code == errc::already_exists);
    CHECK(taken.error().entity == "book");
    CHECK(taken.error().key == "2");
    CHECK(to_string(taken.error()).find("\"x\"") == std::string::npos);
    auto orphan = tx->put(a_book(3, {}, 77));
    REQUIRE(!orphan);
    CHECK(orphan.error().code == errc::invalid_value);
    const std::vector<record<book>> many{a_book(4), a_book(5, "x")};
    CHECK(!tx->put_many(many));
    CHECK(tx->is_usable());
    REQUIRE(tx->commit());
    CHECK(count_books(*store) == 1);
}

TEST_CASE("postgres: of rows of one key in one call the last one counts") {
    if (pg::server() == nullptr) return;
    auto store = pg::open<library>(pg::fresh_url());
    auto tx = begin_write(*store, whose);
    std::vector<record<book>> rows{a_book(1, "a"), a_book(2, "b"), a_book(1, "c")};
    REQUIRE(tx->put_many(rows));
    auto found = tx->get<book>(1);
    REQUIRE(found);
    CHECK((*found)->value.isbn == "c");
}

TEST_CASE(
    "postgres: a killed connection is an error, its transaction is gone, the next one works") {
    if (pg::server() == nullptr) return;
    auto store = pg::open<library>(pg::fresh_url());
    auto tx = begin_write(*store, whose);
    REQUIRE(tx);
    REQUIRE(tx->put(a_book(1)));
    pg::ask("SELECT pg_terminate_backend(" + backend_of(*tx) + ")");
    auto lost = tx->put(a_book(2));
    REQUIRE(!lost);
    CHECK(lost.error().code == errc::unavailable);
    CHECK(!tx->is_usable());
    CHECK(!tx->commit());
    CHECK(count_books(*store) == 0);
    REQUIRE(begin_write(*store, whose)->put(a_book(3)));
}

TEST_CASE("postgres: a connection that died while it was idle is not noticed by anybody") {
    if (pg::server() == nullptr) return;
    auto store = pg::open<library>(pg::fresh_url());
    CHECK(count_books(*store) == 0);
    pg::ask(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = "
        "'syncfw'");
    CHECK(count_books(*store) == 0);
}

TEST_CASE("postgres: nobody knows what became of a commit whose connection was lost") {
    if (pg::server() == nullptr) return;
    auto store = pg::open<library>(pg::fresh_url());
    auto tx = begin_write(*store, whose);
    REQUIRE(tx->put(a_book(1)));
    pg::ask("SELECT pg_terminate_backend(" + backend_of(*tx) + ")");
    auto done = tx->commit();
    REQUIRE(!done);
    CHECK(done.error().code == errc::commit_unknown);
}

TEST_CASE("postgres: transact runs again where connections are killed, and takes effect once") {
    if (pg::server() == nullptr) return;
    auto store = pg::open<library>(pg::fresh_url());
    int runs = 0;
    auto done = transact(*store, whose, [&](auto& tx) -> result<void> {
        if (auto put = tx.put(a_book(++runs)); !put) return put;
        if (runs < 3) pg::ask("SELECT pg_terminate_backend(" + backend_of(tx) + ")");
        return tx.put(a_book(100));
    });
    CHECK(done);
    CHECK(runs == 3);
    CHECK(count_books(*store) == 2);
}

TEST_CASE("postgres: transactions that wait for each other are run again") {
    if (pg::server() == nullptr) return;
    auto store = pg::open<library>(pg::fresh_url());
    std::atomic<int> have_first{0}, runs{0};
    const auto cross = [&](std::int64_t first, std::int64_t second) {
        return transact(*store, whose, [&, first, second](auto& tx) -> result<void> {
            ++runs;
            if (auto done = tx.put(a_book(first)); !done) return done;
            ++have_first;
            while (have_first < 2) std::this_thread::sleep_for(1ms);
            return tx.put(a_book(second));
        });
    };
    result<void> one, two;
    std::thread other([&] { one = cross(1, 2); });
    two = cross(2, 1);
    other.join();
    CHECK(one);
    CHECK(two);
    CHECK(runs > 2);
    CHECK(count_books(*store) == 2);
}

TEST_CASE("postgres: who waits for a connection or a lock waits until the deadline") {
    if (pg::server() == nullptr) return;
    auto store = pg::open<library>(pg::fresh_url(), {.connections = 1, .busy_timeout = 50ms});
    auto tx = begin_write(*store, whose);
    REQUIRE(tx);
    auto none = begin_read(*store, whose);
    REQUIRE(!none);
    CHECK(none.error().code == errc::busy);
    REQUIRE(tx->commit());
    CHECK(begin_read(*store, whose));

    const std::string url = pg::fresh_url();
    auto patient = pg::open<library>(url), hasty = pg::open<library>(url, {.lock_timeout = 50ms});
    auto holds = begin_write(*patient, whose);
    REQUIRE(holds->next_sequence(1));
    auto waits = begin_write(*hasty, whose);
    auto locked = waits->next_sequence(1);
    REQUIRE(!locked);
    CHECK(locked.error().code == errc::busy);
}

TEST_CASE("postgres: a server that isn't there, a user whom nobody knows") {
    if (pg::server() == nullptr) return;
    auto none =
        postgres::open<library>("postgresql://nobody@127.0.0.1:1/none", {.busy_timeout = 100ms});
    REQUIRE(!none);
    CHECK(none.error().code == errc::unavailable);
    CHECK(!none.error().cause.empty());
}

TEST_CASE("postgres: several processes that begin at once migrate once") {
    if (pg::server() == nullptr) return;
    const std::string url = pg::fresh_url();
    std::string refusals[6];
    std::vector<std::thread> all_of_them;
    for (std::string& each : refusals)
        all_of_them.emplace_back([&] {
            if (auto opened = postgres::open<library>(url); !opened)
                each = to_string(opened.error()) + " " + opened.error().cause;
        });
    for (std::thread& each : all_of_them) each.join();
    for (const std::string& each : refusals) CHECK(each == "");
}

TEST_CASE("isolation: the server's own policies hide other tenants, whatever is asked") {
    if (pg::server() == nullptr) return;
    const std::string url = pg::fresh_url();
    auto store = pg::open<library>(url, {.row_level_security = true});
    for (const char* name : {"one", "two"}) {
        auto tx = begin_write(*store, tenant_id(name));
        REQUIRE(tx->put(a_book(1)));
        REQUIRE(tx->commit());
    }
    auto tx = begin_write(*store, tenant_id("one"));
    PGconn* const raw = tx->native().handle();
    const auto ask = [&](const char* sql) {
        PGresult* const answer = PQexec(raw, sql);
        const std::string seen = PQntuples(answer) > 0 ? PQgetvalue(answer, 0, 0) : "";
        PQclear(answer);
        return seen;
    };
    CHECK(ask("SELECT count(*) FROM book") == "2");  // A superuser is not bound by them.
    ask("DO $$ BEGIN CREATE ROLE syncfw_reader; EXCEPTION WHEN OTHERS THEN NULL; END $$");
    ask("DO $$ BEGIN EXECUTE 'GRANT USAGE ON SCHEMA ' || current_schema() || ' TO syncfw_reader'; "
        "END $$");
    ask("GRANT SELECT ON book TO syncfw_reader");
    ask("SET LOCAL ROLE syncfw_reader");
    CHECK(ask("SELECT count(*) FROM book") == "1");
    CHECK(ask("SELECT \"_tenant\" FROM book") == "one");
}

// Everything that is tried here, so that a line can be cut within each of its messages.
struct attempt {
    result<void> migrated{}, written{}, read{};
    std::int64_t rows = 0;
};
attempt try_all(const std::string& url, std::int64_t round) {
    attempt seen;
    auto store = postgres::open<library>(url, {.busy_timeout = 2s});
    if (!store) {
        seen.migrated = store.error();
        return seen;
    }
    seen.written = [&]() -> result<void> {
        auto tx = begin_write(*store, whose);
        if (!tx) return tx.error();
        auto first = tx->next_sequence(6'000);
        if (!first) return first.error();
        std::vector<record<book>> rows;
        for (std::int64_t i = 0; i < 6'000; ++i) {
            rows.push_back(a_book(round * 10'000 + i));
            rows.back().set_sequence(*first + i);
        }
        if (auto done = tx->put_many(rows); !done) return done;
        return tx->commit();
    }();
    seen.read = [&]() -> result<void> {
        auto tx = begin_read(*store, whose);
        if (!tx) return tx.error();
        auto page = visit_changes<library>(*tx, {.after = 0, .limit = 1'000'000},
                                           [&](const auto&) { ++seen.rows; });
        return page ? result<void>() : result<void>(page.error());
    }();
    return seen;
}

TEST_CASE("postgres: wherever the line is cut, nothing is half-written and the next call works") {
    if (pg::server() == nullptr) return;
    for (const pg::loss how : {pg::loss::of_question, pg::loss::of_answer}) {
        std::atomic<int> sent{0}, cut_at{0};
        pg::losing_proxy proxy(
            [&](std::string_view) { return ++sent == cut_at ? how : pg::loss::none; });
        int cuts = 0;
        std::string space = pg::fresh_url("");
        for (bool was_cut = true; was_cut; cuts += was_cut ? 1 : 0) {
            if (cuts % 3 == 0) space = pg::fresh_url("");  // Also with tables yet to be made.
            const std::int64_t before =
                cuts % 3 == 0 ? 0 : count_books(*pg::open<library>(pg::server() + space));
            sent = 0;
            cut_at = 1 + cuts;
            const int lost = proxy.lost();
            const attempt seen = try_all(proxy.url() + space, cuts);
            cut_at = 0;
            was_cut = proxy.lost() > lost;
            CAPTURE(cuts);
            // Whatever came of it, all of the rows are there or none, and what was said is true.
            auto store = pg::open<library>(pg::server() + space);
            const std::int64_t more = count_books(*store) - before;
            CHECK((more == 0 || more == 6'000));
            if (!seen.migrated) continue;
            const bool is_unknown =
                !seen.written && seen.written.error().code == errc::commit_unknown;
            if (!is_unknown) CHECK((more == 6'000) == seen.written.has_value());
            if (seen.read) CHECK(seen.rows == before + more);
            if (!was_cut) CHECK((seen.written && seen.read));
            const attempt again = try_all(pg::server() + space, 900 + cuts);
            CHECK((again.written && again.read));
        }
        CHECK(cuts > 15);
    }
}
