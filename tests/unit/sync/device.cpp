// SPDX-License-Identifier: BSL-1.0
// Goal: a device shows what is there, says why, can be stopped and be left, and loses nothing by
// it. Method: two devices and a server in one process.
#include "scene.hpp"
#include <syncfw/testing/faulty_store.hpp>

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <vector>

using namespace two_devices;

TEST_CASE("observe: who watches hears of each change from here and from afar, and of no other") {
    scene<> s;
    std::vector<std::vector<std::string>> seen;
    {
        auto watching =
            s.b.observe(where(field<&task::done> == false), [&](const std::vector<task>& now) {
                auto& titles = seen.emplace_back();
                for (const task& each : now) titles.push_back(each.title);
            });
        REQUIRE(watching);
        CHECK(seen.size() == 1);
        REQUIRE(s.b.put(task{.id = 1, .title = "mine"}));
        CHECK(seen.size() == 2);
        REQUIRE(s.b.put(task{.id = 9, .title = "another", .done = true}));
        REQUIRE(s.b.sync());
        CHECK(seen.size() == 2);
        REQUIRE(s.a.put(task{.id = 2, .title = "from afar"}));
        REQUIRE(s.a.sync());
        REQUIRE(s.b.sync());
        REQUIRE(seen.size() == 3);
        CHECK(seen.back() == std::vector<std::string>{"mine", "from afar"});
        REQUIRE(s.b.remove<task>(1));
        CHECK(seen.back() == std::vector<std::string>{"from afar"});
    }
    REQUIRE(s.b.remove<task>(2));
    CHECK(seen.size() == 4);
}

TEST_CASE("observe: who is told may write and stop watching") {
    scene<> s;
    int told = 0;
    watch watching;
    auto begun = s.a.observe(all<task>(), [&](const std::vector<task>& now) {
        ++told;
        if (now.size() == 1) REQUIRE(s.a.put(task{.id = 2}));
        if (now.size() == 2) watching = {};
    });
    REQUIRE(begun);
    watching = std::move(*begun);
    REQUIRE(s.a.put(task{.id = 1}));
    CHECK(told == 3);
    REQUIRE(s.a.put(task{.id = 3}));
    CHECK(told == 3);
}

TEST_CASE("observe: what a function reads is watched like a query") {
    scene<> s;
    std::vector<std::size_t> seen;
    const std::string wanted = "mine";
    auto watching = s.a.observe([&] { return s.a.find(where(field<&task::title> == wanted)); },
                                [&](const std::vector<task>& now) { seen.push_back(now.size()); });
    REQUIRE(watching);
    REQUIRE(s.a.put(task{.id = 1, .title = "mine"}));
    REQUIRE(s.a.put(task{.id = 2, .title = "yours"}));
    CHECK(seen == std::vector<std::size_t>{0, 1});
    const auto failing =
        s.a.observe([] { return result<std::vector<task>>(error{.code = errc::busy}); },
                    [&](const std::vector<task>&) { seen.push_back(99); });
    REQUIRE(!failing);
    CHECK(failing.error().code == errc::busy);
    CHECK(seen.size() == 2);
}

TEST_CASE("find: a query that lost its type finds the same rows, in a transaction too") {
    scene<> s;
    for (std::int64_t id = 1; id <= 3; ++id) REQUIRE(s.a.put(task{.id = id}));
    const auto asked = where(field<&task::id> >= 2).order_by(descending(field<&task::id>)).limit(1);
    const query_view passed_on = asked.view();
    const auto found = s.a.find<task>(passed_on);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK(found->front().id == 3);
    REQUIRE(s.a.transact([&](auto& edit) -> result<void> {
        if (auto gone = edit.template remove<task>(3); !gone) return gone;
        const auto within = edit.template find<task>(passed_on);
        REQUIRE(within);
        REQUIRE(within->size() == 1);
        CHECK(within->front().id == 2);
        return {};
    }));
}

TEST_CASE("explain: a row says its version, its writer, what is unsent and what was refused") {
    scene<> s;
    CHECK(to_string(*s.a.explain<task>(1)) == "there is no such row");
    REQUIRE(s.a.put(task{.id = 1}));
    CHECK(to_string(*s.a.explain<task>(1)).find("never sent") == 0);
    CHECK(s.a.explain<task>(1)->unsettled.size() == 1);
    s.sync_all();
    const auto settled = s.b.explain<task>(1);
    REQUIRE(settled);
    CHECK(settled->version == 1);
    CHECK(settled->unsettled.empty());
    CHECK(settled->written.origin() == s.a.explain<task>(1)->written.origin());
    REQUIRE(s.a.put(task{.id = 1, .email = "x@y"}));
    REQUIRE(s.b.put(task{.id = 2, .email = "x@y"}));
    s.sync_all();
    const std::string words = to_string(*s.b.explain<task>(2));
    INFO(words);
    CHECK(words.find(" was refused: ") != words.npos);
    CHECK(s.b.explain<task>(2)->unsettled.at(0).code == "already_exists");
}

TEST_CASE("sync: it can be watched and stopped between messages, and goes on later") {
    scene<> s;
    for (std::int64_t id = 1; id <= 5; ++id) REQUIRE(s.a.put(task{.id = id}));
    REQUIRE(s.a.sync());
    sync_options small{.rows_max = 1, .rows_max_behind = 1};
    memory::store<tasks> store{memory::options{.unique = false}};
    replica<world<memory::store<tasks>>, decltype(s.b_link)> c(store, s.b_link, {}, small);
    std::vector<std::int64_t> behind;
    const auto stopped = c.sync([&](const sync_report& so_far) {
        behind.push_back(so_far.behind);
        return so_far.pulled < 2;
    });
    REQUIRE(!stopped);
    CHECK(stopped.error().code == errc::cancelled);
    CHECK(behind == std::vector<std::int64_t>{4, 3});
    CHECK(c.find(all<task>())->size() == 2);
    REQUIRE(c.sync());
    CHECK(c.find(all<task>())->size() == 5);
}

TEST_CASE("sign out: unsent work is sent first, stays, or is dropped, as it was asked") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1}));
    s.sync_all();
    REQUIRE(s.a.put(task{.id = 2, .title = "unsent"}));

    s.a_link.is_cut = true;
    CHECK(!s.a.sign_out(unsent::flush));
    CHECK(s.a.find(all<task>())->size() == 2);
    REQUIRE(s.a.sign_out(unsent::keep));
    REQUIRE(s.a.find(all<task>())->size() == 1);
    CHECK(s.on_a(2).title == "unsent");

    s.a_link.is_cut = false;
    REQUIRE(s.a.sync());
    CHECK(s.a.find(all<task>())->size() == 2);
    REQUIRE(s.a.put(task{.id = 3}));
    REQUIRE(s.a.sign_out(unsent::flush));
    CHECK(s.a.find(all<task>())->empty());
    s.sync_all();
    CHECK(s.b.find(all<task>())->size() == 3);
    CHECK(s.a.find(all<task>())->size() == 3);

    REQUIRE(s.a.put(task{.id = 4}));
    REQUIRE(s.a.sign_out(unsent::drop));
    CHECK(s.a.status()->pending == 0);
    s.sync_all();
    CHECK(s.b.find(all<task>())->size() == 3);
}

TEST_CASE("sign out: of somebody who left, no row is anywhere on the device") {
    scene<park> s;
    REQUIRE(s.a.put(task{.id = 1, .title = "milk"}));
    s.sync_all();
    REQUIRE(s.a.patch<task>(1, [](task& t) { t.title = "oat milk"; }));
    REQUIRE(s.b.patch<task>(1, [](task& t) { t.title = "soy milk"; }));
    s.sync_all();
    REQUIRE(s.b.resolve(s.b.conflicts()->at(0).id, side::theirs));
    s.sync_all();
    REQUIRE(s.b.sign_out(unsent::flush));
    auto tx = begin_read(s.b_store, tenant_id());
    complete_schema<tasks>::for_each([&]<class T>(of<T>) {
        CAPTURE(entity_of<T>.name);
        if constexpr (!std::is_same_v<T, feed_position>) CHECK(tx->scan(all<T>())->empty());
    });
}

TEST_CASE("freshness: a device that was left has seen nothing") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1}));
    s.sync_all();
    const freshness token = *s.a.seen();
    REQUIRE(s.b.wait(token, 0));
    REQUIRE(s.b.sign_out(unsent::flush));
    s.b_link.is_cut = true;
    CHECK(s.b.wait(token, 0).error().code == errc::timed_out);
    s.b_link.is_cut = false;
    REQUIRE(s.b.wait(token, 10'000'000));
    CHECK(s.b.get<task>(1)->has_value());
}

TEST_CASE("no-lost-write: a full sync that is cut at any call of its store loses nothing") {
    using testing::fault_plan;
    using faulty = testing::faulty_store<memory::store<tasks>>;
    const std::uint64_t failures = testing::for_each_failure([](fault_plan& faults) {
        scene<> s;
        for (std::int64_t id = 1; id <= 4; ++id) REQUIRE(s.b.put(task{.id = id, .title = "t"}));
        s.sync_all();
        memory::store<tasks> below{memory::options{.unique = false}};
        fault_plan none;
        {
            faulty sound(below, none);
            replica<world<faulty>, decltype(s.a_link)> c(sound, s.a_link);
            REQUIRE(c.sync());
            REQUIRE(c.patch<task>(1, [](task& t) { t.title = "unsent"; }));
            REQUIRE(c.remove<task>(2));
            REQUIRE(c.put(task{.id = 5, .title = "new"}));
            REQUIRE(c.patch<task>(3, [](task& t) { t.draft = "only here"; }));
        }
        REQUIRE(s.b.remove<task>(4));
        REQUIRE(s.b.sync());
        {
            faulty store(below, faults);
            sync_options small{.operations_max = 2, .rows_max = 2, .rows_max_behind = 2};
            replica<world<faulty>, decltype(s.a_link)> c(store, s.a_link, {}, small);
            (void)c.full_sync();
        }
        faults.stop();
        CAPTURE(faults.what_failed());
        faulty sound(below, none);
        replica<world<faulty>, decltype(s.a_link)> c(sound, s.a_link);
        REQUIRE(c.sync());
        REQUIRE(c.sync());
        REQUIRE(s.b.sync());
        CHECK(s.on_b(1).title == "unsent");
        CHECK(!s.b.get<task>(2)->has_value());
        CHECK(s.on_b(5).title == "new");
        CHECK(c.find(all<task>())->size() == 3);
        CHECK(c.get<task>(3)->value().draft == "only here");
        CHECK(c.status()->pending + c.status()->failed == 0);
    });
    CHECK(failures > 200);
}

namespace {

// Time passes only while somebody waits.
struct waiting_environment {
    std::int64_t* at;
    std::function<void()>* meanwhile;
    mutable std::uint64_t drawn = 1;
    [[nodiscard]] timestamp now() const { return timestamp::from_microseconds(*at); }
    [[nodiscard]] std::uint64_t random() const { return drawn += 0x9e37'79b9'7f4a'7c15; }
    void pause(std::int64_t microseconds) const {
        *at += microseconds;
        if (*meanwhile) (*meanwhile)();
    }
};

}  // namespace

TEST_CASE("freshness: who waits for a token sees what was written before it was given") {
    scene<> s;
    std::int64_t now = 1'000'000;
    std::function<void()> meanwhile;
    memory::store<tasks> c_store({.unique = false});
    bad_link<decltype(s.hub)> c_link{&s.hub};
    replica c(c_store, c_link, tenant_id(), {}, waiting_environment{&now, &meanwhile});
    REQUIRE(s.a.put(task{.id = 1, .title = "tea"}));
    REQUIRE(s.a.push());
    const freshness token = parse_freshness(to_string(*s.a.seen())).value();
    CHECK(token.sequence == 1);
    REQUIRE(c.wait(token, 0).error().code == errc::timed_out);
    REQUIRE(c.wait(token, 1'000'000));
    CHECK(c.get<task>(1)->has_value());
    // It comes while we wait, and the line is bad.
    c_link.is_cut = true;
    meanwhile = [&] {
        if (now < 3'000'000) return;
        c_link.is_cut = false;
        if (!s.a.get<task>(2)->has_value() && (!s.a.put(task{.id = 2}) || !s.a.push()))
            FAIL("it was not written");
    };
    REQUIRE(c.wait({token.history, 2}, 60'000'000));
    CHECK(c.get<task>(2)->has_value());
    CHECK(c.wait({token.history, 3}, 5'000'000).error().code == errc::timed_out);
    CHECK(c.wait({uuid(), 0}, 5'000'000).error().code == errc::timed_out);
    for (const char* wrong : {"", ":", "x:1", "01a1fb21-23d2-700e-aeef-4f62da0684f6:-1",
                              "01a1fb21-23d2-700e-aeef-4f62da0684f6:1 "})
        CHECK(parse_freshness(wrong).error().code == errc::malformed);
}

TEST_CASE(
    "lease: of several processes with one store one synchronises, and a dead one not for ever") {
    scene<> s;
    std::int64_t now = 1'000'000;
    std::function<void()> meanwhile, inside;
    struct telling_link {
        decltype(s.hub)* hub;
        std::function<void()>* inside;
        result<std::string> exchange(std::string_view request) {
            if (*inside) (*inside)();
            return hub->handle(caller{}, request);
        }
    } line{&s.hub, &inside};
    memory::store<tasks> store({.unique = false});
    const sync_options shared{.lease_microseconds = 30'000'000};
    const waiting_environment first_world{&now, &meanwhile};
    replica first(store, line, tenant_id(), shared, first_world);
    REQUIRE(first.put(task{.id = 1}));
    replica second(store, line, tenant_id(), shared, waiting_environment{&now, &meanwhile, 1'000});
    int tries = 0;
    inside = [&] {
        if (tries++ == 0) CHECK(second.sync().error().code == errc::busy);
    };
    REQUIRE(first.sync());
    CHECK(tries > 1);
    REQUIRE(second.sync());
    // One that takes long keeps it, and one that is lost leaves it until it ends.
    inside = [&] {
        now += 20'000'000;
        if (tries++ < 100) CHECK(second.sync().error().code == errc::busy);
    };
    tries = 0;
    REQUIRE(first.put(task{.id = 2}));
    REQUIRE(first.sync());
    CHECK(tries > 1);
    inside = nullptr;
    REQUIRE(detail::lease(99, 30'000'000).take(store, tenant_id(), first_world.now()));
    CHECK(second.sync().error().code == errc::busy);
    now += 30'000'001;
    REQUIRE(second.sync());
    // A clock that jumped back doesn't make it last.
    REQUIRE(detail::lease(99, 30'000'000).take(store, tenant_id(), first_world.now()));
    now -= 86'400'000'000;
    REQUIRE(second.sync());
}
