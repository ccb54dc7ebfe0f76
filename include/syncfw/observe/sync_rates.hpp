// SPDX-License-Identifier: BSL-1.0
// How the writes of each user went lately: what alerts are made of.
//
//     syncfw::sync_rates rates;
//     rates.note("ada", now, {.writes = 1, .conflicts = 1});
//     for (const sync_alert& each : alerts_of(rates.of("ada", now), pending)) show(each.words);
//
// "Lately" is the last hour, in steps of five minutes. It is kept in memory: a program that starts
// knows of nothing yet. As a sink of a server's events it counts what devices push; what comes
// through other doors notes itself.
#pragma once

#include <syncfw/core/timestamp.hpp>
#include <syncfw/observe/events.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace syncfw {

struct write_counts {
    std::int64_t writes = 0;
    std::int64_t conflicts = 0;
    std::int64_t failures = 0;

    friend bool operator==(const write_counts&, const write_counts&) = default;
};

struct alert_rules {
    double conflict_rate = 0.10;  ///< Above these an alert holds.
    double failure_rate = 0.05;
    std::int64_t pending = 100;
};

struct sync_alert {
    std::string_view name{};  ///< `conflict_rate`, `failure_rate` or `pending_operations`.
    double value = 0;
    double limit = 0;
};

/// The alerts that hold.
[[nodiscard]] inline std::vector<sync_alert> alerts_of(const write_counts& lately,
                                                       std::int64_t pending,
                                                       const alert_rules& rules = {}) {
    std::vector<sync_alert> all;
    const auto part = [&](std::int64_t of) {
        return lately.writes == 0 ? 0.0
                                  : static_cast<double>(of) / static_cast<double>(lately.writes);
    };
    if (part(lately.conflicts) > rules.conflict_rate)
        all.push_back({"conflict_rate", part(lately.conflicts), rules.conflict_rate});
    if (part(lately.failures) > rules.failure_rate)
        all.push_back({"failure_rate", part(lately.failures), rules.failure_rate});
    if (pending > rules.pending)
        all.push_back({"pending_operations", static_cast<double>(pending),
                       static_cast<double>(rules.pending)});
    return all;
}

/// For any number of threads. It knows so many users at most: a new one beyond that takes the place
/// of one who did nothing lately, or isn't counted.
class sync_rates {
  public:
    explicit sync_rates(std::size_t users_max = 100'000) : users_max_(users_max) {}

    void note(std::string_view user, timestamp now, const write_counts& more) {
        const std::lock_guard locked(lock_);
        const std::int64_t step = step_of(now);
        auto found = users_.find(user);
        if (found == users_.end()) {
            if (users_.size() >= users_max_) forget_idle(step);
            if (users_.size() >= users_max_) return;
            found = users_.emplace(std::string(user), steps()).first;
        }
        slot& at = found->second[static_cast<std::size_t>(step % slots)];
        if (at.step != step) at = {.step = step};
        add(at.counts, more);
    }

    [[nodiscard]] write_counts of(std::string_view user, timestamp now) const {
        const std::lock_guard locked(lock_);
        write_counts all;
        const auto found = users_.find(user);
        if (found == users_.end()) return all;
        for (const slot& each : found->second)
            if (is_late(each, step_of(now))) add(all, each.counts);
        return all;
    }

    template <class Event>
    void take(timestamp at, const Event& event) {
        if constexpr (std::is_same_v<Event, events::push_taken>) {
            // What has no device came through another door.
            if (event.device.find_first_not_of('0') == std::string::npos) return;
            const std::int64_t conflicts = event.merged + event.superseded + event.parked;
            note(event.tenant, at,
                 {.writes = event.applied + conflicts + event.rejected,
                  .conflicts = conflicts,
                  .failures = event.rejected});
        } else if constexpr (std::is_same_v<Event, events::request_refused>) {
            note(event.tenant, at, {.writes = 1, .failures = 1});
        }
    }

  private:
    static constexpr std::int64_t slots = 12;
    static constexpr std::int64_t step_microseconds = std::int64_t{300} * 1'000'000;
    struct slot {
        std::int64_t step = -slots;
        write_counts counts{};
    };
    using steps = std::array<slot, slots>;

    [[nodiscard]] static std::int64_t step_of(timestamp now) noexcept {
        const std::int64_t at = now.microseconds_since_epoch();
        return at < 0 ? 0 : at / step_microseconds;
    }
    [[nodiscard]] static bool is_late(const slot& each, std::int64_t step) noexcept {
        return each.step <= step && each.step > step - slots;
    }
    static void add(write_counts& to, const write_counts& more) noexcept {
        to.writes += more.writes;
        to.conflicts += more.conflicts;
        to.failures += more.failures;
    }
    void forget_idle(std::int64_t step) {
        for (auto at = users_.begin(); at != users_.end();) {
            bool is_idle = true;
            for (const slot& each : at->second) is_idle = is_idle && !is_late(each, step);
            at = is_idle ? users_.erase(at) : std::next(at);
        }
    }

    std::size_t users_max_;
    mutable std::mutex lock_{};
    std::map<std::string, steps, std::less<>> users_{};
};

}  // namespace syncfw
