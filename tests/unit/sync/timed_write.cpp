// SPDX-License-Identifier: BSL-1.0
#include <syncfw/conflict/later_members.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/change_list.hpp>
#include <syncfw/sync/observed.hpp>
#include <syncfw/sync/replace_all.hpp>
#include <syncfw/sync/row_server.hpp>
#include <syncfw/sync/write_queue.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace syncfw::annotations;
using syncfw::document;
using syncfw::timestamp;
using syncfw::write_kind;
using syncfw::write_result;
using syncfw::write_status;

struct note {
    std::string id{};
    std::string title{};
    std::string body{};
    syncfw::document extra = syncfw::document::object();
    syncfw::set_of<std::string> tags{};
    std::vector<std::string> list{};
    syncfw::timestamp created{};
    syncfw::timestamp updated{};
    syncfw::timestamp synced{};
    bool is_deleted = false;

    static constexpr auto sync_entity =
        entity<"note">(field<&note::id>(primary_key), field<&note::title>(required),
                       field<&note::extra>(merge(by::function(syncfw::later_members))),
                       field<&note::tags>(merge(by::set)), field<&note::created>(created_at),
                       field<&note::updated>(updated_at), field<&note::synced>(last_sync_at),
                       field<&note::is_deleted>(soft_delete));
};
using notes = syncfw::schema<note, syncfw::queued_write>;
using policy = syncfw::first_of<syncfw::park_deletions, syncfw::merge_fields>;

timestamp at(int minute, int second = 0) {
    return timestamp::from_microseconds((1'700'000'000LL + minute * 60 + second) * 1'000'000);
}

struct world {
    syncfw::memory::store<notes> store{};
    syncfw::server<syncfw::world<syncfw::memory::store<notes>>, policy> hub{
        store, policy(), {.field_times = true}};
    syncfw::caller ada{.tenant = syncfw::tenant_id("ada"), .subject = "ada"};
    int writes = 0;

    write_result write(write_kind kind, timestamp when, document data, std::string id = {},
                       const std::string& key = "n1") {
        if (id.empty()) id = "op-" + std::to_string(++writes);
        return syncfw::take_write(hub, ada,
                                  {.id = id,
                                   .kind = kind,
                                   .entity = "note",
                                   .key = key,
                                   .data = std::move(data),
                                   .at = when});
    }
    syncfw::record<note> row(const std::string& key = "n1") {
        auto tx = syncfw::begin_read(store, ada.tenant);
        return tx->get<note>(key).value().value();
    }
    std::vector<syncfw::parked_conflict> parked() { return hub.conflicts(ada.tenant).value(); }
};

struct sealed_note {
    std::string id{};
    std::string title{};
    std::string diary{};

    static constexpr auto sync_entity = entity<"sealed_note">(
        field<&sealed_note::id>(primary_key), field<&sealed_note::diary>(encrypted));
};

struct heard {
    std::vector<syncfw::events::conflict_parked> parked{};

    template <class Event>
    void take(timestamp, const Event& event) {
        if constexpr (std::is_same_v<Event, syncfw::events::conflict_parked>)
            parked.push_back(event);
    }
};

document object(std::initializer_list<document::member> members) {
    return document::object(members);
}

}  // namespace

TEST_CASE("timed write: what is created can be updated later and deleted later still") {
    world w;
    CHECK(w.write(write_kind::create, at(1), object({{"title", "a"}})).status ==
          write_status::success);
    CHECK(w.write(write_kind::update, at(2), object({{"body", "b"}})).status ==
          write_status::success);
    CHECK(w.row().value.title == "a");
    CHECK(w.row().value.body == "b");
    CHECK(w.row().value.created == at(1));
    CHECK(w.row().value.updated == at(2));
    CHECK(w.write(write_kind::remove, at(3), {}).status == write_status::success);
    CHECK(w.row().is_deleted());
}

TEST_CASE("timed write: a field that was written later or at the same time keeps its value") {
    for (const int when : {3, 5}) {
        world w;
        (void)w.write(write_kind::create, at(1), object({{"title", "a"}, {"body", "x"}}));
        (void)w.write(write_kind::update, at(5), object({{"title", "late"}}));
        const write_result met = w.write(write_kind::update, at(when), object({{"title", "me"}}));
        CHECK(met.status == write_status::conflict);
        CHECK(met.resolution == "server");
        CHECK(*met.data.find("title")->text() == "late");
        CHECK(w.row().value.title == "late");
        CHECK(w.row().value.updated == at(5));
    }
}

TEST_CASE("timed write: each field is compared with its own time") {
    world w;
    (void)w.write(write_kind::create, at(1), object({{"title", "a"}, {"body", "x"}}));
    (void)w.write(write_kind::update, at(5), object({{"title", "late"}}));
    const write_result other = w.write(write_kind::update, at(3), object({{"body", "early"}}));
    CHECK(other.status == write_status::success);
    CHECK(w.row().value.title == "late");
    CHECK(w.row().value.body == "early");
    CHECK(w.row().value.updated == at(5));
    const write_result both =
        w.write(write_kind::update, at(4), object({{"title", "no"}, {"body", "yes"}}));
    CHECK(both.status == write_status::conflict);
    CHECK(both.resolution == "merged");
    CHECK(w.row().value.title == "late");
    CHECK(w.row().value.body == "yes");
}

TEST_CASE("timed write: in whatever order writes arrive, each field ends with its latest value") {
    CHECK(rc::check([] {
        const int count = *rc::gen::inRange(1, 9);
        std::vector<int> order;
        for (int i = 1; i <= count; ++i) order.push_back(i);
        for (int i = count - 1; i > 0; --i)
            std::swap(order[static_cast<std::size_t>(i)],
                      order[static_cast<std::size_t>(*rc::gen::inRange(0, i + 1))]);
        world w;
        (void)w.write(write_kind::create, at(0), object({{"title", "0"}, {"body", "0"}}));
        int latest[2] = {0, 0};
        for (const int when : order) {
            const bool is_title = *rc::gen::arbitrary<bool>();
            int& last = latest[is_title ? 0 : 1];
            last = std::max(last, when);
            (void)w.write(write_kind::update, at(when),
                          object({{is_title ? "title" : "body", std::to_string(when)}}));
        }
        RC_ASSERT(w.row().value.title == std::to_string(latest[0]));
        RC_ASSERT(w.row().value.body == std::to_string(latest[1]));
        RC_ASSERT(w.row().value.updated == at(std::max(latest[0], latest[1])));
    }));
}

TEST_CASE("timed write: documents are merged to any depth, whoever is later") {
    for (const int when : {3, 7}) {
        world w;
        (void)w.write(write_kind::create, at(1), object({{"title", "a"}}));
        (void)w.write(write_kind::update, at(5),
                      object({{"extra", object({{"a", object({{"x", 1}, {"s", 1}})}})}}));
        const write_result met =
            w.write(write_kind::update, at(when),
                    object({{"extra", object({{"a", object({{"y", 2}, {"s", 2}})}, {"b", 3}})}}));
        CHECK((met.status == write_status::conflict) == (when == 3));
        const document& extra = w.row().value.extra;
        CHECK(*extra.find("b")->integer() == 3);
        CHECK(*extra.find("a")->find("x")->integer() == 1);
        CHECK(*extra.find("a")->find("y")->integer() == 2);
        CHECK(*extra.find("a")->find("s")->integer() == (when == 3 ? 1 : 2));
    }
}

TEST_CASE("timed write: null takes a document's place, and a member's") {
    world w;
    (void)w.write(write_kind::create, at(1),
                  object({{"title", "a"}, {"extra", object({{"x", 1}, {"y", 2}})}}));
    (void)w.write(write_kind::update, at(2), object({{"extra", object({{"x", nullptr}})}}));
    CHECK(w.row().value.extra == object({{"x", nullptr}, {"y", 2}}));
    (void)w.write(write_kind::update, at(3), object({{"extra", nullptr}}));
    CHECK(w.row().value.extra == document());
}

TEST_CASE("timed write: a set gets the values of a later write, and those of both in a conflict") {
    world w;
    (void)w.write(write_kind::create, at(1),
                  object({{"title", "a"}, {"tags", document::array("a", "b")}}));
    (void)w.write(write_kind::update, at(5), object({{"tags", document::array("b", "c")}}));
    CHECK(w.row().value.tags.size() == 2);
    CHECK_FALSE(w.row().value.tags.contains("a"));
    const write_result met =
        w.write(write_kind::update, at(3), object({{"tags", document::array("d")}}));
    CHECK(met.status == write_status::conflict);
    CHECK(w.row().value.tags.size() == 3);
    CHECK(met.data.find("tags")->elements()->size() == 3);
}

TEST_CASE("timed write: who loses his row but for what he added to a set is told so") {
    syncfw::memory::store<notes> store;
    syncfw::server hub(store, syncfw::last_write_wins(), {.field_times = true});
    const syncfw::caller ada{.tenant = syncfw::tenant_id("ada"), .subject = "ada"};
    const auto write = [&](write_kind kind, int minute, std::string key, document data) {
        return syncfw::take_write(hub, ada,
                                  {.id = key + std::to_string(minute),
                                   .kind = kind,
                                   .entity = "note",
                                   .key = key,
                                   .data = std::move(data),
                                   .at = at(minute)});
    };
    for (const char* key : {"lost", "added", "gone"}) {
        (void)write(write_kind::create, 1, key, object({{"title", "a"}, {"body", "x"}}));
        (void)write(write_kind::update, 5, key, object({{"title", "late"}}));
    }
    const document tags = document::array("mine");
    const write_result lost =
        write(write_kind::update, 3, "lost", object({{"body", "early"}, {"tags", tags}}));
    CHECK(lost.status == write_status::conflict);
    CHECK(lost.resolution == "merged");
    CHECK(lost.wrote);
    REQUIRE(lost.data.find("body") != nullptr);
    CHECK(*lost.data.find("body")->text() == "x");
    CHECK(lost.data.find("tags")->elements()->size() == 1);

    const write_result added = write(write_kind::update, 3, "added", object({{"tags", tags}}));
    CHECK(added.status == write_status::success);
    CHECK(added.wrote);

    (void)write(write_kind::remove, 7, "gone", {});
    const write_result gone = write(write_kind::update, 6, "gone", object({{"tags", tags}}));
    CHECK(gone.status == write_status::conflict);
    CHECK(gone.resolution == "merged");
}

TEST_CASE("timed write: a deletion against an edit waits for a person") {
    world w;
    (void)w.write(write_kind::create, at(1), object({{"title", "a"}}));
    (void)w.write(write_kind::update, at(5), object({{"title", "late"}}));
    const write_result early = w.write(write_kind::remove, at(3), {});
    CHECK(early.status == write_status::conflict);
    CHECK(early.resolution == "manual");
    CHECK_FALSE(w.row().is_deleted());
    REQUIRE(w.parked().size() == 1);
    CHECK(w.hub.resolve(w.ada, w.parked()[0].id, syncfw::side::mine));
    CHECK(w.row().is_deleted());

    const write_result edit = w.write(write_kind::update, at(9), object({{"title", "again"}}));
    CHECK(edit.resolution == "manual");
    CHECK(w.row().is_deleted());
    REQUIRE(w.parked().size() == 1);
    CHECK(w.hub.resolve(w.ada, w.parked()[0].id, syncfw::side::mine));
    CHECK_FALSE(w.row().is_deleted());
    CHECK(w.row().value.title == "again");
}

TEST_CASE("timed write: what waits for a person is told with both values and both times") {
    syncfw::memory::store<notes> store;
    heard told;
    syncfw::server hub(store, policy(), {.field_times = true}, syncfw::observed(told));
    const syncfw::caller ada{.tenant = syncfw::tenant_id("ada"), .subject = "ada"};
    const auto write = [&](write_kind kind, timestamp when, document data) {
        return syncfw::take_write(hub, ada,
                                  {.id = to_string(when),
                                   .kind = kind,
                                   .entity = "note",
                                   .key = "n1",
                                   .data = std::move(data),
                                   .at = when});
    };
    (void)write(write_kind::create, at(5), object({{"title", "dear"}}));
    CHECK(write(write_kind::remove, at(3), {}).resolution == "manual");
    REQUIRE(told.parked.size() == 1);
    CHECK(told.parked[0].key == "n1");
    CHECK(told.parked[0].mine == "deleted");
    CHECK(told.parked[0].mine_written == to_string(at(3)));
    CHECK(told.parked[0].theirs.find("dear") != std::string::npos);
    CHECK(told.parked[0].theirs_written == to_string(at(5)));
}

TEST_CASE(
    "timed write: what a client of rows wrote later stays, and what it left waiting is told") {
    syncfw::memory::store<notes> store;
    heard told;
    syncfw::server hub(store, policy(), {.field_times = true, .times_of_arrival = true},
                       syncfw::observed(told));
    syncfw::row_server rows(hub);
    const syncfw::caller ada{.tenant = syncfw::tenant_id("ada"), .subject = "ada"};
    const timestamp now = syncfw::system_environment().now();
    const auto push = [&](const std::string& more, std::chrono::seconds when) {
        return rows.push(ada, R"({"changes":{"note":[{"id":"n1",)" + more + R"(,"updated":")" +
                                  to_string(now + when) + "\"}]}}");
    };
    using std::chrono::seconds;
    REQUIRE(push(R"("title":"a")", seconds(1)));
    REQUIRE(push(R"("title":"by row")", seconds(30)));
    const write_result met = syncfw::take_write(hub, ada,
                                                {.id = "w",
                                                 .kind = write_kind::update,
                                                 .entity = "note",
                                                 .key = "n1",
                                                 .data = object({{"title", "earlier"}}),
                                                 .at = now + seconds(20)});
    CHECK(met.resolution == "server");
    CHECK(*met.data.find("title")->text() == "by row");

    CHECK(told.parked.empty());
    REQUIRE(push(R"("is_deleted":true)", seconds(-30)));
    REQUIRE(told.parked.size() == 1);
    CHECK(told.parked[0].key == "n1");
    CHECK(told.parked[0].mine == "deleted");
}

TEST_CASE("an answer that is kept for one user can't be taken by another's operation") {
    syncfw::memory::store<notes> store;
    syncfw::server hub(store, policy(), {.field_times = true, .times_of_arrival = true});
    syncfw::row_server rows(hub);
    const syncfw::caller bob{.tenant = syncfw::tenant_id("team"), .subject = "bob"};
    const syncfw::caller eve{.tenant = syncfw::tenant_id("team"), .subject = "eve"};
    const std::string name("bob\0key", 7);  // Under which the answer of bob's `key` is kept.
    const syncfw::uuid kept = syncfw::detail::id_of_name(name);

    syncfw::push_message<notes> forged;
    syncfw::operation<note>& op = forged.operations.of<note>().emplace_back();
    op.id = kept;
    op.after = {.id = "e1", .title = "eve's"};
    op.changed.set(1);
    const auto refused = hub.push(eve, forged);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == syncfw::errc::malformed);
    op.id = syncfw::new_uuid();
    CHECK(hub.push(eve, forged));

    int row = 1;
    for (const std::string& id : {name, to_string(kept)}) {
        const write_result made = syncfw::take_write(hub, eve,
                                                     {.id = id,
                                                      .kind = write_kind::create,
                                                      .entity = "note",
                                                      .key = "e" + std::to_string(++row),
                                                      .data = object({{"title", "eve's"}}),
                                                      .at = at(1)});
        CHECK(made.status == write_status::success);
    }
    const auto pushed =
        rows.push(bob, R"({"changes":{"note":[{"id":"b1","title":"bob's"}]}})", {.name = "key"});
    CHECK(pushed);
}

TEST_CASE("timed write: its first result is let go with other answers") {
    world w;
    (void)w.write(write_kind::create, at(1), object({{"title", "a"}}), "one");
    CHECK(w.hub.retire(w.ada.tenant, {.answers_until = timestamp::max()})->answers == 2);
    auto tx = syncfw::begin_read(w.store, w.ada.tenant);
    CHECK(tx->scan(syncfw::all<syncfw::applied_operation>())->empty());
    CHECK_FALSE(tx->get_value("write/one")->has_value());
}

TEST_CASE("a row in words has nothing of what is kept encrypted") {
    const syncfw::record<sealed_note> row{{.id = "n", .title = "open", .diary = "for my eyes"}};
    const std::string words = syncfw::detail::row_in_words(row);
    CHECK(words.find("open") != std::string::npos);
    CHECK(words.find("for my eyes") == std::string::npos);
}

TEST_CASE("timed write: what is created anew after its deletion comes back whole") {
    world w;
    (void)w.write(write_kind::create, at(1), object({{"title", "a"}, {"body", "old"}}));
    // A resolution or deletion has the server's clock at most; this one is the client's.
    (void)w.write(write_kind::remove, at(3), {});
    CHECK(w.write(write_kind::create, at(4), object({{"title", "new"}})).status ==
          write_status::success);
    CHECK_FALSE(w.row().is_deleted());
    CHECK(w.row().value.body.empty());
}

TEST_CASE("timed write: an id takes effect once, and another write of the same id is refused") {
    world w;
    (void)w.write(write_kind::create, at(1), object({{"title", "a"}}), "one");
    (void)w.write(write_kind::update, at(5), object({{"title", "b"}}));
    const write_result again = w.write(write_kind::create, at(1), object({{"title", "a"}}), "one");
    CHECK(again.status == write_status::success);
    CHECK(again.is_repeated);
    CHECK(w.row().value.title == "b");
    const write_result other = w.write(write_kind::create, at(1), object({{"title", "c"}}), "one");
    CHECK(other.status == write_status::error);
    CHECK(other.why.field == "id");
}

TEST_CASE("timed write: a conflict's first result comes again as it was") {
    world w;
    (void)w.write(write_kind::create, at(5), object({{"title", "a"}}));
    const write_result first = w.write(write_kind::update, at(3), object({{"title", "b"}}), "x");
    (void)w.write(write_kind::update, at(9), object({{"title", "c"}}));
    const write_result again = w.write(write_kind::update, at(3), object({{"title", "b"}}), "x");
    CHECK(again.resolution == "server");
    CHECK(again.data == first.data);
}

TEST_CASE("timed write: what failed left nothing behind, and may come again mended") {
    world w;
    const write_result bad = w.write(write_kind::create, at(1), object({{"title", ""}}), "one");
    CHECK(bad.status == write_status::error);
    CHECK(bad.why.field == "title");
    CHECK(w.write(write_kind::update, at(1), object({{"body", "x"}}), "two").why.code ==
          syncfw::errc::not_found);
    CHECK(w.write(write_kind::create, at(1), object({{"titel", "a"}}), "one").why.code ==
          syncfw::errc::unknown_field);
    CHECK(w.write(write_kind::create, at(1), object({{"title", "a"}}), "one").status ==
          write_status::success);
}

TEST_CASE("timed write: what the server owns is not the client's to say") {
    world w;
    (void)w.write(write_kind::create, at(1),
                  object({{"title", "a"}, {"created", to_string(at(-99))}, {"is_deleted", true}}));
    CHECK(w.row().value.created == at(1));
    CHECK_FALSE(w.row().is_deleted());
}

TEST_CASE("timed write: a time in the far future counts as one about now") {
    world w;
    const timestamp far = timestamp::from_microseconds(4'000'000'000LL * 1'000'000);
    (void)w.write(write_kind::create, far, object({{"title", "a"}}));
    const auto now = syncfw::system_environment().now();
    CHECK(w.row().value.updated < now + std::chrono::minutes(10));
}

TEST_CASE("timed write: the writes of one request know of each other") {
    world w;
    syncfw::writes_before before;
    const auto write = [&](std::string id, write_kind kind, document data) {
        return syncfw::take_write(
            w.hub, w.ada,
            {.id = std::move(id),
             .kind = kind,
             .entity = "note",
             .key = "n1",
             .data = data,
             .at = at(1)},
            before, [](auto&, const write_result&) -> syncfw::result<void> { return {}; });
    };
    CHECK(write("a", write_kind::create, object({{"title", "a"}})).status == write_status::success);
    CHECK(write("b", write_kind::update, object({{"title", "b"}})).status == write_status::success);
    CHECK(write("c", write_kind::remove, {}).status == write_status::success);
    CHECK(w.row().is_deleted());
    CHECK(w.row().value.title == "b");
}

TEST_CASE("replace all: what is given stays or comes, the rest is deleted, others are left alone") {
    world w;
    (void)w.write(write_kind::create, at(1), object({{"title", "a"}}), {}, "n1");
    (void)w.write(write_kind::create, at(1), object({{"title", "b"}}), {}, "n2");
    const syncfw::caller bob{.tenant = syncfw::tenant_id("bob"), .subject = "bob"};
    (void)syncfw::take_write(w.hub, bob,
                             {.id = "x",
                              .kind = write_kind::create,
                              .entity = "note",
                              .key = "n9",
                              .data = object({{"title", "his"}}),
                              .at = at(1)});
    const syncfw::replacement wanted{
        {"note", {object({{"id", "n2"}, {"title", "B"}}), object({{"id", "n3"}, {"title", "c"}})}}};
    const auto done = syncfw::replace_all(w.hub, w.ada, wanted);
    REQUIRE(done);
    CHECK(done->written == 2);
    CHECK(done->removed == 1);
    CHECK(w.row("n1").is_deleted());
    CHECK(w.row("n2").value.title == "B");
    CHECK(syncfw::replace_all(w.hub, w.ada, wanted)->written == 0);
    CHECK(syncfw::list_changes(w.store, bob.tenant, {})->changes.size() == 1);
}

TEST_CASE("replace all: one wrong row and nothing has happened") {
    world w;
    (void)w.write(write_kind::create, at(1), object({{"title", "a"}}), {}, "n1");
    const auto done = syncfw::replace_all(
        w.hub, w.ada, {{"note", {object({{"id", "n2"}, {"title", "b"}}), object({{"id", "n3"}})}}});
    REQUIRE_FALSE(done);
    CHECK(done.error().field == "note[1].title");
    CHECK_FALSE(w.row("n1").is_deleted());
    CHECK(syncfw::list_changes(w.store, w.ada.tenant, {})->changes.size() == 1);
    const auto twice = syncfw::replace_all(
        w.hub, w.ada,
        {{"note",
          {object({{"id", "n2"}, {"title", "b"}}), object({{"id", "n2"}, {"title", "b"}})}}});
    REQUIRE_FALSE(twice);
    CHECK(twice.error().field == "note[1]");
}

TEST_CASE("changes: pages by cursor give each row once, deletions among them") {
    world w;
    for (int i = 0; i < 7; ++i)
        (void)w.write(write_kind::create, at(1), object({{"title", "a"}}), {},
                      "n" + std::to_string(i));
    (void)w.write(write_kind::remove, at(2), {}, {}, "n3");
    syncfw::changes_wanted wanted{.limit = 2};
    std::vector<std::string> seen;
    bool goes_on = true;
    while (goes_on) {
        const auto page = syncfw::list_changes(w.store, w.ada.tenant, wanted);
        REQUIRE(page);
        CHECK(page->changes.size() <= 2);
        for (const auto& each : page->changes) {
            seen.push_back(each.key);
            CHECK(each.is_deleted == (each.key == "n3"));
        }
        wanted.cursor = page->cursor;
        goes_on = page->has_more;
    }
    CHECK(seen == std::vector<std::string>{"n0", "n1", "n2", "n4", "n5", "n6", "n3"});
}

TEST_CASE("changes: who was away while deletions were let go is told to begin anew") {
    world w;
    const timestamp before = syncfw::system_environment().now();
    for (const char* key : {"n1", "n2", "n3"})
        (void)w.write(write_kind::create, at(1), object({{"title", key}}), {}, key);
    const std::string known = syncfw::list_changes(w.store, w.ada.tenant, {})->cursor;
    (void)w.write(write_kind::remove, at(2), {}, {}, "n3");
    const std::string told = syncfw::list_changes(w.store, w.ada.tenant, {.cursor = known})->cursor;
    REQUIRE(w.hub.retire(w.ada.tenant, {.deletions_until = timestamp::max()})->deletions == 1);
    const auto code = [&](const syncfw::changes_wanted& wanted) {
        const auto page = syncfw::list_changes(w.store, w.ada.tenant, wanted);
        return page ? syncfw::errc{} : page.error().code;
    };
    CHECK(code({.cursor = known}) == syncfw::errc::resynchronise);
    CHECK(code({.since = before}) == syncfw::errc::resynchronise);
    CHECK(code({.cursor = told}) == syncfw::errc{});
    CHECK(code({.since = syncfw::system_environment().now()}) == syncfw::errc{});
    // Who begins is not sent back on his way.
    const auto first = syncfw::list_changes(w.store, w.ada.tenant, {.limit = 1});
    REQUIRE(first->has_more);
    CHECK(code({.cursor = first->cursor}) == syncfw::errc{});
}

TEST_CASE("changes: who goes by a time has older rows, and misses no deletion that was let go") {
    world w;
    const timestamp before = syncfw::system_environment().now();
    for (const char* key : {"n1", "n2", "n3"})
        (void)w.write(write_kind::create, at(1), object({{"title", key}}), {}, key);
    (void)w.write(write_kind::remove, at(2), {}, {}, "n2");
    (void)w.write(write_kind::create, at(3), object({{"title", "n4"}}), {}, "n4");
    const auto first = syncfw::list_changes(w.store, w.ada.tenant, {.since = before, .limit = 1});
    REQUIRE(first);
    REQUIRE(first->has_more);
    REQUIRE(w.hub.retire(w.ada.tenant, {.deletions_until = timestamp::max()})->deletions == 1);
    const auto next = syncfw::list_changes(w.store, w.ada.tenant, {.cursor = first->cursor});
    REQUIRE_FALSE(next);
    CHECK(next.error().code == syncfw::errc::resynchronise);
}

TEST_CASE("changes: a time means the server's clock, not that of who wrote") {
    world w;
    (void)w.write(write_kind::create, at(1), object({{"title", "written long ago"}}));
    const auto now = syncfw::system_environment().now();
    CHECK(syncfw::list_changes(w.store, w.ada.tenant, {.since = now})->changes.size() == 1);
    CHECK(syncfw::list_changes(w.store, w.ada.tenant, {.since = now + std::chrono::hours(1)})
              ->changes.empty());
}

TEST_CASE("changes: an unknown entity is refused, a known one is all that comes") {
    world w;
    (void)w.write(write_kind::create, at(1), object({{"title", "a"}}));
    CHECK(syncfw::list_changes(w.store, w.ada.tenant, {.entities = {"note"}})->changes.size() == 1);
    CHECK(syncfw::list_changes(w.store, w.ada.tenant, {.entities = {"queuedWrite"}})
              ->changes.empty());
    CHECK(syncfw::list_changes(w.store, w.ada.tenant, {.entities = {"nite"}}).error().field ==
          "entities");
}

TEST_CASE("queue: writes are handled in batches, in their order") {
    world w;
    syncfw::write_queue queue(w.hub, w.store, {.batch = 2});
    (void)queue.add(w.ada,
                    {.kind = write_kind::create,
                     .entity = "note",
                     .key = "n1",
                     .data = object({{"title", "a"}})},
                    at(1));
    for (const char* title : {"b", "c", "d"})
        (void)queue.add(w.ada,
                        {.kind = write_kind::update,
                         .entity = "note",
                         .key = "n1",
                         .data = object({{"title", title}})},
                        at(1));
    CHECK(queue.count(w.ada.tenant)->waiting == 4);
    const auto first = queue.work(at(1));
    REQUIRE(first);
    CHECK(first->handled == 2);
    CHECK(first->left == 2);
    CHECK(w.row().value.title == "b");
    CHECK(first->due == at(1));
    CHECK(queue.work(at(1))->handled == 2);
    CHECK(w.row().value.title == "d");
    CHECK(queue.pending(w.ada.tenant)->empty());
    CHECK(queue.clear(w.ada.tenant).value() == 4);
}

TEST_CASE("queue: what fails is tried five times, then parked, and holds back its row alone") {
    world w;
    syncfw::write_queue queue(w.hub, w.store);
    const auto add = [&](const std::string& key) {
        return queue
            .add(w.ada,
                 {.kind = write_kind::update,
                  .entity = "note",
                  .key = key,
                  .data = object({{"title", "x"}})},
                 at(1))
            .value();
    };
    const auto missing = add("missing");
    const auto behind = add("missing");
    (void)w.write(write_kind::create, at(0), object({{"title", "a"}}), {}, "there");
    (void)add("there");
    CHECK(queue.work(at(1, 0))->handled == 1);
    CHECK(w.row("there").value.title == "x");
    const int tries[] = {1, 3, 7};
    for (const int second : tries) {
        CHECK(queue.work(at(1, second - 1))->failed == 0);
        CHECK(queue.work(at(1, second))->failed == 1);
    }
    CHECK(queue.work(at(1, 14))->failed == 0);
    const auto last = queue.work(at(1, 15));
    CHECK(last->failed == 1);
    CHECK(last->parked == 1);
    CHECK(queue.count(w.ada.tenant)->parked == 1);
    const auto left = queue.pending(w.ada.tenant).value();
    REQUIRE(left.size() == 2);
    CHECK(left[0].id == missing.id);
    CHECK(left[0].attempts == 5);
    CHECK(left[0].code == "not_found");
    CHECK(queue.clear(w.ada.tenant).value() == 1);  // "there" alone
    CHECK(queue.mark(w.ada.tenant, {missing.id, behind.id, "unknown"}).value() == 2);
    CHECK(queue.pending(w.ada.tenant)->empty());
}

TEST_CASE("queue: what can't be handled yet holds nothing of other rows back, however much it is") {
    world w;
    syncfw::write_queue queue(w.hub, w.store, {.batch = 2});
    const auto add = [&](const std::string& key) {
        (void)queue.add(w.ada,
                        {.kind = key == "bad" ? write_kind::update : write_kind::create,
                         .entity = "note",
                         .key = key,
                         .data = object({{"title", "x"}})},
                        at(1));
    };
    for (int i = 0; i < 50; ++i) add("bad");
    for (int i = 0; i < 5; ++i) add("n" + std::to_string(i));
    CHECK(queue.work(at(1))->failed == 1);
    const auto second = queue.work(at(1));
    CHECK(second->handled == 2);
    CHECK(second->left == 53);
    CHECK(second->due == at(1));
    CHECK(queue.work(at(1))->handled == 2);
    const auto last = queue.work(at(1));
    CHECK(last->handled == 1);
    CHECK(last->left == 50);
    CHECK(last->due == at(1, 1));
}

TEST_CASE("queue: another user's ids are unknown, and what can't be handled is refused") {
    world w;
    syncfw::write_queue queue(w.hub, w.store);
    const auto mine =
        queue.add(w.ada, {.kind = write_kind::remove, .entity = "note", .key = "n1"}, at(1));
    CHECK(queue.mark(syncfw::tenant_id("bob"), {mine->id}).value() == 0);
    CHECK(queue.add(w.ada, {.entity = "nite", .key = "n1"}, at(1)).error().code ==
          syncfw::errc::unknown_entity);
    CHECK_FALSE(
        queue.add(w.ada, {.entity = "note", .key = "n1", .data = object({{"titel", 1}})}, at(1)));
    CHECK_FALSE(queue.add(w.ada, {.entity = "queuedWrite", .key = "n1"}, at(1)));
}
