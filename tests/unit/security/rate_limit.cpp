// SPDX-License-Identifier: BSL-1.0
// Goal: nobody gets more than the rule says in any stretch of time, whatever the clock does, and
// nobody gets a new share by filling the memory. Method: properties over random courses of events.
#include <syncfw/security/rate_limit.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace syncfw;

namespace {

timestamp at(std::int64_t microseconds) {
    return timestamp::from_microseconds(microseconds);
}

constexpr std::int64_t second = 1'000'000;
constexpr token_bucket ten_a_second{.tokens = 10, .period_microseconds = second, .burst = 5};

struct event {
    std::int64_t when = 0;
    std::int64_t cost = 0;
    bool is_allowed = false;
};

std::vector<event> random_events(const auto& rule, const auto& next) {
    rate_limiter limits(rule);
    std::vector<event> events;
    std::int64_t now = 0;
    const int count = *rc::gen::inRange(1, 200);
    for (int i = 0; i < count; ++i) {
        now += next();
        const auto cost = *rc::gen::inRange<std::int64_t>(1, 4);
        events.push_back({now, cost, limits.take("k", at(now), cost).is_allowed});
    }
    return events;
}

}  // namespace

TEST_CASE("rate_limit: a bucket gives its burst at once, and then what comes in") {
    rate_limiter limits(ten_a_second);
    for (std::int64_t i = 4; i >= 0; --i) {
        const rate_decision taken = limits.take("a", at(0));
        CHECK(taken.is_allowed);
        CHECK(taken.remaining == i);
        CHECK(taken.wait_microseconds == 0);
    }
    const rate_decision refused = limits.take("a", at(0));
    CHECK(!refused.is_allowed);
    CHECK(refused.remaining == 0);
    CHECK(refused.wait_microseconds == 100'000);
    CHECK(refused.retry_after_seconds() == 1);
    CHECK(limits.take("b", at(0)).is_allowed);  // Another's share is his own.
    CHECK(limits.take("a", at(99'999)).wait_microseconds == 1);
    CHECK(limits.take("a", at(100'000)).is_allowed);
    CHECK(!limits.take("a", at(100'000)).is_allowed);
    CHECK(limits.take("a", at(100'000), 5).wait_microseconds == 500'000);
    CHECK(limits.take("a", at(100 * second), 5).is_allowed);
    CHECK(!limits.take("a", at(100 * second)).is_allowed);
}

TEST_CASE("rate_limit: a window gives its limit, and begins anew when it is over") {
    rate_limiter limits(fixed_window{.limit = 3, .window_microseconds = second});
    CHECK(limits.take("a", at(500'000), 2).remaining == 1);
    CHECK(!limits.take("a", at(600'000), 2).is_allowed);
    CHECK(limits.take("a", at(700'000)).is_allowed);
    const rate_decision refused = limits.take("a", at(700'001));
    CHECK(!refused.is_allowed);
    CHECK(refused.wait_microseconds == 799'999);
    CHECK(refused.retry_after_seconds() == 1);
    CHECK(!limits.take("a", at(1'499'999)).is_allowed);
    CHECK(limits.take("a", at(1'500'000), 3).is_allowed);
}

TEST_CASE("rate_limit: a wait in seconds is rounded up") {
    CHECK(rate_decision{.wait_microseconds = 0}.retry_after_seconds() == 0);
    CHECK(rate_decision{.wait_microseconds = 1}.retry_after_seconds() == 1);
    CHECK(rate_decision{.wait_microseconds = second}.retry_after_seconds() == 1);
    CHECK(rate_decision{.wait_microseconds = second + 1}.retry_after_seconds() == 2);
}

TEST_CASE("rate_limit: a cost above the whole share is never allowed, and takes nothing") {
    rate_limiter bucket(ten_a_second);
    CHECK(!bucket.take("a", at(0), 6).is_allowed);
    CHECK(!bucket.take("a", at(0), INT64_MAX).is_allowed);
    CHECK(bucket.take("a", at(0), 5).is_allowed);
    rate_limiter window(fixed_window{.limit = 3});
    CHECK(!window.take("a", at(0), INT64_MAX).is_allowed);
    CHECK(window.take("a", at(0), 3).is_allowed);
}

TEST_CASE("rate_limit: in any stretch of time at most the burst and what comes in within it") {
    CHECK(rc::check([] {
        const token_bucket rule{.tokens = *rc::gen::inRange<std::int64_t>(1, 50),
                                .period_microseconds = *rc::gen::inRange<std::int64_t>(1, 100),
                                .burst = *rc::gen::inRange<std::int64_t>(3, 20)};
        const auto events =
            random_events(rule, [] { return *rc::gen::inRange<std::int64_t>(0, 30); });
        for (std::size_t first = 0; first < events.size(); ++first) {
            std::int64_t taken = 0;
            for (std::size_t last = first; last < events.size(); ++last) {
                if (events[last].is_allowed) taken += events[last].cost;
                const std::int64_t stretch = events[last].when - events[first].when;
                RC_ASSERT(taken * rule.period_microseconds <=
                          rule.burst * rule.period_microseconds + rule.tokens * stretch);
            }
        }
    }));
}

TEST_CASE("rate_limit: in any stretch of a window's length at most twice the limit") {
    CHECK(rc::check([] {
        const fixed_window rule{.limit = *rc::gen::inRange<std::int64_t>(3, 20),
                                .window_microseconds = *rc::gen::inRange<std::int64_t>(1, 200)};
        const auto events =
            random_events(rule, [] { return *rc::gen::inRange<std::int64_t>(0, 30); });
        for (std::size_t first = 0; first < events.size(); ++first) {
            std::int64_t taken = 0;
            for (std::size_t last = first; last < events.size(); ++last) {
                if (events[last].when - events[first].when >= rule.window_microseconds) break;
                if (events[last].is_allowed) taken += events[last].cost;
            }
            RC_ASSERT(taken <= 2 * rule.limit);
        }
    }));
}

TEST_CASE("rate_limit: who waits as long as was said is allowed, and not a microsecond earlier") {
    CHECK(rc::check([] {
        const token_bucket rule{.tokens = *rc::gen::inRange<std::int64_t>(1, 50),
                                .period_microseconds = *rc::gen::inRange<std::int64_t>(1, 1'000),
                                .burst = *rc::gen::inRange<std::int64_t>(1, 20)};
        rate_limiter early(rule), late(rule);
        std::int64_t now = 0;
        for (int i = 0; i < 50; ++i) {
            now += *rc::gen::inRange<std::int64_t>(0, 100);
            const std::int64_t cost = *rc::gen::inRange<std::int64_t>(1, rule.burst + 1);
            const rate_decision taken = late.take("k", at(now), cost);
            RC_ASSERT(early.take("k", at(now), cost).is_allowed == taken.is_allowed);
            if (taken.is_allowed) continue;
            RC_ASSERT(taken.wait_microseconds > 0);
            now += taken.wait_microseconds;
            RC_ASSERT(!early.take("k", at(now - 1), cost).is_allowed);
            RC_ASSERT(early.take("k", at(now), cost).is_allowed);
            RC_ASSERT(late.take("k", at(now), cost).is_allowed);
        }
    }));
}

TEST_CASE("rate_limit: a clock that is put back locks nobody out") {
    for (const std::int64_t back : {second, 3 * second, 3'600 * second, 400'000'000 * second}) {
        rate_limiter limits(ten_a_second);
        const std::int64_t noon = 1'000'000'000 * second;
        CHECK(limits.take("a", at(noon), 5).is_allowed);
        CHECK(!limits.take("a", at(noon - back)).is_allowed);  // Nor does it give anything.
        // Two seconds are what may be lost, where it looks like threads out of order.
        CHECK(limits.take("a", at(noon - back + 2 * second + 500'000), 5).is_allowed);
    }
}

TEST_CASE("rate_limit: whatever the clock does, no more than for the time that it went forward") {
    CHECK(rc::check([] {
        rate_limiter limits(ten_a_second);
        std::int64_t now = 0, forward = 0, taken = 0;
        for (int i = 0; i < 200; ++i) {
            const std::int64_t step =
                *rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-1'000'000, 1'000'000),
                                rc::gen::inRange<std::int64_t>(-100 * second, 100 * second));
            now += step;
            forward += std::max<std::int64_t>(step, 0);
            if (limits.take("k", at(now)).is_allowed) ++taken;
        }
        RC_ASSERT(taken * second <= 5 * second + 10 * forward);
    }));
}

TEST_CASE("rate_limit: times that come slightly out of order give nothing for nothing") {
    rate_limiter limits(ten_a_second);
    int taken = 0;
    // Two threads whose times are a second apart, one after the other: no time goes by.
    for (int i = 0; i < 1'000; ++i) {
        if (limits.take("a", at(10 * second)).is_allowed) ++taken;
        if (limits.take("a", at(9 * second)).is_allowed) ++taken;
    }
    CHECK(taken == 5);
}

TEST_CASE("rate_limit: the wildest clock breaks nothing") {
    rate_limiter limits(ten_a_second);
    for (int i = 0; i < 1'000; ++i) {
        CHECK(limits.take("a", timestamp::max()).is_allowed);
        (void)limits.take("a", timestamp::min());
    }
}

TEST_CASE("rate_limit: memory is bounded, and goes to those that are not as good as new") {
    rate_limiter limits(ten_a_second, {.keys_max = 100});
    CHECK(limits.take("offender", at(0), 5).is_allowed);
    std::int64_t allowed = 0;
    for (int i = 0; i < 10'000; ++i)
        if (limits.take("key" + std::to_string(i), at(0)).is_allowed) ++allowed;
    CHECK(limits.size() == 100);
    CHECK(allowed == 99 + 5);  // 99 had room, and all others share one share.
    CHECK(!limits.take("offender", at(0)).is_allowed);
    // An attacker who goes on with ever new keys does not make it forget the offender.
    for (int i = 0; i < 490; ++i) {
        (void)limits.take("more" + std::to_string(i), at(i * 1'000));
        CHECK(limits.size() <= 100);
    }
    CHECK(limits.take("offender", at(490'000), 5).wait_microseconds == 10'000);
    // Once others are as good as new, newcomers have shares of their own again.
    CHECK(limits.take("late", at(2 * second), 5).is_allowed);
    CHECK(limits.take("later", at(2 * second), 5).is_allowed);
    CHECK(!limits.take("late", at(2 * second)).is_allowed);
}

TEST_CASE("rate_limit: what was forgotten is as good as new, so that memory changes no decision") {
    CHECK(rc::check([] {
        // One that never has to forget against one that has just room for those that are active.
        rate_limiter large(ten_a_second, {.keys_max = 1'000'000});
        rate_limiter small(ten_a_second, {.keys_max = 8});
        std::int64_t now = 0;
        std::map<int, std::int64_t> active;
        for (int i = 0; i < 300; ++i) {
            now += *rc::gen::inRange<std::int64_t>(0, 200'000);
            std::erase_if(active, [&](const auto& each) { return each.second <= now; });
            int key = *rc::gen::inRange(0, 1'000);
            if (active.size() >= 8 && !active.contains(key)) key = active.begin()->first;
            active[key] = now + 500'000;
            const std::string name = std::to_string(key);
            const rate_decision a = large.take(name, at(now)), b = small.take(name, at(now));
            RC_ASSERT(a.is_allowed == b.is_allowed);
            RC_ASSERT(a.remaining == b.remaining);
            RC_ASSERT(a.wait_microseconds == b.wait_microseconds);
        }
    }));
}

TEST_CASE("rate_limit: threads together get no more than one share") {
    rate_limiter limits(
        token_bucket{.tokens = 1, .period_microseconds = 3'600 * second, .burst = 100});
    std::atomic<int> taken{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&] {
            for (int i = 0; i < 100; ++i)
                if (limits.take("k", at(i)).is_allowed) ++taken;
        });
    for (std::thread& each : threads) each.join();
    CHECK(taken == 100);
}

TEST_CASE("token_bucket: numbers that can't be counted with are known before they are used") {
    const auto is_countable = [](std::int64_t tokens, std::int64_t seconds, std::int64_t burst) {
        return token_bucket{
            .tokens = tokens, .period_microseconds = seconds * second, .burst = burst}
            .is_countable();
    };
    CHECK(is_countable(600, 60, 60));
    CHECK(is_countable(26'000'000, 86'400, 26'000'000));
    CHECK(!is_countable(30'000'000, 86'400, 30'000'000));
    CHECK(!is_countable(INT64_MAX, 1, 1));
    CHECK(!is_countable(0, 1, 1));
    CHECK(!is_countable(1, 0, 1));
    CHECK(!is_countable(1, 1, 0));
}
