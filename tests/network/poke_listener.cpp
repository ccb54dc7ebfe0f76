// SPDX-License-Identifier: BSL-1.0
// Goal: a listener ends when it is told to, wherever it waits. Method: servers that are none.
#include <syncfw/app/poke_listener.hpp>

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <chrono>
#include <future>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace {

using namespace syncfw;

/// Somebody may connect, and hears nothing.
class silent_server {
  public:
    silent_server() : file_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        REQUIRE(::bind(file_, reinterpret_cast<const sockaddr*>(&at), size) == 0);
        REQUIRE(::listen(file_, 8) == 0);
        REQUIRE(::getsockname(file_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
        port_ = ntohs(at.sin_port);
    }
    silent_server(const silent_server&) = delete;
    silent_server& operator=(const silent_server&) = delete;
    ~silent_server() { ::close(file_); }

    [[nodiscard]] std::string address() const {
        return "http://127.0.0.1:" + std::to_string(port_);
    }
    void wait_for_somebody() const {
        pollfd one{.fd = file_, .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&one, 1, 20'000) == 1);
    }

  private:
    int file_;
    int port_ = 0;
};

}  // namespace

TEST_CASE("poke listener: its end doesn't wait for a server that says nothing") {
    const silent_server there;
    auto listener = poke_listener::make(there.address()).value();
    auto ended =
        std::async(std::launch::async, [&] { listener.run([] { FAIL("nobody poked"); }); });
    there.wait_for_somebody();
    CHECK(!listener.is_connected());
    listener.stop();
    // It would wait a minute for the answer.
    CHECK(ended.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

TEST_CASE("poke listener: who is told to end before it begins doesn't begin") {
    const silent_server there;
    auto listener = poke_listener::make(there.address()).value();
    listener.stop();
    listener.run([] { FAIL("nobody poked"); });
}
