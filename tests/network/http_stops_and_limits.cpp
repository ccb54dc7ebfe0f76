// SPDX-License-Identifier: BSL-1.0
// How servers and calls end: by signals, by `stop`, by their limits, and by none that is too early.
#include "stranger.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::testing;

constexpr std::int64_t for_ever = std::numeric_limits<std::int64_t>::max();

http::response echo(http::request&& asked) {
    return {.body = asked.head.path + asked.body};
}

/// A server that the test itself runs, when it likes.
std::unique_ptr<http::server> listening(http::server::handler handle,
                                        http::server_options options = {}) {
    auto opened = http::server::open(std::move(handle), std::move(options));
    REQUIRE(opened);
    return std::move(*opened);
}
std::thread running(http::server& server) {
    return std::thread([&] { server.run(); });
}

/// While this lives, a signal that no server hears is counted, and ends nobody.
class unheard_signals {
  public:
    explicit unheard_signals(int signal) : signal_(signal) {
        count = 0;
        struct sigaction how{};
        how.sa_handler = [](int) { ++count; };
        REQUIRE(::sigaction(signal_, &how, &before_) == 0);
    }
    ~unheard_signals() { ::sigaction(signal_, &before_, nullptr); }

    static inline std::atomic<int> count = 0;

  private:
    int signal_;
    struct sigaction before_{};
};

/// While this lives, the process can open so many files, and no more.
class few_files {
  public:
    explicit few_files(int free) {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        // Few enough that all of them are soon taken.
        rlimit few = before_;
        few.rlim_cur = std::min<rlim_t>(few.rlim_cur, 256);
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
        for (int file = ::dup(STDERR_FILENO); file >= 0; file = ::dup(STDERR_FILENO))
            taken_.push_back(file);
        REQUIRE(taken_.size() >= static_cast<std::size_t>(free));
        for (; free > 0; --free) give_one();
    }
    ~few_files() {
        while (!taken_.empty()) give_one();
        ::setrlimit(RLIMIT_NOFILE, &before_);
    }

  private:
    void give_one() {
        ::close(taken_.back());
        taken_.pop_back();
    }
    rlimit before_{};
    std::vector<int> taken_{};
};

/// Says this and that it has said all, in one segment; then hears what comes until the end.
class says_all_at_once {
  public:
    explicit says_all_at_once(unsigned short port) {
        line_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
    }
    void say(std::string_view text) {
        line_.send(boost::asio::buffer(text), MSG_MORE);
        line_.shutdown(boost::asio::ip::tcp::socket::shutdown_send);
    }
    std::string hear() {
        std::string heard;
        boost::system::error_code why;
        boost::asio::read(line_, boost::asio::dynamic_buffer(heard), why);
        return heard;
    }

  private:
    boost::asio::io_context io_{};
    boost::asio::ip::tcp::socket line_{io_};
};

/// A call whose answer would take a minute, and how it ended before.
class long_call {
  public:
    explicit long_call(http::client_options options = {.answer_milliseconds = 60'000}) {
        line = std::make_unique<http::client>(
            http::client::make(served_.address(), std::move(options)).value());
        thread_ = std::thread([this] {
            const auto began = std::chrono::steady_clock::now();
            CHECK(line->begin({}));
            ended_ = line->finish();
            is_over = true;
            took_ = std::chrono::steady_clock::now() - began;
        });
        door_.wait_for(1);
    }
    ~long_call() {
        door_.open();
        if (thread_.joinable()) thread_.join();
    }
    void check_that_it_ends_early(std::int64_t milliseconds = 0) {
        thread_.join();
        REQUIRE(!ended_);
        CHECK(ended_.error().code == errc::timed_out);
        CHECK(took_ < std::chrono::seconds(20));
        // Deadlines are counted in whole ones.
        CHECK(took_ > std::chrono::milliseconds(milliseconds - 1));
    }
    void check_that_it_is_answered() {
        door_.open();
        thread_.join();
        REQUIRE(ended_);
        CHECK(ended_->body == "late");
    }
    void interrupt() { ::pthread_kill(thread_.native_handle(), SIGUSR1); }

    std::unique_ptr<http::client> line{};
    std::atomic<bool> is_over = false;

  private:
    door door_{};
    endpoint served_{[this](http::request&&) -> http::response {
        door_.pass();
        return {.body = "late"};
    }};
    result<http::answer> ended_{http::answer{}};
    std::chrono::steady_clock::duration took_{};
    std::thread thread_{};
};
void wait_a_little() {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

}  // namespace

// --- signals -------------------------------------------------------------------------------------

TEST_CASE("http server: a signal that comes twice costs nobody the answer that is under way") {
    const unheard_signals unheard(SIGTERM);
    door here;
    auto server = listening([&](http::request&&) -> http::response {
        here.pass();
        return {.body = "done"};
    });
    REQUIRE(server->stop_on({SIGTERM}));
    std::thread serves = running(*server);
    stranger one(server->port()), idle(server->port());
    one.say(request("/"));
    here.wait_for(1);
    std::raise(SIGTERM);
    CHECK(idle.hear().empty());  // So it has begun to stop.
    std::raise(SIGTERM);
    here.open();
    CHECK(one.hear().ends_with("done"));
    one.leave();
    serves.join();
    // Nor does it end who is still about to tidy up.
    std::raise(SIGTERM);
    CHECK(unheard.count == 0);
    server.reset();
    std::raise(SIGTERM);
    CHECK(unheard.count == 1);
}

TEST_CASE("http server: one signal ends all servers that wait for it, and each only as they do") {
    const unheard_signals unheard(SIGTERM);
    auto first = listening(echo), second = listening(echo), third = listening(echo);
    for (const auto& each : {first.get(), second.get(), third.get()})
        REQUIRE(each->stop_on({SIGTERM, SIGINT}));
    std::thread one = running(*first), two = running(*second), three = running(*third);
    // The signal is still the others' when one has gone.
    first->stop();
    one.join();
    first.reset();
    std::raise(SIGTERM);
    two.join();
    three.join();
    // What came before a server waited for it isn't told to it.
    auto next = listening(echo);
    REQUIRE(next->stop_on({SIGTERM}));
    std::thread four = running(*next);
    second.reset();
    third.reset();
    {
        stranger someone(next->port());
        someone.say(request("/x"));
        CHECK(status_in(someone.hear("/x")) == 200);
    }
    std::raise(SIGTERM);
    four.join();
    CHECK(unheard.count == 0);
    next.reset();
    std::raise(SIGTERM);
    CHECK(unheard.count == 1);
}

TEST_CASE("http server: a signal that comes before it runs ends it") {
    const unheard_signals unheard(SIGTERM);
    auto server = listening(echo);
    REQUIRE(server->stop_on({SIGTERM}));
    std::raise(SIGTERM);
    server->run();
    CHECK(unheard.count == 0);
}

// --- stop ----------------------------------------------------------------------------------------

TEST_CASE("http server: it may be stopped before it runs, twice, and when it has ended") {
    auto server = listening(echo);
    server->stop();
    server->stop();
    server->run();
    server->stop();
    auto unused = listening(echo);
    unused->stop();
}

TEST_CASE("http server: a handler may stop its server, and is answered for") {
    http::server* whole = nullptr;
    auto server = listening([&](http::request&&) -> http::response {
        whole->stop();
        return {.body = "goodbye"};
    });
    whole = server.get();
    std::thread serves = running(*server);
    stranger someone(server->port());
    someone.say(request("/"));
    CHECK(someone.hear().ends_with("goodbye"));
    someone.leave();
    serves.join();
}

TEST_CASE("http server: several threads may stop it at once, also while it begins to run") {
    for (int i = 0; i < 100; ++i) {
        auto server = listening(echo);
        stranger idle(server->port());
        std::thread serves = running(*server);
        std::vector<std::thread> stops;
        for (int each = 0; each < 3; ++each) stops.emplace_back([&] { server->stop(); });
        for (std::thread& each : stops) each.join();
        serves.join();
        CHECK(idle.hear().empty());
    }
}

// --- limits --------------------------------------------------------------------------------------

TEST_CASE(
    "T27: limits that are as large as numbers can be cut off nobody, and end with the server") {
    http::server_options options{.stop_seconds = for_ever};
    options.most.head_seconds = options.most.idle_seconds = options.most.write_seconds = for_ever;
    options.stream.beat_seconds = for_ever;
    options.most.body_seconds = 1;  // So that the clock ticks soon.
    door here;
    const std::size_t size = 16 << 20;
    auto server = listening(
        [&](http::request&& asked) -> http::response {
            if (asked.head.path == "/slow") here.pass();
            if (asked.head.path == "/stream")
                return {.goes_on = [](const std::shared_ptr<http::stream>&) {
                    return std::shared_ptr<void>();
                }};
            return {.body = asked.head.path == "/large" ? std::string(size, 'x') : "small"};
        },
        options);
    std::thread serves = running(*server);
    stranger idle(server->port()), head(server->port()), lazy(server->port());
    stranger listens(server->port()), slow(server->port());
    const std::string begun = request("/x");
    head.say(begun.substr(0, 10));
    lazy.say(request("/large"));
    listens.say(request("/stream"));
    CHECK(status_in(listens.hear("\r\n\r\n")) == 200);
    // Whoever is cut off was so by the clock; once the second one is, all others saw a tick.
    for (int i = 0; i < 2; ++i) {
        stranger late(server->port());
        late.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx");
        CHECK(status_in(late.hear()) == 408);
    }
    idle.say(begun);
    CHECK(status_in(idle.hear("small")) == 200);
    head.say(begun.substr(10));
    CHECK(status_in(head.hear("small")) == 200);
    slow.say(request("/slow"));
    here.wait_for(1);
    std::thread stops([&] { server->stop(); });
    CHECK(idle.hear().empty());
    CHECK(listens.hear().empty());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    here.open();
    CHECK(slow.hear().ends_with("small"));
    CHECK(lazy.hear().size() > size);
    for (stranger* each : {&listens, &slow, &lazy}) each->leave();
    stops.join();
    serves.join();
}

TEST_CASE("http server: bodies that fill what is read at once to the last byte arrive whole") {
    endpoint served(echo);
    const std::size_t room = 64 << 10;
    for (const std::size_t size : {room, 2 * room, 16 * room}) {
        std::string body(size, '\0');
        for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i * i % 23);
        const auto head = [](std::size_t bytes) {
            return "POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " +
                   std::to_string(bytes) + "\r\n\r\n";
        };
        // The body alone fills it; and then head and body together do.
        stranger apart(served), together(served);
        apart.say(head(size));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        apart.say(body);
        CHECK_MESSAGE(apart.hear().ends_with("\r\n\r\n/x" + body), size);
        body.resize(size - head(size - 100).size());
        REQUIRE(head(body.size()).size() + body.size() == size);
        together.say(head(body.size()) + body);
        CHECK_MESSAGE(together.hear().ends_with("\r\n\r\n/x" + body), size);
    }
}

TEST_CASE("http server: who sends far too much can send it to its end, and hears that it is") {
    http::server_options options;
    options.most.body_bytes = 4 << 20;
    endpoint served(echo, options);
    stranger one(served);
    // More than the sockets themselves would take.
    const std::string body(24 << 20, 'x');
    one.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n");
    CHECK(one.say(body));
    CHECK(status_in(one.hear()) == 413);
}

TEST_CASE("http server: who asks and says in the same breath that it was all is answered") {
    for (int i = 0; i < 30; ++i) {
        auto server = listening(echo);
        says_all_at_once early(server->port());
        early.say(request("/early"));
        std::thread serves = running(*server);
        CHECK(early.hear().ends_with("/early"));
        says_all_at_once now(server->port());
        now.say(request("/now"));
        CHECK(now.hear().ends_with("/now"));
        server->stop();
        serves.join();
    }
}

TEST_CASE("T27: deadlines go on while handlers hold all threads but one") {
    http::server_options options{.threads = 2};
    options.most.head_seconds = options.most.idle_seconds = 1;
    door here;
    endpoint served(
        [&](http::request&&) -> http::response {
            here.pass();
            return {.body = "done"};
        },
        options);
    stranger slow(served);
    slow.say(request("/"));
    here.wait_for(1);
    for (int i = 0; i < 2; ++i) {
        stranger head(served), silent(served);
        head.say("GET / HTTP/1.1\r\nHo");
        CHECK(status_in(head.hear()) == 408);
        CHECK(silent.hear().empty());
    }
    here.open();
    CHECK(status_in(slow.hear("done")) == 200);
}

TEST_CASE("http server: who came while there were no files left is served once there are some") {
    auto server = listening(echo);
    stranger one(server->port()), two(server->port()), three(server->port());
    one.say(request("/one"));
    two.say(request("/two"));
    std::thread serves;
    {
        const few_files scarce(1);
        serves = running(*server);
        CHECK(status_in(one.hear("/one")) == 200);
        // It tries again meanwhile, in vain.
        std::this_thread::sleep_for(std::chrono::milliseconds(250));
        one.say(request("/again"));
        CHECK(status_in(one.hear("/again")) == 200);
    }
    CHECK(status_in(two.hear("/two")) == 200);
    three.say(request("/three"));
    CHECK(status_in(three.hear("/three")) == 200);
    stranger last(server->port());
    last.say(request("/last"));
    CHECK(status_in(last.hear("/last")) == 200);
    server->stop();
    serves.join();
}

// --- streams -------------------------------------------------------------------------------------

TEST_CASE("stream: many may send while its peer leaves and the server stops; then nobody can") {
    const std::string upgrade =
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (int i = 0; i < 12; ++i) {
        std::mutex lock;
        std::shared_ptr<http::stream> open;
        // Large enough that it isn't for their limits that they end.
        endpoint served(
            [&](http::request&&) -> http::response {
                return {.goes_on = [&](const std::shared_ptr<http::stream>& begun) {
                    const std::lock_guard locked(lock);
                    open = begun;
                    return std::shared_ptr<void>();
                }};
            },
            {.stop_seconds = 0,
             .stream = {.queue_bytes = 256 << 20, .queue_messages = 10'000'000}});
        stranger peer(served);
        peer.say(request("/", i % 2 == 0 ? std::string_view() : upgrade));
        (void)peer.hear("\r\n\r\n");
        const auto stream = [&] {
            const std::lock_guard locked(lock);
            return open;
        }();
        REQUIRE(stream);
        std::vector<std::thread> senders;
        for (int each = 0; each < 3; ++each)
            senders.emplace_back([&, text = std::to_string(each)] {
                while (stream->send(text)) {
                }
            });
        (void)peer.hear("1");
        std::thread leaves([&] {
            if (i % 3 != 0) peer.leave();
        });
        if (i % 3 != 1) served.stop();
        leaves.join();
        for (std::thread& each : senders) each.join();
        CHECK(!stream->send("late"));
        served.stop();
        CHECK(!stream->send("later"));
        stream->close(1000, "nobody hears it");
    }
}

// --- calls ---------------------------------------------------------------------------------------

TEST_CASE("http client: a call that waits for its answer ends when others say that it is over") {
    const auto is_over = std::make_shared<std::atomic<bool>>(false);
    long_call call({.answer_milliseconds = 60'000, .is_over = is_over});
    *is_over = true;
    call.check_that_it_ends_early();
}

TEST_CASE("http client: a call that waits for its answer ends when it is forgotten") {
    long_call call;
    call.line->forget();
    call.check_that_it_ends_early();
}

TEST_CASE("http client: a call ends when its time is over, be that short or long") {
    for (const std::int64_t milliseconds : {50, 250}) {
        long_call call({.answer_milliseconds = milliseconds});
        call.check_that_it_ends_early(milliseconds);
    }
}

TEST_CASE("http client: who waits looks now and then whether it is over, and waits on") {
    long_call call;
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    call.check_that_it_is_answered();
}

TEST_CASE("http client: a call that may take for ever is answered") {
    long_call call({.connect_milliseconds = for_ever, .answer_milliseconds = for_ever});
    call.check_that_it_is_answered();
}

TEST_CASE("http client: signals break no call, and make none longer") {
    const unheard_signals unheard(SIGUSR1);
    long_call answered;
    for (int i = 0; i < 50; ++i) {
        answered.interrupt();
        wait_a_little();
    }
    answered.check_that_it_is_answered();
    long_call late({.answer_milliseconds = 250});
    while (!late.is_over) {
        late.interrupt();
        wait_a_little();
    }
    late.check_that_it_ends_early();
    CHECK(unheard.count > 0);
}
