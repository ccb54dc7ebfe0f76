// SPDX-License-Identifier: BSL-1.0
// A bad line between devices and their server: it delays, slows down, cuts and resets.
#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <fcntl.h>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <random>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace chaos {

struct line_quality {
    bool is_cut = false;  ///< Nobody gets through.
    int delay_milliseconds = 0;
    std::size_t bytes_second = 0;  ///< 0: as fast as it can.
    std::size_t reset_after = 0;   ///< Of a connection's bytes; 0: never.
};

class proxy {
  public:
    proxy(unsigned short to, std::uint64_t seed) : to_(to), draw_(seed) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_in at = address(0);
        ::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at);
        ::listen(listener_, 128);
        socklen_t size = sizeof at;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(at.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    ~proxy() {
        ends_ = true;
        thread_.join();
        for (line& each : lines_) close(each);
        ::close(listener_);
    }

    [[nodiscard]] unsigned short port() const { return port_; }
    void become(const line_quality& now, bool resets_all) {
        const std::lock_guard locked(lock_);
        quality_ = now;
        resets_all_ = resets_all_ || resets_all;
    }

  private:
    using clock = std::chrono::steady_clock;
    struct piece {
        clock::time_point due{};
        std::string bytes{};
    };
    struct way {
        int from = -1, to = -1;
        std::deque<piece> waiting{};
        bool is_ended = false;
    };
    struct line {
        way ways[2]{};
        std::size_t moved = 0;
        bool is_dead = false;
    };

    static sockaddr_in address(unsigned short port) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        at.sin_port = htons(port);
        return at;
    }
    static void close(line& each) {
        for (const int file : {each.ways[0].from, each.ways[0].to}) {
            // So that the other side hears of a reset, not of an end.
            const linger at_once{.l_onoff = 1, .l_linger = 0};
            if (each.is_dead) ::setsockopt(file, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            ::close(file);
        }
    }

    void accept(const line_quality& now) {
        while (true) {
            const int file = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (file < 0) return;
            const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const sockaddr_in at = address(to_);
            if (now.is_cut ||
                ::connect(other, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
                ::close(file);
                ::close(other);
                continue;
            }
            ::fcntl(other, F_SETFL, O_NONBLOCK);
            const int on = 1;
            ::setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            ::setsockopt(other, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            line made;
            made.ways[0] = {.from = file, .to = other};
            made.ways[1] = {.from = other, .to = file};
            lines_.push_back(std::move(made));
        }
    }

    void read(way& of, const line_quality& now) {
        if (of.is_ended || of.waiting.size() > 64) return;
        std::string bytes(now.bytes_second == 0 ? 65'536 : now.bytes_second / 50 + 1, '\0');
        const ssize_t count = ::recv(of.from, bytes.data(), bytes.size(), 0);
        if (count < 0) {
            of.is_ended = errno != EAGAIN && errno != EWOULDBLOCK;
            return;
        }
        if (count == 0) of.is_ended = true;
        bytes.resize(static_cast<std::size_t>(count));
        auto due = clock::now() + std::chrono::milliseconds(now.delay_milliseconds);
        if (!of.waiting.empty() && now.bytes_second != 0)
            due = std::max(due, of.waiting.back().due + std::chrono::milliseconds(20));
        of.waiting.push_back({due, std::move(bytes)});
    }

    void write(line& of, way& one, const line_quality& now) {
        while (!one.waiting.empty() && one.waiting.front().due <= clock::now()) {
            std::string& bytes = one.waiting.front().bytes;
            if (bytes.empty()) ::shutdown(one.to, SHUT_WR);
            const ssize_t count = ::send(one.to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
            if (count < 0) {
                of.is_dead = true;
                return;
            }
            of.moved += static_cast<std::size_t>(count);
            bytes.erase(0, static_cast<std::size_t>(count));
            if (bytes.empty()) one.waiting.pop_front();
            if (now.reset_after != 0 && of.moved > now.reset_after) of.is_dead = true;
        }
    }

    void run() {
        while (!ends_) {
            line_quality now;
            bool resets_all = false;
            {
                const std::lock_guard locked(lock_);
                now = quality_;
                resets_all = std::exchange(resets_all_, false);
            }
            if (now.reset_after != 0) now.reset_after = draw_() % now.reset_after + 1;
            accept(now);
            for (auto each = lines_.begin(); each != lines_.end();) {
                for (way& one : each->ways) read(one, now), write(*each, one, now);
                each->is_dead = each->is_dead || resets_all || now.is_cut;
                const bool is_over = each->ways[0].is_ended && each->ways[1].is_ended &&
                                     each->ways[0].waiting.empty() && each->ways[1].waiting.empty();
                if (!each->is_dead && !is_over) {
                    ++each;
                    continue;
                }
                close(*each);
                each = lines_.erase(each);
            }
            wait();
        }
    }

    void wait() {
        std::vector<pollfd> files{{listener_, POLLIN, 0}};
        for (const line& each : lines_)
            for (const way& one : each.ways)
                if (!one.is_ended && one.waiting.size() <= 64)
                    files.push_back({one.from, POLLIN, 0});
        ::poll(files.data(), files.size(), 2);
    }

    unsigned short to_, port_ = 0;
    int listener_ = -1;
    std::mt19937_64 draw_;
    std::list<line> lines_{};
    std::mutex lock_{};
    line_quality quality_{};
    bool resets_all_ = false;
    std::atomic<bool> ends_ = false;
    std::thread thread_{};
};

}  // namespace chaos
