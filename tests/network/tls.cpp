// SPDX-License-Identifier: BSL-1.0
// HTTPS with real sockets, and those who speak something else, or badly, or break off.
#include "endpoint.hpp"
#include "support/raw_tls.hpp"
#include <syncfw/app/poke_listener.hpp>
#include <syncfw/app/sync_routes.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/transport/tls.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;
using syncfw::testing::endpoint;
using syncfw::testing::one_connection;
using syncfw::testing::stream_endpoint;

http::response echo(http::request&& asked) {
    return {.body = asked.head.path + asked.body};
}
http::server_options served_by(std::shared_ptr<const tls_context> tls) {
    http::server_options options;
    options.tls = std::move(tls);
    return options;
}
http::client client_of(const std::string& address) {
    return http::client::make(address, {.tls = tests::client_tls()}).value();
}

/// A connection of ours, by TLS or without, that knows nothing of HTTP.
class stranger {
  public:
    explicit stranger(const endpoint& at, const http::filter_source* tls = nullptr) {
        const http::url where{.host = "127.0.0.1", .port = at.port()};
        REQUIRE(line_.connect(where, tls, patience_));
    }
    void say(std::string_view bytes) { (void)line_.write(bytes, {}, patience_); }
    /// What comes until the server closes, or until this was heard.
    std::string hear(std::string_view until = {}) {
        std::string heard;
        char room[4'096];
        while (until.empty() || heard.find(until) == std::string::npos) {
            const auto count = line_.read(room, sizeof room, patience_);
            ended_well_ = count && *count == 0;
            if (!count || *count == 0) break;
            heard.append(room, *count);
        }
        return heard;
    }
    /// The server closed, and said so; without TLS, it closed.
    [[nodiscard]] bool ended_well() const { return ended_well_; }

  private:
    http::detail::deadline patience_{20'000};
    http::detail::line line_{};
    bool ended_well_ = false;
};

/// Answers a few bytes, whatever is asked, and breaks off.
auto answers_rudely(std::string answer, bool says_the_end) {
    return [answer = std::move(answer), says_the_end](boost::asio::ip::tcp::socket& socket) {
        auto session = tests::server_tls()->session().value();
        std::string heard;
        char room[4'096];
        boost::system::error_code why;
        while (!why && heard.find("\r\n\r\n") == std::string::npos) {
            const std::size_t count = socket.read_some(boost::asio::buffer(room), why);
            session.receive({room, count});
            heard += session.take_plain();
            boost::asio::write(socket, boost::asio::buffer(session.take_output()), why);
        }
        session.send(answer);
        if (says_the_end) session.close();
        boost::asio::write(socket, boost::asio::buffer(session.take_output()), why);
        socket.shutdown(boost::asio::ip::tcp::socket::shutdown_both, why);
    };
}

struct book {
    std::int64_t id = 0;
    std::string title{};
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
using library = schema<book>;

}  // namespace

TEST_CASE("https: two devices meet on a server, and a poke says when there is news") {
    memory::store<library> rows;
    syncfw::server hub(rows);
    poke_hub pokes;
    http::router routes(trusting({.subject = "ann", .tenant = tenant_id("ann")}));
    add_sync_routes(routes, hub, pokes);
    endpoint served(std::ref(routes), served_by(tests::server_tls()));
    const http::client_options options{.token = [] { return secret<std::string>("ann"); },
                                       .tls = tests::client_tls()};

    auto listener = poke_listener::make(served.address(), options).value();
    std::counting_semaphore<> heard(0);
    std::thread ear([&] { listener.run([&] { heard.release(); }); });
    CHECK(heard.try_acquire_for(std::chrono::seconds(20)));  // For the connection itself.

    auto first_link = http_link::make(served.address(), options).value();
    auto second_link = http_link::make(served.address(), options).value();
    memory::store<library> first_rows, second_rows;
    replica first(first_rows, first_link, tenant_id("ann"));
    replica second(second_rows, second_link, tenant_id("ann"));
    for (int i = 0; i < 100; ++i) REQUIRE(first.put(book{.id = i, .title = "Dune"}));
    REQUIRE(first.sync());
    CHECK(heard.try_acquire_for(std::chrono::seconds(20)));
    REQUIRE(second.sync());
    const auto all = second.find(syncfw::all<book>());
    REQUIRE(all);
    CHECK(all->size() == 100);
    listener.stop();
    ear.join();
}

TEST_CASE("https: one connection carries many questions") {
    auto options = served_by(tests::server_tls());
    options.connections = 1;  // A second one would be refused.
    endpoint served(echo, options);
    auto line = client_of(served.address());
    for (int i = 0; i < 20; ++i) {
        const auto got = line.ask({.path = "/" + std::to_string(i)});
        REQUIRE(got);
        CHECK(got->body == "/" + std::to_string(i));
    }
}

TEST_CASE("T12: a server with a wrong certificate is refused before it is asked") {
    const auto unknown = tests::issue({.is_authority = true});
    const auto identity = [&](const tests::wanted_certificate& wanted,
                              const tests::issued* issuer) {
        return tls_context::for_server(tests::issue(wanted, issuer).identity()).value();
    };
    struct example {
        std::shared_ptr<tls_context> shows;
        std::string_view words;
    };
    for (const example& each :
         {example{identity({.from_days = -9, .until_days = -1}, &tests::authority()),
                  "has expired"},
          {identity({.names = "DNS:books.example"}, &tests::authority()), "is for other names"},
          {identity({}, &unknown), "signed by nobody that is trusted"},
          {identity({}, nullptr), "signed by itself"}}) {
        std::atomic<int> asked = 0;
        endpoint served(
            [&](http::request&&) -> http::response {
                ++asked;
                return {};
            },
            served_by(each.shows));
        const auto got = client_of(served.address()).ask({.is_repeatable = true});
        REQUIRE(!got);
        CHECK(got.error().code == errc::peer_unavailable);
        CHECK(got.error().message.find(each.words) != std::string::npos);
        served.stop();
        CHECK(asked == 0);
    }
}

TEST_CASE("https: who speaks HTTP at a port of https is told so, and asks nothing") {
    std::atomic<int> asked = 0;
    endpoint served(
        [&](http::request&&) -> http::response {
            ++asked;
            return {};
        },
        served_by(tests::server_tls()));
    stranger plain(served);
    plain.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string heard = plain.hear();
    CHECK(heard.starts_with("HTTP/1.1 400"));
    CHECK(heard.find("this port speaks https") != std::string::npos);
    CHECK(plain.ended_well());
    auto line = http::client::make("http://127.0.0.1:" + std::to_string(served.port())).value();
    const auto got = line.ask({.method = "POST", .path = "/x", .body = "hello"});
    REQUIRE(got);
    CHECK(got->status == 400);
    stranger neither(served);
    neither.say(std::string(40, 'x'));
    CHECK(neither.hear().find("HTTP") == std::string::npos);
    served.stop();
    CHECK(asked == 0);
}

TEST_CASE("https: a server that speaks HTTP alone is not asked") {
    http::server_options options;
    options.most.head_seconds = 1;  // It waits for the rest of what it takes for a request.
    endpoint served(echo, options);
    const auto got = client_of("https://127.0.0.1:" + std::to_string(served.port())).ask({});
    REQUIRE(!got);
    CHECK(got.error().code == errc::peer_unavailable);
    CHECK(got.error().message.find("is not TLS") != std::string::npos);
}

TEST_CASE("https: who speaks TLS 1.1 is closed") {
    endpoint served(echo, served_by(tests::server_tls()));
    tests::raw_tls old({.version_max = TLS1_1_VERSION});
    stranger someone(served);
    someone.say(old.take_output());
    old.receive(someone.hear());
    CHECK(someone.ended_well());
    CHECK(!old.is_established());
}

TEST_CASE("T27: who doesn't come to an agreement in time is closed, silent or slow") {
    auto options = served_by(tests::server_tls());
    options.most.head_seconds = 1;
    endpoint served(echo, options);
    tests::raw_tls begins;
    stranger silent(served), slow(served);
    slow.say(begins.take_output().substr(0, 50));
    CHECK(silent.hear().empty());
    CHECK(silent.ended_well());
    CHECK(slow.hear().empty());
    CHECK(slow.ended_well());
}

TEST_CASE("T27: the deadlines of a request hold after the agreement, too") {
    auto options = served_by(tests::server_tls());
    options.most.head_seconds = 1;
    endpoint served(echo, options);
    const auto tls = tests::client_tls();
    stranger slow(served, tls.get());
    slow.say("GET / HTTP/1.1\r\nHo");
    CHECK(slow.hear().starts_with("HTTP/1.1 408"));
    CHECK(slow.ended_well());
}

TEST_CASE("https: an answer's end is told from a cut, which nobody can pretend") {
    const std::string answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart";
    {
        const one_connection whole(answers_rudely(answer, true));
        const auto got = client_of("https://" + whole.host()).ask({});
        REQUIRE(got);
        CHECK(got->body == "part");
    }
    const one_connection cut(answers_rudely(answer, false));
    const auto got = client_of("https://" + cut.host()).ask({});
    REQUIRE(!got);
    CHECK(got.error().code == errc::timed_out);
    CHECK(got.error().message.find("cut off") != std::string::npos);
}

TEST_CASE("https: the server says that it ends a connection") {
    endpoint served(echo, served_by(tests::server_tls()));
    const auto tls = tests::client_tls();
    {
        stranger someone(served, tls.get());
        someone.say("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        CHECK(someone.hear().ends_with("/x"));
        CHECK(someone.ended_well());
    }
    stranger idle(served, tls.get());
    idle.say("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(idle.hear("/x").ends_with("/x"));
    served.stop();
    CHECK(idle.hear().empty());
    CHECK(idle.ended_well());
}

TEST_CASE("https: large questions and answers arrive as they were sent") {
    std::string large(64 << 20, '\0');
    std::uint32_t next = 1;
    for (char& each : large)
        each = static_cast<char>((next = next * 1'664'525 + 1'013'904'223) >> 24);
    const std::string question = large.substr(0, 8 << 20);
    endpoint served(
        [&](http::request&& asked) -> http::response {
            return {.status = asked.body == question ? 200 : 400, .body = large};
        },
        served_by(tests::server_tls()));
    const auto got = client_of(served.address()).ask({.method = "POST", .body = question});
    REQUIRE(got);
    CHECK(got->status == 200);
    CHECK((got->body == large));
}

TEST_CASE("https: many connections at the same time, and some that break off") {
    endpoint served(echo, served_by(tests::server_tls()));
    const auto tls = tests::client_tls();
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] {
            for (int round = 0; round < 10; ++round) {
                auto line = http::client::make(served.address(), {.tls = tls}).value();
                const std::string body(static_cast<std::size_t>(i) * 10'000, 'x');
                for (int asked = 0; asked < 3; ++asked) {
                    const auto got = line.ask({.method = "POST", .path = "/x", .body = body});
                    if (got && got->body == "/x" + body) ++good;
                }
                http::detail::line leaves;
                (void)leaves.connect(line.address(), round % 2 == 0 ? tls.get() : nullptr,
                                     http::detail::deadline(5'000));
            }
        });
    for (std::thread& each : threads) each.join();
    CHECK(good == 8 * 10 * 3);
}

TEST_CASE("https: a stream reaches the other side, and its end is said") {
    stream_endpoint at(served_by(tests::server_tls()));
    const auto tls = tests::client_tls();
    stranger someone(at.served(), tls.get());
    someone.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(someone.hear("\r\n\r\n").find("text/event-stream") != std::string::npos);
    const auto stream = at.stream();
    for (int i = 0; i < 10; ++i) {
        CHECK(stream->send("one"));
        CHECK(someone.hear("\n\n").find("data: one\n\n") != std::string::npos);
    }
    stream->close(1000, "enough");
    (void)someone.hear();
    CHECK(someone.ended_well());
}

TEST_CASE("T27: who asks for new keys without end is answered, and hears its answer whole") {
    const std::string large(4 << 20, 'x');
    endpoint served([&](http::request&&) -> http::response { return {.body = large}; },
                    served_by(tests::server_tls()));
    http::detail::socket line;
    const http::detail::deadline patience(20'000);
    REQUIRE(line.connect("127.0.0.1", served.port(), patience));
    tests::raw_tls asks;
    char room[64 << 10];
    const auto hear = [&] {
        const auto count = line.read(room, sizeof room, patience);
        REQUIRE(count);
        asks.receive({room, *count});
        return *count > 0;
    };
    while (!asks.is_established()) {
        REQUIRE(line.write(asks.take_output(), {}, patience));
        REQUIRE(hear());
    }
    asks.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 1'000; ++i) asks.ask_for_new_keys();
    REQUIRE(line.write(asks.take_output(), {}, patience));
    while (hear()) continue;
    CHECK(asks.heard().ends_with("\r\n\r\n" + large));
}

TEST_CASE("https: a certificate is renewed while the server runs") {
    const auto shows = tests::server_tls({.from_days = -9, .until_days = -1});
    endpoint served(echo, served_by(shows));
    auto line = client_of(served.address());
    CHECK(!line.ask({}));
    REQUIRE(shows->renew(tests::issue({}, &tests::authority()).identity()));
    CHECK(line.ask({}));
}

TEST_CASE("https: a client's context is no server's") {
    const auto made = http::server::open(echo, served_by(tests::client_tls()));
    REQUIRE(!made);
    CHECK(made.error().code == errc::invalid_value);
}
