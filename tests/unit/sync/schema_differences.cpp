// SPDX-License-Identifier: BSL-1.0
// Goal: programs of different ages work together: who knows fewer fields never takes the others
// away. Method: the same entity with and without a field, on devices and on the server.
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/sync/change_list.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/row_server.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/sync/timed_write.hpp>
#include <syncfw/testing/faulty_store.hpp>
#include <syncfw/transport/in_process.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

namespace older {
struct pad {
    std::int64_t id = 0;
    std::string words{};
    static constexpr auto sync_entity = entity<"pad">(field<&pad::id>(primary_key));
};
using pads = schema<pad>;
}  // namespace older

namespace newer {
struct pad {
    std::int64_t id = 0;
    std::optional<std::string> colour{};  // It is new, and stands before what was there.
    std::string words{};
    std::int64_t stars = 3;
    static constexpr auto sync_entity = entity<"pad">(field<&pad::id>(primary_key));
};
struct pen {
    std::int64_t id = 0;
    static constexpr auto sync_entity = entity<"pen">(field<&pen::id>(primary_key));
};
using pads = schema<pad, pen>;
}  // namespace newer

namespace guarded {
struct pad {
    std::int64_t id = 0;
    std::string words{};
    std::string approved_by{};
    static constexpr auto sync_entity =
        entity<"pad">(field<&pad::id>(primary_key), field<&pad::approved_by>(server_owned));
};
using pads = schema<pad>;
}  // namespace guarded

namespace forged {
struct pad {
    std::int64_t id = 0;
    std::string words{};
    std::string approved_by{};
    static constexpr auto sync_entity = entity<"pad">(field<&pad::id>(primary_key));
};
using pads = schema<pad>;
}  // namespace forged

template <class Schema>
struct hub_of {
    memory::store<Schema> store{};
    server<world<memory::store<Schema>>, merge_fields> hub{store};
};

template <class Schema, class Hub>
struct device_of {
    memory::store<Schema> store{};
    in_process_link<decltype(Hub::hub), caller> line;
    replica<world<memory::store<Schema>>, decltype(line)> here{store, line};
    explicit device_of(Hub& of) : line(of.hub, caller{}) {}
};

/// The server's program becomes newer: its rows and what it kept go on.
void upgrade(memory::store<older::pads>& before, memory::store<newer::pads>& after) {
    auto from = begin_read(before, tenant_id());
    auto to = begin_write(after, tenant_id());
    for (const record<older::pad>& each : *from->scan(all<older::pad>())) {
        record<newer::pad> row{.value = {.id = each.value.id, .words = each.value.words}};
        row.set_version(each.version());
        row.set_written(each.written());
        row.set_sequence(each.sequence());
        REQUIRE(to->put(row));
    }
    REQUIRE(to->put_many(*from->scan(all<foreign_values>())));
    REQUIRE(to->put_many(*from->scan(all<applied_operation>())));
    REQUIRE(to->put_value(detail::foreign_name, "1"));
    REQUIRE(to->next_sequence(*from->last_sequence()));
    REQUIRE(to->commit());
}

// Rows with times, which clients without the engine need.
namespace older {
struct film {
    std::string id{};
    std::string title{};
    timestamp updated_at{};
    static constexpr auto sync_entity =
        entity<"film">(field<&film::id>(primary_key), field<&film::updated_at>(is::updated_at));
};
}  // namespace older
namespace newer {
struct film {
    std::string id{};
    std::string title{};
    std::int64_t rating = 0;
    timestamp updated_at{};
    static constexpr auto sync_entity =
        entity<"film">(field<&film::id>(primary_key), field<&film::updated_at>(is::updated_at));
};
}  // namespace newer

/// A server of which the program has learned a field that a device wrote before: the 5 is kept
/// beside the row, which says 0.
struct learned {
    using store_type = memory::store<schema<newer::film>>;
    store_type store{};
    server<world<store_type>, last_write_wins> hub{
        store, last_write_wins(), {.field_times = true, .times_of_arrival = true}};
    row_server<world<store_type>, last_write_wins> rows{hub};

    learned() {
        memory::store<schema<older::film>> before;
        server<world<memory::store<schema<older::film>>>, last_write_wins> old(
            before, last_write_wins(), {.times_of_arrival = true});
        memory::store<schema<newer::film>> device;
        in_process_link line(old, caller{});
        replica mine(device, line);
        REQUIRE(mine.put(newer::film{.id = "a", .title = "one", .rating = 5}));
        REQUIRE(mine.sync());
        auto from = begin_read(before, tenant_id());
        auto to = begin_write(store, tenant_id());
        const record<older::film> old_row = from->get<older::film>("a")->value();
        record<newer::film> row{.value = {.id = "a",
                                          .title = old_row.value.title,
                                          .updated_at = old_row.value.updated_at}};
        row.set_version(old_row.version());
        row.set_written(old_row.written());
        row.set_sequence(old_row.sequence());
        REQUIRE(to->put(row));
        REQUIRE(to->put_many(*from->scan(all<foreign_values>())));
        REQUIRE(to->put_value(detail::foreign_name, "1"));
        REQUIRE(to->put_value(detail::feed_times::name,
                              from->get_value(detail::feed_times::name)->value()));
        REQUIRE(to->next_sequence(1));
        REQUIRE(to->commit());
    }
    document row_of_client() {
        const auto page = rows.pull({}, {});
        REQUIRE(page);
        return json::decode_document(page->body)->find("data")->find("film")->elements()->at(0);
    }
    std::int64_t rating_on_a_device() {
        store_type device;
        in_process_link line(hub, caller{});
        replica mine(device, line);
        REQUIRE(mine.sync());
        return mine.get<newer::film>("a")->value().rating;
    }
};

// Somebody's write of an older version waits for a person.
void store_kept_conflict(learned& s) {
    const record<newer::film> row =
        begin_read(s.store, tenant_id())->get<newer::film>("a")->value();
    record<parked_conflict> parked{
        .value = {.id = new_uuid(), .entity_name = "film", .row_key = "a"}};
    REQUIRE(detail::keep_sides<newer::film>(parked.value, nullptr, row, row, {}));
    auto tx = begin_write(s.store, tenant_id());
    REQUIRE(tx->put(parked));
    REQUIRE(tx->commit());
}

/// A server that becomes another one.
struct changing_link {
    std::function<std::string(std::string_view)> answer;
    bool loses_answer = false;
    result<std::string> exchange(std::string_view request) {
        std::string given = answer(request);
        if (std::exchange(loses_answer, false)) return error{.code = errc::timed_out};
        return given;
    }
};

}  // namespace

TEST_CASE("in-step schemas: an older server doesn't take away what it doesn't know") {
    hub_of<older::pads> s;
    device_of<newer::pads, decltype(s)> a(s);
    device_of<older::pads, decltype(s)> b(s);
    REQUIRE(a.here.put(newer::pad{.id = 1, .colour = "red", .words = "one", .stars = 5}));
    REQUIRE(a.here.sync());
    REQUIRE(b.here.sync());
    REQUIRE(b.here.patch<older::pad>(1, [](older::pad& p) { p.words = "two"; }));
    REQUIRE(b.here.sync());
    REQUIRE(a.here.sync());
    newer::pad seen = a.here.get<newer::pad>(1)->value();
    CHECK(seen.words == "two");
    CHECK(seen.colour == "red");
    CHECK(seen.stars == 5);
    // Also where there is unsent work when the page comes, and when all is read anew.
    REQUIRE(a.here.patch<newer::pad>(1, [](newer::pad& p) { p.stars = 4; }));
    REQUIRE(b.here.patch<older::pad>(1, [](older::pad& p) { p.words = "three"; }));
    REQUIRE(b.here.sync());
    REQUIRE(a.here.pull());
    REQUIRE(a.here.sync());
    REQUIRE(a.here.full_sync());
    seen = a.here.get<newer::pad>(1)->value();
    CHECK(seen.words == "three");
    CHECK(seen.colour == "red");
    CHECK(seen.stars == 4);
    CHECK(a.here.status()->pending == 0);
}

TEST_CASE("in-step schemas: an older server keeps what it doesn't know, for all and for itself") {
    hub_of<older::pads> s;
    device_of<newer::pads, decltype(s)> a(s), c(s);
    device_of<older::pads, decltype(s)> b(s);
    REQUIRE(a.here.put(newer::pad{.id = 1, .colour = "red", .words = "one", .stars = 5}));
    REQUIRE(a.here.put(newer::pad{.id = 2, .colour = "blue"}));
    REQUIRE(a.here.sync());
    REQUIRE(b.here.sync());
    REQUIRE(b.here.patch<older::pad>(1, [](older::pad& p) { p.words = "two"; }));
    REQUIRE(b.here.sync());
    REQUIRE(c.here.sync());
    newer::pad seen = c.here.get<newer::pad>(1)->value();
    CHECK(seen.words == "two");
    CHECK(seen.colour == "red");
    CHECK(seen.stars == 5);
    // A change of nothing else is a change.
    REQUIRE(c.here.patch<newer::pad>(1, [](newer::pad& p) { p.stars = 9; }));
    REQUIRE(c.here.patch<newer::pad>(2, [](newer::pad& p) { p.colour.reset(); }));
    REQUIRE(c.here.sync());
    REQUIRE(a.here.sync());
    CHECK(a.here.get<newer::pad>(1)->value().stars == 9);
    CHECK(a.here.get<newer::pad>(1)->value().colour == "red");
    CHECK(!a.here.get<newer::pad>(2)->value().colour);
    REQUIRE(a.here.sync());
    CHECK(a.here.sync()->pulled == 0);

    hub_of<newer::pads> upgraded;
    upgrade(s.store, upgraded.store);
    device_of<newer::pads, decltype(upgraded)> d(upgraded);
    REQUIRE(d.here.sync());
    CHECK(d.here.get<newer::pad>(1)->value().stars == 9);
    REQUIRE(d.here.patch<newer::pad>(1, [](newer::pad& p) { p.words = "three"; }));
    REQUIRE(d.here.sync());
    const auto row = begin_read(upgraded.store, tenant_id())->get<newer::pad>(1);
    CHECK((*row)->value.stars == 9);
    CHECK((*row)->value.colour == "red");
    CHECK((*row)->value.words == "three");
}

TEST_CASE("in-step schemas: an older device doesn't take away what it doesn't know") {
    hub_of<newer::pads> s;
    device_of<newer::pads, decltype(s)> a(s);
    device_of<older::pads, decltype(s)> b(s);
    REQUIRE(a.here.put(newer::pad{.id = 1, .colour = "red", .words = "one", .stars = 5}));
    REQUIRE(a.here.put(newer::pen{.id = 9}));
    REQUIRE(a.here.sync());
    REQUIRE(b.here.sync());
    REQUIRE(b.here.patch<older::pad>(1, [](older::pad& p) { p.words = "two"; }));
    REQUIRE(b.here.put(older::pad{.id = 2, .words = "new"}));
    REQUIRE(b.here.sync());
    REQUIRE(b.here.remove<older::pad>(1));
    REQUIRE(b.here.sync());
    REQUIRE(b.here.restore<older::pad>(1));
    REQUIRE(b.here.sync());
    REQUIRE(a.here.sync());
    const newer::pad seen = a.here.get<newer::pad>(1)->value();
    CHECK(seen.words == "two");
    CHECK(seen.colour == "red");
    CHECK(seen.stars == 5);
    CHECK(a.here.get<newer::pad>(2)->value().stars == 3);
}

TEST_CASE("in-step schemas: work on an entity that the server doesn't know waits with its reason") {
    hub_of<older::pads> s;
    device_of<newer::pads, decltype(s)> a(s);
    REQUIRE(a.here.put(newer::pen{.id = 9}));
    REQUIRE(a.here.put(newer::pad{.id = 1, .words = "one"}));
    (void)a.here.sync();
    REQUIRE(a.here.sync());
    CHECK(begin_read(s.store, tenant_id())->get<older::pad>(1)->has_value());
    const auto failed = a.here.failed();
    REQUIRE(failed->size() == 1);
    CHECK(failed->front().entity_name == "pen");
    CHECK(!failed->front().reason.empty());
}

TEST_CASE("schema: what a server has learned of comes to every kind of client") {
    learned s;
    CHECK(*s.row_of_client().find("rating") == document(5));
    CHECK(*list_changes(s.store, tenant_id(), {})->changes.at(0).row.find("rating") == document(5));
    CHECK(s.rating_on_a_device() == 5);
}

TEST_CASE("schema: what was kept beside the rows of a page is asked for at once") {
    learned s;
    const blob kept =
        begin_read(s.store, tenant_id())->scan(all<foreign_values>())->at(0).value.fields;
    const auto calls = [&](int count) {
        auto below = sqlite::open<schema<newer::film>>(":memory:").value();
        auto tx = begin_write(below, tenant_id());
        for (int i = 0; i < count; ++i) {
            record<newer::film> row{.value = {.id = std::to_string(i), .title = "one"}};
            row.set_sequence(*tx->next_sequence(1));
            REQUIRE(tx->put(row));
            REQUIRE(tx->put(record<foreign_values>{.value = {.entity_name = "film",
                                                             .row_key = detail::row_key(row.value),
                                                             .fields = kept}}));
        }
        REQUIRE(tx->put_value(detail::foreign_name, "1"));
        REQUIRE(tx->commit());
        return testing::for_each_failure([&](testing::fault_plan& faults) {
            testing::faulty_store store(below, faults);
            if (const auto page = list_changes(store, tenant_id(), {})) {
                CHECK(page->changes.size() == static_cast<std::size_t>(count));
                CHECK(*page->changes.back().row.find("rating") == document(5));
            }
            server hub(store, last_write_wins(), {.times_of_arrival = true});
            if (const auto page = row_server(hub).pull({}, {}))
                CHECK(page->body.find(R"("rating":0)") == std::string::npos);
        });
    };
    CHECK(calls(2) == calls(50));
}

TEST_CASE("schema: what a client of rows writes is not undone by what was kept before") {
    for (const int rating : {3, 0}) {
        learned s;
        REQUIRE(s.rows.push(
            {}, R"({"changes":{"film":[{"id":"a","rating":)" + std::to_string(rating) + "}]}}"));
        CHECK(*s.row_of_client().find("rating") == document(rating));
        CHECK(s.rating_on_a_device() == rating);
    }
}

TEST_CASE("schema: what a client of rows leaves alone stays as it was kept") {
    learned s;
    REQUIRE(s.rows.push({}, R"({"changes":{"film":[{"id":"a","title":"two"}]}})"));
    CHECK(*s.row_of_client().find("rating") == document(5));
    CHECK(s.rating_on_a_device() == 5);
}

TEST_CASE("schema: what a timed write writes is not undone by what was kept before") {
    for (const int rating : {3, 0}) {
        learned s;
        const auto done =
            take_write(s.hub, {},
                       {.id = "w",
                        .entity = "film",
                        .key = "a",
                        .data = document::object({{"rating", rating}}),
                        .at = timestamp::from_microseconds(
                            system_environment().now().microseconds_since_epoch() + 1'000'000)});
        CHECK(done.status == write_status::success);
        CHECK(s.rating_on_a_device() == rating);
    }
}

TEST_CASE("schema: what a person decides is not undone by what was kept before") {
    learned s;
    store_kept_conflict(s);
    const uuid id = s.hub.conflicts(tenant_id())->at(0).id;
    REQUIRE(s.hub.resolve({}, id, newer::film{.id = "a", .title = "two", .rating = 3}));
    CHECK(s.rating_on_a_device() == 3);
}

TEST_CASE("once: what comes again to a server that has become newer gets its first answer") {
    hub_of<older::pads> s;
    hub_of<newer::pads> upgraded;
    const auto by = [](auto& hub) {
        return [&hub](std::string_view request) { return hub.handle(caller{}, request); };
    };
    changing_link line{by(s.hub), true};
    memory::store<newer::pads> store;
    replica mine(store, line);
    REQUIRE(mine.put(newer::pad{.id = 1, .colour = "red", .words = "one", .stars = 5}));
    CHECK(!mine.sync());
    upgrade(s.store, upgraded.store);
    line.answer = by(upgraded.hub);
    const auto seen = mine.sync();
    REQUIRE(seen);
    CHECK(seen->rejected == 0);
    CHECK(*begin_read(upgraded.store, tenant_id())->last_sequence() == 1);
    CHECK(mine.get<newer::pad>(1)->value().colour == "red");
}

TEST_CASE("in-step schemas: of unknown fields a server keeps no more than a layout can have") {
    std::vector<foreign_field> kept;
    for (int i = 0; i < 300; ++i)
        detail::add_foreign(kept, {{"field" + std::to_string(i) + ":text", "x"}});
    CHECK(kept.size() == field_mask::fields_max);
    CHECK(kept.back().item == "field299:text");
    detail::add_foreign(kept, {{"field299:text?", "y"}});
    CHECK(kept.size() == field_mask::fields_max);
}

TEST_CASE("own-fields: what only the server sets is not kept as something that it doesn't know") {
    hub_of<guarded::pads> s;
    device_of<forged::pads, decltype(s)> a(s);
    REQUIRE(a.here.put(forged::pad{.id = 1, .words = "one", .approved_by = "me"}));
    REQUIRE(a.here.sync());
    REQUIRE(a.here.patch<forged::pad>(1, [](forged::pad& p) { p.approved_by = "me, again"; }));
    REQUIRE(a.here.sync());
    auto tx = begin_read(s.store, tenant_id());
    CHECK((*tx->get<guarded::pad>(1))->value.approved_by.empty());
    CHECK(tx->scan(all<foreign_values>())->empty());
}

TEST_CASE("in-step schemas: what is kept of a row that is let go goes with it") {
    hub_of<older::pads> s;
    device_of<newer::pads, decltype(s)> a(s);
    REQUIRE(a.here.put(newer::pad{.id = 1, .colour = "red"}));
    REQUIRE(a.here.sync());
    CHECK(begin_read(s.store, tenant_id())->scan(all<foreign_values>())->size() == 1);
    REQUIRE(a.here.remove<newer::pad>(1));
    REQUIRE(a.here.sync());
    REQUIRE(s.hub.retire(tenant_id(), {.deletions_until = timestamp::max()}));
    CHECK(begin_read(s.store, tenant_id())->scan(all<foreign_values>())->empty());
}
