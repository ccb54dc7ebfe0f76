// SPDX-License-Identifier: BSL-1.0
// What a server's threads wait for: its sockets, its clocks, and each other. The system (Linux'
// epoll) wakes one thread for each event, and that which began to wait last: whoever asks one thing
// after the other is answered by a thread that is still warm, and no thread wakes another for it.
#pragma once

#if !defined(__linux__)
#error "syncfw: the HTTP server waits with epoll, which only Linux has"
#endif

#include <cerrno>
#include <cstdint>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utility>

namespace syncfw::http::detail {

/// A file of the system's. It is closed with this.
class open_file {
  public:
    explicit open_file(int number = -1) noexcept : number_(number) {}
    open_file(open_file&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    open_file& operator=(open_file&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~open_file() { close(); }

    [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
    [[nodiscard]] int number() const noexcept { return number_; }
    void close() noexcept {
        if (is_open()) ::close(std::exchange(number_, -1));
    }

  private:
    int number_;
};

/// Once, after a while. Nothing is to be read of it.
class alarm_clock {
  public:
    [[nodiscard]] bool is_open() const noexcept { return file_.is_open(); }
    [[nodiscard]] int file() const noexcept { return file_.number(); }
    void set(std::int64_t milliseconds) noexcept {
        itimerspec at{};
        at.it_value = {.tv_sec = milliseconds / 1'000, .tv_nsec = milliseconds % 1'000 * 1'000'000};
        ::timerfd_settime(file_.number(), 0, &at, nullptr);
    }

  private:
    open_file file_{::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
};

class poller {
  public:
    struct event {
        const void* whose = nullptr;  ///< Nobody's, where somebody only woke us.
        bool is_hung = false;         ///< The other side has closed it, or it is broken.
    };

    poller() : is_open_(watch(woken_.number(), nullptr)) {}

    /// False where the system had no files left.
    [[nodiscard]] bool is_open() const noexcept { return is_open_; }

    /// Each time that more can be read or written than before, one thread is told.
    [[nodiscard]] bool watch(int file, const void* whose) noexcept {
        return change(EPOLL_CTL_ADD, file, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, whose);
    }
    /// Told once that there is something to read; the next time, after `watch_again`.
    [[nodiscard]] bool watch_once(int file, const void* whose) noexcept {
        return change(EPOLL_CTL_ADD, file, EPOLLIN | EPOLLONESHOT, whose);
    }
    void watch_again(int file, const void* whose) noexcept {
        (void)change(EPOLL_CTL_MOD, file, EPOLLIN | EPOLLONESHOT, whose);
    }
    void forget(int file) noexcept { (void)change(EPOLL_CTL_DEL, file, 0, nullptr); }

    /// What happened; where nothing did, it waits for it, if it is told to.
    [[nodiscard]] event wait(bool waits) noexcept {
        epoll_event one{};
        const int count = ::epoll_wait(files_.number(), &one, 1, waits ? -1 : 0);
        if (count <= 0) return {};
        return {.whose = one.data.ptr,
                .is_hung = (one.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0};
    }

    /// One of those who wait; or the next who will.
    void wake() noexcept {
        const std::uint64_t one = 1;
        while (::write(woken_.number(), &one, sizeof one) < 0 && errno == EINTR) {
        }
    }

  private:
    [[nodiscard]] bool change(int how, int file, std::uint32_t events, const void* whose) noexcept {
        epoll_event one{};
        one.events = events;
        one.data.ptr = const_cast<void*>(whose);
        return ::epoll_ctl(files_.number(), how, file, &one) == 0;
    }

    open_file files_{::epoll_create1(EPOLL_CLOEXEC)};
    open_file woken_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    bool is_open_;
};

}  // namespace syncfw::http::detail
