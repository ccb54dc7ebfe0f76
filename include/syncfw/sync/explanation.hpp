// SPDX-License-Identifier: BSL-1.0
// Why a row is as it is on a device: what is known of it, and what is still to happen.
//
//     std::puts(to_string(*mine.explain<book>(id)).c_str());
//     // version 7, written by device 5f0c… at 2026-05-01T10:00:00Z; 1 write waits to be sent
#pragma once

#include <syncfw/core/stamp.hpp>
#include <syncfw/core/sync_status.hpp>
#include <syncfw/storage/system_entities.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace syncfw {

struct explanation {
    bool exists = false;
    bool is_deleted = false;
    sync_status status{};
    std::int64_t version = 0;                   ///< Of the server's, that this one stands on.
    stamp written{};                            ///< When, and by which device.
    std::vector<outbox_operation> unsettled{};  ///< Writes without an answer, or refused.
    std::vector<parked_conflict> conflicts{};   ///< All that were parked here, settled ones too.
};

[[nodiscard]] inline std::string to_string(const explanation& seen) {
    if (!seen.exists) return "there is no such row";
    std::string words = seen.is_deleted ? "deleted, " : "";
    words +=
        seen.version == 0 ? std::string("never sent") : "version " + std::to_string(seen.version);
    words += ", written by device " + to_string(seen.written.origin()) + " at " +
             to_string(seen.written.moment());
    for (const outbox_operation& each : seen.unsettled) {
        words += "; operation " + to_string(each.id);
        switch (each.state) {
            case outbox_state::queued: words += " waits to be sent"; break;
            case outbox_state::in_flight: words += " was sent and not answered"; break;
            case outbox_state::failed: words += " was refused: " + each.reason; break;
        }
        if (each.attempts > 1) words += ", " + std::to_string(each.attempts) + " attempts";
    }
    for (const parked_conflict& each : seen.conflicts)
        words += "; operation " + to_string(each.operation) + " met another write (" + each.reason +
                 "), " + (each.resolved_at ? "settled: " + each.resolution : "open");
    return words;
}

}  // namespace syncfw
