// SPDX-License-Identifier: BSL-1.0
// When the next sync of a replica is due: regularly, at once after a write or when the server has
// news, later after failures; never two at a time. A value without a clock or a thread.
//
//     sync_schedule plan;
//     system_environment here;
//     run_scheduled(mine, here, plan, [&] {
//         if (has_news.exchange(false)) plan.poked(here.now());   // another thread was told
//         return !is_closing;
//     });
//
// Who has an event loop asks `wait(now)`, and tells `began` and `ended`.
//
// The wall clock may jump. A jump forward brings at most one sync forward. A jump back delays the
// next one by no more than the rest of the wait at the last look, so by `longest_wait()` at most,
// and by nothing but the time between two looks if it is looked often. Only time that passes
// between two looks is counted (retry.hpp).
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/sync/environment.hpp>
#include <syncfw/sync/retry.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace syncfw {

struct schedule_rules {
    std::int64_t interval_microseconds = 30'000'000;
    std::int64_t spread_percent = 20;  ///< Each interval is so much longer or shorter, by chance.
    /// From the end of a sync to the beginning of the next, whatever the reason: meanwhile writes
    /// and pokes gather. Counted from the end, so that a server that is slow gets more rest.
    std::int64_t least_microseconds = 1'000'000;
    circuit_rules circuit{};
};

/// One replica's. It is not locked: all calls come from one thread, or under one lock.
class sync_schedule {
  public:
    explicit sync_schedule(schedule_rules rules = {}) noexcept
        : rules_(rules), circuit_(rules.circuit) {}

    // --- when -------------------------------------------------------------------------------

    /// How many microseconds to wait from now on; 0: a sync is due. While one is under way: the
    /// longest wait, since nothing is known before it ended.
    [[nodiscard]] std::int64_t wait(timestamp now) noexcept {
        look(now);
        return left();
    }
    [[nodiscard]] bool is_due(timestamp now) noexcept { return wait(now) == 0; }
    /// By the clock as it was last looked at: to show to people. To sleep, use `wait`. While one is
    /// under way: the end of time.
    [[nodiscard]] timestamp due_at() const noexcept {
        if (is_running_) return timestamp::max();
        return timestamp::from_microseconds(seen_.microseconds_since_epoch() + left());
    }
    /// No wait is longer.
    [[nodiscard]] std::int64_t longest_wait() const noexcept {
        return std::max(
            {longest_interval(), least(), syncfw::longest_wait(rules_.circuit.backoff)});
    }

    // --- what happens -----------------------------------------------------------------------

    /// A sync begins, due or not: a person may ask for one at any time. False: one is under way,
    /// and this one must not begin.
    [[nodiscard]] bool began(timestamp now) noexcept;

    /// The sync ended. `retry_after`: what the server asked for, in microseconds; 0 if it didn't.
    template <class Report>
    void ended(const result<Report>& how, timestamp now, std::uint64_t chance,
               std::int64_t retry_after = 0) {
        if (!how) return failed(how.error(), now, chance, retry_after);
        // It pulled; but what could not be pushed is to be tried again like any failure.
        if (how->push_failure) return failed(*how->push_failure, now, chance, retry_after);
        succeeded(now, chance);
    }
    void succeeded(timestamp now, std::uint64_t chance) noexcept;
    void failed(const error& why, timestamp now, std::uint64_t chance,
                std::int64_t retry_after = 0) noexcept;

    /// The server has news, or can be reached. Also during a sync, which may have passed it by.
    void poked(timestamp now) noexcept {
        look(now);
        is_poked_ = true;
    }
    /// Something was written here. After a failure it waits for the next attempt: that there is
    /// more to send makes no server healthy.
    void wrote(timestamp now) noexcept {
        look(now);
        has_written_ = true;
    }
    /// A person or the system mended what was wrong (signed in, is online again): failures are
    /// forgotten, and a sync is due.
    void mended(timestamp now) noexcept {
        circuit_.succeeded();
        poked(now);
    }

    [[nodiscard]] bool is_running() const noexcept { return is_running_; }
    /// In a row.
    [[nodiscard]] std::int64_t failures() const noexcept { return circuit_.failures(); }
    /// Why a person is needed, if the last sync failed for such a reason.
    [[nodiscard]] std::optional<errc> needs_person() const noexcept {
        return circuit_.needs_person();
    }

  private:
    void look(timestamp now) noexcept;
    void end(timestamp now, std::int64_t next) noexcept;
    [[nodiscard]] std::int64_t left() const noexcept;

    [[nodiscard]] std::int64_t interval() const noexcept {
        return detail::sane_wait(rules_.interval_microseconds);
    }
    [[nodiscard]] std::int64_t spread() const noexcept {
        return interval() / 100 * std::clamp<std::int64_t>(rules_.spread_percent, 0, 100);
    }
    [[nodiscard]] std::int64_t longest_interval() const noexcept {
        return detail::sane_wait(interval() + spread());
    }
    [[nodiscard]] std::int64_t least() const noexcept {
        return detail::sane_wait(rules_.least_microseconds);
    }

    schedule_rules rules_;
    circuit circuit_;
    detail::countdown regular_{};  ///< To the next sync if nothing happens: the first is due now.
    detail::countdown rest_{};     ///< In which none begins by itself.
    timestamp seen_{};
    bool is_running_ = false;
    bool is_poked_ = false;
    bool has_written_ = false;
};

/// Syncs when it is due, as long as `go_on()` says so, which is asked before each sync and each
/// pause. Pauses are no longer than `look_every_microseconds`, so that `go_on` can hand over pokes
/// and an end. An exception of the replica's passes through, and counts as a failure.
template <class Replica, class Environment, class GoOn>
    requires environment<Environment>
void run_scheduled(Replica& mine, Environment& from, sync_schedule& plan, GoOn&& go_on,
                   std::int64_t look_every_microseconds = 100'000);

// --- how it is done ------------------------------------------------------------------------------

inline bool sync_schedule::began(timestamp now) noexcept {
    look(now);
    if (is_running_) return false;
    is_running_ = true;
    // What was asked for is in this sync; what comes from now on may not be.
    is_poked_ = has_written_ = false;
    // Takes the probe if there is one to take; a person's sync needs none.
    static_cast<void>(circuit_.allows(now));
    return true;
}

inline void sync_schedule::succeeded(timestamp now, std::uint64_t chance) noexcept {
    circuit_.succeeded();
    end(now, detail::between(interval() - spread(), longest_interval(), chance));
}

inline void sync_schedule::failed(const error& why, timestamp now, std::uint64_t chance,
                                  std::int64_t retry_after) noexcept {
    circuit_.failed(why, now, chance, retry_after);
    end(now, circuit_.left(now));
}

inline void sync_schedule::end(timestamp now, std::int64_t next) noexcept {
    look(now);
    is_running_ = false;
    regular_.start(now, next);
    rest_.start(now, least());
}

inline void sync_schedule::look(timestamp now) noexcept {
    seen_ = now;
    regular_.look(now);
    rest_.look(now);
    static_cast<void>(circuit_.left(now));
}

inline std::int64_t sync_schedule::left() const noexcept {
    if (is_running_) return std::max<std::int64_t>(longest_wait(), 1);
    const bool is_healthy = circuit_.failures() == 0;
    const bool is_asked =
        circuit_.is() != circuit::state::open && (is_poked_ || (has_written_ && is_healthy));
    return std::max(is_asked ? 0 : regular_.left(), rest_.left());
}

namespace detail {

/// A sync that ends by an exception has ended too.
struct open_sync {
    sync_schedule& plan;
    timestamp began;
    ~open_sync() {
        if (plan.is_running()) plan.failed(error{.code = errc::internal}, began, 0);
    }
};

}  // namespace detail

template <class Replica, class Environment, class GoOn>
    requires environment<Environment>
void run_scheduled(Replica& mine, Environment& from, sync_schedule& plan, GoOn&& go_on,
                   std::int64_t look_every_microseconds) {
    while (go_on()) {
        const timestamp now = from.now();
        const std::int64_t wait = plan.wait(now);
        if (wait > 0 || !plan.began(now)) {
            from.pause(std::min(wait, std::max<std::int64_t>(look_every_microseconds, 1)));
            continue;
        }
        const detail::open_sync open{plan, now};
        const auto how = mine.sync();
        plan.ended(how, from.now(), from.random());
    }
}

}  // namespace syncfw
