// SPDX-License-Identifier: BSL-1.0
// The server as a stranger meets it: raw bytes on a socket.
#include "stranger.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::testing;

http::response echo(http::request&& asked) {
    return {.body = asked.head.path + asked.body};
}

}  // namespace

TEST_CASE("http server: a connection serves one request after the other") {
    endpoint served(echo);
    stranger someone(served);
    for (int i = 0; i < 20; ++i) {
        const std::string path = "/" + std::to_string(i) + ".";
        someone.say(request(path));
        CHECK(status_in(someone.hear("\r\n\r\n" + path)) == 200);
    }
    someone.say(request("/last", "Connection: close\r\n"));
    CHECK(someone.hear().ends_with("\r\n\r\n/last"));
}

TEST_CASE("T14: garbage is answered with 400, and the connection closed") {
    endpoint served(echo);
    for (const std::string_view bytes :
         {std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15),
          std::string_view("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
          std::string_view("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
                           "chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")}) {
        stranger someone(served);
        someone.say(bytes);
        const std::string heard = someone.hear();
        CHECK(status_in(heard) == 400);
        CHECK(heard.find("smuggled") == std::string::npos);
    }
    stranger next(served);
    next.say(request("/x"));
    CHECK(status_in(next.hear("/x")) == 200);
}

TEST_CASE("T27: who sends its head or its body too slowly is told so and closed") {
    http::server_options options;
    options.most.head_seconds = 1;
    options.most.body_seconds = 1;
    endpoint served(echo, options);
    stranger head(served), body(served);
    head.say("GET / HTTP/1.1\r\nHo");
    body.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx");
    CHECK(status_in(head.hear()) == 408);
    CHECK(status_in(body.hear()) == 408);
}

TEST_CASE("T27: who says nothing is closed after a while, and costs others nothing") {
    http::server_options options;
    options.most.idle_seconds = 1;
    endpoint served(echo, options);
    std::vector<std::unique_ptr<stranger>> silent;
    for (int i = 0; i < 100; ++i) silent.push_back(std::make_unique<stranger>(served));
    stranger someone(served);
    someone.say(request("/x"));
    CHECK(status_in(someone.hear("/x")) == 200);
    for (const auto& each : silent) CHECK(each->hear().empty());
}

TEST_CASE("T27: who doesn't read its answer is cut off, and holds no thread meanwhile") {
    http::server_options options{.threads = 2};
    options.most.write_seconds = 1;
    options.most.body_bytes_second = 1 << 20;
    endpoint served(
        [](http::request&& asked) -> http::response {
            return {.body = asked.head.path == "/big" ? std::string(64 << 20, 'x') : "small"};
        },
        options);
    stranger lazy(served);
    lazy.say(request("/big"));
    for (int i = 0; i < 10; ++i) {
        stranger someone(served);
        someone.say(request("/small"));
        CHECK(status_in(someone.hear("small")) == 200);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2'500));
    CHECK(lazy.hear().size() < (64 << 20));
}

TEST_CASE("T27: an address has so many connections at most, and gets them back") {
    endpoint served(echo, {.connections_per_address = 3});
    auto one = std::make_unique<stranger>(served);
    stranger two(served), three(served);
    for (stranger* each : {one.get(), &two, &three}) {
        each->say(request("/x"));
        CHECK(status_in(each->hear("/x")) == 200);
    }
    stranger four(served);
    CHECK(four.hear().empty());
    one->leave();
    for (int tries = 0; tries < 200; ++tries) {
        stranger five(served);
        five.say(request("/x"));
        if (status_in(five.hear("/x")) == 200) return;
        std::this_thread::yield();
    }
    FAIL("a place that was given back is not given out again");
}

TEST_CASE("T27: while all threads are busy, health is answered and too many others get 503") {
    door here;
    endpoint served(
        [&](http::request&& asked) -> http::response {
            if (asked.head.path == "/slow") here.pass();
            return {.body = asked.head.path};
        },
        {.threads = 3, .waiting = 1, .at_once = [](const http::request_head& head) {
             return head.path == "/health";
         }});
    stranger one(served), two(served), waits(served), refused(served), asks(served);
    one.say(request("/slow"));
    two.say(request("/slow"));
    here.wait_for(2);
    asks.say(request("/health"));
    CHECK(status_in(asks.hear("/health")) == 200);
    waits.say(request("/slow"));
    asks.say(request("/health"));  // Behind it, for there is one thread for both.
    CHECK(status_in(asks.hear("/health")) == 200);
    refused.say(request("/slow"));
    const std::string told = refused.hear("}}");
    CHECK(status_in(told) == 503);
    CHECK(told.find("Retry-After: 1") != std::string::npos);
    here.open();
    for (stranger* each : {&one, &two, &waits}) CHECK(status_in(each->hear("/slow")) == 200);
}

TEST_CASE("http server: what is under way is answered before it stops") {
    door here;
    endpoint served([&](http::request&&) -> http::response {
        here.pass();
        return {.body = "done"};
    });
    stranger one(served), idle(served);
    one.say(request("/"));
    here.wait_for(1);
    std::thread stops([&] { served.stop(); });
    CHECK(idle.hear().empty());
    here.open();
    const std::string heard = one.hear();
    CHECK(heard.ends_with("done"));
    CHECK(heard.find("Connection: close") != std::string::npos);
    stops.join();
}

TEST_CASE("http server: who leaves in the middle costs nobody anything") {
    endpoint served(
        [](http::request&&) -> http::response { return {.body = std::string(1 << 20, 'x')}; });
    for (int i = 0; i < 50; ++i) {
        stranger someone(served);
        someone.say(i % 2 == 0 ? request("/") : "POST / HTTP/1.1\r\nHost: a\r\nContent-Le");
        someone.leave();
    }
    stranger last(served);
    last.say(request("/", "Connection: close\r\n"));
    CHECK(last.hear().size() > (1 << 20));
}

TEST_CASE("http server: a handler that throws is a 500 that tells nothing") {
    endpoint served([](http::request&&) -> http::response { throw 7; });
    stranger someone(served);
    someone.say(request("/"));
    const std::string heard = someone.hear("}}");
    CHECK(status_in(heard) == 500);
    someone.say(request("/", "Connection: close\r\n"));
    CHECK(status_in(someone.hear()) == 500);
}

TEST_CASE("http server: a port that is taken is said by its number") {
    endpoint served(echo);
    const auto second = http::server::open(echo, {.port = served.port()});
    REQUIRE(!second);
    CHECK(second.error().code == errc::unavailable);
    CHECK(second.error().message.find(std::to_string(served.port())) != std::string::npos);
    const auto nowhere = http::server::open(echo, {.address = "books.example"});
    REQUIRE(!nowhere);
    CHECK(nowhere.error().code == errc::invalid_value);
}

TEST_CASE("stream: what is sent reaches the other side as events, until either ends it") {
    std::mutex lock;
    std::shared_ptr<http::stream> open;
    std::weak_ptr<int> kept;
    endpoint served([&](http::request&&) -> http::response {
        return {
            .goes_on = [&](const std::shared_ptr<http::stream>& begun) -> std::shared_ptr<void> {
                const std::lock_guard locked(lock);
                open = begun;
                auto held = std::make_shared<int>(1);
                kept = held;
                return held;
            }};
    });
    stranger someone(served);
    someone.say(request("/"));
    CHECK(someone.hear("\r\n\r\n").find("text/event-stream") != std::string::npos);
    const auto stream = [&] {
        const std::lock_guard locked(lock);
        return open;
    }();
    REQUIRE(stream);
    CHECK(stream->send("one\ntwo"));
    CHECK(someone.hear("\n\n") == "data: one\ndata: two\n\n");
    std::thread other([&] { CHECK(stream->send("three")); });
    other.join();
    CHECK(someone.hear("\n\n") == "data: three\n\n");
    stream->close(1000, "enough");
    CHECK(someone.hear().empty());
    someone.leave();
    for (int tries = 0; tries < 2'000 && !kept.expired(); ++tries)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(kept.expired());
}

TEST_CASE("T27: a stream tells who sends that its queue fills, and that its peer has read") {
    stream_endpoint at({.stream = {.queue_bytes = 100'000}});
    stranger someone(at.served());
    someone.say(request("/"));
    (void)someone.hear("\r\n\r\n");
    const auto stream = at.stream();
    CHECK(stream->has_room());
    const std::string text(10'000, 'x');
    int sent = 0;
    while (sent < 10'000 && stream->has_room() && stream->send(text)) ++sent;
    CHECK(sent < 10'000);
    CHECK(stream->send("one more"));
    CHECK(someone.hear("one more").find(text) != std::string::npos);
    for (int tries = 0; tries < 2'000 && !stream->has_room(); ++tries)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(stream->has_room());
    stream->close(1000, {});
}

TEST_CASE("T27: a stream whose peer doesn't read is ended when its queue is full") {
    stream_endpoint at({.stream = {.queue_bytes = 10'000}});
    stranger someone(at.served());
    someone.say(request("/"));
    (void)someone.hear("\r\n\r\n");
    const auto stream = at.stream();
    const std::string text(1'000, 'x');
    int sent = 0;
    while (sent < 100'000 && stream->send(text)) ++sent;
    CHECK(sent < 100'000);
}

TEST_CASE("http server: it may go as soon as it has come to its end, whoever ended it") {
    for (int i = 0; i < 1'000; ++i) {
        auto opened = http::server::open([](http::request&&) { return http::response(); });
        REQUIRE(opened);
        http::server* const running = opened->get();
        std::thread serves([own = std::move(*opened)]() mutable {
            own->run();
            own.reset();
        });
        running->stop();
        serves.join();
    }
}
