// SPDX-License-Identifier: BSL-1.0
// A connection whose two sides are not equally fast, or of which one ends early.
#include "stranger.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace {

using namespace syncfw;
using namespace syncfw::testing;

bool is_health(const http::request_head& head) {
    return head.path == "/health";
}
http::response opens(http::stream_start goes_on) {
    return {.goes_on = std::move(goes_on)};
}
/// Says this to who asks anything, and closes.
auto says(std::string text) {
    return [text = std::move(text)](boost::asio::ip::tcp::socket& line) {
        boost::system::error_code why;
        char room[4'096];
        (void)line.read_some(boost::asio::buffer(room), why);
        boost::asio::write(line, boost::asio::buffer(text), why);
    };
}
std::string handshake(std::string_view version = "13") {
    return "Upgrade: websocket\r\nConnection: keep-alive\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: " +
           std::string(version) + "\r\n";
}

}  // namespace

TEST_CASE("T27: pipelined requests whose answers nobody reads wait, and are answered in order") {
    constexpr int count = 2'000, size = 64 << 10;
    // What the sockets of both sides hold, with room to spare: an eighth of all.
    constexpr int held = 250;
    std::atomic<int> made = 0;
    endpoint served([&](http::request&& asked) -> http::response {
        if (asked.head.path == "/other") return {};
        ++made;
        return {.body = asked.head.path + std::string(size, '.')};
    });
    stranger lazy(served);
    std::string all;
    for (int i = 0; i < count; ++i) all += request("/" + std::to_string(i));
    std::thread says([&] { lazy.say(all); });
    for (int i = 0; i < 50; ++i) {
        stranger other(served);
        other.say(request("/other", "Connection: close\r\n"));
        CHECK(status_in(other.hear()) == 200);
    }
    bool is_ordered = true, is_bounded = made <= held;
    for (int i = 0; i < count; ++i) {
        const std::string head = lazy.hear("\r\n\r\n/" + std::to_string(i) + ".");
        is_ordered = is_ordered && head.size() > 20;
        is_bounded = is_bounded && made <= i + held;
        if (!is_ordered) break;
    }
    CHECK(is_ordered);
    CHECK(is_bounded);
    CHECK(made == count);
    says.join();
}

TEST_CASE("T27: who keeps sending and reads nothing is cut off") {
    http::server_options options;
    options.most.write_seconds = 1;
    options.most.body_bytes_second = 10;
    endpoint served(
        [](http::request&&) -> http::response { return {.body = {std::string(64 << 20, 'x')}}; },
        options);
    stranger lazy(served);
    lazy.say(request("/") + "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    bool is_cut = false;
    for (int i = 0; i < 300 && !is_cut; ++i) {
        is_cut = !lazy.say(std::string(1'000, 'x'));
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
    CHECK(is_cut);
}

TEST_CASE("http server: an answer that is under way reaches its end when the server stops") {
    const std::size_t size = 64 << 20;
    endpoint served(
        [&](http::request&&) -> http::response { return {.body = std::string(size, 'x')}; });
    stranger slow(served), idle(served);
    slow.say(request("/"));
    std::size_t heard = slow.hear("\r\n\r\n").size();
    std::thread stops([&] { served.stop(); });
    CHECK(idle.hear().empty());  // So it has begun to stop.
    heard += slow.hear().size();
    CHECK(heard > size);
    slow.leave();
    stops.join();
}

TEST_CASE("http server: who says that it asks nothing more hears its answer whole") {
    namespace asio = boost::asio;
    const std::size_t size = 32 << 20;
    endpoint served(
        [&](http::request&&) -> http::response { return {.body = std::string(size, 'x')}; });
    asio::io_context io;
    asio::ip::tcp::socket line(io);
    line.connect({asio::ip::make_address("127.0.0.1"), served.port()});
    asio::write(line, asio::buffer(request("/")));
    line.shutdown(asio::ip::tcp::socket::shutdown_send);
    std::string heard;
    boost::system::error_code why;
    asio::read(line, asio::dynamic_buffer(heard), why);
    CHECK(why == asio::error::eof);
    CHECK(heard.size() > size);
}

TEST_CASE("T27: streams that take long to begin leave a thread for the server's health") {
    door here;
    endpoint served(
        [&](http::request&& asked) -> http::response {
            if (is_health(asked.head)) return {.body = "well"};
            return opens([&](const std::shared_ptr<http::stream>&) -> std::shared_ptr<void> {
                here.pass();
                return {};
            });
        },
        {.threads = 2, .at_once = is_health});
    stranger one(served), two(served), asks(served);
    one.say(request("/"));
    here.wait_for(1);
    two.say(request("/"));
    for (int i = 0; i < 10; ++i) {
        asks.say(request("/health"));
        CHECK(status_in(asks.hear("well")) == 200);
    }
    here.open();
    for (stranger* each : {&one, &two}) CHECK(status_in(each->hear("\r\n\r\n")) == 200);
}

TEST_CASE("http server: who was cut off while it waited for a thread is not handled any more") {
    door here;
    std::atomic<int> handled = 0;
    endpoint served(
        [&](http::request&& asked) -> http::response {
            if (is_health(asked.head)) return {.body = "well"};
            ++handled;
            here.pass();
            return {};
        },
        {.threads = 2, .stop_seconds = 0, .at_once = is_health});
    stranger one(served), waits(served), asks(served);
    one.say(request("/"));
    here.wait_for(1);
    waits.say(request("/"));
    for (int i = 0; i < 10; ++i) {
        asks.say(request("/health"));
        CHECK(status_in(asks.hear("well")) == 200);
    }
    std::thread stops([&] { served.stop(); });
    CHECK(waits.hear().empty());
    here.open();
    stops.join();
    CHECK(handled == 1);
}

TEST_CASE("stream: one whose beginning throws is a 500 that tells nothing") {
    endpoint served([&](http::request&& asked) -> http::response {
        if (asked.head.path == "/x") return {.body = "x"};
        return opens([](const std::shared_ptr<http::stream>& begun) -> std::shared_ptr<void> {
            begun->send("too early");
            throw std::runtime_error("SELECT");
        });
    });
    stranger someone(served);
    for (int i = 0; i < 3; ++i) {
        someone.say(request("/", i == 1 ? handshake() : std::string()));
        const std::string heard = someone.hear("}}");
        CHECK(status_in(heard) == 500);
        CHECK(heard.find("SELECT") == std::string::npos);
        someone.say(request("/x"));
        CHECK(status_in(someone.hear("\r\n\r\nx")) == 200);
    }
}

TEST_CASE("stream: only a GET opens one") {
    std::atomic<int> begun = 0;
    endpoint served([&](http::request&&) -> http::response {
        return opens([&](const std::shared_ptr<http::stream>&) -> std::shared_ptr<void> {
            ++begun;
            return {};
        });
    });
    stranger someone(served);
    someone.say("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string head = someone.hear("\r\n\r\n");
    CHECK(status_in(head) == 200);
    CHECK(head.find("text/event-stream") != std::string::npos);
    for (const std::string& fields : {std::string(), handshake()}) {
        someone.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n" + fields + "\r\n");
        const std::string heard = someone.hear("}}");
        CHECK(status_in(heard) == 405);
        CHECK(heard.find("\r\nAllow: GET, HEAD\r\n") != std::string::npos);
    }
    CHECK(begun == 0);
    someone.say(request("/"));
    CHECK(status_in(someone.hear("\r\n\r\n")) == 200);
    CHECK(begun == 1);
}

TEST_CASE("stream: a WebSocket begins with HTTP/1.1 and version 13, or is told what it needs") {
    endpoint served([](http::request&&) -> http::response {
        return opens([](const std::shared_ptr<http::stream>&) { return std::shared_ptr<void>(); });
    });
    stranger now(served), old(served), other(served);
    now.say(request("/", handshake()));
    CHECK(status_in(now.hear("\r\n\r\n")) == 101);
    // Of HTTP/1.0 an upgrade is as good as not asked for.
    old.say("GET / HTTP/1.0\r\n" + handshake() + "\r\n");
    const std::string heard = old.hear("\r\n\r\n");
    CHECK(status_in(heard) == 200);
    CHECK(heard.find("text/event-stream") != std::string::npos);
    other.say(request("/", handshake("12")));
    const std::string refused = other.hear("}}");
    CHECK(status_in(refused) == 426);
    for (const char* field :
         {"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"})
        CHECK_MESSAGE(refused.find("\r\n" + std::string(field) + "\r\n") != std::string::npos,
                      field);
}

TEST_CASE("http server: a request's time begins when it is whole, not when a thread is free") {
    door here;
    std::atomic<std::int64_t> received = 0;
    endpoint served(
        [&](http::request&& asked) -> http::response {
            if (asked.head.path == "/slow") here.pass();
            if (asked.head.path == "/second") received = asked.received_microseconds;
            return {.body = asked.head.path};
        },
        {.threads = 2, .at_once = is_health});
    stranger one(served), second(served), asks(served);
    one.say(request("/slow"));
    here.wait_for(1);
    second.say(request("/second"));
    // By the one thread that is left, so the request before has come.
    for (int i = 0; i < 10; ++i) {
        asks.say(request("/health"));
        CHECK(status_in(asks.hear("/health")) == 200);
    }
    const std::int64_t before = syncfw::detail::steady_microseconds();
    here.open();
    CHECK(status_in(second.hear("/second")) == 200);
    CHECK(received > 0);
    CHECK(received <= before);
}

TEST_CASE("http server: every answer says when it was made") {
    endpoint served([](http::request&& asked) -> http::response {
        if (asked.head.path == "/x") return {.body = "x"};
        return opens([](const std::shared_ptr<http::stream>&) { return std::shared_ptr<void>(); });
    });
    const auto is_dated = [](const std::string& head) {
        const std::size_t at = head.find("\r\nDate: ");
        return at != std::string::npos && head.find("\r\nDate: ", at + 2) == std::string::npos &&
               head.substr(at + 33, 6) == " GMT\r\n";
    };
    stranger someone(served), wrong(served), listens(served);
    someone.say(request("/x"));
    CHECK(is_dated(someone.hear("\r\n\r\nx")));
    wrong.say("no request\r\n\r\n");
    CHECK(is_dated(wrong.hear()));
    listens.say(request("/"));
    CHECK(is_dated(listens.hear("\r\n\r\n")));
}

TEST_CASE("http client: answers of all sizes are what was sent, on one connection") {
    const std::size_t room = 256 << 10;
    const auto body_of = [](std::size_t size) {
        std::string body(size, '\0');
        for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i * i % 23);
        return body;
    };
    endpoint served(
        [&](http::request&& asked) -> http::response {
            return {.body = body_of(std::stoul(asked.head.path.substr(1)))};
        },
        {.connections = 1});
    auto line = http::client::make(served.address()).value();
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, room - 200, room - 1, room,
                                   room + 1, 2 * room, 5 * room + 3, std::size_t{16} << 20}) {
        const auto got = line.ask({.path = "/" + std::to_string(size)});
        REQUIRE_MESSAGE(got, size);
        CHECK_MESSAGE((got->body == body_of(size)), size);
    }
}

TEST_CASE("http client: an answer that is shorter than it said, or longer, is none") {
    const auto ask = [](std::string text, std::size_t most) {
        const one_connection served(says(std::move(text)));
        auto line =
            http::client::make("http://" + served.host(), {.answer_bytes_max = most}).value();
        return line.ask({});
    };
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: ";
    const auto cut = ask(head + "50000000\r\n\r\npart", 50'000'000);
    REQUIRE(!cut);
    CHECK(cut.error().code == errc::timed_out);
    CHECK(cut.error().message.find("cut off") != std::string::npos);
    const auto large = ask(head + "50000000\r\n\r\npart", 49'999'999);
    REQUIRE(!large);
    CHECK(large.error().code == errc::malformed);
    const auto longer = ask(head + "4\r\n\r\nparts", 1'000);
    REQUIRE(!longer);
    CHECK(longer.error().code == errc::malformed);
}

TEST_CASE(
    "http client: who doesn't want an answer any more needn't wait for it, nor get it later") {
    std::promise<void> first_is_over;
    endpoint served([&](http::request&& asked) -> http::response {
        if (asked.head.path == "/slow") first_is_over.get_future().wait();
        return {.body = asked.head.path};
    });
    auto line = http::client::make(served.address(), {.answer_milliseconds = 3'600'000}).value();
    REQUIRE(line.begin({.path = "/slow"}));
    std::thread waits([&] {
        const auto ended = line.finish();
        REQUIRE(!ended);
        CHECK(ended.error().code == errc::timed_out);
    });
    line.forget();
    waits.join();
    CHECK(line.ask({.path = "/next"})->body == "/next");
    // Nobody was waiting, and nobody will.
    REQUIRE(line.begin({.path = "/unheard"}));
    line.forget();
    CHECK(line.ask({.path = "/last"})->body == "/last");
    REQUIRE(line.begin({.path = "/wanted"}));
    CHECK(line.finish()->body == "/wanted");
    first_is_over.set_value();
}
