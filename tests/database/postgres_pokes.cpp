// SPDX-License-Identifier: BSL-1.0
// Goal: who waits for changes hears of them, and of having missed some. Method: a real server.
#include "postgres_support.hpp"
#include <syncfw/storage/postgres/pokes.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

using namespace syncfw;
using namespace std::chrono_literals;

TEST_CASE("pokes: those of a tenant become one, with the newest number") {
    const char* const url = pg::server();
    if (url == nullptr) return;
    auto ear = postgres::poke_listener::open(url);
    auto pokes = postgres::poke_channel::open(url);
    REQUIRE(ear);
    REQUIRE(pokes);
    const tenant_id one("a b"), two("");
    REQUIRE(pokes->send(one, 4));
    REQUIRE(pokes->send(one, 7));
    REQUIRE(pokes->send(two, 1));
    std::map<tenant_id, std::int64_t> newest;
    while (newest.count(two) == 0) {
        auto heard = ear->wait(5s);
        REQUIRE(heard);
        REQUIRE(!heard->pokes.empty());
        CHECK(!heard->may_have_missed);
        for (const postgres::poke& each : heard->pokes) newest[each.tenant] = each.last_sequence;
    }
    CHECK(newest[one] == 7);
    CHECK(newest[two] == 1);
    CHECK(ear->wait(1ms)->pokes.empty());
}

TEST_CASE("pokes: a listener whose connection is lost says so, and goes on") {
    const char* const url = pg::server();
    if (url == nullptr) return;
    auto ear = postgres::poke_listener::open(url);
    auto pokes = postgres::poke_channel::open(url);
    REQUIRE(ear);
    pg::ask(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = "
        "'syncfw'");
    auto lost = ear->wait(5s);
    REQUIRE(!lost);
    CHECK(lost.error().code == errc::unavailable);
    auto again = ear->wait(1ms);
    REQUIRE(again);
    CHECK(again->may_have_missed);
    REQUIRE(pokes->send(tenant_id("t"), 3));
    auto heard = ear->wait(5s);
    REQUIRE(heard);
    REQUIRE(heard->pokes.size() == 1);
    CHECK(heard->pokes[0].last_sequence == 3);
}

TEST_CASE("pokes: what isn't ours is passed over") {
    const char* const url = pg::server();
    if (url == nullptr) return;
    auto ear = postgres::poke_listener::open(url);
    for (const char* said : {"", "x", "12", "12x", "-"})
        pg::ask("SELECT pg_notify('syncfw_poke', '" + std::string(said) + "')");
    CHECK(ear->wait(100ms)->pokes.empty());
}
