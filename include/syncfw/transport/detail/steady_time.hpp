// SPDX-License-Identifier: BSL-1.0
// A clock that never jumps: for how long something took, and for deadlines.
#pragma once

#include <syncfw/core/timestamp.hpp>

#include <cstdint>
#include <time.h>

namespace syncfw::detail {

[[nodiscard]] inline std::int64_t steady_microseconds() noexcept {
    timespec at{};
    ::clock_gettime(CLOCK_MONOTONIC, &at);
    return std::int64_t{at.tv_sec} * 1'000'000 + at.tv_nsec / 1'000;
}

/// The same for those who count by moments. It is no time of day.
[[nodiscard]] inline timestamp steady_moment() noexcept {
    return timestamp::from_microseconds(steady_microseconds());
}

}  // namespace syncfw::detail
