// SPDX-License-Identifier: BSL-1.0
// Goal: what a device added to a counter or put into a set is never lost, whatever the policy makes
// of the row. Method: two devices and a server; both sides write the same row, in each order.
#include "scene.hpp"
#include <syncfw/conflict/merge_rows.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>

using namespace two_devices;

namespace {

// A policy of somebody who never thought of counters.
struct forgets_counters {
    template <class T>
    [[nodiscard]] decision<T> resolve(const conflict<T>& c) const {
        T merged = is_mine_later(c) ? c.mine.value : c.theirs.value;
        merged.votes = {};
        merged.tags = {};
        field_mask title;
        title.set(entity_of<T>.find("title"));
        return take_merged<T>("forgets counters", std::move(merged), title);
    }
};

template <class Device>
void work(Device& device, const std::string& name, std::int64_t votes) {
    REQUIRE(device.template patch<task>(1, [&](task& t) {
        t.title = name;
        t.votes += votes;
        t.tags.insert(name);
        t.tags.erase("old");
    }));
}

// The next write has the later stamp, whoever makes it.
void let_time_pass() {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

template <class Scene>
void begin(Scene& s) {
    REQUIRE(s.a.put(task{.id = 1, .title = "milk", .tags = {"old"}}));
    s.sync_all();
}

void check_nothing_lost(const task& t) {
    CHECK(t.votes.value() == 3);
    CHECK(t.tags.size() == 2);
    CHECK(t.tags.contains("a's"));
    CHECK(t.tags.contains("b's"));
}

}  // namespace

TEST_CASE_TEMPLATE("no-lost-write: counters and sets keep all that was added, whoever wins the row",
                   Policy, last_write_wins, highest_version, server_wins, client_wins, merge_fields,
                   merge_rows, forgets_counters) {
    for (const bool is_a_later : {false, true})
        for (const bool is_a_sent_first : {false, true}) {
            scene<Policy> s;
            begin(s);
            if (is_a_later) work(s.b, "b's", 2);
            let_time_pass();
            work(s.a, "a's", 1);
            let_time_pass();
            if (!is_a_later) work(s.b, "b's", 2);
            if (is_a_sent_first) REQUIRE(s.a.sync());
            REQUIRE(s.b.sync());
            s.sync_all();
            check_nothing_lost(s.on_a(1));
            check_nothing_lost(s.on_b(1));
            CHECK(s.on_a(1).title == s.on_b(1).title);
            CHECK(*s.a.template status_of<task>(1) == sync_status::synced);
        }
}

TEST_CASE("last_write_wins: the later write still has all the rest, and says what became of it") {
    scene<last_write_wins> s;
    begin(s);
    work(s.b, "b's", 2);
    let_time_pass();
    work(s.a, "a's", 1);
    REQUIRE(s.a.sync());
    const std::int64_t writes = s.versions();
    REQUIRE(s.b.sync());
    CHECK(s.on_b(1).title == "a's");
    CHECK(s.versions() == writes + 1);
    // A row of which only the title is at stake stays as it is.
    REQUIRE(s.b.patch<task>(1, [](task& t) { t.title = "earlier"; }));
    REQUIRE(s.a.sync());
    let_time_pass();
    REQUIRE(s.a.patch<task>(1, [](task& t) { t.title = "later"; }));
    REQUIRE(s.a.sync());
    REQUIRE(s.b.sync());
    CHECK(s.on_b(1).title == "later");
    CHECK(s.versions() == writes + 2);
}

TEST_CASE_TEMPLATE("no-resurrection: work on counters does not bring a deleted row back", Policy,
                   last_write_wins, highest_version, server_wins, merge_fields) {
    scene<Policy> s;
    begin(s);
    work(s.b, "b's", 2);
    let_time_pass();
    REQUIRE(s.a.template remove<task>(1));
    s.sync_all();
    CHECK(!*s.a.template get<task>(1));
    CHECK(!*s.b.template get<task>(1));
    // It is kept with the row, for the day when somebody wants it again.
    REQUIRE(s.a.template restore<task>(1));
    s.sync_all();
    for (const task& t : {s.on_a(1), s.on_b(1)}) {
        CHECK(t.votes.value() == 2);
        CHECK(t.tags.contains("b's"));
        CHECK(!t.tags.contains("old"));
        CHECK(t.title == "milk");
    }
}

TEST_CASE("conflicts: whatever a person takes, counters and sets lose nothing") {
    enum class taken { mine, theirs, another, edited };
    for (const taken what : {taken::mine, taken::theirs, taken::another, taken::edited})
        for (const bool is_on_server : {false, true})
            for (const bool is_added_meanwhile : {false, true}) {
                scene<park> s;
                begin(s);
                work(s.a, "a's", 1);
                work(s.b, "b's", is_added_meanwhile ? 1 : 2);
                s.sync_all();
                const auto open = s.b.conflicts();
                REQUIRE(open);
                REQUIRE(open->size() == 1);
                const uuid id = open->front().id;
                // What comes while it waits doesn't get the place of what waits.
                if (is_added_meanwhile)
                    REQUIRE(s.b.patch<task>(1, [](task& t) {
                        t.votes += 1;
                        t.tags.insert("meanwhile");
                    }));
                if (is_added_meanwhile && is_on_server) s.sync_all();
                const auto resolve = [&](const auto& choice) {
                    if (is_on_server)
                        REQUIRE(s.hub.resolve(caller{}, id, choice));
                    else
                        REQUIRE(s.b.resolve(id, choice));
                };
                if (what == taken::another)
                    resolve(task{.id = 1, .title = "another"});
                else if (what == taken::edited)
                    resolve([&] {
                        task row = is_on_server ? s.on_a(1) : s.on_b(1);
                        row.title = "another";
                        return row;
                    }());
                else
                    resolve(what == taken::mine ? side::mine : side::theirs);
                s.sync_all();
                for (task t : {s.on_a(1), s.on_b(1)}) {
                    CHECK(t.tags.erase("meanwhile") == is_added_meanwhile);
                    t.tags.erase("old");
                    check_nothing_lost(t);
                    if (is_added_meanwhile) continue;
                    CHECK(t.title == (what == taken::mine     ? "b's"
                                      : what == taken::theirs ? "a's"
                                                              : "another"));
                }
            }
}
