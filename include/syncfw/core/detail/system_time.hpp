// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <ctime>

namespace syncfw::detail {

/// Microseconds since the Unix epoch, as the system has them. Only `now()` and `new_uuid()` read
/// it; the engine gets its time from its environment.
[[nodiscard]] inline std::int64_t system_microseconds() noexcept {
    std::timespec now{};
    if (std::timespec_get(&now, TIME_UTC) != TIME_UTC) return 0;
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 +
           static_cast<std::int64_t>(now.tv_nsec) / 1'000;
}

}  // namespace syncfw::detail
