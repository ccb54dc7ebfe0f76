// SPDX-License-Identifier: BSL-1.0
// A transport in two halves: a replica that is far behind asks for the next page before it stores
// the one that came.
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/transport.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <atomic>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct note {
    std::int64_t id = 0;
    std::string text{};
    static constexpr auto sync_entity = entity<"note">(field<&note::id>(primary_key));
};
using notes = schema<note>;
using hub_type = server<world<memory::store<notes>>, last_write_wins>;

/// Answers what was begun when it is asked for the end of it, and counts.
struct halves {
    hub_type* hub;
    std::optional<std::string> begun{};
    int exchanged = 0, finished = 0;
    std::atomic<int> forgotten = 0;
    bool breaks = false;
    bool is_silent = false;  // The server says nothing until nobody wants to hear it.
    bool runs_out = false;   // There is no memory for the answer.
    std::thread::id finished_by{};

    explicit halves(hub_type* to) : hub(to) {}

    result<std::string> exchange(std::string_view request) {
        CHECK(!begun);
        ++exchanged;
        return hub->handle({}, request);
    }
    result<void> begin(std::string_view request) {
        CHECK(!begun);
        if (breaks) return error{.code = errc::peer_unavailable};
        begun = request;
        return {};
    }
    result<std::string> finish() {
        ++finished;
        finished_by = std::this_thread::get_id();
        const std::string asked = *std::exchange(begun, std::nullopt);
        while (is_silent)
            if (forgotten > 0) return error{.code = errc::timed_out};
        if (std::exchange(runs_out, false)) throw std::bad_alloc();
        return hub->handle({}, asked);
    }
    void forget() { ++forgotten; }
};
static_assert(transport_in_halves<halves>);

/// A server of which so much is behind, for as many pages as are wanted; it says what it was asked.
struct far_ahead {
    std::int64_t behind;
    std::size_t pages = 6;
    std::vector<std::int64_t> asked{};

    result<std::string> exchange(std::string_view request) {
        asked.push_back(decode<pull_message>(request)->rows_max);
        const bool is_last = asked.size() == pages;
        return encode(pull_answer<notes>{.cursor = std::to_string(asked.size()),
                                         .behind = is_last ? 0 : behind});
    }
};

struct scene {
    memory::store<notes> far{}, here{};
    hub_type hub{far};
    explicit scene(std::int64_t rows) {
        memory::store<notes> other;
        halves line{&hub};
        replica theirs(other, line);
        for (std::int64_t i = 0; i < rows; ++i)
            REQUIRE(theirs.put(note{.id = i, .text = std::to_string(i)}));
        REQUIRE(theirs.sync());
    }
};

}  // namespace

TEST_CASE("asking ahead: all pages but the first are asked for while another is stored") {
    scene s(100);
    halves line{&s.hub};
    replica mine(s.here, line, {}, {.rows_max = 10, .rows_max_behind = 10});
    const auto seen = mine.sync();
    REQUIRE(seen);
    CHECK(seen->pulled == 100);
    CHECK(line.finished >= 9);
    CHECK(line.exchanged + line.finished == seen->messages / 2);
    CHECK(line.forgotten == 0);
    CHECK(!line.begun);
    CHECK(line.finished_by != std::this_thread::get_id());
    CHECK(mine.find(all<note>())->size() == 100);
}

TEST_CASE("asking ahead: what was begun is forgotten where something else is due") {
    scene s(100);
    halves line{&s.hub};
    replica mine(s.here, line, {}, {.rows_max = 10, .rows_max_behind = 10});
    // Called off after a page: nobody waits for the next one.
    line.is_silent = true;
    int pages = 0;
    const auto stopped = mine.sync([&](const sync_report&) { return ++pages < 1; });
    REQUIRE(!stopped);
    CHECK(line.forgotten == 1);
    CHECK(line.finished == 1);
    CHECK(!line.begun);
    line.is_silent = false;
    REQUIRE(mine.sync());
    CHECK(mine.find(all<note>())->size() == 100);
}

TEST_CASE("asking ahead: what is thrown while a page comes reaches who synchronises") {
    scene s(100);
    halves line{&s.hub};
    replica mine(s.here, line, {}, {.rows_max = 10, .rows_max_behind = 10});
    line.runs_out = true;
    CHECK_THROWS_AS((void)mine.sync(), std::bad_alloc);
    REQUIRE(mine.sync());
    CHECK(mine.find(all<note>())->size() == 100);
}

TEST_CASE("asking ahead: a line that breaks meanwhile costs nothing but the time") {
    scene s(50);
    halves line{&s.hub};
    line.breaks = true;
    replica mine(s.here, line, {}, {.rows_max = 10, .rows_max_behind = 10});
    REQUIRE(mine.sync());
    CHECK(line.finished == 0);
    CHECK(mine.find(all<note>())->size() == 50);
}

TEST_CASE("asking ahead: work that is written meanwhile is kept, whatever the sizes") {
    rc::check([] {
        const auto rows = *rc::gen::inRange<std::int64_t>(0, 60);
        const auto page = *rc::gen::inRange<std::int64_t>(1, 20);
        scene s(rows);
        halves line{&s.hub};
        replica mine(s.here, line, {}, {.rows_max = page, .rows_max_behind = page * 3});
        std::int64_t next = 1'000;
        (void)mine.sync([&](const sync_report&) {
            REQUIRE(mine.put(note{.id = next++, .text = "mine"}));
            return next < 1'005;
        });
        RC_ASSERT(mine.sync().has_value());
        RC_ASSERT(mine.status()->pending == 0);
        RC_ASSERT(mine.find(all<note>())->size() == static_cast<std::size_t>(rows + next - 1'000));
    });
}

TEST_CASE("asking ahead: pages grow until ten are left, so that neither side waits for the other") {
    using sizes = std::vector<std::int64_t>;
    const auto asked = [](std::int64_t behind, sync_options options = {}) {
        memory::store<notes> here;
        far_ahead line{behind};
        replica mine(here, line, {}, options);
        REQUIRE(mine.pull());
        return line.asked;
    };
    CHECK(asked(90'000) == sizes{1'000, 4'000, 10'000, 10'000, 10'000, 10'000});
    CHECK(asked(300'000) == sizes{1'000, 4'000, 16'000, 30'000, 30'000, 30'000});
    CHECK(asked(9'000'000) == sizes{1'000, 4'000, 16'000, 50'000, 50'000, 50'000});
    // What was asked for by hand is neither less nor more.
    CHECK(asked(90'000, {.rows_max = 7, .rows_max_behind = 20}) == sizes{7, 20, 20, 20, 20, 20});
    CHECK(asked(90'000, {.rows_max = 30'000}) ==
          sizes{30'000, 30'000, 30'000, 30'000, 30'000, 30'000});
}
