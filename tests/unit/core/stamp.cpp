// SPDX-License-Identifier: BSL-1.0
// Goal: stamps only rise, and no remote clock can drag ours along. Method: arbitrary clocks that
// jump, and arbitrary remote stamps between them.
#include <syncfw/core/stamp.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

using syncfw::hybrid_clock;
using syncfw::observation;
using syncfw::replica_id;
using syncfw::stamp;
using syncfw::timestamp;

constexpr replica_id self{7};
constexpr replica_id other{9};

constexpr timestamp at(std::int64_t milliseconds_since_epoch) {
    return timestamp::from_microseconds(milliseconds_since_epoch * 1'000);
}
constexpr stamp of(std::uint64_t milliseconds_since_epoch, std::uint64_t count = 0,
                   replica_id origin = other) {
    return stamp(milliseconds_since_epoch << 16 | count, origin);
}

static_assert(stamp(1, other) > stamp(1, self) && stamp(2, self) > stamp(1, other));
static_assert(of(5, 3).milliseconds() == 5 && of(5, 3).count() == 3);
static_assert(hybrid_clock(self).tick(at(1'000)) == of(1'000, 0, self));

rc::Gen<timestamp> any_moment() {
    return rc::gen::oneOf(
        rc::gen::map(rc::gen::inRange<std::int64_t>(-1'000, 1'000'000), at),
        rc::gen::map(rc::gen::arbitrary<std::int64_t>(), timestamp::from_microseconds));
}
rc::Gen<stamp> any_stamp() {
    const auto value = rc::gen::oneOf(rc::gen::arbitrary<std::uint64_t>(),
                                      rc::gen::inRange<std::uint64_t>(0, 1'000'000ull << 16),
                                      rc::gen::just(UINT64_MAX));
    return rc::gen::map(value, [](std::uint64_t v) { return stamp(v, other); });
}

TEST_CASE("hybrid clock: every tick is greater than all given and accepted before") {
    CHECK(rc::check([] {
        hybrid_clock clock(self);
        stamp greatest;
        const auto steps = *rc::gen::container<std::vector<bool>>(rc::gen::arbitrary<bool>());
        for (const bool is_tick : steps) {
            const timestamp now = *any_moment();
            if (is_tick) {
                const stamp given = clock.tick(now);
                RC_ASSERT(given.value() > greatest.value());
                RC_ASSERT(given.origin() == self);
                greatest = given;
            } else {
                const stamp remote = *any_stamp();
                const observation seen = clock.observe(remote, now);
                RC_ASSERT(seen.accepted.origin() == remote.origin());
                RC_ASSERT((seen.clamped ? seen.accepted < remote : seen.accepted == remote));
                greatest = std::max(greatest, seen.accepted);
            }
            RC_ASSERT(clock.last().value() >= greatest.value());
        }
    }));
}

TEST_CASE("hybrid clock: follows the wall clock when that rises") {
    hybrid_clock clock(self);
    CHECK(clock.tick(at(10)) == of(10, 0, self));
    CHECK(clock.tick(at(10)) == of(10, 1, self));
    CHECK(clock.tick(at(11)) == of(11, 0, self));
    CHECK(clock.tick(at(3)) == of(11, 1, self));
    CHECK(clock.tick(timestamp::min()) == of(11, 2, self));
}

TEST_CASE("hybrid clock: a full counter carries into the milliseconds") {
    hybrid_clock clock(self, of(10, 0xFFFF));
    CHECK(clock.tick(at(10)) == of(11, 0, self));
}

TEST_CASE("hybrid clock: starts above the last stamp of the store") {
    hybrid_clock clock(self, of(500, 3));
    CHECK(clock.tick(at(10)) == of(500, 4, self));
}

TEST_CASE("hybrid clock: a remote stamp is accepted as it is, up to the limit") {
    hybrid_clock clock(self);
    const observation seen = clock.observe(of(300'000, 5), at(0));
    CHECK_FALSE(seen.clamped);
    CHECK(seen.accepted == of(300'000, 5));
    CHECK(seen.skew_milliseconds == 300'000);
    CHECK(clock.tick(at(0)) == of(300'000, 6, self));
}

TEST_CASE("hybrid clock: a remote stamp of the past changes nothing") {
    hybrid_clock clock(self);
    (void)clock.tick(at(1'000));
    const observation seen = clock.observe(of(10), at(1'000));
    CHECK_FALSE(seen.clamped);
    CHECK(seen.skew_milliseconds == -990);
    CHECK(clock.last() == of(1'000, 0, self));
}

TEST_CASE("hybrid clock: a clock far ahead is clamped, and does not drag ours along") {
    CHECK(rc::check([] {
        const timestamp now = *any_moment();
        const auto drift = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
        hybrid_clock clock(self, {}, drift);
        const observation seen = clock.observe(*any_stamp(), now);
        const std::int64_t limit =
            std::max<std::int64_t>(now.milliseconds_since_epoch(), 0) + drift;
        RC_ASSERT(static_cast<std::int64_t>(seen.accepted.milliseconds()) <= limit);
        RC_ASSERT(static_cast<std::int64_t>(clock.last().milliseconds()) <= limit);
    }));
}

TEST_CASE("hybrid clock: clamped stamps keep the order of their arrival") {
    hybrid_clock clock(self);
    const observation first = clock.observe(of(9'000'000), at(0));
    const observation second = clock.observe(of(8'000'000), at(0));
    CHECK(first.clamped);
    CHECK(second.clamped);
    CHECK(first.accepted == of(300'000, 0));
    CHECK(second.accepted == of(300'000, 1));
    CHECK(first.skew_milliseconds == 9'000'000);
}

TEST_CASE("hybrid clock: the drift limit does not move when many clocks push against it") {
    hybrid_clock clock(self);
    for (int i = 0; i < 100'000; ++i) (void)clock.observe(of(9'000'000), at(0));
    CHECK(clock.last() == of(300'000, 0xFFFF, self));
}

TEST_CASE("hybrid clock: at the end of time it still ticks") {
    hybrid_clock clock(self);
    (void)clock.observe(stamp(UINT64_MAX, other), timestamp::max());
    const stamp given = clock.tick(timestamp::max());
    CHECK(given < clock.tick(timestamp::max()));

    hybrid_clock patient(self, {}, INT64_MAX);
    (void)patient.observe(stamp(UINT64_MAX, other), timestamp::max());
    CHECK(patient.last().value() < UINT64_MAX);
    (void)patient.tick(timestamp::min());
}

TEST_CASE("stamp: the moment is the wall clock's part") {
    CHECK(of(1'500).moment() == at(1'500));
    CHECK(stamp(UINT64_MAX, self).moment() == timestamp::from_microseconds(INT64_MAX));
}

}  // namespace
