// SPDX-License-Identifier: BSL-1.0
// A transport of one's own: messages over a Unix socket, each with its length before it. It is held
// to its promises by the same suite as the library's own; docs/guide/transport-adapter.md leads
// through it.
#include <syncfw/testing/check_transport.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <list>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace custom {

using namespace syncfw;

// [frames]
/// A socket that is closed with its owner, and whole messages over it.
class channel {
  public:
    explicit channel(int socket = -1) : socket_(socket) {}
    channel(channel&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
    channel& operator=(channel other) noexcept { return std::swap(socket_, other.socket_), *this; }
    ~channel() {
        if (is_open()) ::close(socket_);
    }

    [[nodiscard]] bool is_open() const { return socket_ >= 0; }
    [[nodiscard]] int socket() const { return socket_; }

    [[nodiscard]] bool send(std::string_view message) const {
        const auto size = static_cast<std::uint32_t>(message.size());
        std::array<char, sizeof size> head{};
        std::memcpy(head.data(), &size, sizeof size);
        return write({head.data(), head.size()}) && write(message);
    }
    [[nodiscard]] bool receive(std::string& message) const {
        std::uint32_t size = 0;
        if (!read(reinterpret_cast<char*>(&size), sizeof size) || size > largest) return false;
        message.resize(size);
        return read(message.data(), size);
    }

  private:
    static constexpr std::uint32_t largest = 64U << 20U;

    [[nodiscard]] bool write(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }
    [[nodiscard]] bool read(char* to, std::size_t wanted) const {
        while (wanted > 0) {
            const auto count = ::recv(socket_, to, wanted, 0);
            if (count <= 0) return false;
            to += count;
            wanted -= static_cast<std::size_t>(count);
        }
        return true;
    }

    int socket_;
};
// [/frames]

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

// [link]
class socket_link {
  public:
    socket_link(std::string path, int wait_milliseconds)
        : path_(std::move(path)), wait_milliseconds_(wait_milliseconds) {}

    result<std::string> exchange(std::string_view request) {
        if (is_closed_by_peer()) line_ = channel();
        if (!line_.is_open() && !connect())
            return error{.code = errc::peer_unavailable, .message = "nobody listens at the socket"};
        std::string answer;
        if (line_.send(request) && line_.receive(answer)) return answer;
        // An answer that still comes would be taken for the next request's.
        line_ = channel();
        return error{.code = errc::timed_out, .message = "there was no answer in time"};
    }

  private:
    // Between two exchanges there is nothing to read but the end.
    [[nodiscard]] bool is_closed_by_peer() const {
        pollfd asked{.fd = line_.socket(), .events = POLLIN, .revents = 0};
        return line_.is_open() && ::poll(&asked, 1, 0) != 0;
    }
    [[nodiscard]] bool connect() {
        channel made(::socket(AF_UNIX, SOCK_STREAM, 0));
        const timeval wait{.tv_sec = wait_milliseconds_ / 1'000,
                           .tv_usec = wait_milliseconds_ % 1'000 * 1'000};
        for (const int which : {SO_RCVTIMEO, SO_SNDTIMEO})
            ::setsockopt(made.socket(), SOL_SOCKET, which, &wait, sizeof wait);
        const sockaddr_un address = address_of(path_);
        if (::connect(made.socket(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0)
            return false;
        line_ = std::move(made);
        return true;
    }

    std::string path_;
    int wait_milliseconds_;
    channel line_{};
};
static_assert(transport<socket_link>);
// [/link]

// [endpoint]
/// Answers at a socket, with a thread for each link.
class socket_endpoint {
  public:
    explicit socket_endpoint(std::string path, testing::request_handler answer,
                             int wait_milliseconds)
        : path_(std::move(path)),
          answer_(std::move(answer)),
          wait_milliseconds_(wait_milliseconds) {
        start();
    }
    socket_endpoint(const socket_endpoint&) = delete;
    socket_endpoint& operator=(const socket_endpoint&) = delete;
    ~socket_endpoint() { stop(); }

    [[nodiscard]] socket_link link() const { return {path_, wait_milliseconds_}; }

    void start() {
        ::unlink(path_.c_str());
        const sockaddr_un address = address_of(path_);
        listening_ = channel(::socket(AF_UNIX, SOCK_STREAM, 0));
        if (::bind(listening_.socket(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof address) != 0 ||
            ::listen(listening_.socket(), 16) != 0)
            std::perror("custom_transport");
        accepting_ = std::thread([this] { accept(); });
    }
    void stop() {
        ::shutdown(listening_.socket(), SHUT_RDWR);
        accepting_.join();
        listening_ = channel();
        for (auto& each : guests_) ::shutdown(each.line.socket(), SHUT_RDWR);
        for (auto& each : guests_) each.serving.join();
        guests_.clear();
    }

  private:
    struct guest {
        channel line;
        std::thread serving{};
    };

    void accept() {
        while (true) {
            channel line(::accept(listening_.socket(), nullptr, nullptr));
            if (!line.is_open()) return;
            guest& made = guests_.emplace_back(guest{std::move(line)});
            made.serving = std::thread([this, &made] { serve(made.line); });
        }
    }
    void serve(const channel& line) const {
        std::string request;
        while (line.receive(request)) {
            std::string answer;
            try {
                answer = answer_(request);
            } catch (...) {
                break;  // The link sees the end, and can't know what happened before.
            }
            if (!line.send(answer)) break;
        }
        ::shutdown(line.socket(), SHUT_RDWR);
    }

    std::string path_;
    testing::request_handler answer_;
    int wait_milliseconds_;
    channel listening_{};
    std::list<guest> guests_{};
    std::thread accepting_{};
};
// [/endpoint]

}  // namespace custom

// [check]
int main() {
    using namespace syncfw::testing;
    const std::string path = "/tmp/syncfw-link-" + std::to_string(::getpid());
    const auto check = [&path](int wait_milliseconds, int slowest_milliseconds) {
        return check_transport(
            [&](request_handler answer) {
                return custom::socket_endpoint(path, std::move(answer), wait_milliseconds);
            },
            {.slow_answer = std::chrono::milliseconds(slowest_milliseconds)});
    };
    report seen = check(30'000, 200);
    seen += check(2'000, 2'500);  // Now the link does not wait for the slowest answer.
    ::unlink(path.c_str());
    std::puts(to_string(seen).c_str());
    return seen.passed() ? 0 : 1;
}
// [/check]
