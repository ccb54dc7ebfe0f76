// SPDX-License-Identifier: BSL-1.0
// A client's socket: it waits for the other side no longer than it is told to.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/transport/detail/steady_time.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace syncfw::http::detail {

/// A moment of the clock that never jumps; or an earlier one, once somebody says that it's over, or
/// that nobody waits.
class deadline {
  public:
    /// How often who waits looks whether it is over.
    static constexpr int look_milliseconds = 100;
    /// What is longer counts as this.
    static constexpr std::int64_t years = 1'000'000'000'000;

    explicit deadline(std::int64_t milliseconds, const std::atomic<bool>* is_over = nullptr,
                      const std::atomic<bool>* is_unwanted = nullptr) noexcept
        : at_(now() + std::min(milliseconds, years)),
          is_over_(is_over),
          is_unwanted_(is_unwanted) {}
    [[nodiscard]] int left() const noexcept {
        for (const std::atomic<bool>* each : {is_over_, is_unwanted_})
            if (each != nullptr && *each) return 0;
        const std::int64_t rest = at_ - now();
        return rest <= 0 ? 0 : rest > 1'000'000'000 ? 1'000'000'000 : static_cast<int>(rest);
    }

    /// For so long one may wait before looking again.
    [[nodiscard]] int next_look() const noexcept {
        const bool is_sure = is_over_ == nullptr && is_unwanted_ == nullptr;
        return is_sure ? left() : std::min(left(), look_milliseconds);
    }

  private:
    [[nodiscard]] static std::int64_t now() noexcept {
        return syncfw::detail::steady_microseconds() / 1'000;
    }
    std::int64_t at_;
    const std::atomic<bool>* is_over_;
    const std::atomic<bool>* is_unwanted_;
};

inline void sleep_milliseconds(int milliseconds) noexcept {
    ::poll(nullptr, 0, milliseconds);
}

class socket {
  public:
    socket() = default;
    socket(socket&& other) noexcept
        : file_(std::exchange(other.file_, -1)), waits_in_reads_(other.waits_in_reads_) {}
    socket& operator=(socket&& other) noexcept {
        std::swap(file_, other.file_);
        std::swap(waits_in_reads_, other.waits_in_reads_);
        return *this;
    }
    ~socket() { close(); }

    [[nodiscard]] bool is_open() const noexcept { return file_ >= 0; }
    void close() noexcept {
        if (file_ >= 0) ::close(std::exchange(file_, -1));
    }

    /// Tries each address of the host. Nothing has been sent where it fails.
    [[nodiscard]] result<void> connect(const std::string& host, std::uint16_t port,
                                       const deadline& until);
    /// False where the other side has closed it, or says something that nobody asked for.
    [[nodiscard]] bool is_quiet() const noexcept {
        pollfd one{.fd = file_, .events = POLLIN, .revents = 0};
        return ::poll(&one, 1, 0) == 0;
    }
    /// Both, one behind the other.
    [[nodiscard]] result<void> write(std::string_view first, std::string_view second,
                                     const deadline& until);
    /// As many bytes as are there; 0 at the end.
    [[nodiscard]] result<std::size_t> read(char* to, std::size_t most, const deadline& until);

  private:
    [[nodiscard]] static error timed_out() {
        return {.code = errc::timed_out, .message = "the server did not answer in time"};
    }
    [[nodiscard]] static error broken(int why) {
        return {.code = errc::timed_out,
                .message = "the connection broke",
                .cause = std::strerror(why)};
    }
    // True once it can be read or written.
    [[nodiscard]] bool wait(short events, const deadline& until) const noexcept {
        pollfd one{.fd = file_, .events = events, .revents = 0};
        while (true) {
            const int ready = ::poll(&one, 1, until.next_look());
            if (ready > 0) return true;
            if (ready < 0 ? errno != EINTR : until.left() == 0) return false;
        }
    }
    [[nodiscard]] int try_one(const addrinfo& at, const deadline& until);
    [[nodiscard]] bool wait_in_reads() const noexcept;

    int file_ = -1;
    bool waits_in_reads_ = false;
};

inline int socket::try_one(const addrinfo& at, const deadline& until) {
    close();
    file_ = ::socket(at.ai_family, at.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at.ai_protocol);
    if (file_ < 0) return errno;
    const int on = 1;
    ::setsockopt(file_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int why = ::connect(file_, at.ai_addr, at.ai_addrlen) == 0 ? 0 : errno;
    if (why == EINPROGRESS) {
        if (!wait(POLLOUT, until)) return ETIMEDOUT;
        socklen_t size = sizeof why;
        ::getsockopt(file_, SOL_SOCKET, SO_ERROR, &why, &size);
    }
    waits_in_reads_ = why == 0 && wait_in_reads();
    return why;
}

// An answer is rarely there at once: to wait in the call that reads it takes one call, not two.
inline bool socket::wait_in_reads() const noexcept {
    const timeval look{.tv_sec = 0, .tv_usec = deadline::look_milliseconds * 1'000};
    return ::setsockopt(file_, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look) == 0 &&
           ::fcntl(file_, F_SETFL, ::fcntl(file_, F_GETFL) & ~O_NONBLOCK) == 0;
}

inline result<void> socket::connect(const std::string& host, std::uint16_t port,
                                    const deadline& until) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int looked = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
    if (looked != 0)
        return error{.code = errc::peer_unavailable,
                     .message = "no address is known of '" + host + "'",
                     .cause = ::gai_strerror(looked)};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
    int why = 0;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        why = try_one(*each, until);
        if (why == 0) return {};
    }
    close();
    return error{.code = errc::peer_unavailable,
                 .message = "can't connect to " + host + ":" + std::to_string(port),
                 .cause = std::strerror(why)};
}

inline result<void> socket::write(std::string_view first, std::string_view second,
                                  const deadline& until) {
    while (!first.empty() || !second.empty()) {
        iovec parts[] = {{const_cast<char*>(first.data()), first.size()},
                         {const_cast<char*>(second.data()), second.size()}};
        msghdr all{};
        all.msg_iov = parts;
        all.msg_iovlen = 2;
        // No signal, where the other side has gone.
        const ssize_t sent = ::sendmsg(file_, &all, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (!wait(POLLOUT, until)) return timed_out();
            continue;
        }
        if (sent < 0) return broken(errno);
        const auto count = static_cast<std::size_t>(sent);
        const std::size_t of_first = count < first.size() ? count : first.size();
        first.remove_prefix(of_first);
        second.remove_prefix(count - of_first);
    }
    return {};
}

inline result<std::size_t> socket::read(char* to, std::size_t most, const deadline& until) {
    while (true) {
        const bool is_near = !waits_in_reads_ || until.left() < deadline::look_milliseconds;
        const ssize_t count = ::recv(file_, to, most, is_near ? MSG_DONTWAIT : 0);
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return broken(errno);
        if (is_near && !wait(POLLIN, until)) return timed_out();
    }
}

}  // namespace syncfw::http::detail
