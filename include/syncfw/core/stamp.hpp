// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/config.hpp>
#include <syncfw/core/detail/algorithm.hpp>
#include <syncfw/core/replica_id.hpp>
#include <syncfw/core/timestamp.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>

namespace syncfw {

/// When and by whom something was written: hybrid logical time. The upper 48 bits of `value()`
/// are milliseconds since 1970, the lower 16 count within one; ties go by origin. So stamps have
/// one total order, which agrees with what caused what, and stays close to the wall clock.
class stamp {
  public:
    constexpr stamp() noexcept = default;
    constexpr stamp(std::uint64_t value, replica_id origin) noexcept
        : value_(value), origin_(origin) {}

    [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }
    [[nodiscard]] constexpr std::uint64_t milliseconds() const noexcept { return value_ >> 16; }
    [[nodiscard]] constexpr std::uint16_t count() const noexcept {
        return static_cast<std::uint16_t>(value_);
    }
    [[nodiscard]] constexpr replica_id origin() const noexcept { return origin_; }
    /// The wall clock's part, for people.
    [[nodiscard]] constexpr timestamp moment() const noexcept {
        return timestamp::from_microseconds(static_cast<std::int64_t>(milliseconds()) * 1'000);
    }

    friend constexpr auto operator<=>(const stamp&, const stamp&) = default;

  private:
    std::uint64_t value_ = 0;
    replica_id origin_{};
};

/// What `hybrid_clock::observe` made of a remote stamp.
struct observation {
    stamp accepted{};
    /// The remote clock was too far ahead; `accepted` is earlier than what it said.
    bool clamped = false;
    /// How far the remote stamp was ahead of this clock (negative: behind).
    std::int64_t skew_milliseconds = 0;
};

/// Gives stamps out, each greater than all that it gave or accepted before, even when the wall
/// clock jumps back. It reads no clock itself and never goes back. Not for several threads.
///
///     hybrid_clock clock(self, newest_stamp_in_the_store);
///     const stamp written_at = clock.tick(environment.now());
///     const observation seen = clock.observe(remote_stamp, environment.now());
class hybrid_clock {
  public:
    static constexpr std::int64_t drift_max_milliseconds_default = 5 * 60 * 1'000;

    /// `last` is the newest stamp known from before; `drift_max_milliseconds` how far a remote
    /// clock may be ahead before it is clamped.
    constexpr explicit hybrid_clock(
        replica_id origin, stamp last = {},
        std::int64_t drift_max_milliseconds = drift_max_milliseconds_default) noexcept
        : origin_(origin),
          last_(last.value()),
          drift_max_(detail::larger<std::int64_t>(drift_max_milliseconds, 0)) {}

    /// A new stamp. When the counter is full it carries into the milliseconds.
    [[nodiscard]] constexpr stamp tick(timestamp now) noexcept {
        SYNCFW_ASSERT(last_ < UINT64_MAX, "hybrid clock: the 48 bits of time are used up");
        last_ = detail::larger(last_ + 1, wall(now) << 16);
        return stamp(last_, origin_);
    }

    /// Takes note of a remote stamp, so that later ticks are greater. A stamp more than
    /// `drift_max_milliseconds` ahead of `now` is never refused: it is accepted as if written at
    /// that limit, so that one wrong clock can neither win every conflict nor drag this clock
    /// along. Clamped stamps are told apart by their counter, in the order of their arrival.
    constexpr observation observe(stamp remote, timestamp now) noexcept {
        const std::uint64_t limit = limit_at(now);
        observation seen{.accepted = remote, .skew_milliseconds = skew_of(remote, now)};
        if (remote.milliseconds() > limit) {
            const std::uint64_t first = limit << 16;
            const std::uint64_t next = last_ < UINT64_MAX ? last_ + 1 : last_;
            seen.accepted = stamp(detail::smaller(detail::larger(next, first), first | counter_max),
                                  remote.origin());
            seen.clamped = true;
        }
        last_ = detail::larger(last_, seen.accepted.value());
        return seen;
    }

    /// The newest stamp given or accepted, as this clock's own: what to keep for the next start.
    [[nodiscard]] constexpr stamp last() const noexcept { return stamp(last_, origin_); }
    [[nodiscard]] constexpr replica_id origin() const noexcept { return origin_; }

  private:
    static constexpr std::uint64_t counter_max = 0xFFFF;
    static constexpr std::uint64_t milliseconds_max = UINT64_MAX >> 16;

    /// Before 1970 there are no stamps: such a clock counts from there.
    [[nodiscard]] static constexpr std::uint64_t wall(timestamp now) noexcept {
        return static_cast<std::uint64_t>(
            detail::larger<std::int64_t>(now.milliseconds_since_epoch(), 0));
    }
    /// A clamped stamp stays below the last millisecond, so that the clock can still tick.
    [[nodiscard]] constexpr std::uint64_t limit_at(timestamp now) const noexcept {
        return detail::smaller(wall(now) + static_cast<std::uint64_t>(drift_max_),
                               milliseconds_max - 1);
    }
    [[nodiscard]] static constexpr std::int64_t skew_of(stamp remote, timestamp now) noexcept {
        return static_cast<std::int64_t>(remote.milliseconds()) - now.milliseconds_since_epoch();
    }

    replica_id origin_;
    std::uint64_t last_;
    std::int64_t drift_max_;
};

}  // namespace syncfw

template <>
struct std::hash<syncfw::stamp> {
    [[nodiscard]] std::size_t operator()(const syncfw::stamp& s) const noexcept {
        const std::uint64_t mixed = (s.value() ^ s.value() >> 32) * 0x9E37'79B9'7F4A'7C15;
        return std::hash<syncfw::replica_id>{}(s.origin()) ^
               static_cast<std::size_t>(mixed ^ mixed >> 29);
    }
};
