// SPDX-License-Identifier: BSL-1.0
// Goal: what hurt the users of other systems hurts nobody here. Method: each complaint's situation
// is built, by its number in docs/concepts/complaints.md; what other parts hold is listed there.
#include "scene.hpp"
#include "support/any.hpp"
#include "support/everything.hpp"
#include <syncfw/sync/schedule.hpp>
#include <syncfw/testing/faulty_store.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace two_devices;
using testing::fault;
using testing::fault_plan;

namespace {

/// A line of which the test says what it does.
struct line {
    std::function<result<std::string>(std::string_view)> carry;
    result<std::string> exchange(std::string_view request) { return carry(request); }
};
template <class Hub>
line to(Hub& hub, caller who = {}) {
    return {[&hub, who](std::string_view request) { return hub.handle(who, request); }};
}

template <class Schema>
struct loose_store : memory::store<Schema> {
    loose_store() : memory::store<Schema>(memory::options{.unique = false}) {}
};

/// A device that is begun anew, as by a restart, with each object.
template <class Store>
struct tablet {
    line way;
    replica<world<Store>, line> mine;
    tablet(Store& store, line to_server, sync_options options = {}, tenant_id whose = {})
        : way(std::move(to_server)), mine(store, way, std::move(whose), std::move(options)) {}
};

sync_options pages_of(std::int64_t rows) {
    return {.rows_max = rows, .rows_max_behind = rows};
}

/// The rows that a message brings; 0 if it is no page.
std::size_t rows_in(std::string_view answer) {
    const auto page = decode<pull_answer<tasks>>(answer);
    return page ? page->rows.size() : 0;
}

/// Each call of the store has its turn to fail, in each way.
template <class F>
int for_each_fault(F&& f) {
    for (int faults = 0;; faults += 4)
        for (const fault how : {fault::refused, fault::lost, fault::killed, fault::killed_late}) {
            fault_plan plan(static_cast<std::uint64_t>(faults / 4 + 1), how);
            f(plan);
            if (!plan.has_failed()) return faults;
        }
}

/// A server that can't take any push with this row in it.
template <class Hub>
line choking_on(Hub& hub, std::int64_t id, errc why) {
    return {[&hub, id, why](std::string_view request) {
        if (const auto push = decode<push_message<tasks>>(request))
            for (const auto& each : push->operations.of<task>())
                if (each.after.id == id) return encode(failure_message{{.code = why}});
        return hub.handle({}, request);
    }};
}

std::int64_t bytes_of_first_sync(scene<>& s) {
    loose_store<tasks> store;
    tablet c(store, to(s.hub));
    const auto seen = c.mine.sync();
    CHECK(c.mine.find(all<task>())->size() == 200);
    return seen->bytes;
}

/// The task of a later program: a field more, and longer titles.
struct later_task {
    std::int64_t id = 0;
    std::string title{};
    std::string colour = "none";
    bool done = false;
    bool is_deleted = false;

    static constexpr auto sync_entity = entity<"task">(field<&later_task::id>(primary_key),
                                                       field<&later_task::title>(length<0, 40>),
                                                       field<&later_task::is_deleted>(soft_delete));
};

struct virtual_clock {
    std::int64_t* microseconds;
    [[nodiscard]] timestamp now() const { return timestamp::from_microseconds(*microseconds); }
    [[nodiscard]] std::uint64_t random() const { return system_environment().random(); }
    void pause(std::int64_t wait) const { *microseconds += wait; }
};
constexpr std::int64_t hour = 3'600'000'000, day = 24 * hour;
constexpr std::int64_t today = 20'000 * day;

}  // namespace

// --- positions -----------------------------------------------------------------------------------

TEST_CASE("complaint 2: 10,000 rows of one moment in pages of 100 come once each") {
    scene<> s;
    auto tx = begin_write(s.hub_store, tenant_id());
    std::int64_t next = *tx->next_sequence(10'000);
    for (std::int64_t id = 1; id <= 10'000; ++id) {
        record<task> row{.value = {.id = id}};
        row.set_version(1);
        row.set_sequence(next++);
        row.set_written(stamp(1, replica_id(1)));
        REQUIRE(tx->put(row));
    }
    REQUIRE(tx->commit());
    std::size_t pages = 0, rows = 0;
    loose_store<tasks> store;
    tablet c(store, {[&](std::string_view request) {
                 std::string answer = s.hub.handle({}, request);
                 rows += rows_in(answer);
                 ++pages;
                 return answer;
             }},
             pages_of(100));
    REQUIRE(c.mine.sync());
    CHECK(pages == 100);
    CHECK(rows == 10'000);
    CHECK(c.mine.find(all<task>())->size() == 10'000);
}

TEST_CASE("complaint 4, whole-page: the cursor never passes a row that could not be applied") {
    scene<> s;
    for (std::int64_t id = 1; id <= 7; ++id) REQUIRE(s.a.put(task{.id = id}));
    REQUIRE(s.a.sync());
    const int faults = for_each_fault([&](fault_plan& plan) {
        loose_store<tasks> store;
        testing::faulty_store failing(store, plan);
        tablet before(failing, to(s.hub), pages_of(3));
        (void)before.mine.sync();
        CAPTURE(plan.what_failed());
        tablet c(store, to(s.hub), pages_of(3));
        const auto here = static_cast<std::int64_t>(c.mine.find(all<task>())->size());
        CHECK(here + *c.mine.pull_pending() == 7);
        REQUIRE(c.mine.sync());
        CHECK(c.mine.find(all<task>())->size() == 7);
    });
    CHECK(faults > 40);
}

// --- pushing -------------------------------------------------------------------------------------

TEST_CASE("complaint 5: of many operations one is refused; all others arrive, and news come") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .email = "x@y"}));
    REQUIRE(s.a.sync());
    for (std::int64_t id = 101; id <= 300; ++id) REQUIRE(s.b.put(task{.id = id}));
    REQUIRE(s.b.patch<task>(200, [](task& t) { t.email = "x@y"; }));
    const auto seen = s.b.sync();
    CHECK(seen->pushed == 200);
    CHECK(seen->rejected == 1);
    CHECK(s.on_b(1).email == "x@y");
    CHECK(s.versions() == 200);
    CHECK(s.b.status()->pending == 0);
}

TEST_CASE("complaint 5: what the server chokes on is found, and waits alone") {
    // Where it may be the server's fault, others are given their time first.
    for (const auto& [why, syncs_max] :
         {std::pair(errc::malformed, 1), std::pair(errc::internal, 60)}) {
        scene<> s;
        loose_store<tasks> store;
        tablet c(store, choking_on(s.hub, 150, why));
        for (std::int64_t id = 101; id <= 300; ++id) REQUIRE(c.mine.put(task{.id = id}));
        for (int i = 0; i < syncs_max && c.mine.status()->pending > 0; ++i) REQUIRE(c.mine.sync());
        CHECK(s.versions() == 199);
        REQUIRE(c.mine.failed()->size() == 1);
        CHECK(c.mine.failed()->front().row_key == "150");
    }
}

TEST_CASE("complaint 5: who never stops writing hears news all the same") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1}));
    REQUIRE(s.a.sync());
    loose_store<tasks> store;
    std::int64_t next = 100;
    const auto write = [&](auto& mine) { REQUIRE(mine.put(task{.id = ++next})); };
    tablet c(store, to(s.hub));
    write(c.mine);
    (void)c.mine.sync([&](const sync_report&) {
        write(c.mine);
        return next < 150;
    });
    CHECK(c.mine.get<task>(1)->has_value());
}

TEST_CASE("complaint 6: after an hour without a line a device goes on by itself") {
    scene<> s;
    std::int64_t now = today;
    virtual_clock clock{&now};
    line way{[&](std::string_view request) -> result<std::string> {
        if (now < today + hour) return error{.code = errc::peer_unavailable};
        return s.hub.handle({}, request);
    }};
    loose_store<tasks> store;
    replica mine(store, way, tenant_id(), sync_options(), clock);
    REQUIRE(mine.put(task{.id = 1}));
    sync_schedule plan;
    const std::int64_t end = today + hour + backoff_rules().most_microseconds;
    run_scheduled(mine, clock, plan, [&] { return now <= end; });
    CHECK(mine.status()->pending == 0);
    CHECK(s.versions() == 1);
}

TEST_CASE("complaint 7: whichever answer is lost, and whatever comes twice: one effect") {
    int lost = 0;
    for (bool was_lost = true; was_lost;) {
        ++lost;
        was_lost = false;
        scene<client_wins> s;
        std::vector<std::string> sent;
        loose_store<tasks> store;
        tablet c(store, {[&](std::string_view request) -> result<std::string> {
                     sent.emplace_back(request);
                     std::string answer = s.hub.handle({}, request);
                     if (static_cast<int>(sent.size()) != lost) return answer;
                     was_lost = true;
                     return error{.code = errc::timed_out};
                 }},
                 {.operations_max = 2, .rows_max = 2});
        for (std::int64_t id = 2; id <= 4; ++id) REQUIRE(c.mine.put(task{.id = id}));
        for (std::int64_t id = 2; id <= 4; ++id)
            REQUIRE(c.mine.patch<task>(id, [](task& t) { t.votes += 1; }));
        (void)c.mine.sync();
        REQUIRE(c.mine.patch<task>(2, [](task& t) { t.votes += 1; }));
        REQUIRE((c.mine.sync() || c.mine.sync()));
        REQUIRE(s.a.sync());
        REQUIRE(s.a.patch<task>(2, [](task& t) { t.title = "later"; }));
        REQUIRE(s.a.sync());
        const std::int64_t versions = s.versions();
        // Each message comes once more, long after its answer.
        for (const std::string& each : sent) (void)s.hub.handle({}, each);
        CAPTURE(lost);
        CHECK(s.versions() == versions);
        CHECK(s.on_a(2).votes.value() == 2);
        CHECK(s.on_a(3).votes.value() == 1);
        CHECK(c.mine.status()->failed == 0);
    }
    CHECK(lost > 4);
}

TEST_CASE("complaint 8: an own push is no news, and what was deleted here doesn't come back") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .title = "milk"}));
    s.sync_all();
    REQUIRE(s.a.patch<task>(1, [](task& t) { t.title = "tea"; }));
    REQUIRE(s.a.put(task{.id = 2}));
    REQUIRE(s.a.remove<task>(2));
    const auto seen = s.a.sync();
    CHECK(seen->pushed == 1);
    CHECK(seen->pulled == 0);

    REQUIRE(s.b.patch<task>(1, [](task& t) { t.done = true; }));
    REQUIRE(s.b.sync());
    REQUIRE(s.a.remove<task>(1));
    REQUIRE(s.a.pull());
    CHECK(!*s.a.get<task>(1));
    s.sync_all();
    CHECK(!*s.a.get<task>(1));
    CHECK(!*s.b.get<task>(1));
}

TEST_CASE("complaint 9: what was written here is shown at every moment of a sync") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .title = "milk"}));
    s.sync_all();
    std::vector<std::int64_t> votes;
    std::set<std::string> titles;
    REQUIRE(s.a.patch<task>(1, [](task& t) { t.title = "tea"; }));
    const auto watching = s.a.observe(all<task>(), [&](const std::vector<task>& now) {
        votes.push_back(now.at(0).votes.value());
        titles.insert(now.at(0).title);
    });
    auto session = s.a.begin_sync();
    for (int edits = 0; auto request = *session.next(); ++edits) {
        REQUIRE(s.b.patch<task>(1, [](task& t) { t.done = !t.done; }));
        REQUIRE(s.b.sync());
        const std::string answer = s.hub.handle({}, *request);
        if (edits < 3) REQUIRE(s.a.patch<task>(1, [](task& t) { t.votes += 1; }));
        REQUIRE(session.receive(answer));
        s.a.look_again();
    }
    CHECK(votes.size() >= 3);
    CHECK(std::is_sorted(votes.begin(), votes.end()));
    CHECK(titles == std::set<std::string>{"tea"});
    s.sync_all();
    CHECK(s.on_b(1).votes.value() == votes.back());
}

// --- deletions and first syncs -------------------------------------------------------------------

TEST_CASE("complaints 10, 11: a device that is away holds no deletion back, and revives none") {
    scene<> s;
    for (std::int64_t id = 1; id <= 3; ++id) REQUIRE(s.a.put(task{.id = id}));
    s.sync_all();
    REQUIRE(s.b.put(task{.id = 4, .title = "made offline"}));
    REQUIRE(s.b.patch<task>(2, [](task& t) { t.title = "edited offline"; }));
    REQUIRE(s.a.remove<task>(1));
    REQUIRE(s.a.remove<task>(2));
    REQUIRE(s.a.sync());
    CHECK(s.hub.retire(tenant_id(), {.deletions_until = timestamp::max()})->deletions == 2);
    s.sync_all();
    CHECK(!*s.b.get<task>(1));
    CHECK(!*s.a.get<task>(1));
    CHECK(!*s.a.get<task>(2));
    CHECK(!*s.b.get<task>(2));
    CHECK(s.on_a(4).title == "made offline");
}

TEST_CASE("complaint 12: a first sync has the rows that live, whatever was before") {
    scene<> old, fresh;
    for (int round = 1; round <= 4; ++round) {
        for (std::int64_t id = 1; id <= 200; ++id)
            REQUIRE(old.a.put(task{.id = id, .title = "title " + std::to_string(round)}));
        for (std::int64_t id = 1; id <= 100; ++id)
            REQUIRE(old.a.put(task{.id = 1'000 * round + id}));
        REQUIRE(old.a.sync());
        for (std::int64_t id = 1; id <= 100; ++id) REQUIRE(old.a.remove<task>(1'000 * round + id));
        REQUIRE(old.a.sync());
    }
    for (std::int64_t id = 1; id <= 200; ++id)
        REQUIRE(fresh.a.put(task{.id = id, .title = "title 4"}));
    REQUIRE(fresh.a.sync());
    CHECK(bytes_of_first_sync(old) * 100 <= bytes_of_first_sync(fresh) * 105);
}

TEST_CASE("complaint 14, whole-page: a first sync cut behind every page has each row once") {
    scene<> s;
    for (std::int64_t id = 1; id <= 20; ++id) REQUIRE(s.a.put(task{.id = id}));
    REQUIRE(s.a.sync());
    std::size_t rows = 0, runs = 0;
    loose_store<tasks> store;
    const line counting{[&](std::string_view request) {
        std::string answer = s.hub.handle({}, request);
        rows += rows_in(answer);
        return answer;
    }};
    while (tablet(store, counting).mine.pull_pending().value() > 0) {
        tablet c(store, counting, pages_of(3));
        CHECK(c.mine.sync([](const sync_report&) { return false; }).error().code ==
              errc::cancelled);
        ++runs;
    }
    CHECK(runs == 7);
    CHECK(rows == 20);
}

TEST_CASE("complaint 15: a server that begins anew takes no unsent work away") {
    scene<> s, backup;
    for (std::int64_t id = 1; id <= 3; ++id) REQUIRE(s.a.put(task{.id = id, .title = "old"}));
    s.sync_all();
    // The backup has two of the rows.
    for (std::int64_t id = 1; id <= 2; ++id) REQUIRE(backup.a.put(task{.id = id, .title = "old"}));
    REQUIRE(backup.a.sync());

    REQUIRE(s.b.patch<task>(1, [](task& t) { t.title = "edited"; }));
    REQUIRE(s.b.remove<task>(2));
    REQUIRE(s.b.patch<task>(3, [](task& t) { t.title = "edited"; }));
    REQUIRE(s.b.put(task{.id = 4, .title = "new"}));
    s.b_link.answers_to_lose = 1;
    CHECK(!s.b.sync());
    s.b_link.hub = &backup.hub;
    REQUIRE(s.b.sync());
    // What is edited here and gone there waits for a person, who may write it anew.
    REQUIRE(s.b.failed()->size() == 1);
    CHECK(s.on_b(3).title == "edited");
    REQUIRE(s.b.retry(s.b.failed()->front().id));
    REQUIRE(s.b.sync());
    backup.sync_all();
    CHECK(backup.on_a(1).title == "edited");
    CHECK(!*backup.a.get<task>(2));
    CHECK(backup.on_a(3).title == "edited");
    CHECK(backup.on_a(4).title == "new");
    CHECK(s.b.status()->pending + s.b.status()->failed == 0);
}

// --- schemas, filters, clocks, values ------------------------------------------------------------

TEST_CASE("complaint 17: programs of two versions share rows, and none loses the other's fields") {
    memory::store<schema<later_task>> hub_store;
    server hub(hub_store, merge_fields());
    loose_store<schema<later_task>> new_store;
    loose_store<tasks> old_store;
    tablet now(new_store, to(hub));
    tablet before(old_store, to(hub));
    REQUIRE(now.mine.put(later_task{.id = 1, .title = "milk", .colour = "red"}));
    REQUIRE(before.mine.put(task{.id = 2, .title = "tea"}));
    REQUIRE(now.mine.sync());
    REQUIRE(before.mine.sync());
    REQUIRE(before.mine.patch<task>(1, [](task& t) { t.done = true; }));
    REQUIRE(before.mine.sync());
    REQUIRE(now.mine.sync());
    CHECK(now.mine.get<later_task>(1)->value().done);
    CHECK(now.mine.get<later_task>(1)->value().colour == "red");
    CHECK(now.mine.get<later_task>(2)->value().colour == "none");
    // What the later rules allow must not keep a page from an earlier program.
    REQUIRE(now.mine.patch<later_task>(1, [](later_task& t) { t.title = std::string(30, 'x'); }));
    REQUIRE(now.mine.sync());
    REQUIRE(before.mine.sync());
    CHECK(before.mine.get<task>(1)->value().title.size() == 30);
}

TEST_CASE("complaint 18: a row that leaves the filter is taken away; unsent work on it stays") {
    scene<> s;
    for (std::int64_t id = 1; id <= 3; ++id) REQUIRE(s.a.put(task{.id = id}));
    REQUIRE(s.a.sync());
    loose_store<tasks> store;
    tablet c(store, to(s.hub), {.filters = {to_filter(where(field<&task::done> == false))}});
    REQUIRE(c.mine.sync());
    REQUIRE(c.mine.patch<task>(2, [](task& t) { t.votes += 1; }));
    for (std::int64_t id = 1; id <= 2; ++id)
        REQUIRE(s.a.patch<task>(id, [](task& t) { t.done = true; }));
    REQUIRE(s.a.sync());
    REQUIRE(c.mine.pull());
    CHECK(!*c.mine.get<task>(1));
    CHECK(c.mine.get<task>(2)->value().votes.value() == 1);
    REQUIRE(c.mine.sync());
    CHECK(!*c.mine.get<task>(2));
    s.sync_all();
    CHECK(s.on_a(2).votes.value() == 1);
    REQUIRE(s.a.patch<task>(1, [](task& t) { t.done = false; }));
    REQUIRE(s.a.sync());
    REQUIRE(c.mine.sync());
    CHECK(c.mine.get<task>(1)->has_value());
}

TEST_CASE("complaint 18: another filter takes effect with the next sync") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1}));
    REQUIRE(s.a.put(task{.id = 2, .done = true}));
    REQUIRE(s.a.sync());
    loose_store<tasks> store;
    for (const bool wanted : {false, true}) {
        tablet c(store, to(s.hub), {.filters = {to_filter(where(field<&task::done> == wanted))}});
        REQUIRE(c.mine.sync());
        REQUIRE(c.mine.find(all<task>())->size() == 1);
        CHECK(c.mine.find(all<task>())->front().done == wanted);
    }
}

TEST_CASE("complaint 19: no clock is so wrong that data is refused, or that it wins for ever") {
    for (const std::int64_t wrong : {-today, -3 * day, 3 * day, 100 * 365 * day}) {
        CAPTURE(wrong / day);
        std::int64_t right_time = today, wrong_time = today + wrong;
        memory::store<tasks> hub_store;
        server hub(hub_store, last_write_wins(), {}, virtual_clock{&right_time});
        line way = to(hub);
        loose_store<tasks> right_store, wrong_store;
        replica right(right_store, way, tenant_id(), sync_options(), virtual_clock{&right_time});
        replica wrongly(wrong_store, way, tenant_id(), sync_options(), virtual_clock{&wrong_time});
        REQUIRE(right.put(task{.id = 1, .title = "right"}));
        REQUIRE(right.sync());
        REQUIRE(wrongly.sync());
        REQUIRE(wrongly.patch<task>(1, [](task& t) { t.title = "wrong"; }));
        REQUIRE(wrongly.put(task{.id = 2, .title = "wrong"}));
        CHECK(wrongly.sync()->rejected == 0);
        CHECK(hub.status(tenant_id())->last_sequence == 3);
        // An hour later, without having seen it, somebody writes the same row.
        right_time += hour;
        REQUIRE(right.patch<task>(1, [](task& t) { t.title = "an hour later"; }));
        REQUIRE(right.sync());
        REQUIRE(wrongly.sync());
        CHECK(wrongly.get<task>(1)->value().title == "an hour later");
        CHECK(right.get<task>(2)->value().title == "wrong");
    }
}

TEST_CASE("complaint 21: values of every type come to another device as they were written") {
    using tests::everything;
    const field_mask travels =
        entity_of<everything>.on(to_server) & entity_of<everything>.on(to_client);
    CHECK(rc::check([&] {
        memory::store<schema<everything>> hub_store;
        server hub(hub_store, last_write_wins());
        loose_store<schema<everything>> a_store, b_store;
        tablet a(a_store, to(hub));
        tablet b(b_store, to(hub));
        auto row = *tests::any<everything>(tests::reals::finite);
        row.is_deleted = false;
        RC_ASSERT(a.mine.put(row).has_value());
        RC_ASSERT(a.mine.sync().has_value());
        RC_ASSERT(b.mine.sync().has_value());
        const auto here = a.mine.get<everything>(row.id)->value();
        const auto there = b.mine.get<everything>(row.id)->value();
        RC_ASSERT((changed_fields(here, there) & travels).empty());
    }));
}

// --- standing and leaving ------------------------------------------------------------------------

TEST_CASE("complaint 23, honest status: status is true wherever a device was killed") {
    const int faults = for_each_fault([](fault_plan& plan) {
        scene<> s;
        loose_store<tasks> store;
        for (std::int64_t id = 1; id <= 3; ++id)
            REQUIRE(tablet(store, to(s.hub)).mine.put(task{.id = id}));
        {
            testing::faulty_store failing(store, plan);
            tablet c(failing, to(s.hub), {.operations_max = 2});
            (void)c.mine.sync();
        }
        CAPTURE(plan.what_failed());
        tablet c(store, to(s.hub));
        std::int64_t waiting = 0;
        for (std::int64_t id = 1; id <= 3; ++id) {
            const bool is_synced = *c.mine.status_of<task>(id) == sync_status::synced;
            waiting += is_synced ? 0 : 1;
            if (is_synced) CHECK(begin_read(s.hub_store, tenant_id())->get<task>(id)->has_value());
        }
        CHECK(c.mine.status()->pending == waiting);
        CHECK(c.mine.status()->oldest_pending.has_value() == (waiting > 0));
        REQUIRE(c.mine.sync());
        CHECK(c.mine.status()->pending == 0);
        CHECK(s.versions() == 3);
    });
    CHECK(faults > 80);
}

TEST_CASE("complaint 24: unsent work of one is never sent as another's") {
    scene<> s;
    loose_store<tasks> store;
    const tenant_id ann("ann"), bob("bob");
    tablet anns(store, to(s.hub, {.tenant = ann}), {}, ann);
    tablet bobs(store, to(s.hub, {.tenant = bob}), {}, bob);
    REQUIRE(anns.mine.put(task{.id = 1, .title = "ann's"}));
    REQUIRE(anns.mine.sign_out(unsent::keep));
    REQUIRE(bobs.mine.put(task{.id = 2, .title = "bob's"}));
    REQUIRE(bobs.mine.sync());
    CHECK(bobs.mine.find(all<task>())->size() == 1);
    CHECK(s.hub.status(ann)->last_sequence == 0);
    CHECK(s.hub.status(bob)->last_sequence == 1);
    REQUIRE(bobs.mine.sign_out(unsent::drop));
    REQUIRE(anns.mine.sign_out(unsent::flush));
    CHECK(s.hub.status(ann)->last_sequence == 1);
    CHECK(anns.mine.find(all<task>())->empty());
}

TEST_CASE("complaint 25: after two rounds nobody has anything to say") {
    scene<> s;
    for (std::int64_t id = 1; id <= 5; ++id) REQUIRE(s.a.put(task{.id = id}));
    s.sync_all();
    for (std::int64_t id = 1; id <= 5; ++id) {
        REQUIRE(s.a.patch<task>(id, [](task& t) { t.title = "a's", t.votes += 1; }));
        REQUIRE(s.b.patch<task>(id, [](task& t) { t.title = "b's", t.tags.insert("b"); }));
    }
    s.sync_all();
    const std::int64_t versions = s.versions();
    for (int round = 0; round < 3; ++round)
        for (auto* each : {&s.a, &s.b}) {
            const auto seen = each->sync();
            CHECK(seen->messages == 2);
            CHECK(seen->pushed + seen->pulled + seen->left == 0);
        }
    CHECK(s.versions() == versions);
}

TEST_CASE("complaint 25: a refused write doesn't vanish, and neither do those that went with it") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .email = "x@y"}));
    REQUIRE(s.a.sync());
    REQUIRE(s.b.transact([](auto& edit) -> result<void> {
        if (auto done = edit.put(task{.id = 2, .title = "partner"}); !done) return done;
        return edit.put(task{.id = 3, .email = "x@y"});
    }));
    REQUIRE(s.b.sync());
    tablet restarted(s.b_store, to(s.hub));
    REQUIRE(restarted.mine.sync());
    const auto failed = *restarted.mine.failed();
    REQUIRE(failed.size() == 2);
    for (const outbox_operation& each : failed) CHECK(!each.reason.empty());
    for (const std::int64_t id : {2, 3})
        CHECK(*restarted.mine.status_of<task>(id) == sync_status::failed);
}
