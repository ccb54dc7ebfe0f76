// SPDX-License-Identifier: BSL-1.0
// Goal: a device syncs soon when there is something to sync, leaves a server alone that is in
// trouble, and no clock makes it stop. Method: waits drawn with many seeds, and hours of a device's
// life in a world with a true time and a clock that lies.
#include <syncfw/sync/schedule.hpp>
#include <syncfw/testing/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

namespace {

using namespace syncfw;
using testing::random_source;

constexpr std::int64_t second = 1'000'000, minute = 60 * second, hour = 60 * minute;
constexpr std::int64_t endless = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t seeds = 300;

/// What a sync gives, as far as a schedule looks at it.
struct report {
    std::optional<error> push_failure{};
};

const error outage{.code = errc::peer_unavailable};
const error refusal{.code = errc::unauthorized};

timestamp at(std::int64_t microseconds) {
    return timestamp::from_microseconds(1'800'000'000 * second + microseconds);
}

std::int64_t some(random_source& random, std::int64_t most) {
    return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most) + 1));
}

backoff_rules any_rules(random_source& random) {
    constexpr std::int64_t odd[] = {0, 1, -1, 7, second, hour, endless, -endless - 1};
    const auto one = [&](std::int64_t usual) {
        return random.chance(300) ? odd[random.below(std::size(odd))] : some(random, usual);
    };
    return {.first_microseconds = one(second),
            .base_microseconds = one(2 * second),
            .most_microseconds = one(10 * minute),
            .retry_after_most_microseconds = one(2 * hour)};
}

/// A device: true time passes, its clock says something else, and a server is there or not.
class device {
  public:
    device(std::uint64_t seed, schedule_rules rules = {}) : random(seed), plan(rules) {}

    random_source random;
    sync_schedule plan;
    std::int64_t truth = 0;
    std::int64_t clock_is_off_by = 0;
    std::int64_t sync_takes = 0;
    std::optional<error> failure{};
    std::vector<std::int64_t> begun{};  ///< In true time.

    [[nodiscard]] timestamp now() const { return at(truth + clock_is_off_by); }

    bool sync_if_due() {
        if (!plan.is_due(now())) return false;
        REQUIRE(plan.began(now()));
        begun.push_back(truth);
        truth += sync_takes;
        if (failure)
            plan.ended(result<report>(*failure), now(), random.next());
        else
            plan.ended(result<report>(report{}), now(), random.next());
        return true;
    }
    /// Sleeps as long as it is told, but wakes for `until`.
    void live(std::int64_t until) {
        while (truth < until) {
            if (sync_if_due()) continue;
            truth = std::min(until, truth + plan.wait(now()));
        }
    }
    /// The same, looking at the clock so often.
    void live(std::int64_t until, std::int64_t step) {
        for (; truth < until; truth += step) sync_if_due();
    }
};

std::int64_t longest_gap(const std::vector<std::int64_t>& moments) {
    std::int64_t longest = 0;
    for (std::size_t i = 1; i < moments.size(); ++i)
        longest = std::max(longest, moments[i] - moments[i - 1]);
    return longest;
}

std::int64_t shortest_gap(const std::vector<std::int64_t>& moments) {
    std::int64_t shortest = endless;
    for (std::size_t i = 1; i < moments.size(); ++i)
        shortest = std::min(shortest, moments[i] - moments[i - 1]);
    return shortest;
}

}  // namespace

// --- waits ---------------------------------------------------------------------------------------

TEST_CASE("retry: the first attempt again is at once, and ceilings double up to the cap") {
    constexpr backoff_rules rules;
    static_assert(wait_before(1, rules, 12'345) == 0);
    CHECK(ceiling_before(2, rules) == second);
    CHECK(ceiling_before(3, rules) == 2 * second);
    CHECK(ceiling_before(9, rules) == 128 * second);
    CHECK(ceiling_before(11, rules) == 5 * minute);
    CHECK(ceiling_before(endless, rules) == 5 * minute);
    CHECK(wait_before(0, rules, 99) == 0);
    CHECK(wait_before(-7, rules, 99) == 0);
}

TEST_CASE("retry: no wait exceeds its cap, whatever the rules, the attempt and the server say") {
    for (std::uint64_t seed = 1; seed <= 10 * seeds; ++seed) {
        random_source random(seed);
        const backoff_rules rules = any_rules(random);
        const auto attempt = random.chance(100) ? endless : some(random, 70);
        const std::int64_t own = wait_before(attempt, rules, random.next());
        CHECK(own >= 0);
        CHECK(own <= std::max<std::int64_t>(rules.most_microseconds, 0));
        const std::int64_t told = random.chance(300) ? endless : some(random, 3 * hour);
        const std::int64_t wait = wait_before(attempt, rules, random.next(), told);
        CHECK(wait >= 0);
        CHECK(wait <= longest_wait(rules));
    }
}

TEST_CASE("retry: jitter covers the whole range below the ceiling, evenly") {
    constexpr backoff_rules rules;
    for (std::int64_t attempt = 2; attempt <= 15; ++attempt) {
        random_source random(static_cast<std::uint64_t>(attempt));
        const std::int64_t ceiling = ceiling_before(attempt, rules);
        std::array<int, 10> tenths{};
        for (int i = 0; i < 10'000; ++i) {
            const std::int64_t wait = wait_before(attempt, rules, random.next());
            ++tenths[static_cast<std::size_t>(std::min<std::int64_t>(wait * 10 / ceiling, 9))];
        }
        // 1,000 each is expected; five times the standard deviation is 150.
        for (const int each : tenths) CHECK((each > 850 && each < 1'150));
    }
    constexpr backoff_rules small{.base_microseconds = 1, .most_microseconds = 2};
    CHECK(wait_before(2, small, 0) == 0);
    CHECK(wait_before(2, small, 2) == 2);
}

TEST_CASE("retry: never sooner than the server asked, but no server stops us for a year") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        random_source random(seed);
        const backoff_rules rules;
        const std::int64_t told = some(random, hour);
        CHECK(wait_before(some(random, 20), rules, random.next(), told) >= told);
        CHECK(wait_before(some(random, 20), rules, random.next(), 365 * 24 * hour) == hour);
        CHECK(wait_before(1, rules, random.next(), -hour) == 0);
    }
}

TEST_CASE("retry: those whom the server told the same moment don't come together") {
    random_source random(1);
    std::map<std::int64_t, int> in_tenth_of_a_second;
    for (int i = 0; i < 1'000; ++i)
        ++in_tenth_of_a_second[wait_before(1, {}, random.next(), minute) / 100'000];
    for (const auto& [when, count] : in_tenth_of_a_second) CHECK(count < 200);
}

TEST_CASE("retry: what needs a person is not worth retrying, what time mends is") {
    for (const errc code : {errc::unauthorized, errc::forbidden, errc::schema_mismatch,
                            errc::unsupported_format, errc::corrupted, errc::read_only})
        CHECK(!is_worth_retrying(code));
    for (const errc code : {errc::timed_out, errc::peer_unavailable, errc::rate_limited, errc::busy,
                            errc::truncated, errc::checksum_mismatch, errc::cancelled})
        CHECK(is_worth_retrying(code));
    for (const error_description& each : error_descriptions)
        if (each.retryable) CHECK(is_worth_retrying(each.code));
}

// --- circuit -------------------------------------------------------------------------------------

TEST_CASE("circuit: a few failures leave it closed, one more opens it, success forgets them") {
    circuit line;
    for (int i = 1; i < 5; ++i) {
        line.failed(outage, at(0), 7);
        CHECK(line.is() == circuit::state::closed);
        CHECK(line.allows(at(0)));
    }
    line.succeeded();
    CHECK(line.failures() == 0);
    for (int i = 1; i <= 5; ++i) line.failed(outage, at(0), 7);
    CHECK(line.is() == circuit::state::open);
    CHECK(!line.allows(at(0)));
    CHECK(line.next_try() > at(0));
}

TEST_CASE("circuit: when it has waited, exactly one probe goes through") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        random_source random(seed);
        circuit line;
        std::int64_t time = 0;
        for (int i = 0; i < 5; ++i) line.failed(outage, at(time), random.next());
        for (int round = 0; round < 8; ++round) {
            const timestamp next = line.next_try();
            CHECK(!line.allows(timestamp::from_microseconds(next.microseconds_since_epoch() - 1)));
            time = microseconds_between(at(0), next);
            int probes = 0;
            for (int asker = 0; asker < 100; ++asker)
                probes += line.allows(at(time + asker)) ? 1 : 0;
            CHECK(probes == 1);
            line.failed(outage, at(time), random.next());
        }
        time = microseconds_between(at(0), line.next_try());
        CHECK(line.allows(at(time)));
        line.succeeded();
        for (int asker = 0; asker < 10; ++asker) CHECK(line.allows(at(time)));
        CHECK(line.failures() == 0);
    }
}

TEST_CASE("circuit: each failed probe opens it for no shorter time, up to the cap") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        random_source random(seed);
        circuit line;
        timestamp now = at(0);
        for (int i = 0; i < 5; ++i) line.failed(outage, now, random.next());
        std::int64_t before = 0;
        for (std::int64_t failures = 5; failures < 30; ++failures) {
            const std::int64_t wait = line.left(now);
            if (ceiling_before(failures, {}) < 5 * minute) CHECK(wait >= before);
            CHECK((wait >= ceiling_before(failures, {}) / 2 && wait <= 5 * minute));
            before = wait;
            now = line.next_try();
            REQUIRE(line.allows(now));
            line.failed(outage, now, random.next());
        }
    }
}

TEST_CASE("circuit: requests that were on their way when it opened don't open it for longer") {
    circuit line;
    for (int i = 0; i < 5; ++i) line.failed(outage, at(0), 7);
    const timestamp next = line.next_try();
    for (int i = 0; i < 100; ++i) line.failed(outage, at(i), 7);
    CHECK(line.next_try() == next);
    CHECK(line.failures() == 5);
    line.failed(outage, at(200), 7, minute);
    CHECK(line.next_try() >= at(minute));
    line.failed(outage, at(300), 7, second);
    CHECK(line.next_try() >= at(minute));
}

TEST_CASE("circuit: a probe of which nobody tells is made up for") {
    circuit line;
    for (int i = 0; i < 5; ++i) line.failed(outage, at(0), 7);
    REQUIRE(line.allows(at(hour)));
    CHECK(!line.allows(at(hour + minute)));
    CHECK(line.allows(at(hour + 5 * minute)));
    CHECK(!line.allows(at(hour + 5 * minute)));
}

TEST_CASE("circuit: a server that says how long to wait is left alone so long") {
    circuit line;
    line.failed({.code = errc::rate_limited}, at(0), 7, minute);
    CHECK(line.is() == circuit::state::open);
    CHECK(!line.allows(at(minute - 1)));
    CHECK(line.allows(at(minute + second)));
}

TEST_CASE("circuit: what needs a person is said, and tried again at long intervals only") {
    circuit line;
    line.failed(refusal, at(0), 0);
    CHECK(line.needs_person() == errc::unauthorized);
    CHECK(!line.allows(at(2 * minute)));
    REQUIRE(line.allows(at(5 * minute)));
    line.failed(outage, at(5 * minute), 0);
    CHECK(!line.needs_person());
    line.failed(refusal, at(5 * minute), 0);
    line.succeeded();
    CHECK(!line.needs_person());
    CHECK(line.is() == circuit::state::closed);
}

TEST_CASE("circuit: a clock that jumps back doesn't hold it open for longer than the wait") {
    for (const std::int64_t jump : {second, minute, hour, 10'000 * hour}) {
        circuit line;
        for (int i = 0; i < 5; ++i) line.failed(outage, at(0), 7);
        const std::int64_t wait = line.left(at(0));
        CHECK(line.left(at(wait / 2)) == wait - wait / 2);
        CHECK(line.left(at(wait / 2 - jump)) <= wait);
        CHECK(!line.allows(at(wait / 2 - jump)));
        CHECK(line.allows(at(wait / 2 - jump + wait)));
    }
}

// --- schedule: when all is well ------------------------------------------------------------------

TEST_CASE("schedule: the first sync is due at once, the others at the interval and its spread") {
    device d(1);
    CHECK(d.plan.is_due(d.now()));
    d.live(10'000 * 30 * second);
    CHECK(shortest_gap(d.begun) >= 24 * second);
    CHECK(longest_gap(d.begun) <= 36 * second);
    CHECK(shortest_gap(d.begun) < 24 * second + second / 10);
    CHECK(longest_gap(d.begun) > 36 * second - second / 10);
    CHECK((d.begun.size() > 9'900 && d.begun.size() < 10'100));
}

TEST_CASE("schedule: never two at once") {
    sync_schedule plan;
    REQUIRE(plan.began(at(0)));
    CHECK(!plan.began(at(1)));
    plan.poked(at(2));
    plan.wrote(at(2));
    CHECK(!plan.is_due(at(1'000 * hour)));
    CHECK(plan.due_at() == timestamp::max());
    plan.ended(result<report>(report{}), at(3), 7);
    CHECK(plan.began(at(3)));
}

TEST_CASE("schedule: a poke and a write are synced at once after a rest") {
    for (const bool is_poke : {true, false}) {
        device d(1);
        d.live(10 * second);
        is_poke ? d.plan.poked(d.now()) : d.plan.wrote(d.now());
        CHECK(d.plan.due_at() == d.now());
        CHECK(d.sync_if_due());
        is_poke ? d.plan.poked(d.now()) : d.plan.wrote(d.now());
        CHECK(d.plan.wait(d.now()) == second);
    }
}

TEST_CASE("schedule: news that come during a sync lead to another") {
    sync_schedule plan;
    REQUIRE(plan.began(at(0)));
    plan.poked(at(1));
    plan.ended(result<report>(report{}), at(2), 7);
    CHECK(plan.due_at() == at(2 + second));
    REQUIRE(plan.began(at(2 + second)));
    plan.ended(result<report>(report{}), at(2 + second), 7);
    CHECK(plan.wait(at(2 + second)) > 20 * second);
}

TEST_CASE("schedule: a storm of 10,000 pokes leads to no more syncs than there are rests") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        device d(seed);
        d.sync_takes = some(d.random, 100'000);
        d.failure = d.random.chance(300) ? std::optional(outage) : std::nullopt;
        for (int i = 0; i < 10'000; ++i) {
            d.random.chance(500) ? d.plan.poked(d.now()) : d.plan.wrote(d.now());
            d.sync_if_due();
            d.truth += some(d.random, 10'000);
        }
        CHECK(static_cast<std::int64_t>(d.begun.size()) <= d.truth / second + 1);
        CHECK(shortest_gap(d.begun) >= second);
        if (!d.failure) CHECK(longest_gap(d.begun) < 2 * second);
    }
}

TEST_CASE("schedule: a lost poke is made up for within the interval and its spread") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        device d(seed);
        const std::int64_t lost = some(d.random, hour);
        d.live(lost);
        const std::size_t before = d.begun.size();
        d.live(lost + 36 * second + 1);
        CHECK(d.begun.size() > before);
    }
}

TEST_CASE("schedule: two equal ones with other chance don't run in step") {
    device a(1), b(2);
    a.live(100 * hour);
    b.live(100 * hour);
    std::int64_t together = 0;
    for (const std::int64_t when : a.begun) {
        const auto near = std::lower_bound(b.begun.begin(), b.begun.end(), when - second / 10);
        together += near != b.begun.end() && *near <= when + second / 10 ? 1 : 0;
    }
    // By chance 0.2 s of each 30 s are.
    CHECK(together * 50 < static_cast<std::int64_t>(a.begun.size()));
}

// --- schedule: when something fails --------------------------------------------------------------

TEST_CASE("schedule: a dead server is asked less and less, and a success resets everything") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        device d(seed);
        d.failure = outage;
        d.live(10 * hour);
        // At most one in half of the longest wait, and a dozen on the way there.
        CHECK(d.begun.size() < 10 * hour / (150 * second) + 12);
        CHECK(longest_gap(d.begun) <= 5 * minute);
        d.failure.reset();
        d.live(d.truth + 5 * minute);
        CHECK(d.plan.failures() == 0);
        d.begun.clear();
        d.live(d.truth + hour);
        CHECK(longest_gap(d.begun) <= 36 * second);
        // And the next failure is the first one: tried again after the rest.
        d.failure = outage;
        d.begun.clear();
        while (d.begun.empty()) d.live(d.truth + second);
        CHECK(d.plan.failures() == 1);
        CHECK(d.plan.wait(d.now()) <= second);
    }
}

TEST_CASE("schedule: writes don't wear a failing server out, nor pokes an open circuit") {
    device d(1);
    d.failure = outage;
    while (d.truth < hour) {
        d.plan.wrote(d.now());
        d.live(d.truth + second);
    }
    const std::size_t with_writes = d.begun.size();
    CHECK(with_writes < 45);
    while (d.truth < 2 * hour) {
        d.plan.poked(d.now());
        d.live(d.truth + second);
    }
    CHECK(d.begun.size() - with_writes < 30);
}

TEST_CASE("schedule: after a failure a write waits for the next attempt, a poke is news") {
    sync_schedule plan({.circuit = {.backoff = {.base_microseconds = minute}}});
    for (int i = 0; i < 2; ++i) {
        REQUIRE(plan.began(at(0)));
        plan.failed(outage, at(0), static_cast<std::uint64_t>(minute));
    }
    CHECK(plan.wait(at(0)) == minute);
    plan.wrote(at(0));
    CHECK(plan.wait(at(0)) == minute);
    plan.poked(at(0));
    CHECK(plan.wait(at(0)) == second);
}

TEST_CASE("schedule: a thousand devices don't come back together after an outage") {
    std::map<std::int64_t, int> in_second;
    for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
        device d(seed);
        d.failure = outage;
        d.live(hour);
        d.failure.reset();
        d.begun.clear();
        d.live(hour + 5 * minute);
        REQUIRE(!d.begun.empty());
        ++in_second[d.begun.front() / second];
    }
    for (const auto& [when, count] : in_second) CHECK(count < 30);
}

TEST_CASE("schedule: a person's sync may begin at any time, and mending is noticed at once") {
    device d(1);
    d.failure = refusal;
    d.sync_if_due();
    CHECK(d.plan.needs_person() == errc::unauthorized);
    d.plan.poked(d.now());
    CHECK(d.plan.wait(d.now()) >= 150 * second);
    REQUIRE(d.plan.began(d.now()));
    d.plan.ended(result<report>(refusal), d.now(), 7);
    d.plan.mended(d.now());
    CHECK(!d.plan.needs_person());
    CHECK(d.plan.wait(d.now()) == second);
}

TEST_CASE("schedule: work that could not be pushed is tried again like after a failure") {
    sync_schedule plan;
    REQUIRE(plan.began(at(0)));
    const error busy{.code = errc::busy};
    plan.ended(result<report>(report{.push_failure = busy}), at(0), 7);
    CHECK(plan.failures() == 1);
    CHECK(plan.wait(at(0)) == second);
    REQUIRE(plan.began(at(second)));
    plan.ended(result<report>(report{.push_failure = busy}), at(second), 7, 10 * minute);
    CHECK(plan.wait(at(second)) >= 10 * minute);
}

// --- schedule: clocks that lie -------------------------------------------------------------------

TEST_CASE("schedule: a clock that jumps back delays a sync by no more than the longest wait") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        device d(seed);
        d.failure = d.random.chance(500) ? std::optional(outage) : std::nullopt;
        d.live(some(d.random, hour));
        const std::int64_t jump = some(d.random, d.random.chance(500) ? minute : 10'000 * hour);
        const std::int64_t left = d.plan.wait(d.now());
        // It jumps while the device sleeps, which looks again only when it should be over.
        d.truth += some(d.random, left);
        d.clock_is_off_by -= jump;
        const std::int64_t since = d.truth;
        const std::size_t before = d.begun.size();
        const std::int64_t failures = d.plan.failures();
        CHECK(d.plan.wait(d.now()) <= d.plan.longest_wait());
        CHECK(microseconds_between(d.now(), d.plan.due_at()) == d.plan.wait(d.now()));
        d.live(since + d.plan.longest_wait());
        CHECK(d.begun.size() > before);
        if (d.failure) CHECK(d.plan.failures() > failures);
        const std::int64_t late = d.begun[before] - since;
        CHECK(late <= std::min(left, 5 * minute));
    }
}

TEST_CASE("schedule: a failure after a jump back counts like any other") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        device d(seed);
        d.failure = outage;
        d.live(hour);
        d.truth += d.plan.wait(d.now()) / 2;
        const std::int64_t failures = d.plan.failures(), left = d.plan.wait(d.now());
        d.clock_is_off_by -= 10 * hour;
        CHECK(d.plan.wait(d.now()) == left);
        d.truth += left;
        CHECK(d.sync_if_due());
        CHECK(d.plan.failures() == failures + 1);
    }
}

TEST_CASE("schedule: looked at often, a jump back costs no more than the time between two looks") {
    constexpr std::int64_t step = second / 10;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        device d(seed);
        d.live(some(d.random, 10 * minute), step);
        const std::int64_t left = d.plan.wait(d.now());
        d.truth += step;
        d.clock_is_off_by -= some(d.random, 10'000 * hour) + hour;
        const std::int64_t since = d.truth;
        const std::size_t before = d.begun.size();
        d.live(since + left + 2 * step, step);
        CHECK(d.begun.size() > before);
    }
}

TEST_CASE("schedule: any number of jumps neither stops it nor makes it run wild") {
    constexpr std::int64_t step = second;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        device d(seed);
        std::int64_t jumps = 0, looks_between = 20 + some(d.random, 200);
        for (std::int64_t i = 1; d.truth < 4 * hour; ++i) {
            if (i % looks_between == 0) {
                ++jumps;
                d.clock_is_off_by += some(d.random, 20 * hour) - 10 * hour;
            }
            d.sync_if_due();
            d.truth += step;
        }
        CHECK(static_cast<std::int64_t>(d.begun.size()) <= 4 * hour / (24 * second) + jumps + 1);
        // Each jump back costs a look; there are fewer than three in a wait.
        CHECK(longest_gap(d.begun) <= 36 * second + 4 * step);
    }
}

TEST_CASE("schedule: a device that slept all night syncs once when it wakes") {
    device d(1);
    d.live(hour);
    d.truth += 8 * hour;
    CHECK(d.sync_if_due());
    CHECK(!d.sync_if_due());
    CHECK(d.plan.wait(d.now()) >= 24 * second);
}

TEST_CASE("schedule: rules without sense give no waits without sense") {
    for (std::uint64_t seed = 1; seed <= 10 * seeds; ++seed) {
        random_source random(seed);
        constexpr std::int64_t odd[] = {0, 1, -1, 99, endless, -endless - 1, second};
        const auto any = [&] { return odd[random.below(std::size(odd))]; };
        sync_schedule plan({.interval_microseconds = any(),
                            .spread_percent = any(),
                            .least_microseconds = any(),
                            .circuit = {.failures_max = static_cast<std::int32_t>(any()),
                                        .backoff = any_rules(random)}});
        timestamp now = at(0);
        for (int i = 0; i < 20; ++i) {
            REQUIRE(plan.began(now));
            const error& why = random.chance(500) ? outage : refusal;
            if (random.chance(500))
                plan.failed(why, now, random.next(), any());
            else
                plan.succeeded(now, random.next());
            const std::int64_t wait = plan.wait(now);
            CHECK((wait >= 0 && wait <= plan.longest_wait()));
            CHECK(plan.due_at() >= now);
            now = plan.due_at();
            CHECK(plan.is_due(now));
        }
    }
}

// --- the loop ------------------------------------------------------------------------------------

namespace {

struct small_environment {
    std::int64_t time = 0;
    std::int64_t longest_pause = 0;
    random_source chance{1};
    timestamp now() const { return at(time); }
    std::uint64_t random() { return chance.next(); }
    void pause(std::int64_t microseconds) {
        REQUIRE(microseconds > 0);
        time += microseconds;
        longest_pause = std::max(longest_pause, microseconds);
    }
};

struct small_replica {
    int syncs = 0;
    bool throws = false;
    result<report> sync() {
        ++syncs;
        if (throws) throw std::runtime_error("planned");
        return report{};
    }
};

}  // namespace

TEST_CASE("schedule: the loop syncs when it is due, hears pokes and stops when it is told") {
    small_environment here;
    small_replica mine;
    sync_schedule plan;
    run_scheduled(mine, here, plan, [&] { return here.time < hour; });
    CHECK((mine.syncs >= 100 && mine.syncs <= 151));
    CHECK(here.longest_pause <= second / 10);
    const int before = mine.syncs;
    run_scheduled(mine, here, plan, [&] {
        plan.poked(here.now());
        return here.time < hour + minute;
    });
    CHECK(mine.syncs - before >= 59);
    run_scheduled(mine, here, plan, [] { return false; });
    CHECK(!plan.is_running());
}

TEST_CASE("schedule: a sync that throws is a failure, and not the last one") {
    small_environment here;
    small_replica mine{.throws = true};
    sync_schedule plan;
    CHECK_THROWS_AS(run_scheduled(mine, here, plan, [] { return true; }), std::runtime_error);
    CHECK(!plan.is_running());
    CHECK(plan.needs_person() == errc::internal);
    mine.throws = false;
    run_scheduled(mine, here, plan, [&] { return here.time < hour; });
    CHECK(mine.syncs > 90);
    CHECK(plan.failures() == 0);
}
