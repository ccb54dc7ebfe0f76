// SPDX-License-Identifier: BSL-1.0
// Goal: the routes of rows say over HTTP what the row server says. Method: requests without a
// network between.
#include <syncfw/app/openapi.hpp>
#include <syncfw/app/row_routes.hpp>
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/memory.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct task {
    uuid id{};
    std::string title{};
    bool is_done = false;
    std::int64_t version = 0;
    timestamp updated_at{};
    static constexpr auto sync_entity = entity<"task">(
        field<&task::id>(primary_key), field<&task::title>(required),
        field<&task::version>(is::version), field<&task::updated_at>(is::updated_at));
};
using tasks = schema<task>;

struct scene {
    memory::store<tasks> store{};
    server<world<memory::store<tasks>>, last_write_wins> hub{
        store, {}, server_options{.times_of_arrival = true}};
    row_server<world<memory::store<tasks>>, last_write_wins> rows{hub};
    poke_hub pokes{};
    http::router routes{[](std::string_view token) -> result<principal> {
        if (token != "ann") return error{.code = errc::unauthorized};
        return principal{.subject = "ann", .tenant = tenant_id("acme")};
    }};

    scene() {
        add_row_routes(routes, rows, pokes, "/rows");
        add_row_pull(routes, rows, "/rows/open", "Gives what is open",
                     [](const record<task>& row) { return !row.value.is_done; });
        add_conflict_routes(routes, hub, pokes, "/rows/conflicts", http::needs_token);
        add_stream_route(routes, pokes, "/rows/stream", http::needs_token);
    }

    http::response ask(std::string_view path, std::string_view body, std::string_view key = {},
                       std::string_view type = "application/json", std::string_view who = "ann",
                       std::string_view method = "POST") {
        http::request asked;
        asked.head.method = method;
        asked.head.path = path;
        asked.head.fields.add("Content-Type", std::string(type));
        asked.head.fields.add("Authorization", "Bearer " + std::string(who));
        if (!key.empty()) asked.head.fields.add("Idempotency-Key", std::string(key));
        asked.body = body;
        return routes(std::move(asked));
    }
};

constexpr std::string_view one_task = R"({"changes":{"task":[{"title":"tea"}]}})";

bool has(const http::response& given, std::string_view text) {
    return given.body.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("row_routes: what is pushed is answered, and pulled") {
    scene s;
    const http::response pushed = s.ask("/rows/push", one_task);
    CHECK(pushed.status == 200);
    CHECK(has(pushed, R"("title":"tea")"));
    CHECK(has(s.ask("/rows/pull", "{}"), R"({"success":true,"data":{"task":[{)"));
    CHECK(has(s.ask("/rows/pull", R"({"entityTypes":["cup"]})"), R"("warnings":[)"));
}

TEST_CASE("row_routes: refusals have their statuses and fields") {
    scene s;
    const http::response wrong = s.ask("/rows/push", R"({"changes":{"task":[{"title":""}]}})");
    CHECK(wrong.status == 400);
    CHECK(has(wrong, R"("field":"changes.task[0].title")"));
    CHECK(s.ask("/rows/push", one_task, {}, "text/plain").status == 415);
    CHECK(s.ask("/rows/pull", "{}", {}, "text/plain").status == 415);
    CHECK(s.ask("/rows/push", one_task, {}, "application/json", "bob").status == 401);
    CHECK(s.ask("/rows/pull", R"({"limit":0})").status == 400);
    CHECK(s.ask("/rows/pull", R"({"cursor":"x"})").status == 400);
    CHECK(has(s.ask("/rows/pull", "{}"), R"("data":{"task":[]})"));
}

TEST_CASE("row_routes: a repeated key gives the same bytes, and another body is a conflict") {
    scene s;
    const http::response first = s.ask("/rows/push", one_task, "k");
    CHECK(s.ask("/rows/push", one_task, "k").body == first.body);
    const http::response other = s.ask("/rows/push", R"({"changes":{}})", "k");
    CHECK(other.status == 409);
    CHECK(has(other, "CONFLICT_DETECTED"));
}

TEST_CASE("row_routes: a push that changed something pokes its tenant, and no other does") {
    scene s;
    int heard = 0, others = 0;
    const auto ann = s.pokes.subscribe(tenant_id("acme"), [&] { ++heard; });
    const auto bob = s.pokes.subscribe(tenant_id("bob"), [&] { ++others; });
    REQUIRE((ann && bob));
    (void)s.ask("/rows/push", one_task, "k");
    CHECK(heard == 1);
    (void)s.ask("/rows/push", one_task, "k");
    (void)s.ask("/rows/push", R"({"changes":{"task":[{"title":""}]}})");
    (void)s.ask("/rows/push", R"({"changes":{}})");
    (void)s.ask("/rows/pull", "{}");
    CHECK(heard == 1);
    CHECK(others == 0);
}

TEST_CASE("row_routes: a pull of a part gives that part") {
    scene s;
    (void)s.ask("/rows/push",
                R"({"changes":{"task":[{"title":"tea"},{"title":"cake","is_done":true}]}})");
    const http::response given = s.ask("/rows/open", "{}");
    CHECK(has(given, "tea"));
    CHECK_FALSE(has(given, "cake"));
}

TEST_CASE("row_routes: conflicts and the stream stand at the paths that were asked for") {
    scene s;
    const auto status = [&](std::string_view method, std::string_view path, std::string_view body) {
        return s.ask(path, body, {}, "application/json", "ann", method).status;
    };
    CHECK(status("GET", "/rows/conflicts", "") == 200);
    CHECK(status("GET", "/rows/stream", "") == 200);
    CHECK(status("POST", "/rows/conflicts/0192f0c1-7a3b-7c4d-8e5f-60718293a4b5/resolve",
                 R"({"take":"mine"})") == 404);
    CHECK(status("GET", "/sync/conflicts", "") == 404);
}

TEST_CASE("row_routes: an API's description has the rows that are pushed") {
    scene s;
    const std::string text = openapi_of(s.routes, {.title = "Tasks"});
    for (const char* const path : {"/rows/push", "/rows/pull", "/rows/open", "/rows/conflicts",
                                   "/rows/conflicts/{id}/resolve", "/rows/stream"})
        CHECK(text.find("\"" + std::string(path) + "\"") != std::string::npos);
    CHECK(text.find(R"("task":{"type":"array")") != std::string::npos);
    CHECK(text.find("lastSyncTimestamp") != std::string::npos);
    CHECK(json::decode_document(text));
}
