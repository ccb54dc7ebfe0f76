// SPDX-License-Identifier: BSL-1.0
// How much each caller may ask for.
//
//     // 600 a minute, of which 50 may come at once
//     syncfw::rate_limiter limits(syncfw::token_bucket{.tokens = 600, .burst = 50});
//     const auto taken = limits.take(who.subject, now);
//     if (!taken.is_allowed) refuse(429, "Retry-After", taken.retry_after_seconds());
//
// The key is who is asking as a token says it, or an address where there is no token; it is
// looked at before anything of a request is read.
//
// Memory is bounded: so many keys are known at most. One goes when it is as good as new, the one
// that has been so for longest first, because to forget that changes nothing. One that has used up
// some of its share is never thrown out for another, so nobody gets a new share by making others
// forget the old one. Where all known keys are in that state, newcomers share one share among them
// until one of the others is as good as new.
#pragma once

#include <syncfw/config.hpp>
#include <syncfw/core/detail/algorithm.hpp>
#include <syncfw/core/detail/entropy.hpp>
#include <syncfw/core/detail/siphash.hpp>
#include <syncfw/core/timestamp.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace syncfw {

struct rate_decision {
    bool is_allowed = false;
    std::int64_t remaining = 0;          ///< What could be taken now.
    std::int64_t wait_microseconds = 0;  ///< Until the same may be asked again; 0 if allowed.

    /// The wait in whole seconds, rounded up, as HTTP's Retry-After has it.
    [[nodiscard]] std::int64_t retry_after_seconds() const noexcept {
        return wait_microseconds / 1'000'000 + (wait_microseconds % 1'000'000 != 0 ? 1 : 0);
    }
};

/// A share that fills steadily: within any time t at most `burst` and what comes in within t.
struct token_bucket {
    std::int64_t tokens = 600;                      ///< So many come in
    std::int64_t period_microseconds = 60'000'000;  ///< in this time.
    std::int64_t burst = 60;                        ///< So many fit.

    struct state {
        std::int64_t level = 0;  // In parts of a token, so that nothing is lost by rounding.
        std::int64_t at = 0;
    };
    /// Whether its numbers are positive, and not too large to count with.
    [[nodiscard]] bool is_countable() const noexcept;
    void check() const;
    [[nodiscard]] state begin(std::int64_t now) const noexcept { return {whole(), now}; }
    [[nodiscard]] rate_decision take(state& of, std::int64_t now, std::int64_t cost) const noexcept;
    /// When it will be as good as new, and how long that takes at most.
    [[nodiscard]] std::int64_t new_at(const state& of) const noexcept {
        return of.at + time_for(whole() - of.level);
    }
    [[nodiscard]] std::int64_t new_within() const noexcept { return time_for(whole()); }

  private:
    [[nodiscard]] std::int64_t whole() const noexcept { return burst * period_microseconds; }
    [[nodiscard]] std::int64_t time_for(std::int64_t parts) const noexcept {
        return (parts + tokens - 1) / tokens;
    }
};

/// A share for each stretch of time; the first question begins one. About the border of two, twice
/// the limit may come within one stretch's time.
struct fixed_window {
    std::int64_t limit = 600;
    std::int64_t window_microseconds = 60'000'000;

    struct state {
        std::int64_t taken = 0;
        std::int64_t since = 0;
    };
    void check() const;
    [[nodiscard]] state begin(std::int64_t now) const noexcept { return {0, now}; }
    [[nodiscard]] rate_decision take(state& of, std::int64_t now, std::int64_t cost) const noexcept;
    [[nodiscard]] std::int64_t new_at(const state& of) const noexcept {
        return of.since + (of.taken == 0 ? 0 : window_microseconds);
    }
    [[nodiscard]] std::int64_t new_within() const noexcept { return window_microseconds; }
};

struct rate_limit_options {
    std::size_t keys_max = 100'000;
    /// Threads hand in times slightly out of order: what is earlier by at most so much is taken for
    /// the latest time. What is earlier by more is a clock that was put back.
    std::int64_t disorder_max_microseconds = 2'000'000;
};

/// Shares by key. Any number of threads may take.
///
/// It counts the time that goes by on the given clock: one that is put back does not lock anybody
/// out, and one that is put forward by t gives what would have come in within t.
template <class Rule>
class rate_limiter {
  public:
    explicit rate_limiter(Rule rule, rate_limit_options options = {})
        : rule_(rule), options_(options) {
        rule_.check();
        SYNCFW_ASSERT(options_.keys_max > 0, "a limiter knows one key at least");
        detail::fill_with_entropy(secret_.data(), secret_.size());
    }
    rate_limiter(const rate_limiter&) = delete;
    rate_limiter& operator=(const rate_limiter&) = delete;

    /// A cost above the whole share is never allowed.
    [[nodiscard]] rate_decision take(std::string_view key, timestamp now, std::int64_t cost = 1);

    /// How many keys are known.
    [[nodiscard]] std::size_t size() const {
        const std::lock_guard locked(lock_);
        return known_.size();
    }

  private:
    // A key is kept as its mark: the size of keys costs nothing, and who picks keys can't know
    // which of them meet in one place of the table.
    using mark = std::array<std::byte, 16>;
    struct hash {
        [[nodiscard]] std::size_t operator()(const mark& of) const noexcept {
            std::size_t first;
            std::memcpy(&first, of.data(), sizeof first);
            return first;
        }
    };

    [[nodiscard]] std::int64_t time_of(timestamp now) noexcept;
    [[nodiscard]] rate_decision take_known(const mark& key, typename Rule::state& of,
                                           std::int64_t cost);
    void forget_idle(int most);

    Rule rule_;
    rate_limit_options options_;
    std::array<std::byte, 16> secret_{};
    mutable std::mutex lock_{};
    std::unordered_map<mark, typename Rule::state, hash> known_{};
    std::set<std::pair<std::int64_t, mark>> by_new_at_{};
    std::optional<typename Rule::state> newcomers_{};
    timestamp latest_{};
    std::int64_t time_ = 0;
    bool has_begun_ = false;
};

// --- how it is done ------------------------------------------------------------------------------

inline bool token_bucket::is_countable() const noexcept {
    constexpr std::int64_t most = INT64_MAX / 4;
    return tokens > 0 && period_microseconds > 0 && burst > 0 &&
           burst <= most / period_microseconds && tokens <= most / 1'000'000;
}

inline void token_bucket::check() const {
    SYNCFW_ASSERT(is_countable(),
                  "a bucket's numbers are positive, and its burst times its period fits 61 bits");
}

inline rate_decision token_bucket::take(state& of, std::int64_t now,
                                        std::int64_t cost) const noexcept {
    const std::int64_t lacking = whole() - of.level;
    const std::int64_t passed = now - of.at;
    of.level = passed >= time_for(lacking) ? whole() : of.level + passed * tokens;
    of.at = now;
    const auto remaining = [&] { return of.level / period_microseconds; };
    if (cost > burst) return {.remaining = remaining(), .wait_microseconds = time_for(whole())};
    const std::int64_t needed = cost * period_microseconds;
    if (of.level < needed)
        return {.remaining = remaining(), .wait_microseconds = time_for(needed - of.level)};
    of.level -= needed;
    return {.is_allowed = true, .remaining = remaining()};
}

inline void fixed_window::check() const {
    SYNCFW_ASSERT(limit > 0 && window_microseconds > 0, "a window's numbers are positive");
}

inline rate_decision fixed_window::take(state& of, std::int64_t now,
                                        std::int64_t cost) const noexcept {
    if (of.taken == 0 || now - of.since >= window_microseconds) of = begin(now);
    if (cost > limit - of.taken)
        return {.remaining = limit - of.taken,
                .wait_microseconds = of.since + window_microseconds - now};
    of.taken += cost;
    return {.is_allowed = true, .remaining = limit - of.taken};
}

// The limiter's own time never goes back, and passes over what changes nothing any more: however
// wildly a clock jumps, its sum stays far from the ends of 64 bits.
template <class Rule>
std::int64_t rate_limiter<Rule>::time_of(timestamp now) noexcept {
    if (!has_begun_) latest_ = now;
    has_begun_ = true;
    const std::int64_t passed = microseconds_between(latest_, now);
    if (passed > 0) time_ += detail::smaller(passed, rule_.new_within());
    if (passed > 0 || passed < -options_.disorder_max_microseconds) latest_ = now;
    return time_;
}

template <class Rule>
rate_decision rate_limiter<Rule>::take_known(const mark& key, typename Rule::state& of,
                                             std::int64_t cost) {
    auto place = by_new_at_.extract({rule_.new_at(of), key});
    const rate_decision taken = rule_.take(of, time_, cost);
    place.value().first = rule_.new_at(of);
    by_new_at_.insert(std::move(place));
    return taken;
}

template <class Rule>
void rate_limiter<Rule>::forget_idle(int most) {
    for (; most > 0 && !by_new_at_.empty() && by_new_at_.begin()->first <= time_; --most) {
        known_.erase(by_new_at_.begin()->second);
        by_new_at_.erase(by_new_at_.begin());
    }
}

template <class Rule>
rate_decision rate_limiter<Rule>::take(std::string_view key, timestamp now, std::int64_t cost) {
    SYNCFW_ASSERT(cost > 0, "what is asked for costs something");
    const mark marked = detail::siphash_128(secret_, key);
    const std::lock_guard locked(lock_);
    (void)time_of(now);
    if (const auto found = known_.find(marked); found != known_.end())
        return take_known(marked, found->second, cost);
    // Two go for each that comes, so that what a flood has left becomes less again.
    forget_idle(2);
    if (known_.size() >= options_.keys_max) {
        if (!newcomers_) newcomers_ = rule_.begin(time_);
        return rule_.take(*newcomers_, time_, cost);
    }
    const auto made = known_.emplace(marked, rule_.begin(time_)).first;
    by_new_at_.emplace(rule_.new_at(made->second), marked);
    return take_known(marked, made->second, cost);
}

}  // namespace syncfw
