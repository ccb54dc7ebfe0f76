// SPDX-License-Identifier: BSL-1.0
// When to try again, as values without a clock or a thread: time and chance come in, a wait comes
// out. `sync_schedule` stands on it; a transport of one's own can too.
//
//     circuit line;
//     if (line.allows(now)) {                        // else: not before line.next_try()
//         if (auto answer = ask(server)) line.succeeded();
//         else line.failed(answer.error(), now, chance);
//     }
//
// Waits are counted, not compared with a moment of the wall clock: what passes between two looks
// at the clock is taken off the wait. So a clock that jumps back costs nothing but the time since
// the last look, whose wait begins again, and one that jumps forward ends a wait early, once.
#pragma once

#include <syncfw/core/error.hpp>
#include <syncfw/core/timestamp.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace syncfw {

/// Whether the same request may go through later without a person doing anything. Besides what is
/// retryable anywhere: what was hurt on the way, and what was called off.
[[nodiscard]] constexpr bool is_worth_retrying(errc code) noexcept {
    return describe(code).retryable || code == errc::truncated || code == errc::checksum_mismatch ||
           code == errc::cancelled;
}

struct backoff_rules {
    std::int64_t first_microseconds = 0;           ///< A broken connection is only opened again.
    std::int64_t base_microseconds = 500'000;      ///< Doubles with each further attempt …
    std::int64_t most_microseconds = 300'000'000;  ///< … up to this.
    /// A server can make us wait longer than that, but not for ever.
    std::int64_t retry_after_most_microseconds = 3'600'000'000;
};

/// No wait that these rules give is longer.
[[nodiscard]] constexpr std::int64_t longest_wait(const backoff_rules& rules) noexcept;

/// The upper end of what chance chooses from, before the attempt of this number (from 1).
[[nodiscard]] constexpr std::int64_t ceiling_before(std::int64_t attempt,
                                                    const backoff_rules& rules) noexcept;

/// How long to wait before the attempt of this number (from 1): the first comes after
/// `first_microseconds`, the others anywhere between at once and their ceiling, so that those who
/// failed together don't come back together. Never less than the server asked for (`retry_after`,
/// 0 if it didn't), within the rules.
[[nodiscard]] constexpr std::int64_t wait_before(std::int64_t attempt, const backoff_rules& rules,
                                                 std::uint64_t chance,
                                                 std::int64_t retry_after = 0) noexcept;

namespace detail {

/// Longer than anybody waits, and short enough that sums of waits stay numbers.
inline constexpr std::int64_t wait_microseconds_max = 100 * 365 * 86'400'000'000;

[[nodiscard]] constexpr std::int64_t sane_wait(std::int64_t microseconds) noexcept {
    return std::clamp<std::int64_t>(microseconds, 0, wait_microseconds_max);
}

/// Both ends included.
[[nodiscard]] constexpr std::int64_t between(std::int64_t least, std::int64_t most,
                                             std::uint64_t chance) noexcept {
    const auto choices = static_cast<std::uint64_t>(most - least) + 1;
    return least + static_cast<std::int64_t>(chance % choices);
}

/// What is left of a wait. Time that runs backwards takes nothing off, and adds nothing.
class countdown {
  public:
    constexpr void start(timestamp now, std::int64_t microseconds) noexcept {
        seen_ = now;
        left_ = sane_wait(microseconds);
    }
    constexpr void look(timestamp now) noexcept {
        if (now > seen_) left_ -= std::min(left_, microseconds_between(seen_, now));
        seen_ = now;
    }
    [[nodiscard]] constexpr std::int64_t left() const noexcept { return left_; }
    [[nodiscard]] constexpr timestamp end() const noexcept {
        return timestamp::from_microseconds(seen_.microseconds_since_epoch() + left_);
    }

  private:
    timestamp seen_{};
    std::int64_t left_ = 0;
};

}  // namespace detail

struct circuit_rules {
    std::int32_t failures_max = 5;  ///< In a row; then nothing goes through but a probe.
    backoff_rules backoff{};
};

/// Whether a request should be made at all. Closed, everything goes through. After some failures in
/// a row it opens, and nothing does, for a time that grows; then it is half open: one request, the
/// probe, goes through and decides. Two kinds of failure open it at once: where the server says how
/// long to wait, and where it takes a person to mend it, which is tried again all the same, at the
/// longest intervals, since nobody may tell us that it was mended.
class circuit {
  public:
    enum class state : unsigned char { closed, open, half_open };

    explicit constexpr circuit(circuit_rules rules = {}) noexcept : rules_(rules) {}

    /// Whether to make a request now. Asking takes the probe: who is allowed must make the request
    /// and tell how it went. A probe of which nobody tells is given up after `most_microseconds`.
    [[nodiscard]] constexpr bool allows(timestamp now) noexcept;

    constexpr void succeeded() noexcept { *this = circuit(rules_); }
    /// `retry_after`: what the server asked for, in microseconds; 0 if it didn't.
    constexpr void failed(const error& why, timestamp now, std::uint64_t chance,
                          std::int64_t retry_after = 0) noexcept;

    /// When to make the next request, by the clock as it was last looked at. To sleep, ask
    /// `left(now)` again and again: the clock may jump.
    [[nodiscard]] constexpr timestamp next_try() const noexcept { return wait_.end(); }
    /// How many microseconds to wait from now on.
    [[nodiscard]] constexpr std::int64_t left(timestamp now) noexcept {
        wait_.look(now);
        return wait_.left();
    }

    [[nodiscard]] constexpr state is() const noexcept { return state_; }
    [[nodiscard]] constexpr std::int64_t failures() const noexcept { return failures_; }
    /// Why a person is needed, if the last failure was of that kind.
    [[nodiscard]] constexpr std::optional<errc> needs_person() const noexcept {
        return needs_person_;
    }

  private:
    /// At least half of the ceiling, so that each time is no shorter than the one before.
    [[nodiscard]] constexpr std::int64_t open_wait(bool is_slow, std::uint64_t chance,
                                                   std::int64_t retry_after) const noexcept;

    circuit_rules rules_;
    detail::countdown wait_{};
    std::int64_t failures_ = 0;
    std::optional<errc> needs_person_{};
    state state_ = state::closed;
};

// --- how it is done ------------------------------------------------------------------------------

constexpr std::int64_t longest_wait(const backoff_rules& rules) noexcept {
    return detail::sane_wait(
        std::max(rules.most_microseconds, rules.retry_after_most_microseconds));
}

constexpr std::int64_t ceiling_before(std::int64_t attempt, const backoff_rules& rules) noexcept {
    const std::int64_t most = detail::sane_wait(rules.most_microseconds);
    if (attempt <= 1) return std::min(detail::sane_wait(rules.first_microseconds), most);
    std::int64_t ceiling = std::min(detail::sane_wait(rules.base_microseconds), most);
    for (std::int64_t i = 1; i < attempt && ceiling > 0 && ceiling < most; ++i)
        ceiling = ceiling > most / 2 ? most : ceiling * 2;
    return ceiling;
}

namespace detail {

/// Those who were all told the same moment come after it one by one, not together at it.
[[nodiscard]] constexpr std::int64_t wait_as_told(std::int64_t own, std::int64_t attempt,
                                                  const backoff_rules& rules, std::uint64_t chance,
                                                  std::int64_t retry_after) noexcept {
    const std::int64_t cap = sane_wait(rules.retry_after_most_microseconds);
    const std::int64_t told = std::min(sane_wait(retry_after), cap);
    if (told == 0) return own;
    const std::int64_t spread =
        between(0, ceiling_before(std::max<std::int64_t>(attempt, 2), rules), chance);
    return std::max(own, std::min(told + spread, cap));
}

}  // namespace detail

constexpr std::int64_t wait_before(std::int64_t attempt, const backoff_rules& rules,
                                   std::uint64_t chance, std::int64_t retry_after) noexcept {
    const std::int64_t ceiling = ceiling_before(attempt, rules);
    const std::int64_t own = attempt <= 1 ? ceiling : detail::between(0, ceiling, chance);
    return detail::wait_as_told(own, attempt, rules, chance, retry_after);
}

constexpr bool circuit::allows(timestamp now) noexcept {
    if (state_ == state::closed) return true;
    if (left(now) > 0) return false;
    state_ = state::half_open;
    wait_.start(now, rules_.backoff.most_microseconds);
    return true;
}

constexpr std::int64_t circuit::open_wait(bool is_slow, std::uint64_t chance,
                                          std::int64_t retry_after) const noexcept {
    const backoff_rules& rules = rules_.backoff;
    const std::int64_t attempt = std::max<std::int64_t>(failures_, 2);
    const std::int64_t ceiling =
        is_slow ? detail::sane_wait(rules.most_microseconds) : ceiling_before(attempt, rules);
    const std::int64_t own = detail::between(ceiling / 2, ceiling, chance);
    return detail::wait_as_told(own, attempt, rules, chance, retry_after);
}

constexpr void circuit::failed(const error& why, timestamp now, std::uint64_t chance,
                               std::int64_t retry_after) noexcept {
    const bool is_slow = !is_worth_retrying(why.code);
    // Requests that were on their way when it opened tell nothing new, unless the server does.
    const bool is_late = state_ == state::open;
    if (is_late && retry_after <= 0 && !is_slow) return;
    ++failures_;
    needs_person_ = is_slow ? std::optional(why.code) : std::nullopt;
    const bool opens =
        state_ != state::closed || is_slow || retry_after > 0 || failures_ >= rules_.failures_max;
    const std::int64_t wait = opens ? open_wait(is_slow, chance, retry_after)
                                    : wait_before(failures_, rules_.backoff, chance, retry_after);
    if (opens) state_ = state::open;
    wait_.start(now, is_late ? std::max(wait, left(now)) : wait);
}

}  // namespace syncfw
