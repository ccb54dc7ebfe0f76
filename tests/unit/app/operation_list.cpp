// SPDX-License-Identifier: BSL-1.0
#include <syncfw/app/background.hpp>
#include <syncfw/app/operation_list.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <string>

namespace {

using syncfw::document;
using syncfw::timestamp;

document object(std::initializer_list<document::member> members) {
    return document::object(members);
}

const timestamp noon = timestamp::parse("2024-01-15T12:00:00Z").value();

document whole() {
    return object({{"id", "op-1"},
                   {"type", "delete"},
                   {"entity", "book"},
                   {"entityId", "b1"},
                   {"timestamp", "2024-01-15T10:30:00Z"},
                   {"synced", false}});
}

}  // namespace

TEST_CASE("operation: all of it is read, and what isn't known is read over") {
    const auto read = syncfw::read_operation(whole(), noon);
    REQUIRE(read);
    CHECK(read->id == "op-1");
    CHECK(read->kind == syncfw::write_kind::remove);
    CHECK(read->entity == "book");
    CHECK(read->key == "b1");
    CHECK(to_string(read->at) == "2024-01-15T10:30:00.000000Z");
    CHECK(read->data == document::object());
}

TEST_CASE("operation: without a time it was written now, and without an id it has none") {
    document given = whole();
    given.erase("timestamp");
    given.set("id", nullptr);
    const auto read = syncfw::read_operation(given, noon);
    REQUIRE(read);
    CHECK(read->at == noon);
    CHECK(read->id.empty());
}

TEST_CASE("operation: what is wrong is named") {
    CHECK_FALSE(syncfw::read_operation(document(3), noon));
    for (const char* name : {"type", "entity", "entityId"}) {
        document lacking = whole(), wrong = whole();
        lacking.erase(name);
        wrong.set(name, 3);
        CHECK(syncfw::read_operation(lacking, noon).error().field == name);
        CHECK(syncfw::read_operation(wrong, noon).error().field == name);
    }
    document paints = whole(), late = whole();
    paints.set("type", "paint");
    late.set("timestamp", "tomorrow");
    CHECK(syncfw::read_operation(paints, noon).error().field == "type");
    CHECK(syncfw::read_operation(late, noon).error().field == "timestamp");
}

TEST_CASE("operation: a result tells its conflict, or its error, and nothing of the inside") {
    const syncfw::timed_write asked{.id = "op-1", .entity = "book", .key = "b1"};
    const document fine = syncfw::to_document(asked, {});
    CHECK(fine ==
          object({{"id", "op-1"}, {"status", "success"}, {"entity", "book"}, {"entityId", "b1"}}));
    const document met = syncfw::to_document(asked, {.status = syncfw::write_status::conflict,
                                                     .resolution = "merged",
                                                     .data = object({{"id", "b1"}})});
    CHECK(*met.find("resolution")->text() == "merged");
    CHECK(met.find("data")->find("id") != nullptr);
    const document bad = syncfw::to_document(
        asked, {.status = syncfw::write_status::error,
                .why = {.code = syncfw::errc::invalid_value, .message = "bad", .field = "title"}});
    CHECK(*bad.find("code")->text() == "VALIDATION_ERROR");
    CHECK(*bad.find("message")->text() == "bad");
    CHECK(*bad.find("field")->text() == "title");
    const document ours = syncfw::to_document(
        asked, {.status = syncfw::write_status::error,
                .why = {.code = syncfw::errc::corrupted, .message = "page 7 of /var/lib/x.db"}});
    CHECK(ours.find("message")->text()->find("x.db") == std::string::npos);
}

TEST_CASE("background: a step comes at once, and another when it is woken") {
    std::atomic<int> steps{0};
    {
        syncfw::background worker([&] {
            steps.fetch_add(1);
            steps.notify_all();
            return std::int64_t{3'600} * 1'000'000;
        });
        steps.wait(0);
        worker.wake();
        steps.wait(1);
    }
    CHECK(steps >= 2);
}
