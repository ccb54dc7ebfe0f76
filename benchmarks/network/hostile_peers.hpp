// SPDX-License-Identifier: BSL-1.0
// Peers who don't mean well, in a process of their own. They are many and they hold on, but they
// don't use up the machine's processors: who does is not kept from it by a server.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/transport/http/detail/line.hpp>
#include <syncfw/transport/http/url.hpp>

#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace bench {

enum class hostile_kind : unsigned char { slow_to_ask, slow_to_read, malformed };

constexpr std::string_view words_of(hostile_kind kind) {
    switch (kind) {
        case hostile_kind::slow_to_ask: return "100 who ask slowly";
        case hostile_kind::slow_to_read: return "20 who don't read";
        default: return "one who asks nonsense";
    }
}

class hostile_peers {
  public:
    hostile_peers(hostile_kind kind, const std::string& address) {
        int ends[2];
        if (::pipe(ends) != 0) std::abort();
        id_ = ::fork();
        if (id_ == 0) attack(kind, address, ends[1]);
        char ready = 0;
        if (::read(ends[0], &ready, 1) != 1) std::abort();
        ::close(ends[0]);
        ::close(ends[1]);
    }
    ~hostile_peers() {
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
    }
    hostile_peers(const hostile_peers&) = delete;
    hostile_peers& operator=(const hostile_peers&) = delete;

  private:
    using line = syncfw::http::detail::line;
    static syncfw::http::detail::deadline soon() { return syncfw::http::detail::deadline(5'000); }

    static line connected(const std::string& address) {
        line made;
        if (!made.connect(*syncfw::http::parse_url(address), nullptr, soon())) std::_Exit(1);
        return made;
    }

    [[noreturn]] static void attack(hostile_kind kind, const std::string& address, int ready) {
        const auto begun = [&] {
            if (::write(ready, "r", 1) != 1) std::_Exit(1);
        };
        if (kind == hostile_kind::slow_to_ask) ask_slowly(address, begun);
        if (kind == hostile_kind::slow_to_read) read_nothing(address, begun);
        ask_nonsense(address, begun);
    }

    // A letter of a head each second, on each connection.
    template <class F>
    [[noreturn]] static void ask_slowly(const std::string& address, F&& begun) {
        std::vector<line> lines(100);
        const auto begin = [&](line& each) {
            each = connected(address);
            (void)each.write("POST /sync/messages HTTP/1.1\r\nX: ", {}, soon());
        };
        for (line& each : lines) begin(each);
        begun();
        while (true) {
            for (line& each : lines) {
                if (!each.write("x", {}, soon())) begin(each);
                ::usleep(10'000);
            }
        }
    }

    // The whole of a table, each, of which nobody takes a byte.
    template <class F>
    [[noreturn]] static void read_nothing(const std::string& address, F&& begun) {
        constexpr std::string_view body = R"({"limit":20000})";
        const std::string asked =
            "POST /sync/pull HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a token\r\n"
            "Content-Type: application/json\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n";
        std::vector<line> lines(20);
        for (line& each : lines) {
            each = connected(address);
            (void)each.write(asked, body, soon());
        }
        // Until all are answered, as far as they can be.
        ::sleep(3);
        begun();
        while (true) ::pause();
    }

    // A hundred a second, each on a connection of its own.
    template <class F>
    [[noreturn]] static void ask_nonsense(const std::string& address, F&& begun) {
        begun();
        while (true) {
            line each = connected(address);
            (void)each.write("GET\x01 /\r\n: \r\n\r\n", std::string(4'000, '\0'), soon());
            char room[512];
            (void)each.read(room, sizeof room, soon());
            ::usleep(10'000);
        }
    }

    pid_t id_ = 0;
};

}  // namespace bench
