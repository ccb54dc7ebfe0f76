// SPDX-License-Identifier: BSL-1.0
// A whole service, with devices that reach it by HTTP.
#include <syncfw/app/openapi.hpp>
#include <syncfw/app/poke_listener.hpp>
#include <syncfw/app/service.hpp>
#include <syncfw/security/jwt.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/transport/http/gzip_bodies.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct book {
    uuid id{};
    std::string title{};
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
using library = schema<book>;

constexpr std::string_view key_text = "a key of the tests, which is long enough for HS256";

jwt_key key_of_tests() {
    return jwt_key::from_secret(secret<std::string>(std::string(key_text))).value();
}

std::string token_of(const std::string& subject, const std::string& tenant,
                     std::int64_t lasts_seconds = 3'600) {
    const timestamp now = system_environment().now();
    const auto in = [&](std::int64_t seconds) {
        return timestamp::from_microseconds(now.microseconds_since_epoch() + seconds * 1'000'000);
    };
    return mint(key_of_tests(), {.subject = subject,
                                 .tenant = tenant,
                                 .issued_at = in(-10),
                                 .expires_at = in(lasts_seconds)})
        .value();
}

struct scene {
    explicit scene(service_options options = {}, http::token_check check = {})
        : hub(store, last_write_wins(), {}, observed(told)),
          tokens(jwt_keys::from_secret(secret<std::string>(std::string(key_text))).value()),
          served(hub, told, check ? std::move(check) : checked_by(tokens), std::move(options)) {
        REQUIRE(served.listen());
        thread = std::thread([this] { (void)served.run(); });
    }
    ~scene() {
        served.stop();
        thread.join();
        std::fclose(log);
    }
    [[nodiscard]] std::string address() const {
        return "http://127.0.0.1:" + std::to_string(served.port());
    }
    [[nodiscard]] http::answer get(std::string path, std::string token = {}) {
        auto line = http::client::make(address(), {.token = [&] { return secret(token); }});
        auto got = line->ask({.path = std::move(path)});
        REQUIRE_MESSAGE(got, (got ? std::string() : to_string(got.error())));
        return *got;
    }

    [[nodiscard]] std::string logged() const {
        std::fflush(log);
        std::rewind(log);
        std::string text(1 << 20, '\0');
        text.resize(std::fread(text.data(), 1, text.size(), log));
        return text;
    }

    std::FILE* log = std::tmpfile();
    sqlite::store<library> store = sqlite::open<library>(":memory:").value();
    service_events told{logger(log, log_level::debug)};
    server<world<sqlite::store<library>, observed<service_events>>, last_write_wins> hub;
    jwt_verifier tokens;
    service served;
    std::thread thread{};
};

struct device {
    device(const scene& with, const std::string& subject, const std::string& tenant)
        : link(http_link::make(
                   with.address(),
                   {.token = [=] { return secret<std::string>(token_of(subject, tenant)); }})
                   .value()),
          mine(here, link, tenant_id(tenant)) {}
    memory::store<library> here{};
    http_link link;
    replica<world<memory::store<library>>, http_link> mine;
};

}  // namespace

TEST_CASE("service: two devices of one person meet, and another person sees nothing") {
    scene s;
    device phone(s, "ann", "ann"), desk(s, "ann", "ann"), other(s, "bob", "bob");
    const uuid id = new_uuid();
    REQUIRE(phone.mine.put(book{.id = id, .title = "Dune"}));
    REQUIRE(phone.mine.sync());
    REQUIRE(desk.mine.sync());
    REQUIRE(other.mine.sync());
    CHECK(desk.mine.get<book>(id)->value().title == "Dune");
    CHECK(!other.mine.get<book>(id)->has_value());
}

TEST_CASE("service: wrong, forged and ended tokens are 401, all alike") {
    scene s;
    const std::string right = token_of("ann", "ann"), ended = token_of("ann", "ann", -120);
    std::string forged = right;
    forged[forged.size() / 2] = forged[forged.size() / 2] == 'a' ? 'b' : 'a';
    const http::answer status = s.get("/sync/status", right);
    CHECK(status.status == 200);
    CHECK(status.body == R"({"success":true,"lastSequence":0,"conflicts":0})");
    const std::string body = s.get("/sync/status").body;
    for (const std::string& each : {ended, forged, std::string("x.y.z"), std::string("none")}) {
        const http::answer got = s.get("/sync/status", each);
        CHECK(got.status == 401);
        CHECK(got.body == body);
    }
}

TEST_CASE("service: health and metrics are for all, and tell nobody's names") {
    scene s;
    device phone(s, "a-name-of-somebody", "a-name-of-somebody");
    REQUIRE(phone.mine.put(book{.id = new_uuid()}));
    REQUIRE(phone.mine.sync());
    const http::answer health = s.get("/health");
    CHECK(health.status == 200);
    CHECK(health.body == R"({"status":"ok","checks":{"database":{"status":"ok"}}})");
    CHECK(s.get("/health/live").status == 200);
    const http::answer metrics = s.get("/metrics");
    CHECK(metrics.field("Content-Type").starts_with("text/plain; version=0.0.4"));
    CHECK(metrics.body.find(R"(syncfw_push_operations_total{entity="book",outcome="applied"} 1)") !=
          std::string::npos);
    CHECK(metrics.body.find(R"(route="/sync/messages")") != std::string::npos);
    CHECK(metrics.body.find("a-name-of-somebody") == std::string::npos);
}

TEST_CASE("service: the description of its API says what a status is") {
    scene s;
    const std::string said = openapi_of(s.served.routes(), {.title = "x", .version = "1"});
    CHECK(said.find("\"lastSequence\":{\"type\":\"integer\"") != std::string::npos);
}

TEST_CASE("T29: who asks too often is told how long to wait, others are not kept from asking") {
    scene s({.limit = token_bucket{.tokens = 1, .period_microseconds = 3'600'000'000, .burst = 3}});
    const std::string ann = token_of("ann", "ann"), bob = token_of("bob", "bob");
    for (int i = 0; i < 3; ++i) CHECK(s.get("/sync/status", ann).status == 200);
    const http::answer refused = s.get("/sync/status", ann);
    CHECK(refused.status == 429);
    CHECK(!refused.field("Retry-After").empty());
    CHECK(s.get("/sync/status", bob).status == 200);
    device phone(s, "ann", "ann");
    const auto seen = phone.mine.sync();
    REQUIRE(!seen);
    CHECK(seen.error().code == errc::rate_limited);
    CHECK(phone.link.retry_after() > 0);
}

TEST_CASE("service: a window lets in its number, to the number, of each subject") {
    scene s({.window = fixed_window{.limit = 3, .window_microseconds = 3'600'000'000}});
    const std::string ann = token_of("ann", "ann"), bob = token_of("bob", "bob");
    for (int i = 0; i < 3; ++i) CHECK(s.get("/sync/status", ann).status == 200);
    const http::answer refused = s.get("/sync/status", ann);
    CHECK(refused.status == 429);
    CHECK(std::stoi(std::string(refused.field("Retry-After"))) > 3'500);
    CHECK(s.get("/sync/status", bob).status == 200);
    CHECK(s.get("/health").status == 200);
}

TEST_CASE("T29: tokens that are refused are counted by address, and good ones go on") {
    // An hour for each further one: the clock plays no part here.
    scene s({.limit_refused =
                 token_bucket{.tokens = 1, .period_microseconds = 3'600'000'000, .burst = 3}});
    const std::string right = token_of("ann", "ann");
    CHECK(s.get("/sync/status", "wrong").status == 401);
    CHECK(s.get("/sync/status").status == 401);
    CHECK(s.get("/sync/status", right).status == 200);
    CHECK(s.get("/sync/status", "wrong too").status == 401);
    const http::answer refused = s.get("/sync/status", "and wrong");
    CHECK(refused.status == 429);
    CHECK(refused.body.find("RATE_LIMITED") != std::string::npos);
    CHECK(std::stoi(std::string(refused.field("Retry-After"))) > 1'000);
    CHECK(s.get("/sync/status", right).status == 200);
    CHECK(s.get("/health").status == 200);
}

TEST_CASE("T29: an IPv6 customer's addresses are one") {
    using detail::network_of;
    CHECK(network_of("2001:db8:0:1::1") == network_of("2001:db8:0:1:ffff::2"));
    CHECK(network_of("2001:db8:0:1::1") != network_of("2001:db8:0:2::1"));
    CHECK(network_of("192.0.2.1") != network_of("192.0.2.2"));
    CHECK(network_of("::ffff:192.0.2.1") != network_of("::ffff:192.0.2.2"));
}

TEST_CASE("T28: a subject has so many streams and no more, of both kinds together") {
    scene s({.routes = {.streams_max = 2}});
    const auto stream = [&](const std::string& who) {
        auto line = http::client::make(
            s.address(), {.token = [=] { return secret<std::string>(token_of(who, who)); }});
        http::question asked{.path = "/sync/stream"};
        asked.fields.add("Upgrade", "websocket");
        asked.fields.add("Connection", "Upgrade");
        asked.fields.add("Sec-WebSocket-Version", "13");
        asked.fields.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        return line->upgrade(asked);
    };
    auto first = stream("ann"), second = stream("ann");
    REQUIRE(first);
    REQUIRE(second);
    const auto third = stream("ann");
    REQUIRE(!third);
    CHECK(third.error().message.find("429") != std::string::npos);
    const http::answer events = s.get("/sync/stream", token_of("ann", "ann"));
    CHECK(events.status == 429);
    CHECK(events.body.find("too many streams") != std::string::npos);
    CHECK(!events.field("Retry-After").empty());
    CHECK(stream("bob"));
    // One that ends makes room for another, as soon as the server has heard of it.
    second->line.close();
    bool has_room = false;
    for (int tries = 0; tries < 20'000 && !has_room; ++tries) has_room = stream("ann").has_value();
    CHECK(has_room);
}

TEST_CASE("T16: packed bodies are taken and given, and a bomb is refused") {
    scene s({.around = [](http::router& routes) {
        return http::with_gzip(routes, {.unpacked_bytes_max = 100'000});
    }});
    auto line = http::client::make(s.address());
    http::fields takes;
    takes.add("Accept-Encoding", "br, gzip;q=0.5");
    const auto metrics = line->ask({.path = "/metrics", .fields = takes});
    REQUIRE(metrics);
    CHECK(metrics->field("Content-Encoding") == "gzip");
    buffer plain;
    REQUIRE(gzip_reader().decompress(metrics->body, plain));
    CHECK(plain.view().find("syncfw_pushes_total") != std::string_view::npos);

    const auto post = [&](std::string_view path, std::string_view body, const std::string& token) {
        auto sender =
            http::client::make(s.address(), {.token = [&] { return secret<std::string>(token); }});
        http::fields says;
        says.add("Content-Encoding", "gzip");
        const auto got = sender->ask(
            {.method = "POST", .path = std::string(path), .body = body, .fields = says});
        REQUIRE(got);
        return got->status;
    };
    buffer packed;
    gzip_writer().compress(std::string(10'000'000, 'x'), packed);
    const std::string right = token_of("ann", "ann");
    CHECK(post(http_link::path, packed.view(), right) == 413);
    CHECK(post(http_link::path, "no", right) == 400);
    // Nothing is unpacked for who may not ask, or asks for what isn't there.
    CHECK(post(http_link::path, packed.view(), "wrong") == 401);
    CHECK(post(http_link::path, "no", "wrong") == 401);
    CHECK(post("/x", "no", right) == 404);
}

TEST_CASE("T29: a subject is one of its tenant") {
    scene s({.limit = token_bucket{.tokens = 1, .period_microseconds = 3'600'000'000, .burst = 1}});
    CHECK(s.get("/sync/status", token_of("ann", "acme")).status == 200);
    CHECK(s.get("/sync/status", token_of("ann", "acme")).status == 429);
    CHECK(s.get("/sync/status", token_of("ann", "globex")).status == 200);
    // Whatever the names are, no two of them are taken for one.
    CHECK(detail::rate_key({.subject = "bc", .tenant = tenant_id("a")}) !=
          detail::rate_key({.subject = "c", .tenant = tenant_id("ab")}));
}

TEST_CASE("T27: an address has so many connections to a service and no more") {
    scene s({.connections_per_address = 1});
    auto first = http::client::make(s.address()), second = http::client::make(s.address());
    REQUIRE(first->ask({.path = "/health/live"}));
    CHECK(!second->ask({.path = "/health/live"}));
    CHECK(first->ask({.path = "/health/live"}));
}

TEST_CASE("T29: tokens that are refused beyond the limit fill no log") {
    scene s({.limit_refused =
                 token_bucket{.tokens = 1, .period_microseconds = 3'600'000'000, .burst = 2}});
    for (int i = 0; i < 10; ++i) (void)s.get("/sync/status", "wrong");
    const std::string text = s.logged();
    std::size_t lines = 0;
    for (std::size_t at = text.find("token refused"); at != std::string::npos;
         at = text.find("token refused", at + 1))
        ++lines;
    CHECK(lines == 2);
}

TEST_CASE("retention: a service lets go of what is old, of all tenants, if it is told to") {
    const timestamp now = system_environment().now();
    const auto in_days = [&](int days) { return now + std::chrono::hours(24 * days); };
    for (const bool is_told : {true, false}) {
        scene s(is_told ? service_options{.keep = {.deletions = 90, .answers = 90}}
                        : service_options{});
        device phone(s, "ann", "ann"), desk(s, "ann", "ann");
        const uuid id = new_uuid(), other = new_uuid();
        REQUIRE(phone.mine.put(book{.id = id}));
        REQUIRE(phone.mine.put(book{.id = other}));
        REQUIRE(phone.mine.sync());
        REQUIRE(desk.mine.sync());
        REQUIRE(phone.mine.remove<book>(id));
        REQUIRE(phone.mine.sync());
        const auto is_remembered = [&] {
            auto tx = begin_read(s.store, tenant_id("ann"));
            return tx->get<book>(id)->has_value();
        };
        s.served.let_go(in_days(89));
        CHECK(is_remembered());
        // Nobody has asked since.
        s.served.let_go(in_days(91));
        CHECK(is_remembered() == !is_told);
        CHECK((s.logged().find("history_retired") != std::string::npos) == is_told);
        // Who was away that long reads all anew, and has no row that is gone.
        REQUIRE(desk.mine.sync());
        CHECK(!desk.mine.get<book>(id)->has_value());
        CHECK(desk.mine.get<book>(other)->has_value());
    }
}

TEST_CASE("realtime: a push pokes the devices of its tenant, by WebSocket, and nobody else") {
    scene s;
    const auto listen = [&](const std::string& who) {
        return poke_listener::make(
                   s.address(), {.token = [=] { return secret<std::string>(token_of(who, who)); }})
            .value();
    };
    poke_listener anns = listen("ann"), bobs = listen("bob");
    std::mutex lock;
    std::condition_variable changed;
    int ann_heard = 0, bob_heard = 0;
    const auto ear = [&](poke_listener& of, int& count) {
        return std::thread([&] {
            of.run([&] {
                const std::lock_guard locked(lock);
                ++count;
                changed.notify_all();
            });
        });
    };
    std::thread ann = ear(anns, ann_heard), bob = ear(bobs, bob_heard);
    const auto wait_for = [&](int& count, int wanted) {
        std::unique_lock locked(lock);
        return changed.wait_for(locked, std::chrono::seconds(20), [&] { return count >= wanted; });
    };
    // One for the connection itself.
    CHECK(wait_for(ann_heard, 1));
    CHECK(wait_for(bob_heard, 1));
    device phone(s, "ann", "ann");
    REQUIRE(phone.mine.put(book{.id = new_uuid()}));
    REQUIRE(phone.mine.sync());
    CHECK(wait_for(ann_heard, 2));
    anns.stop();
    bobs.stop();
    ann.join();
    bob.join();
    CHECK(bob_heard == 1);
}

TEST_CASE("T10: a stream ends with its token") {
    scene s;
    const std::string token = token_of("ann", "ann", 3);
    auto line = http::client::make(s.address(), {.answer_milliseconds = 30'000, .token = [&] {
                                                     return secret<std::string>(token);
                                                 }});
    const auto got = line->ask({.path = "/sync/stream"});
    REQUIRE(got);
    CHECK(got->field("Content-Type") == "text/event-stream");
    CHECK(got->body == "data: poke\n\n");
}

TEST_CASE("T10: a stream ends when its token is refused meanwhile, as its key was withdrawn") {
    std::atomic<bool> is_withdrawn = false, is_known = false;
    scene s({}, [&](std::string_view) -> result<principal> {
        if (is_withdrawn) return error{.code = errc::unauthorized};
        is_known = true;
        return principal{.subject = "ann", .tenant = tenant_id("ann")};
    });
    std::atomic<bool> has_ended = false;
    std::string heard;
    std::thread ear([&] {
        auto line = http::client::make(s.address(), {.answer_milliseconds = 60'000, .token = [] {
                                                         return secret<std::string>("any");
                                                     }});
        const auto got = line->ask({.path = "/sync/stream"});
        if (got) heard = got->body;
        has_ended = true;
    });
    while (!has_ended) {
        is_withdrawn = is_known.load();
        s.served.routes().recheck_streams();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ear.join();
    CHECK(heard == "data: poke\n\n");
}

TEST_CASE("T28: what is no handshake of ours gets no WebSocket") {
    scene s;
    const std::string token = token_of("ann", "ann");
    const auto ask = [&](std::string_view number, std::string_view key, std::string_view origin,
                         const std::string& with) {
        auto line =
            http::client::make(s.address(), {.token = [&] { return secret<std::string>(with); }});
        http::question asked{.path = "/sync/stream"};
        asked.fields.add("Upgrade", "websocket");
        asked.fields.add("Connection", "Upgrade");
        asked.fields.add("Sec-WebSocket-Version", number);
        asked.fields.add("Sec-WebSocket-Key", key);
        if (!origin.empty()) asked.fields.add("Origin", origin);
        auto got = line->upgrade(asked);
        if (got) return std::string("101");
        return got.error().message.substr(got.error().message.find("HTTP ") + 5, 3);
    };
    const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
    CHECK(ask("13", key, "", token) == "101");
    CHECK(ask("13", key, s.address(), token) == "101");
    CHECK(ask("13", key, "https://elsewhere.example", token) == "403");
    CHECK(ask("12", key, "", token) == "426");
    CHECK(ask("13", "short", "", token) == "400");
    CHECK(ask("13", key, "", "") == "401");
}

TEST_CASE("I17: no token and no row is in the log") {
    scene s;
    device phone(s, "ann", "ann");
    REQUIRE(phone.mine.put(book{.id = new_uuid(), .title = "a title that is nobody's business"}));
    REQUIRE(phone.mine.sync());
    (void)s.get("/sync/status", token_of("ann", "ann") + "x");
    const std::string text = s.logged();
    CHECK(text.find("push_taken") != std::string::npos);
    CHECK(text.find("token refused") != std::string::npos);
    CHECK(text.find("nobody's business") == std::string::npos);
    CHECK(text.find("eyJ") == std::string::npos);
}
