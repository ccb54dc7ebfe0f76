// SPDX-License-Identifier: BSL-1.0
// Goal: a client written by hand can synchronise by the JSON routes, and our own replicas do so as
// over the binary ones. Method: requests as texts, as people would write them; and the same random
// script of three devices over both kinds of link, which must end in equal stores.
#include "support/synced.hpp"
#include <syncfw/app/json_link.hpp>
#include <syncfw/app/json_routes.hpp>
#include <syncfw/conflict/merge_fields.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/testing/faulty_link.hpp>
#include <syncfw/testing/random.hpp>
#include <syncfw/transport/in_process.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;
using tests::synced::board;
using tests::synced::tag;
using tests::synced::task;

http::request json_request(std::string_view path, std::string_view body,
                           std::string_view type = "application/json") {
    http::request asked;
    asked.head.method = "POST";
    asked.head.path = std::string(path);
    asked.head.fields.add("Content-Type", std::string(type));
    asked.head.fields.add("Authorization", "Bearer any");
    asked.body = body;
    return asked;
}

/// The routes without a network between.
struct router_line {
    http::router* routes;
    std::function<void(std::string_view)> heard{};

    result<json_reply> ask(std::string_view path, std::string_view body) const {
        http::response given = (*routes)(json_request(path, body));
        if (heard) heard(given.body);
        return json_reply{given.status, std::move(given.body)};
    }
};

/// The same of the binary route.
struct binary_line {
    http::router* routes;

    result<std::string> exchange(std::string_view request) const {
        return (*routes)(json_request(http_link::path, request, http_link::media_type)).body;
    }
};

template <class Schema, class Policy = merge_fields>
struct served {
    memory::store<Schema> store{};
    server<world<memory::store<Schema>>, Policy> hub{store};
    poke_hub pokes{};
    http::router routes{trusting({.subject = "ann", .tenant = tenant_id("ann")})};

    served() { add_json_sync_routes(routes, hub, pokes); }

    http::response ask(std::string_view path, std::string_view body,
                       std::string_view type = "application/json") {
        return routes(json_request(path, body, type));
    }
    json_link<Schema, router_line> link() {
        return json_link<Schema, router_line>(router_line{&routes});
    }
};

std::string value_of(std::string_view text, std::string_view name) {
    const std::size_t at = text.find("\"" + std::string(name) + "\":\"");
    if (at == std::string_view::npos) return "nothing";
    const std::size_t begin = at + name.size() + 4;
    return std::string(text.substr(begin, text.find('"', begin) - begin));
}

constexpr std::string_view first_push =
    R"({"operations":[{"id":"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5","entity":"task",)"
    R"("changed":{"id":"5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11","title":"tea","rank":7}}]})";

std::string second_push(std::string_view id, std::string_view members) {
    return R"({"operations":[{"id":")" + std::string(id) +
           R"(","entity":"task","key":{"id":"5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11"},)" +
           std::string(members) + "}]}";
}

constexpr std::string_view an_id = "7d0f1c72-5b1d-4a52-9c86-0d6a3b1f7e12";
constexpr std::string_view another_id = "8e0f1c72-5b1d-4a52-9c86-0d6a3b1f7e13";

}  // namespace

TEST_CASE("json routes: a client written by hand pushes, and another pulls") {
    served<board> s;
    int poked = 0;
    const auto heard = s.pokes.subscribe(tenant_id("ann"), [&] { ++poked; });
    const http::response pushed = s.ask("/sync/push", first_push);
    CHECK(pushed.status == 200);
    CHECK(pushed.content_type == "application/json");
    CHECK(value_of(pushed.body, "outcome") == "applied");
    CHECK(pushed.body.find("\"version\":1") != std::string::npos);
    CHECK(poked == 1);
    const http::response pulled = s.ask("/sync/pull", "{}");
    CHECK(pulled.status == 200);
    CHECK(pulled.body.find(R"("title":"tea","rank":7)") != std::string::npos);
    // Once: nothing comes twice, and the next cursor stands where this one did.
    const std::string cursor = value_of(pulled.body, "cursor");
    const http::response next = s.ask("/sync/pull", R"({"cursor":")" + cursor + "\"}");
    CHECK(next.body.find("\"rows\":{}") != std::string::npos);
    CHECK(value_of(next.body, "cursor") == cursor);
}

TEST_CASE("once: a push without a time of writing that comes again gets its first answer") {
    served<board> s;
    CHECK(s.ask("/sync/push", first_push).status == 200);
    const http::response again = s.ask("/sync/push", first_push);
    CHECK(value_of(again.body, "outcome") == "applied");
    CHECK(again.body.find("\"version\":1") != std::string::npos);
    CHECK(*begin_read(s.store, tenant_id("ann"))->last_sequence() == 1);
}

TEST_CASE("json routes: a write without a time is the newest when it comes") {
    served<board, last_write_wins> s;
    memory::store<board> here;
    auto link = s.link();
    replica mine(here, link, tenant_id("ann"));
    REQUIRE(mine.put(task{.id = uuid::parse("5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11").value(),
                          .title = "coffee"}));
    REQUIRE(mine.sync());
    const http::response pushed =
        s.ask("/sync/push", second_push(an_id, R"("changed":{"title":"milk"})"));
    CHECK(value_of(pushed.body, "outcome") == "applied");
    REQUIRE(mine.sync());
    CHECK(mine.get<task>(uuid::parse("5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11").value())
              ->value()
              .title == "milk");
}

TEST_CASE("no-lost-write: who can't say what was before still changes a field to its first value") {
    served<board> s;
    REQUIRE(s.ask("/sync/push", first_push).status == 200);
    REQUIRE(s.ask("/sync/push", second_push(an_id, R"("base":1,"changed":{"rank":8})")).status ==
            200);
    // It is the empty title that a new row begins with, and nobody else changed the title.
    const http::response pushed =
        s.ask("/sync/push", second_push(another_id, R"("base":1,"changed":{"title":""})"));
    CHECK(pushed.status == 200);
    const http::response pulled = s.ask("/sync/pull", "{}");
    CHECK(pulled.body.find(R"("title":"","rank":8)") != std::string::npos);
}

TEST_CASE("json routes: two clients change different fields of a row, and both are kept") {
    served<board> s;
    REQUIRE(s.ask("/sync/push", first_push).status == 200);
    REQUIRE(s.ask("/sync/push", second_push(an_id, R"("base":1,"changed":{"rank":8})")).status ==
            200);
    const http::response pushed = s.ask(
        "/sync/push",
        second_push(another_id, R"("base":1,"before":{"title":"tea"},"changed":{"title":"milk"})"));
    CHECK(value_of(pushed.body, "outcome") == "merged");
    CHECK(pushed.body.find(R"("rank":8)") != std::string::npos);
    const http::response pulled = s.ask("/sync/pull", "{}");
    CHECK(pulled.body.find(R"("title":"milk","rank":8)") != std::string::npos);
}

TEST_CASE("json routes: what is refused as a whole has its status, its code and its field") {
    served<board> s;
    const http::response wrong = s.ask("/sync/push", second_push(an_id, R"("changed":{"x":1})"));
    CHECK(wrong.status == 400);
    CHECK(wrong.body.starts_with(R"({"success":false,"error":{"code":"VALIDATION_ERROR",)"
                                 R"("name":"unknown_field","message":)"));
    CHECK(value_of(wrong.body, "field") == "operations[0].changed.x");
    const http::response lost = s.ask("/sync/pull", R"({"cursor":"of another store"})");
    CHECK(lost.status == 410);
    CHECK(value_of(lost.body, "code") == "RESYNCHRONISE");
    CHECK(value_of(lost.body, "name") == "resynchronise");
    const http::response other =
        s.ask("/sync/push", R"({"layouts":{"task":"id:text,title:text"},"operations":[]})");
    CHECK(other.status == 409);
    CHECK(value_of(other.body, "field") == "layouts.task.id");
    CHECK(s.ask("/sync/pull", "{}", "text/plain").status == 415);
    CHECK(s.ask("/sync/pull", "{").status == 400);
}

TEST_CASE("json routes: too many operations are 413, and nothing of them takes effect") {
    memory::store<board> store;
    server hub(store, merge_fields(), {.operations_max = 1});
    poke_hub pokes;
    http::router routes{trusting({.subject = "ann", .tenant = tenant_id("ann")})};
    add_json_sync_routes(routes, hub, pokes);
    const http::response given = routes(json_request(
        "/sync/push",
        R"({"operations":[{"id":"7d0f1c72-5b1d-4a52-9c86-0d6a3b1f7e12","entity":"tag",)"
        R"("key":{"list":"a","number":1}},{"id":"8e0f1c72-5b1d-4a52-9c86-0d6a3b1f7e13",)"
        R"("entity":"tag","key":{"list":"a","number":2}}]})"));
    CHECK(given.status == 413);
    CHECK(*begin_read(store, tenant_id("ann"))->last_sequence() == 0);
    // A replica that hears it sends less at a time.
    memory::store<board> here;
    json_link<board, router_line> link(router_line{&routes});
    replica mine(here, link, tenant_id("ann"));
    for (std::int64_t i = 0; i < 5; ++i) REQUIRE(mine.put(tag{.list = "b", .number = i}));
    REQUIRE(mine.sync());
    CHECK(mine.status()->pending == 0);
    CHECK(*begin_read(store, tenant_id("ann"))->last_sequence() == 5);
}

TEST_CASE("json routes: a push that changes nothing pokes nobody") {
    served<board, server_wins> s;
    REQUIRE(s.ask("/sync/push", first_push).status == 200);
    int poked = 0;
    const auto heard = s.pokes.subscribe(tenant_id("ann"), [&] { ++poked; });
    const http::response pushed =
        s.ask("/sync/push", second_push(an_id, R"("changed":{"title":"milk"})"));
    CHECK(value_of(pushed.body, "outcome") == "superseded");
    CHECK(poked == 0);
}

TEST_CASE("sync routes: a binary push that changes nothing pokes nobody either") {
    served<board, server_wins> s;
    add_sync_routes(s.routes, s.hub, s.pokes);
    int poked = 0;
    const auto heard = s.pokes.subscribe(tenant_id("ann"), [&] { ++poked; });
    binary_line line{&s.routes};
    memory::store<board> first, second;
    replica phone(first, line, tenant_id("ann")), desk(second, line, tenant_id("ann"));
    const uuid id = new_uuid();
    REQUIRE(phone.put(task{.id = id, .title = "tea"}));
    REQUIRE(phone.sync());
    CHECK(poked == 1);
    REQUIRE(desk.put(task{.id = id, .title = "milk"}));
    REQUIRE(desk.sync());
    CHECK(desk.get<task>(id)->value().title == "tea");
    CHECK(poked == 1);
}

TEST_CASE("json link: what stands before the engine is a failure of the transport") {
    struct answering {
        int status;
        std::string body;
        result<json_reply> ask(std::string_view, std::string_view) const {
            return json_reply{status, body};
        }
    };
    const std::string request = encode(pull_message());
    const auto seen = [&](int status, std::string body) {
        json_link<board, answering> link(answering{status, std::move(body)});
        return link.exchange(request);
    };
    const std::string plain = R"({"success":false,"error":{"code":"UNAUTHORIZED","message":"x"}})";
    CHECK(seen(401, plain).error().code == errc::unauthorized);
    CHECK(seen(429, "wait").error().code == errc::rate_limited);
    CHECK(seen(502, "<html>").error().code == errc::timed_out);
    CHECK(seen(200, "<html>").error().code == errc::malformed);
    const auto refused = seen(
        409, R"({"success":false,"error":{"code":"X","name":"schema_mismatch","message":"m"}})");
    REQUIRE(refused);
    CHECK(decode<failure_message>(*refused)->why.code == errc::schema_mismatch);
    json_link<board, answering> link(answering{200, ""});
    CHECK(link.exchange("no message").error().code == errc::unsupported_format);
}

// --- the same script over both -------------------------------------------------------------------

namespace {

/// Time and chance that are the same for every run.
struct scripted {
    struct state {
        std::int64_t now = 1'790'000'000'000'000;
        testing::random_source random;
    };
    std::shared_ptr<state> is;

    [[nodiscard]] timestamp now() const { return timestamp::from_microseconds(is->now += 1'000); }
    [[nodiscard]] std::uint64_t random() const { return is->random.next(); }
    void pause(std::int64_t) const {}
};
scripted scripted_by(std::uint64_t seed) {
    return {
        std::make_shared<scripted::state>(scripted::state{.random = testing::random_source(seed)})};
}

using board_store = memory::store<board>;
using board_world = world<board_store, scripted>;

/// A server and three devices; `make_link` says how they reach it.
template <class MakeLink>
struct played {
    using link_type = decltype(std::declval<MakeLink&>()(std::declval<server<board_world, park>&>(),
                                                         std::declval<http::router&>()));

    struct device {
        board_store store{};
        link_type link;
        testing::faulty_link<link_type> line;
        replica<board_world, testing::faulty_link<link_type>> own;

        device(link_type through, std::uint64_t seed)
            : link(std::move(through)),
              line(link, {.lost_requests = 60, .lost_answers = 60, .doubled = 60, .late = 60},
                   seed),
              own(store, line, tenant_id("ann"), {.operations_max = 4, .rows_max = 5},
                  scripted_by(seed)) {}
    };

    played(MakeLink make_link, std::uint64_t seed)
        : hub(hub_store, park(), {}, scripted_by(seed + 100)), random(seed) {
        add_json_sync_routes(routes, hub, pokes);
        for (std::uint64_t i = 0; i < 3; ++i)
            devices.push_back(std::make_unique<device>(make_link(hub, routes), seed * 10 + i));
    }

    void act(device& who) {
        std::array<std::uint8_t, 16> id{7};
        id[15] = static_cast<std::uint8_t>(random.below(5));
        const uuid at(id);
        const std::string text = "text " + std::to_string(random.below(1'000));
        switch (random.below(8)) {
            case 0: (void)who.own.put(task{.id = at, .title = text}); break;
            case 1: (void)who.own.template patch<task>(at, [&](task& t) { t.title = text; }); break;
            case 2: (void)who.own.template patch<task>(at, [](task& t) { t.votes += 3; }); break;
            case 3: (void)who.own.template remove<task>(at); break;
            case 4: (void)who.own.put(tag{.list = "\"" + text + "\n\xC3\xA9", .number = -1}); break;
            case 5:
                (void)who.own.template patch<tag>(std::tuple<std::string, std::int64_t>("l", 1),
                                                  [&](tag& t) { t.words.insert(text); });
                (void)who.own.put(tag{.list = "l", .number = 1, .words = {text}});
                break;
            case 6:
                for (const auto& each : who.own.conflicts().value())
                    (void)who.own.resolve(each.id, random.chance(500) ? side::mine : side::theirs);
                break;
            default: (void)who.own.full_sync();
        }
    }

    std::string play() {
        for (int i = 0; i < 150; ++i) {
            device& who = *devices[random.below(3)];
            act(who);
            if (random.chance(400)) (void)who.own.sync();
        }
        for (auto& each : devices) each->line.stop();
        for (int i = 0; i < 4; ++i)
            for (auto& each : devices) REQUIRE(each->own.sync());
        std::string all = rows_of(hub_store);
        for (auto& each : devices) all += rows_of(each->store);
        return all;
    }

    static std::string rows_of(board_store& store) {
        auto tx = begin_read(store, tenant_id("ann"));
        std::string text = "store\n";
        board::for_each([&]<class T>(of<T>) {
            for (const record<T>& each : *tx->scan(all<T>()))
                text += json::encode(each.value) + std::to_string(each.version()) +
                        (each.is_deleted() ? " deleted " : " ") +
                        std::to_string(each.written().value()) + " " +
                        to_string(each.written().origin()) + " " +
                        std::string(to_string(each.status())) + "\n";
        });
        for (const record<parked_conflict>& each : *tx->scan(all<parked_conflict>()))
            text += to_string(each.value.id) + " " + each.value.row_key + "\n";
        return text;
    }

    board_store hub_store{};
    server<board_world, park> hub;
    poke_hub pokes{};
    http::router routes{trusting({.subject = "ann", .tenant = tenant_id("ann")})};
    testing::random_source random;
    std::vector<std::unique_ptr<device>> devices{};
};

}  // namespace

TEST_CASE("json link: the same script over binary and over JSON ends in equal stores") {
    std::size_t longest = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        INFO("seed " << seed);
        played over_binary(
            [](auto& hub, http::router&) {
                return in_process_link(hub, caller{tenant_id("ann"), "ann"});
            },
            seed);
        played over_json(
            [](auto&, http::router& routes) {
                return json_link<board, router_line>(router_line{&routes});
            },
            seed);
        const std::string wanted = over_binary.play();
        REQUIRE(over_json.play() == wanted);
        longest = std::max(longest, wanted.size());
    }
    CHECK(longest > 2'000);
}

// --- other programs ------------------------------------------------------------------------------

namespace {

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
    std::optional<std::string> colour{};
    std::string words{};
    set_of<std::string> marks{};
    static constexpr auto sync_entity = entity<"pad">(field<&pad::id>(primary_key));
};
using pads = schema<pad>;
}  // namespace newer

namespace nullable {
struct pad {
    std::int64_t id = 0;
    std::optional<std::string> words{};
    static constexpr auto sync_entity = entity<"pad">(field<&pad::id>(primary_key));
};
using pads = schema<pad>;
}  // namespace nullable

template <class Schema>
struct pad_device {
    memory::store<Schema> store{};
    json_link<Schema, router_line> link;
    replica<world<memory::store<Schema>>, json_link<Schema, router_line>> own{store, link,
                                                                              tenant_id("ann")};
    explicit pad_device(http::router& routes) : link(router_line{&routes}) {}
};

}  // namespace

TEST_CASE("own-fields: over JSON too, an older server gives back what it doesn't know") {
    served<older::pads> s;
    pad_device<newer::pads> a(s.routes), c(s.routes);
    pad_device<older::pads> b(s.routes);
    REQUIRE(a.own.put(newer::pad{.id = 1, .colour = "red", .words = "one", .marks = {"x"}}));
    REQUIRE(a.own.sync());
    REQUIRE(b.own.sync());
    REQUIRE(b.own.patch<older::pad>(1, [](older::pad& p) { p.words = "two"; }));
    REQUIRE(b.own.sync());
    REQUIRE(a.own.sync());
    REQUIRE(c.own.sync());
    for (auto* each : {&a, &c}) {
        const newer::pad seen = each->own.get<newer::pad>(1)->value();
        CHECK(seen.words == "two");
        CHECK(seen.colour == "red");
        CHECK(seen.marks.contains("x"));
    }
    CHECK(a.own.status()->pending == 0);
}

TEST_CASE("own-fields: without a layout, a field that the server doesn't know is refused") {
    served<older::pads> s;
    const http::response given =
        s.ask("/sync/push",
              R"({"operations":[{"id":"7d0f1c72-5b1d-4a52-9c86-0d6a3b1f7e12","entity":"pad",)"
              R"("changed":{"id":1,"colour":"red"}}]})");
    CHECK(given.status == 400);
    CHECK(value_of(given.body, "field") == "operations[0].changed.colour");
}

TEST_CASE("in-step schemas: over JSON too, a null becomes what a row without the field gets") {
    served<older::pads> s;
    pad_device<nullable::pads> a(s.routes);
    pad_device<older::pads> b(s.routes);
    REQUIRE(a.own.put(nullable::pad{.id = 1}));
    REQUIRE(a.own.sync());
    CHECK(a.own.status()->failed == 0);
    REQUIRE(b.own.sync());
    CHECK(b.own.get<older::pad>(1)->value().words.empty());
    served<nullable::pads> other;
    pad_device<nullable::pads> c(other.routes);
    pad_device<older::pads> d(other.routes);
    REQUIRE(c.own.put(nullable::pad{.id = 2}));
    REQUIRE(c.own.sync());
    REQUIRE(d.own.sync());
    CHECK(d.own.get<older::pad>(2)->value().words.empty());
}
