// SPDX-License-Identifier: BSL-1.0
// Goal: whoever subscribes hears of a tenant's changes, is never called behind the end of its
// subscription, and no lock stands in a callback's way. Method: callbacks that do what is
// inconvenient, threads that meet at chosen points, a server whose commits poke.
#include "../../support/synced.hpp"
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/observed.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/in_process.hpp>
#include <syncfw/transport/poke.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace syncfw;

namespace {

const tenant_id ours("ours"), theirs("theirs");

}  // namespace

TEST_CASE("poke: only who listens to the tenant is told") {
    poke_hub pokes;
    int here = 0, also_here = 0, there = 0;
    const auto a = pokes.subscribe(ours, [&] { ++here; }).value();
    const auto b = pokes.subscribe(ours, [&] { ++also_here; }).value();
    const auto c = pokes.subscribe(theirs, [&] { ++there; }).value();
    pokes.poke(ours);
    pokes.poke(ours);
    pokes.poke(tenant_id());
    CHECK(here == 2);
    CHECK(also_here == 2);
    CHECK(there == 0);
    CHECK(pokes.subscriptions() == 3);
}

TEST_CASE("poke: nobody is told behind the end of a subscription") {
    poke_hub pokes;
    int count = 0;
    const auto heard = [&] { ++count; };
    auto a = pokes.subscribe(ours, heard).value();
    {
        const auto b = pokes.subscribe(ours, heard).value();
        pokes.poke(ours);
    }
    CHECK(count == 2);
    pokes.poke(ours);
    CHECK(count == 3);
    auto moved = std::move(a);
    pokes.poke(ours);
    CHECK(count == 4);
    moved.end();
    moved.end();
    pokes.poke(ours);
    CHECK(count == 4);
    CHECK(pokes.subscriptions() == 0);
}

TEST_CASE("poke: a subscription that gets another one ends its own") {
    poke_hub pokes;
    int first = 0, second = 0;
    auto held = pokes.subscribe(ours, [&] { ++first; }).value();
    held = pokes.subscribe(ours, [&] { ++second; }).value();
    pokes.poke(ours);
    CHECK(first == 0);
    CHECK(second == 1);
    CHECK(pokes.subscriptions() == 1);
}

TEST_CASE("poke: too many subscriptions are refused") {
    poke_hub pokes(2);
    auto a = pokes.subscribe(ours, [] {});
    const auto b = pokes.subscribe(theirs, [] {});
    REQUIRE(a);
    REQUIRE(b);
    const auto c = pokes.subscribe(ours, [] {});
    REQUIRE(!c);
    CHECK(c.error().code == errc::rate_limited);
    a->end();
    CHECK(pokes.subscribe(ours, [] {}));
}

TEST_CASE("poke: a hub may go before its subscriptions") {
    std::optional<poke_subscription> left;
    {
        poke_hub pokes;
        left = pokes.subscribe(ours, [] {}).value();
    }
    left.reset();
}

TEST_CASE("poke: a callback may subscribe, and end subscriptions, its own too") {
    poke_hub pokes;
    std::optional<poke_subscription> mine, other, made;
    int count = 0, other_count = 0;
    auto held = std::make_shared<int>(0);
    const std::weak_ptr<int> what_it_holds = held;
    mine = pokes
               .subscribe(ours,
                          [&, held] {
                              ++count;
                              mine.reset();
                              other.reset();
                              made = pokes.subscribe(ours, [] {}).value();
                              // What it holds is still there.
                              ++*held;
                          })
               .value();
    held.reset();
    other = pokes.subscribe(ours, [&] { ++other_count; }).value();
    pokes.poke(ours);
    CHECK(count == 1);
    CHECK(other_count == 0);
    CHECK(pokes.subscriptions() == 1);
    CHECK(what_it_holds.expired());
    pokes.poke(ours);
    CHECK(count == 1);
}

TEST_CASE("poke: what a callback holds goes with its subscription") {
    poke_hub pokes;
    auto held = std::make_shared<int>(0);
    auto subscribed = pokes.subscribe(ours, [held] {}).value();
    CHECK(held.use_count() == 2);
    subscribed.end();
    CHECK(held.use_count() == 1);
}

TEST_CASE("poke: pokes that come while a callback is at work become one more call") {
    poke_hub pokes;
    int count = 0, depth = 0;
    const auto subscribed = pokes
                                .subscribe(ours,
                                           [&] {
                                               CHECK(++depth == 1);
                                               if (++count == 1)
                                                   for (int i = 0; i < 100; ++i) pokes.poke(ours);
                                               --depth;
                                           })
                                .value();
    pokes.poke(ours);
    CHECK(count == 2);
}

TEST_CASE("poke: what a callback throws is lost, and nothing else") {
    poke_hub pokes;
    int count = 0, other = 0;
    const auto a = pokes
                       .subscribe(ours,
                                  [&] {
                                      ++count;
                                      throw std::runtime_error("no");
                                  })
                       .value();
    const auto b = pokes.subscribe(ours, [&] { ++other; }).value();
    pokes.poke(ours);
    pokes.poke(ours);
    CHECK(count == 2);
    CHECK(other == 2);
}

TEST_CASE("poke: another thread's poke during a call is not lost, and not at the same time") {
    poke_hub pokes;
    std::latch is_at_work(1), was_poked(1);
    int count = 0;  // Not atomic: one thread at a time.
    const auto subscribed = pokes
                                .subscribe(ours,
                                           [&] {
                                               if (++count > 1) return;
                                               is_at_work.count_down();
                                               was_poked.wait();
                                           })
                                .value();
    std::thread first([&] { pokes.poke(ours); });
    is_at_work.wait();
    pokes.poke(ours);
    was_poked.count_down();
    first.join();
    CHECK(count == 2);
}

TEST_CASE("poke: the end of a subscription waits for the call that is at work") {
    poke_hub pokes;
    std::latch is_at_work(1), may_go_on(1);
    std::atomic<bool> has_returned = false;
    auto subscribed = std::make_optional(pokes
                                             .subscribe(ours,
                                                        [&] {
                                                            is_at_work.count_down();
                                                            may_go_on.wait();
                                                            has_returned = true;
                                                        })
                                             .value());
    std::thread poker([&] { pokes.poke(ours); });
    is_at_work.wait();
    std::thread releaser([&] { may_go_on.count_down(); });
    subscribed.reset();
    CHECK(has_returned);
    poker.join();
    releaser.join();
}

TEST_CASE("poke: threads that poke, subscribe and end at once find each callback alive") {
    poke_hub pokes;
    std::atomic<bool> is_over = false;
    std::atomic<int> heard = 0, dead_calls = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([&] {
            while (!is_over) pokes.poke(ours), pokes.poke(theirs);
        });
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([&, i] {
            for (int round = 0; round < 500; ++round) {
                int plain = 0;  // Written by the callback, read behind its end.
                std::atomic<bool> is_alive = true;
                auto mine = pokes
                                .subscribe(i == 0 ? ours : theirs,
                                           [&] {
                                               if (!is_alive) ++dead_calls;
                                               ++plain;
                                               ++heard;
                                           })
                                .value();
                if (round % 2 == 0) pokes.poke(i == 0 ? ours : theirs);
                mine.end();
                is_alive = false;
                if (plain < 0) ++dead_calls;
            }
        });
    threads[2].join();
    threads[3].join();
    is_over = true;
    threads[0].join();
    threads[1].join();
    CHECK(dead_calls == 0);
    CHECK(heard >= 1);
    CHECK(pokes.subscriptions() == 0);
}

// --- events --------------------------------------------------------------------------------------

TEST_CASE("poke: a sink pokes where rows have changed, and for nothing else") {
    poke_hub pokes;
    poke_sink sink(pokes);
    int count = 0;
    const auto subscribed = pokes.subscribe(ours, [&] { ++count; }).value();
    const auto take = [&](const auto& event) {
        count = 0;
        sink.take(timestamp(), event);
        return count;
    };
    CHECK(take(events::push_taken{.tenant = "ours", .operations = 1, .applied = 1}) == 1);
    CHECK(take(events::push_taken{.tenant = "ours", .operations = 1, .merged = 1}) == 1);
    CHECK(take(events::conflict_resolved{.tenant = "ours"}) == 1);
    CHECK(take(events::push_taken{.tenant = "theirs", .operations = 1, .applied = 1}) == 0);
    CHECK(take(events::push_taken{
              .tenant = "ours", .operations = 3, .superseded = 1, .parked = 1, .rejected = 1}) ==
          0);
    CHECK(take(events::page_given{.tenant = "ours", .rows = 5}) == 0);
    CHECK(take(events::history_retired{.tenant = "ours", .deletions = 5}) == 0);
    CHECK(take(events::push_taken{.tenant = std::string(1'000, 'x'), .applied = 1}) == 0);
}

TEST_CASE("poke: a server's commit pokes its subscribers, and what they pull is there") {
    namespace synced = tests::synced;
    using store_type = memory::store<synced::board>;
    poke_hub pokes;
    poke_sink sink(pokes);
    store_type hub_store, a_store, b_store;
    server hub(hub_store, park(), {}, observed(sink));
    in_process_link a_link(hub, caller()), b_link(hub, caller());
    replica a(a_store, a_link), b(b_store, b_link);
    REQUIRE(b.sync());
    int told = 0;
    std::int64_t found = 0;
    // Here the callback is the device's thread; a program would only wake it.
    const auto subscribed = pokes
                                .subscribe(tenant_id(),
                                           [&] {
                                               ++told;
                                               const auto pulled = b.sync();
                                               if (pulled) found += pulled->pulled;
                                           })
                                .value();
    REQUIRE(a.sync());
    CHECK(told == 0);
    REQUIRE(a.put(synced::task{.id = uuid::parse("0192f0c1-7a3b-7c4d-8e5f-60718293a4b5").value(),
                               .title = "tea"}));
    REQUIRE(a.sync());
    CHECK(told == 1);
    CHECK(found == 1);
}

TEST_CASE("poke: what is poked here is passed on, and what comes from elsewhere is not") {
    poke_hub pokes;
    int ann_heard = 0, bob_heard = 0;
    std::vector<std::string> passed;
    const auto ann = pokes.subscribe(tenant_id("ann"), [&] { ++ann_heard; });
    const auto bob = pokes.subscribe(tenant_id("bob"), [&] { ++bob_heard; });
    pokes.pass_on([&](const tenant_id& whose) { passed.emplace_back(whose.name()); });
    pokes.poke(tenant_id("ann"));
    pokes.poke(tenant_id("carl"));
    CHECK(passed == std::vector<std::string>{"ann", "carl"});
    pokes.poke_here(tenant_id("ann"));
    pokes.poke_all_here();
    CHECK(ann_heard == 3);
    CHECK(bob_heard == 1);
    pokes.pass_on({});
    pokes.poke(tenant_id("ann"));
    CHECK(ann_heard == 4);
    CHECK(passed.size() == 2);
}
