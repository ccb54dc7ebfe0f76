// SPDX-License-Identifier: BSL-1.0
// Goal: what a person does on a device is there at once, travels when it can, and is never lost
// without a word. Method: two devices and a server in one process.
#include "scene.hpp"
#include <syncfw/transport/in_process.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

using namespace two_devices;

TEST_CASE("replica: a write is there at once, pending, and synced after its answer") {
    scene<> s;
    s.a_link.is_cut = true;
    REQUIRE(s.a.put(task{.id = 1, .title = "milk"}));
    CHECK(s.on_a(1).title == "milk");
    CHECK(*s.a.status_of<task>(1) == sync_status::pending);
    CHECK(s.a.status()->pending == 1);
    CHECK(!s.a.sync());
    s.a_link.is_cut = false;
    s.sync_all();
    CHECK(*s.a.status_of<task>(1) == sync_status::synced);
    CHECK(s.a.status()->pending == 0);
    CHECK(s.on_b(1).title == "milk");
}

TEST_CASE("replica: edits of both devices become one, counters and sets lose nothing") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .title = "milk"}));
    s.sync_all();
    REQUIRE(s.a.patch<task>(1, [](task& t) {
        t.title = "oat milk";
        t.votes += 1;
        t.tags.insert("food");
    }));
    REQUIRE(s.b.patch<task>(1, [](task& t) {
        t.done = true;
        t.votes += 2;
        t.tags.insert("today");
    }));
    s.sync_all();
    for (const task& t : {s.on_a(1), s.on_b(1)}) {
        CHECK(t.title == "oat milk");
        CHECK(t.done);
        CHECK(t.votes.value() == 3);
        CHECK(t.tags.size() == 2);
    }
}

TEST_CASE("once: a push whose answer was lost takes effect once") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .title = "milk"}));
    s.a_link.answers_to_lose = 1;
    CHECK(!s.a.sync());
    CHECK(s.versions() == 1);
    REQUIRE(s.a.patch<task>(1, [](task& t) { t.done = true; }));
    s.sync_all();
    CHECK(s.versions() == 2);
    CHECK(s.on_b(1).done);
}

TEST_CASE("replica: many edits of a row travel as one, and none if the row is as it was") {
    scene<> s;
    for (int i = 0; i < 5; ++i) REQUIRE(s.a.put(task{.id = 1, .title = std::to_string(i)}));
    REQUIRE(s.a.put(task{.id = 2}));
    REQUIRE(s.a.remove<task>(2));
    CHECK(s.a.sync()->pushed == 1);
    REQUIRE(s.a.patch<task>(1, [](task& t) { t.title = "x"; }));
    REQUIRE(s.a.patch<task>(1, [](task& t) { t.title = "4"; }));
    CHECK(*s.a.status_of<task>(1) == sync_status::synced);
    CHECK(s.a.sync()->pushed == 0);
}

TEST_CASE("no-resurrection: what was deleted stays deleted until somebody writes it anew") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .title = "milk"}));
    s.sync_all();
    REQUIRE(s.a.remove<task>(1));
    REQUIRE(s.b.patch<task>(1, [](task& t) { t.done = true; }));
    s.sync_all();
    CHECK(!*s.a.get<task>(1));
    CHECK(!*s.b.get<task>(1));
    CHECK(s.a.find(all<task>())->empty());
    REQUIRE(s.b.restore<task>(1));
    s.sync_all();
    CHECK(s.on_a(1).title == "milk");
}

TEST_CASE("own-fields: no device sets what the server owns, and none sees another's drafts") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .draft = "mine", .approved_by = "me"}));
    s.sync_all();
    CHECK(s.on_a(1).approved_by.empty());
    CHECK(s.on_b(1).approved_by.empty());
    CHECK(s.on_b(1).draft.empty());
    REQUIRE(s.b.patch<task>(1, [](task& t) { t.done = true; }));
    s.sync_all();
    CHECK(s.on_a(1).draft == "mine");
}

TEST_CASE("poison: a refused write waits with its reason, and nothing behind it waits") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .email = "x@y"}));
    REQUIRE(s.a.sync());
    REQUIRE(s.b.put(task{.id = 2, .email = "x@y"}));
    REQUIRE(s.b.put(task{.id = 3, .email = "z@y"}));
    const auto seen = s.b.push();
    REQUIRE(seen);
    CHECK(seen->pushed == 2);
    CHECK(seen->rejected == 1);
    CHECK(*s.b.status_of<task>(3) == sync_status::synced);
    CHECK(*s.b.status_of<task>(2) == sync_status::failed);
    const auto failed = *s.b.failed();
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].code == "already_exists");
    SUBCASE("it is mended by another edit") {
        REQUIRE(s.b.patch<task>(2, [](task& t) { t.email = "w@y"; }));
        s.sync_all();
        CHECK(s.on_a(2).email == "w@y");
    }
    SUBCASE("it is tried again when the reason is gone") {
        REQUIRE(s.a.patch<task>(1, [](task& t) { t.email.reset(); }));
        REQUIRE(s.a.sync());
        REQUIRE(s.b.retry(failed[0].id));
        REQUIRE(s.b.push());
        s.sync_all();
        CHECK(s.on_a(2).email == "x@y");
    }
    SUBCASE("it is dropped") {
        REQUIRE(s.b.drop(failed[0].id));
        CHECK(!*s.b.get<task>(2));
    }
    CHECK(s.b.status()->failed == 0);
}

TEST_CASE("whole-page: writes of one transaction take effect together or not at all") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .email = "x@y"}));
    REQUIRE(s.a.sync());
    REQUIRE(s.b.transact([](auto& edit) -> result<void> {
        if (auto done = edit.put(task{.id = 2, .title = "partner"}); !done) return done;
        return edit.put(task{.id = 3, .email = "x@y"});
    }));
    REQUIRE(s.b.push());
    REQUIRE(s.a.sync());
    CHECK(!*s.a.get<task>(2));
    CHECK(!*s.a.get<task>(3));
    CHECK(s.b.status()->failed == 2);
    const auto undone = s.b.transact([](auto& edit) -> result<void> {
        if (auto done = edit.put(task{.id = 9}); !done) return done;
        return error{.code = errc::cancelled, .message = "no"};
    });
    CHECK(!undone);
    CHECK(!*s.b.get<task>(9));
}

TEST_CASE("replica: what breaks a rule is refused where it is written") {
    scene<> s;
    const auto done = s.a.put(task{.id = 1, .title = "a title that is much too long"});
    REQUIRE(!done);
    CHECK(done.error().code == errc::invalid_value);
    CHECK(done.error().field == "title");
    CHECK(s.a.patch<task>(7, [](task&) {}).error().code == errc::not_found);
    CHECK(s.a.status()->pending == 0);
}

TEST_CASE("replica: a value that is taken is refused where it is written") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .email = "x@y"}));
    REQUIRE(s.a.put(task{.id = 2}));
    s.sync_all();
    const auto taken = s.a.patch<task>(2, [](task& t) { t.email = "x@y"; });
    REQUIRE(!taken);
    CHECK(taken.error().code == errc::already_exists);
    CHECK(taken.error().field == "email");
    REQUIRE(s.a.remove<task>(1));
    REQUIRE(s.a.patch<task>(2, [](task& t) { t.email = "x@y"; }));
    CHECK(s.a.restore<task>(1).error().code == errc::already_exists);
}

TEST_CASE("no-wedge: a value is free for others in the push that deletes its row") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .email = "a@x"}));
    REQUIRE(s.a.put(task{.id = 2}));
    s.sync_all();
    // The row that takes it is sent before the one that had it: it was written first.
    REQUIRE(s.a.patch<task>(2, [](task& t) { t.title = "milk"; }));
    REQUIRE(s.a.remove<task>(1));
    REQUIRE(s.a.patch<task>(2, [](task& t) { t.email = "a@x"; }));
    s.sync_all();
    CHECK(s.a.failed()->empty());
    CHECK(s.on_b(2).email == "a@x");
}

TEST_CASE("no-wedge: values that are unique on the server never keep a page out") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .title = "first", .email = "x@y"}));
    REQUIRE(s.b.put(task{.id = 2, .title = "second", .email = "x@y"}));
    s.sync_all();
    s.sync_all();
    CHECK(s.on_b(1).title == "first");
    REQUIRE(s.b.failed()->size() == 1);
    CHECK(s.b.failed()->front().code == "already_exists");
    CHECK(s.on_b(2).title == "second");
    // A person settles it.
    REQUIRE(s.b.patch<task>(2, [](task& t) { t.email = "z@y"; }));
    s.sync_all();
    CHECK(s.on_a(2).email == "z@y");

    // The values go round; each row comes in a page of its own.
    REQUIRE(s.a.transact([](auto& edit) -> result<void> {
        REQUIRE(edit.template patch<task>(1, [](task& t) { t.email.reset(); }));
        REQUIRE(edit.template patch<task>(2, [](task& t) { t.email = "x@y"; }));
        return edit.template patch<task>(1, [](task& t) { t.email = "z@y"; });
    }));
    s.sync_all();
    CHECK(s.a.failed()->empty());
    CHECK(s.on_b(1).email == "z@y");
    CHECK(s.on_b(2).email == "x@y");
    CHECK(begin_read(s.hub_store, tenant_id())->changes<task>(0, 100)->size() == 2);
}

TEST_CASE("replica: a store that could keep a page out is refused, a server's that couldn't too") {
    memory::store<tasks> strict;
    memory::store<tasks> free_store{memory::options{.unique = false}};
    server hub(free_store, merge_fields());
    bad_link<decltype(hub)> link{&hub};
    replica mine(strict, link);
    CHECK(mine.put(task{.id = 1}).error().code == errc::schema_mismatch);
    replica other(free_store, link);
    REQUIRE(other.put(task{.id = 1}));
    CHECK(other.sync().error().code == errc::schema_mismatch);
}

TEST_CASE("replica: both sides of a parked conflict are kept, and counted") {
    scene<park> s;
    REQUIRE(s.a.put(task{.id = 1, .title = "milk"}));
    s.sync_all();
    REQUIRE(s.a.patch<task>(1, [](task& t) { t.title = "a"; }));
    REQUIRE(s.b.patch<task>(1, [](task& t) { t.title = "b"; }));
    s.sync_all();
    CHECK(s.on_b(1).title == "a");
    CHECK(*s.b.status_of<task>(1) == sync_status::conflict);
    CHECK(s.b.status()->conflicts == 1);
    CHECK(*begin_read(s.hub_store, tenant_id())->count(all<parked_conflict>()) == 1);
}

TEST_CASE("quiescence: a sync that finds nothing takes two messages and writes nothing") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .title = "milk"}));
    s.sync_all();
    const auto seen = s.a.sync();
    REQUIRE(seen);
    CHECK(seen->messages == 2);
    CHECK(seen->bytes <= 400);
    CHECK(s.versions() == 1);
}

TEST_CASE(
    "no-wedge: answers that were changed on their way are not stored, wherever they changed") {
    scene<> s;
    for (std::int64_t id = 1; id <= 3; ++id) REQUIRE(s.a.put(task{.id = id, .title = "milk"}));
    REQUIRE(s.a.sync());
    auto session = s.b.begin_sync();
    const std::string request = **session.next();
    const std::string answer = s.hub.handle(caller{}, request);
    for (std::size_t i = 0; i < answer.size(); ++i)
        for (const int bit : {1, 16, 128}) {
            std::string changed = answer;
            changed[i] = static_cast<char>(changed[i] ^ bit);
            auto one = s.b.begin_sync();
            REQUIRE(one.next());
            REQUIRE(!one.receive(changed));
        }
    CHECK(!s.b.get<task>(1)->has_value());
    for (std::size_t i = 0; i < request.size(); ++i) {
        std::string changed = request;
        changed[i] = static_cast<char>(changed[i] ^ 4);
        CHECK(kind_of(s.hub.handle(caller{}, changed)) == message_kind::failure);
    }
    REQUIRE(s.b.sync());
    CHECK(s.on_b(3).title == "milk");
}

TEST_CASE("no-wedge: a server that asks to read all anew for ever is left alone") {
    struct stubborn {
        int requests = 0;
        result<std::string> exchange(std::string_view) {
            ++requests;
            return encode(failure_message{{.code = errc::resynchronise, .message = "again"}});
        }
    } link;
    memory::store<tasks> store({.unique = false});
    replica mine(store, link);
    REQUIRE(mine.put(task{.id = 1, .title = "kept"}));
    CHECK(mine.sync().error().code == errc::resynchronise);
    CHECK(mine.pull().error().code == errc::resynchronise);
    CHECK(link.requests < 20);
    CHECK(mine.get<task>(1)->value().title == "kept");
    CHECK(mine.status()->pending == 1);
}

TEST_CASE("replica: a hostile or foreign answer changes nothing and is an error") {
    scene<> s;
    REQUIRE(s.a.put(task{.id = 1, .title = "milk"}));
    for (const std::string_view bytes : {"", "x", "\1\2", "\1\4zzzz", "\1\5"}) {
        auto session = s.a.begin_sync();
        REQUIRE(session.next());
        (void)session.receive(bytes);
        std::string sealed(bytes);
        const std::uint64_t mark = detail::checksum(bytes, 0);
        for (int i = 0; i < 8; ++i) sealed += static_cast<char>(mark >> (8 * i));
        auto another = s.a.begin_sync();
        REQUIRE(another.next());
        (void)another.receive(sealed);
    }
    CHECK(s.on_a(1).title == "milk");
    s.sync_all();
    CHECK(s.on_b(1).title == "milk");
}
