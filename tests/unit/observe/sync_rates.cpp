// SPDX-License-Identifier: BSL-1.0
#include <syncfw/observe/sync_rates.hpp>

#include <doctest/doctest.h>

#include <chrono>

namespace {

using syncfw::alerts_of;
using syncfw::sync_rates;
using syncfw::timestamp;

timestamp at(int minutes) {
    return timestamp::from_microseconds(1'700'000'000'000'000) + std::chrono::minutes(minutes);
}

}  // namespace

TEST_CASE("sync rates: each user has his own") {
    sync_rates rates;
    rates.note("ada", at(0), {.writes = 10, .conflicts = 2, .failures = 1});
    rates.note("ada", at(6), {.writes = 1});
    CHECK(rates.of("ada", at(7)) ==
          syncfw::write_counts{.writes = 11, .conflicts = 2, .failures = 1});
    CHECK(rates.of("bob", at(7)) == syncfw::write_counts{});
}

TEST_CASE("sync rates: what was more than an hour ago counts no more") {
    sync_rates rates;
    rates.note("ada", at(0), {.writes = 1});
    CHECK(rates.of("ada", at(50)).writes == 1);
    CHECK(rates.of("ada", at(66)).writes == 0);
    rates.note("ada", at(60 * 24), {.writes = 5});
    CHECK(rates.of("ada", at(60 * 24)).writes == 5);
}

TEST_CASE("sync rates: a newcomer takes the place of who did nothing lately, and of nobody else") {
    sync_rates rates(2);
    rates.note("idle", at(0), {.writes = 1});
    rates.note("busy", at(100), {.writes = 1});
    rates.note("new", at(100), {.writes = 1});
    CHECK(rates.of("new", at(100)).writes == 1);
    CHECK(rates.of("busy", at(100)).writes == 1);
    rates.note("late", at(100), {.writes = 1});
    CHECK(rates.of("late", at(100)).writes == 0);
    CHECK(rates.of("busy", at(100)).writes == 1);
}

TEST_CASE("sync rates: devices are counted by events, other doors by themselves") {
    sync_rates rates;
    syncfw::events::push_taken told{.tenant = "ada", .subject = "ada"};
    told.device = "00e1b2c3d4f50617";
    told.applied = 3, told.merged = 1, told.rejected = 1;
    rates.take(at(0), told);
    told.device = "0000000000000000";
    rates.take(at(0), told);
    CHECK(rates.of("ada", at(0)) ==
          syncfw::write_counts{.writes = 5, .conflicts = 1, .failures = 1});
}

TEST_CASE("alerts: hold above their limits, not at them") {
    CHECK(alerts_of({}, 0).empty());
    CHECK(alerts_of({.writes = 20, .conflicts = 2, .failures = 1}, 100).empty());
    const auto all = alerts_of({.writes = 20, .conflicts = 3, .failures = 2}, 101);
    REQUIRE(all.size() == 3);
    CHECK(all[0].name == "conflict_rate");
    CHECK(all[0].value == doctest::Approx(0.15));
    CHECK(all[1].name == "failure_rate");
    CHECK(all[2].name == "pending_operations");
}
