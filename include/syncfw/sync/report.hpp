// SPDX-License-Identifier: BSL-1.0
// What a replica tells of itself. Files that only show it include this, and nothing of the engine.
//
//     result<sync_report> done = mine.sync();
//     result<replica_status> left = mine.status();
//     if (done && left) show(done->pulled, left->pending);
#pragma once

#include <syncfw/core/error.hpp>
#include <syncfw/core/timestamp.hpp>

#include <cstdint>
#include <optional>

namespace syncfw {

/// What a synchronisation did.
struct sync_report {
    std::int64_t pushed = 0;      ///< Operations that the server answered,
    std::int64_t rejected = 0;    ///< of these: refused,
    std::int64_t superseded = 0;  ///< given up, because what was there stays,
    std::int64_t parked = 0;      ///< and waiting for a person.
    std::int64_t pulled = 0;      ///< Rows that changed here.
    std::int64_t left = 0;        ///< Rows that were taken away.
    std::int64_t behind = 0;      ///< Changes that may be left on the server.
    std::int64_t messages = 0;
    std::int64_t bytes = 0;               ///< Of all messages, both ways.
    std::optional<error> push_failure{};  ///< Why the rest of the work was not sent.
};

/// How a replica stands: a question to its tables, never a flag of its own.
struct replica_status {
    std::int64_t pending = 0;    ///< Operations that the server has not answered.
    std::int64_t failed = 0;     ///< Those that it refused; they wait for a person.
    std::int64_t conflicts = 0;  ///< Rows of which both sides are kept until a person decides.
    std::optional<timestamp> oldest_pending{};
    std::optional<timestamp> last_sync{};  ///< When a page of the server's last came.
    bool is_renewing = false;  ///< All rows come again, because the server's history changed.
};

}  // namespace syncfw
