// SPDX-License-Identifier: BSL-1.0
// What the tests of the PostgreSQL store share: a namespace of the server for each store, and a
// proxy that loses connections at the wrong moment.
#pragma once

#include <syncfw/storage/postgres.hpp>

#include <doctest/doctest.h>
#include <libpq-fe.h>

#include <arpa/inet.h>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace pg {

/// The test server's address, or null: then the test is skipped.
inline const char* server() {
    const char* const url = std::getenv("SYNCFW_TEST_POSTGRES");
    if (url == nullptr) MESSAGE("skipped: SYNCFW_TEST_POSTGRES names no server");
    return url;
}

/// One value of one statement of somebody else's.
inline std::string ask(const std::string& sql) {
    PGconn* const connection = PQconnectdb(std::getenv("SYNCFW_TEST_POSTGRES"));
    PGresult* const answer = PQexec(connection, sql.c_str());
    std::string value = PQresultErrorMessage(answer);
    if (PQresultStatus(answer) == PGRES_TUPLES_OK && PQntuples(answer) > 0)
        value = PQgetvalue(answer, 0, 0);
    PQclear(answer);
    PQfinish(connection);
    return value;
}

/// The address with a namespace of its own in it, empty, and with other settings of the session.
inline std::string fresh_url(const std::string& base, const std::string& settings = {}) {
    static int count = 0;
    const std::string name =
        "syncfw_" + std::to_string(::getpid()) + "_" + std::to_string(count++ % 8);
    ask("SET client_min_messages = error; DROP SCHEMA IF EXISTS " + name +
        " CASCADE; CREATE SCHEMA " + name);
    return base + "?options=-csearch_path%3D" + name + settings;
}
inline std::string fresh_url() {
    return fresh_url(std::getenv("SYNCFW_TEST_POSTGRES"));
}

template <class Schema>
std::unique_ptr<syncfw::postgres::store<Schema>> open(
    const std::string& url, const syncfw::postgres::options& wanted = {}) {
    auto opened = syncfw::postgres::open<Schema>(url, wanted);
    if (!opened) FAIL(to_string(opened.error()));
    return std::make_unique<syncfw::postgres::store<Schema>>(std::move(*opened));
}

/// When a connection is lost: with what the client just sent, or with the server's answer to it.
enum class loss : unsigned char { none, of_question, of_answer };

/// Stands between a store and the server, and hangs up when it is told to.
class losing_proxy {
  public:
    using choice = std::function<loss(std::string_view from_client)>;

    explicit losing_proxy(choice loses) : loses_(std::move(loses)) {
        const std::string url = std::getenv("SYNCFW_TEST_POSTGRES");
        const std::size_t colon = url.rfind(':'), slash = url.rfind('/');
        server_port_ = std::stoi(url.substr(colon + 1, slash - colon - 1));
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in at = loopback(0);
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
        REQUIRE(::listen(listener_, 64) == 0);
        socklen_t size = sizeof at;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
        url_ = url.substr(0, colon + 1) + std::to_string(ntohs(at.sin_port)) + url.substr(slash);
        accepting_ = std::thread([this] { accept_all(); });
    }
    ~losing_proxy() {
        is_over_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        accepting_.join();
        for (std::thread& each : running_) each.join();
        ::close(listener_);
    }
    losing_proxy(const losing_proxy&) = delete;
    losing_proxy& operator=(const losing_proxy&) = delete;

    /// The server's address, by way of this proxy.
    [[nodiscard]] const std::string& url() const { return url_; }
    [[nodiscard]] int lost() const { return lost_; }

  private:
    static sockaddr_in loopback(int port) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(static_cast<std::uint16_t>(port));
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return at;
    }
    void accept_all() {
        while (!is_over_) {
            const int client = ::accept(listener_, nullptr, nullptr);
            if (client < 0) return;
            const int server = ::socket(AF_INET, SOCK_STREAM, 0);
            sockaddr_in at = loopback(server_port_);
            if (::connect(server, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) continue;
            running_.emplace_back([this, client, server] { carry(client, server); });
        }
    }
    // One direction at a time: the protocol asks and answers.
    void carry(int client, int server) {
        char bytes[65536];
        bool loses_answer = false;
        while (!is_over_) {
            pollfd both[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
            if (::poll(both, 2, 100) <= 0) continue;
            const bool from_client = (both[0].revents & (POLLIN | POLLHUP)) != 0;
            const ssize_t size = ::read(from_client ? client : server, bytes, sizeof bytes);
            if (size <= 0) break;
            const std::string_view seen(bytes, static_cast<std::size_t>(size));
            const loss lost = from_client ? loses_(seen) : loss::none;
            if (lost == loss::of_answer) loses_answer = true;
            if (lost == loss::of_question || (!from_client && loses_answer)) {
                ++lost_;
                break;
            }
            if (::write(from_client ? server : client, bytes, seen.size()) != size) break;
        }
        ::close(client);
        ::close(server);
    }

    choice loses_;
    std::string url_{};
    int server_port_ = 0, listener_ = -1;
    std::atomic<bool> is_over_{false};
    std::atomic<int> lost_{0};
    std::thread accepting_{};
    std::vector<std::thread> running_{};
};

}  // namespace pg
