// SPDX-License-Identifier: BSL-1.0
// Synchronising while a person waits: tried again for a while, and then told what is kept.
#pragma once

#include <syncfw/app/detail/complain.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/sync/environment.hpp>
#include <syncfw/sync/retry.hpp>
#include <syncfw/sync/session.hpp>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>

namespace syncfw::app::detail {

/// Whether the server, or the way to it, is what failed: then all is kept, and sent later.
[[nodiscard]] inline bool is_unreachable(errc code) noexcept {
    switch (code) {
        case errc::peer_unavailable:
        case errc::timed_out:
        case errc::unavailable:
        case errc::rate_limited:
        case errc::truncated:
        case errc::commit_unknown: return true;
        default: return false;
    }
}

struct sync_ended {
    sync_report seen{};            ///< Of all attempts.
    std::optional<error> why{};    ///< What the last one failed with.
    std::int64_t retry_after = 0;  ///< What the server asked for, in microseconds.
};

/// Attempts of one sync, at once and then with growing pauses, within the patience. The server's
/// word on when to come again is kept to: where that is later, nothing more is tried.
template <class Attempt, class RetryAfter, class Environment>
[[nodiscard]] sync_ended try_to_sync(Attempt&& attempt, RetryAfter&& retry_after, Environment& from,
                                     std::int64_t patience_microseconds) {
    syncfw::detail::countdown patience;
    patience.start(from.now(), patience_microseconds);
    sync_ended ended;
    for (std::int64_t count = 1;; ++count) {
        result<sync_report> got = attempt();
        if (got) {
            ended.seen.pushed += got->pushed, ended.seen.rejected += got->rejected;
            ended.seen.superseded += got->superseded, ended.seen.parked += got->parked;
            ended.seen.pulled += got->pulled, ended.seen.left += got->left;
            ended.seen.messages += got->messages, ended.seen.bytes += got->bytes;
            ended.seen.behind = got->behind;
        }
        ended.why = got ? got->push_failure : std::optional<error>(got.error());
        if (!ended.why || !is_worth_retrying(ended.why->code)) return ended;
        ended.retry_after = retry_after();
        const std::int64_t wait = wait_before(count, {}, from.random(), ended.retry_after);
        patience.look(from.now());
        if (wait >= patience.left()) return ended;
        from.pause(wait);
    }
}

/// A line on a terminal that shows how far a long sync is.
class progress_line {
  public:
    explicit progress_line(bool is_wanted)
        : is_wanted_(is_wanted && ::isatty(STDERR_FILENO) == 1) {}
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;
    ~progress_line() {
        if (is_shown_) std::fputs("\r\x1b[K", stderr);
    }

    void show(const sync_report& seen) {
        // A sync of one message is over before anybody reads.
        if (!is_wanted_ || seen.messages < 2) return;
        is_shown_ = true;
        std::fprintf(stderr, "\r\x1b[Ksent %lld, received %lld, %lld to come",
                     static_cast<long long>(seen.pushed), static_cast<long long>(seen.pulled),
                     static_cast<long long>(seen.behind));
        std::fflush(stderr);
    }

  private:
    bool is_wanted_;
    bool is_shown_ = false;
};

}  // namespace syncfw::app::detail
