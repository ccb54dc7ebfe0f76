// SPDX-License-Identifier: BSL-1.0
// Goal: what people and operators do on a server reaches all devices, and nothing of anybody's work
// is lost by it. Method: two devices and a server in one process.
#include "scene.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

using namespace two_devices;

namespace {

// Both devices retitle task 1; what b wrote is parked.
void disagree(scene<park>& s) {
    REQUIRE(s.a.put(task{.id = 1, .title = "milk"}));
    s.sync_all();
    REQUIRE(s.a.patch<task>(1, [](task& t) { t.title = "oat milk"; }));
    REQUIRE(s.b.patch<task>(1, [](task& t) { t.title = "soy milk"; }));
    s.sync_all();
    REQUIRE(s.b.status()->conflicts == 1);
    REQUIRE(s.hub.status(tenant_id())->open_conflicts == 1);
}

timestamp later() {
    return timestamp::from_microseconds(system_environment().now().microseconds_since_epoch() +
                                        1'000'000);
}

}  // namespace

TEST_CASE("conflicts: a device that takes its own side writes it, and nobody is in conflict") {
    scene<park> s;
    disagree(s);
    const parked_conflict open = s.b.conflicts()->at(0);
    const auto sides = read_conflict<task>(open);
    REQUIRE(sides);
    CHECK(sides->base->value.title == "milk");
    CHECK(sides->mine.value.title == "soy milk");
    CHECK(sides->theirs.value.title == "oat milk");
    REQUIRE(s.b.resolve(open.id, side::mine));
    CHECK(*s.b.status_of<task>(1) == sync_status::pending);
    CHECK(s.b.status()->conflicts == 1);  // Until the server has heard of it.
    s.sync_all();
    CHECK(s.on_a(1).title == "soy milk");
    CHECK(*s.b.status_of<task>(1) == sync_status::synced);
    CHECK(s.b.conflicts()->empty());
    CHECK(s.hub.conflicts(tenant_id())->empty());
    CHECK(s.b.resolve(open.id, side::mine).error().code == errc::not_found);
}

TEST_CASE("conflicts: to take the server's side is a word to the server as well") {
    scene<park> s;
    disagree(s);
    REQUIRE(s.b.resolve(s.b.conflicts()->at(0).id, side::theirs));
    s.sync_all();
    CHECK(s.on_b(1).title == "oat milk");
    CHECK(*s.b.status_of<task>(1) == sync_status::synced);
    CHECK(s.hub.conflicts(tenant_id())->empty());
}

TEST_CASE("conflicts: a person may write something else, for this row only") {
    scene<park> s;
    disagree(s);
    const uuid id = s.b.conflicts()->at(0).id;
    CHECK(s.b.resolve(id, task{.id = 2}).error().code == errc::invalid_value);
    REQUIRE(s.b.resolve(id, task{.id = 1, .title = "tea"}));
    s.sync_all();
    CHECK(s.on_a(1).title == "tea");
    CHECK(s.hub.conflicts(tenant_id())->empty());
}

TEST_CASE("conflicts: what is settled on the server is settled on all devices") {
    scene<park> s;
    disagree(s);
    const uuid id = s.hub.conflicts(tenant_id())->at(0).id;
    CHECK(s.hub.resolve({.tenant = tenant_id("other")}, id, side::mine).error().code ==
          errc::not_found);
    REQUIRE(s.hub.resolve({}, id, side::mine));
    s.sync_all();
    CHECK(s.on_a(1).title == "soy milk");
    CHECK(s.on_b(1).title == "soy milk");
    CHECK(*s.b.status_of<task>(1) == sync_status::synced);
    CHECK(s.b.status()->conflicts == 0);
    CHECK(s.hub.resolve({}, id, side::mine).error().code == errc::not_found);
}

TEST_CASE("conflicts: an edit of what was deleted elsewhere is kept as an edit") {
    scene<park> s;
    REQUIRE(s.a.put(task{.id = 1, .title = "milk"}));
    s.sync_all();
    REQUIRE(s.a.remove<task>(1));
    REQUIRE(s.b.patch<task>(1, [](task& t) { t.title = "soy milk"; }));
    s.sync_all();
    const parked_conflict open = s.hub.conflicts(tenant_id())->at(0);
    const auto sides = read_conflict<task>(open);
    REQUIRE(sides);
    CHECK(!sides->mine.is_deleted());
    CHECK(!sides->base->is_deleted());
    CHECK(sides->theirs.is_deleted());
    REQUIRE(s.hub.resolve({}, open.id, side::mine));
    s.sync_all();
    CHECK(s.on_a(1).title == "soy milk");
    CHECK(s.on_b(1).title == "soy milk");
}

TEST_CASE("conflicts: a row stays in conflict while pages and other writes pass over it") {
    scene<park> s;
    disagree(s);
    REQUIRE(s.a.patch<task>(1, [](task& t) { t.done = true; }));
    s.sync_all();
    CHECK(s.on_b(1).done);
    CHECK(*s.b.status_of<task>(1) == sync_status::conflict);
    REQUIRE(s.b.patch<task>(1, [](task& t) { t.done = false; }));
    s.sync_all();
    CHECK(!s.on_a(1).done);
    CHECK(*s.b.status_of<task>(1) == sync_status::conflict);
}

TEST_CASE("no-resurrection: who was away while deletions were let go reads all rows anew") {
    scene<merge_fields> s;
    for (std::int64_t id = 1; id <= 3; ++id) REQUIRE(s.a.put(task{.id = id, .title = "t"}));
    s.sync_all();
    REQUIRE(s.b.patch<task>(2, [](task& t) { t.title = "unsent"; }));
    REQUIRE(s.b.patch<task>(3, [](task& t) { t.title = "unsent too"; }));
    REQUIRE(s.a.remove<task>(1));
    REQUIRE(s.a.remove<task>(2));
    REQUIRE(s.a.sync());
    const auto gone = s.hub.retire(tenant_id(), {.deletions_until = later()});
    REQUIRE(gone);
    CHECK(gone->deletions == 2);
    REQUIRE(s.b.sync());
    REQUIRE(s.b.sync());
    CHECK(!s.b.get<task>(1)->has_value());
    CHECK(s.on_b(3).title == "unsent too");
    CHECK(begin_read(s.hub_store, tenant_id())->get<task>(3)->value().value.title == "unsent too");
    CHECK(!begin_read(s.hub_store, tenant_id())->get<task>(2)->has_value());
    // A row that is made anew is news to who still knows of its deletion.
    REQUIRE(s.b.put(task{.id = 1, .title = "anew"}));
    s.sync_all();
    CHECK(s.on_a(1).title == "anew");
}

TEST_CASE("once: what comes again after its answer was let go takes effect no second time") {
    scene<merge_fields> s;
    REQUIRE(s.a.put(task{.id = 1}));
    s.sync_all();
    REQUIRE(s.a.patch<task>(1, [](task& t) { t.votes += 1; }));
    s.a_link.answers_to_lose = 1;
    CHECK(!s.a.sync());
    REQUIRE(s.hub.retire(tenant_id(), {.answers_until = later()})->answers == 2);
    // It is refused, and the page behind it shows that it had taken effect.
    CHECK(s.a.sync()->rejected == 1);
    CHECK(s.a.failed()->empty());
    CHECK(*s.a.status_of<task>(1) == sync_status::synced);
    CHECK(s.on_a(1).votes.value() == 1);

    // Where somebody wrote the same field since, nobody can tell.
    REQUIRE(s.a.patch<task>(1, [](task& t) { t.title = "a's"; }));
    s.a_link.answers_to_lose = 1;
    CHECK(!s.a.sync());
    REQUIRE(s.b.sync());
    REQUIRE(s.b.patch<task>(1, [](task& t) { t.title = "b's"; }));
    REQUIRE(s.b.sync());
    REQUIRE(s.hub.retire(tenant_id(), {.answers_until = later()}));
    REQUIRE(s.a.sync());
    REQUIRE(s.a.failed()->size() == 1);
    CHECK(s.a.failed()->front().code == "conflict");
    CHECK(s.on_a(1).title == "a's");
    REQUIRE(s.a.drop(s.a.failed()->front().id));
    CHECK(s.on_a(1).title == "b's");
}

TEST_CASE("once: an operation that comes again to a restored server gets its first answer") {
    scene<merge_fields> s;
    REQUIRE(s.a.put(task{.id = 1, .title = "tea"}));
    s.a_link.answers_to_lose = 1;
    CHECK(!s.a.sync());
    memory::store<tasks> restored;  // Another history, and another key for its cursors.
    {
        auto from = begin_read(s.hub_store, tenant_id());
        auto to = begin_write(restored, tenant_id());
        REQUIRE(to->put_many(*from->scan(all<task>())));
        REQUIRE(to->put_many(*from->scan(all<applied_operation>())));
        REQUIRE(to->next_sequence(*from->last_sequence()));
        REQUIRE(to->commit());
    }
    server<world<memory::store<tasks>>, merge_fields> hub(restored);
    s.a_link.hub = &hub;
    const auto seen = s.a.sync();
    REQUIRE(seen);
    CHECK(seen->rejected == 0);
    CHECK(*s.a.status_of<task>(1) == sync_status::synced);
    CHECK(*begin_read(restored, tenant_id())->last_sequence() == 1);
}

TEST_CASE("conflicts: what a person decides is later than what was decided about") {
    scene<park> s;
    disagree(s);
    const std::int64_t minutes = 4;
    auto tx = begin_write(s.hub_store, tenant_id());
    record<task> row = tx->get<task>(1)->value();
    row.set_written(stamp(row.written().value() + (minutes * 60'000 << 16), replica_id(7)));
    REQUIRE(tx->put(row));
    REQUIRE(tx->commit());
    server<world<memory::store<tasks>>, park> restarted(s.hub_store);
    REQUIRE(restarted.resolve({}, s.hub.conflicts(tenant_id())->at(0).id, side::mine));
    const auto decided = begin_read(s.hub_store, tenant_id())->get<task>(1)->value();
    CHECK(decided.value.title == "soy milk");
    CHECK(decided.written().value() > row.written().value());
}

TEST_CASE("conflicts: what was settled long ago is let go on the server") {
    scene<park> s;
    disagree(s);
    REQUIRE(s.hub.retire(tenant_id(), {.audit_until = later()}));
    CHECK(s.hub.status(tenant_id())->open_conflicts == 1);
    REQUIRE(s.hub.resolve({}, s.hub.conflicts(tenant_id())->at(0).id, side::mine));
    REQUIRE(s.hub.retire(tenant_id(), {.audit_until = later()}));
    CHECK(begin_read(s.hub_store, tenant_id())->scan(all<parked_conflict>())->empty());
}

TEST_CASE("retention: with a deletion goes all that was kept of its row") {
    scene<> s({.field_times = true, .history_max = 3});
    REQUIRE(s.a.put(task{.id = 1}));
    REQUIRE(s.a.put(task{.id = 2}));
    REQUIRE(s.a.sync());
    for (int i = 0; i < 5; ++i) {
        REQUIRE(s.a.patch<task>(1, [](task& t) { t.votes += 1; }));
        REQUIRE(s.a.patch<task>(2, [](task& t) { t.votes += 1; }));
        REQUIRE(s.a.sync());
    }
    REQUIRE(s.a.remove<task>(1));
    REQUIRE(s.a.sync());
    const auto kept = [&](const char* key) {
        auto tx = begin_read(s.hub_store, tenant_id());
        std::size_t versions = 0;
        for (const auto& each : *tx->scan(all<row_version>()))
            versions += each.value.row_key == key ? 1 : 0;
        return std::pair(versions, tx->get_value(std::string("times/task/") + key)->has_value());
    };
    CHECK(kept("1") == std::pair(std::size_t{3}, true));
    REQUIRE(s.hub.retire(tenant_id(), {.deletions_until = later()})->deletions == 1);
    CHECK(kept("1") == std::pair(std::size_t{0}, false));
    CHECK(kept("2") == std::pair(std::size_t{3}, true));
}

TEST_CASE("audit: it is kept who wrote which fields of which row, if that is wanted") {
    scene<park> s({.audit = true});
    disagree(s);
    REQUIRE(s.hub.resolve({.subject = "ann"}, s.hub.conflicts(tenant_id())->at(0).id, side::mine));
    const auto entries = begin_read(s.hub_store, tenant_id())->scan(all<audit_entry>()).value();
    REQUIRE(entries.size() == 4);  // The parked one's note is still there.
    int resolved = 0;
    for (const auto& each : entries) {
        CHECK(each.value.row_key == "1");
        resolved += each.value.action == "resolve" && each.value.subject == "ann" ? 1 : 0;
    }
    CHECK(resolved == 1);
    CHECK(s.hub.retire(tenant_id(), {.audit_until = later()})->audit == 4);
}

TEST_CASE("whole-page: a server may take a push as a whole or not at all") {
    scene<merge_fields> strict({.all_or_nothing = true});
    REQUIRE(strict.a.put(task{.id = 1, .email = "x@y"}));
    REQUIRE(strict.b.put(task{.id = 2}));
    REQUIRE(strict.b.put(task{.id = 3, .email = "x@y"}));
    REQUIRE(strict.a.sync());
    REQUIRE(strict.b.sync());
    CHECK(strict.b.failed()->size() == 2);
    CHECK(strict.versions() == 1);
}

TEST_CASE("replica: how much is left to be pulled can be asked") {
    scene<> s;
    for (std::int64_t id = 1; id <= 5; ++id) REQUIRE(s.a.put(task{.id = id}));
    REQUIRE(s.a.sync());
    CHECK(*s.b.pull_pending() == 5);
    CHECK(!s.b.get<task>(1)->has_value());
    REQUIRE(s.b.sync());
    CHECK(*s.b.pull_pending() == 0);
}

TEST_CASE("server: pages of large rows end where they have bytes enough, and nothing is left out") {
    scene<merge_fields> s({.bytes_max = 100'000});
    for (std::int64_t id = 1; id <= 3'000; ++id) {
        task each{.id = id, .title = "t"};
        if (id > 1'000)
            for (int i = 0; i < 10; ++i) each.tags.insert(std::string(100, char('a' + i)));
        REQUIRE(s.a.put(each));
    }
    REQUIRE(s.a.sync());
    std::int64_t largest = 0, before = 0;
    REQUIRE(s.b.sync([&](const sync_report& seen) {
        largest = std::max(largest, seen.bytes - before);
        before = seen.bytes;
        return true;
    }));
    CHECK(largest < 1'500'000);
    CHECK(s.b.find(all<task>())->size() == 3'000);
}
