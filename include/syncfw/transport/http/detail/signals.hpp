// SPDX-License-Identifier: BSL-1.0
// The process' signals, told to servers: what the system lets one do while a signal is handled is
// to count it, and to wake who looks.
#pragma once

#include <syncfw/transport/http/detail/poller.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace syncfw::http::detail {

/// Of the whole process. Its file is never closed, for a signal may be on its way to it.
struct signal_counts {
    static constexpr std::size_t size = 65;  // They have numbers from 1 to 64.

    static inline std::array<std::atomic<std::uint32_t>, size> all{};
    static inline std::atomic<int> file = -1;
    static inline std::mutex lock{};
    static inline std::array<int, size> watchers{};
    static inline std::array<struct sigaction, size> before{};

    static void count(int signal) noexcept {
        const int kept = errno;
        all[static_cast<std::size_t>(signal)].fetch_add(1);
        const std::uint64_t one = 1;
        (void)!::write(file, &one, sizeof one);
        errno = kept;
    }
};

/// While this lives, these signals end nobody, but are told to the poller.
class signal_watch {
  public:
    signal_watch() = default;
    signal_watch(const signal_watch&) = delete;
    signal_watch& operator=(const signal_watch&) = delete;
    ~signal_watch() { end(); }

    /// False where the system doesn't let it, as `errno` says.
    [[nodiscard]] bool add(int signal, poller& to) {
        const std::lock_guard locked(signal_counts::lock);
        if (signal < 1 || signal >= static_cast<int>(signal_counts::size)) {
            errno = EINVAL;
            return false;
        }
        const auto place = static_cast<std::size_t>(signal);
        if (signal_counts::file < 0) signal_counts::file = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        is_watching_ = is_watching_ || to.watch(signal_counts::file, this);
        if (!is_watching_) return false;
        if (signal_counts::watchers[place] == 0) {
            struct sigaction how{};
            how.sa_handler = &signal_counts::count;
            how.sa_flags = SA_RESTART;
            if (::sigaction(signal, &how, &signal_counts::before[place]) != 0) return false;
        }
        ++signal_counts::watchers[place];
        mine_.push_back({place, signal_counts::all[place]});
        return true;
    }

    /// True where one came since it was added.
    [[nodiscard]] bool has_come() const {
        const std::lock_guard locked(signal_counts::lock);
        for (const auto& [place, count] : mine_)
            if (signal_counts::all[place] != count) return true;
        return false;
    }

    // Who was told before is told again.
    void end() {
        const std::lock_guard locked(signal_counts::lock);
        for (const auto& [place, count] : std::exchange(mine_, {}))
            if (--signal_counts::watchers[place] == 0)
                ::sigaction(static_cast<int>(place), &signal_counts::before[place], nullptr);
    }

  private:
    std::vector<std::pair<std::size_t, std::uint32_t>> mine_{};
    bool is_watching_ = false;
};

}  // namespace syncfw::http::detail
