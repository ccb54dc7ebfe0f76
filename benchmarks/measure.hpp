// SPDX-License-Identifier: BSL-1.0
// Measuring in pairs. A machine's speed changes from second to second, so that two times that
// were taken one after the other can't be compared; two that alternate can.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <sched.h>
#include <time.h>
#include <vector>

namespace bench {

/// Makes the compiler believe that the value is used.
template <class T>
inline void keep(const T& value) {
    asm volatile("" : : "g"(&value) : "memory");
}

inline double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// How long something takes once, by the wall clock.
inline double seconds_of(auto&& work) {
    timespec begin{};
    timespec end{};
    clock_gettime(CLOCK_MONOTONIC, &begin);
    work();
    clock_gettime(CLOCK_MONOTONIC, &end);
    return static_cast<double>(end.tv_sec - begin.tv_sec) +
           static_cast<double>(end.tv_nsec - begin.tv_nsec) / 1e9;
}

/// What so many percent of the values don't exceed.
inline double percentile(std::vector<double> values, std::size_t percent) {
    const std::size_t place = std::min(values.size() - 1, values.size() * percent / 100);
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(place);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

/// Keeps this thread, and those that it starts, on one of the processors that it has. Two threads
/// that talk to each other take several times as long where the system happens to put them on two
/// that sleep meanwhile, and it leaves them where they are, so that one side may have luck for a
/// whole run.
class kept_on_processor {
  public:
    explicit kept_on_processor(int which) {
        if (sched_getaffinity(0, sizeof before_, &before_) != 0) std::abort();
        which %= CPU_COUNT(&before_);
        std::size_t place = 0;
        while (!CPU_ISSET(place, &before_) || which-- > 0) ++place;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(place, &one);
        sched_setaffinity(0, sizeof one, &one);
    }
    kept_on_processor(const kept_on_processor&) = delete;
    kept_on_processor& operator=(const kept_on_processor&) = delete;
    ~kept_on_processor() { sched_setaffinity(0, sizeof before_, &before_); }

  private:
    cpu_set_t before_{};
};

struct plan {
    std::size_t pairs = 31;    ///< Odd, so that the median is one of the measured.
    std::size_t attempts = 3;  ///< A miss is measured again, so often at most.
    /// What in-memory work costs doesn't depend on who else runs; what waits needs
    /// CLOCK_MONOTONIC.
    clockid_t clock = CLOCK_THREAD_CPUTIME_ID;
    std::function<void()> before{};  ///< Called before each work, not measured.
};

/// Nanoseconds of one call of `work`.
template <class F>
double time_of(F& work, const plan& p) {
    if (p.before) p.before();
    timespec before{};
    timespec after{};
    clock_gettime(p.clock, &before);
    work();
    clock_gettime(p.clock, &after);
    return static_cast<double>(after.tv_sec - before.tv_sec) * 1e9 +
           static_cast<double>(after.tv_nsec - before.tv_nsec);
}

/// The median of one work alone, in nanoseconds a call.
template <class F>
double measure(F&& work, const plan& p = {}) {
    (void)time_of(work, p);
    std::vector<double> times;
    for (std::size_t i = 0; i < p.pairs; ++i) times.push_back(time_of(work, p));
    return median(times);
}

inline constexpr double no_budget = std::numeric_limits<double>::infinity();

struct comparison {
    double ours = 0;    ///< Median, in nanoseconds a call.
    double theirs = 0;  ///< Likewise.
    double ratio = 0;   ///< Median of the pairs' ratios, not the ratio of the medians.
};

/// Runs both alternately, each first in half of the pairs. Above the budget it measures as many
/// pairs again and judges all of them together, so that a repetition favours nobody.
template <class Ours, class Theirs>
comparison compare(Ours&& ours, Theirs&& theirs, double budget = no_budget, const plan& p = {}) {
    (void)time_of(ours, p);
    (void)time_of(theirs, p);
    std::vector<double> our_times;
    std::vector<double> their_times;
    std::vector<double> ratios;
    for (std::size_t attempt = 0; attempt < p.attempts; ++attempt) {
        for (std::size_t i = 0; i < p.pairs; ++i) {
            const bool ours_first = i % 2 == 0;
            double mine = ours_first ? time_of(ours, p) : 0;
            const double other = time_of(theirs, p);
            if (!ours_first) mine = time_of(ours, p);
            our_times.push_back(mine);
            their_times.push_back(other);
            ratios.push_back(mine / other);
        }
        if (median(ratios) <= budget) break;
    }
    return {median(our_times), median(their_times), median(ratios)};
}

}  // namespace bench
