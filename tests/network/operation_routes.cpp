// SPDX-License-Identifier: BSL-1.0
// Goal: no request and no declaration harms the routes of operations. Method: requests to the
// service's router, without a network between.
#include <syncfw/app/operation_routes.hpp>
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/memory.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

/// It doesn't keep when it came to the server.
struct plain_note {
    std::string id{};
    std::string title{};
    static constexpr auto sync_entity = entity<"note">(field<&plain_note::id>(primary_key));
};
struct timed_note {
    std::string id{};
    timestamp came{};
    static constexpr auto sync_entity = entity<"timed">(field<&timed_note::id>(primary_key),
                                                        field<&timed_note::came>(last_sync_at));
};
using notes = schema<plain_note, timed_note, queued_write>;

struct scene {
    std::FILE* file = std::tmpfile();
    memory::store<notes> store{};
    service_events told{logger(file, log_level::info)};
    server<world<memory::store<notes>, observed<service_events>>, last_write_wins> hub{
        store, {}, {.field_times = true}, observed(told)};
    service served{hub, told, trusting({.subject = "ann", .tenant = tenant_id("ann")})};
    sync_rates rates{};
    operation_routes<decltype(hub)> operations{hub, store, served, told, rates};

    scene() { operations.add(); }
    ~scene() { std::fclose(file); }

    http::response ask(std::string_view method, std::string_view path, std::string body = {}) {
        http::request asked;
        asked.head.method = method;
        asked.head.path = path;
        asked.head.fields.add("Authorization", "Bearer x");
        if (!body.empty()) asked.head.fields.add("Content-Type", "application/json");
        asked.body = std::move(body);
        return served.routes()(std::move(asked));
    }
    http::response send(const std::string& operations_text) {
        return ask("POST", "/api/sync/operations", R"({"operations":[)" + operations_text + "]}");
    }
    [[nodiscard]] std::string log() const {
        std::fflush(file);
        std::rewind(file);
        std::string text(1 << 20, '\0');
        text.resize(std::fread(text.data(), 1, text.size(), file));
        return text;
    }
};

std::string repeated(std::string_view one, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all.append(i == 0 ? "" : ",").append(one);
    return all;
}
std::size_t lines_with(const std::string& text, std::string_view what) {
    std::size_t count = 0, at = 0;
    while ((at = text.find(what, at)) != std::string::npos) ++count, ++at;
    return count;
}
bool has(const http::response& given, std::string_view text) {
    return given.body.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("operations: the status of rows that don't keep when they came has no last sync") {
    scene s;
    REQUIRE(has(s.send(R"({"id":"a","type":"create","entity":"note","entityId":"n","data":{}})"),
                R"("status":"success")"));
    const http::response plain = s.ask("GET", "/api/sync/status");
    CHECK(plain.status == 200);
    CHECK_FALSE(has(plain, R"("lastSync":")"));
    REQUIRE(has(s.send(R"({"id":"b","type":"create","entity":"timed","entityId":"t","data":{}})"),
                R"("status":"success")"));
    CHECK(has(s.ask("GET", "/api/sync/status"), R"("lastSync":")"));
}

TEST_CASE("operations: more than a request may have are refused as a whole") {
    scene s;
    const http::response most = s.send(repeated("{}", 1'000));
    CHECK(most.status == 200);
    const http::response more = s.send(repeated("{}", 1'001));
    CHECK(more.status == 413);
    CHECK(has(more, R"("field":"operations")"));
}

TEST_CASE("operations: a request is one line of the log, and says what failed") {
    scene s;
    (void)s.send(repeated(R"({"type":"paint","entity":"note","entityId":"n"})", 500));
    const std::string text = s.log();
    CHECK(lines_with(text, "\n") <= 3);
    CHECK(lines_with(text, R"("msg":"operations")") == 1);
    CHECK(lines_with(text, R"("failures":500)") == 1);
    CHECK(lines_with(text, "type must be create") == 1);
}
