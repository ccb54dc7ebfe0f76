// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace syncfw {

/// Where a row stands between this store and the other side.
enum class sync_status : unsigned char {
    pending,   ///< Changed here; the other side has not answered yet.
    synced,    ///< Both sides hold the same.
    failed,    ///< The other side refused the change; it waits for a person.
    conflict,  ///< Changed on both sides and parked; it waits for a person.
};

inline constexpr std::string_view sync_status_names[] = {"pending", "synced", "failed", "conflict"};

/// The name as users, databases and the wire have it: `pending`.
[[nodiscard]] constexpr std::string_view to_string(sync_status status) noexcept {
    return sync_status_names[static_cast<std::size_t>(status)];
}

/// Exactly one of the four names. Leaves `out` alone when it returns false.
[[nodiscard]] constexpr bool parse_sync_status(std::string_view text, sync_status& out) noexcept {
    for (std::size_t i = 0; i < std::size(sync_status_names); ++i) {
        if (text != sync_status_names[i]) continue;
        out = static_cast<sync_status>(i);
        return true;
    }
    return false;
}

/// The same with the reason: fails with `errc::malformed`.
[[nodiscard]] inline result<sync_status> parse_sync_status(std::string_view text) {
    sync_status status{};
    if (parse_sync_status(text, status)) return status;
    return error{.code = errc::malformed,
                 .message = "expected pending, synced, failed or conflict"};
}

}  // namespace syncfw
