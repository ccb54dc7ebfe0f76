// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/calendar.hpp>
#include <syncfw/core/detail/rfc3339.hpp>
#include <syncfw/core/detail/system_time.hpp>
#include <syncfw/core/result.hpp>

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncfw {

namespace detail {

// A std::chrono::duration of whole microseconds or longer; <chrono> itself costs a fifth of the
// whole include budget, and who has a duration has included it.
template <class D>
concept whole_duration = requires(D d) {
    { d.count() } -> std::convertible_to<std::int64_t>;
    requires std::integral<typename D::rep>;
    requires 1'000'000 * D::period::num % D::period::den == 0;
};

}  // namespace detail

/// A moment in UTC, in microseconds, always from 0001-01-01T00:00:00Z to
/// 9999-12-31T23:59:59.999999Z: what every database and every RFC 3339 text can hold. Arithmetic
/// stops at the ends instead of leaving them. Starts as 1970-01-01T00:00:00Z.
///
///     const timestamp due = timestamp::now() + std::chrono::hours(48);
///     log(to_string(due));  // 2026-11-20T21:34:00.123456Z
class timestamp {
  public:
    static constexpr std::size_t text_size = 27;

    constexpr timestamp() noexcept = default;

    /// Takes the nearest moment of the range for a number outside it.
    [[nodiscard]] static constexpr timestamp from_microseconds(std::int64_t value) noexcept {
        timestamp moment;
        moment.microseconds_ = value;
        if (value < detail::microseconds_min) moment.microseconds_ = detail::microseconds_min;
        if (value > detail::microseconds_max) moment.microseconds_ = detail::microseconds_max;
        return moment;
    }
    [[nodiscard]] static constexpr timestamp min() noexcept {
        return from_microseconds(detail::microseconds_min);
    }
    [[nodiscard]] static constexpr timestamp max() noexcept {
        return from_microseconds(detail::microseconds_max);
    }
    /// The system's clock. The engine never calls it: its time comes from its environment.
    [[nodiscard]] static timestamp now() noexcept {
        return from_microseconds(detail::system_microseconds());
    }

    /// Accepts RFC 3339: any offset, `T` and `Z` in either case, any number of fraction digits as
    /// long as those after the sixth are zeros, and a leap second at 23:59:60 UTC, which becomes
    /// the second after it. Refuses days that their month has not, and what is outside the range.
    /// Fails with `errc::malformed` or `errc::out_of_range`, naming the character.
    [[nodiscard]] static result<timestamp> parse(std::string_view text);

    /// The same for decoders, without the reason. Leaves `out` alone when it returns false.
    [[nodiscard]] static constexpr bool parse(std::string_view text, timestamp& out) noexcept {
        return detail::rfc3339_reader(text).read(out.microseconds_);
    }

    /// Writes exactly 27 characters, `2026-11-20T21:34:00.123456Z`, no terminating zero, and
    /// returns their end. All texts have this width, so that they sort like the moments.
    constexpr char* write(char* out) const noexcept;

    [[nodiscard]] constexpr std::int64_t microseconds_since_epoch() const noexcept {
        return microseconds_;
    }
    /// Whole milliseconds, rounded down (before 1970 too).
    [[nodiscard]] constexpr std::int64_t milliseconds_since_epoch() const noexcept {
        return microseconds_ / 1'000 - (microseconds_ % 1'000 < 0 ? 1 : 0);
    }

    template <detail::whole_duration Duration>
    constexpr timestamp& operator+=(Duration by) noexcept {
        *this = from_microseconds(microseconds_ + bounded(by));
        return *this;
    }
    template <detail::whole_duration Duration>
    constexpr timestamp& operator-=(Duration by) noexcept {
        *this = from_microseconds(microseconds_ - bounded(by));
        return *this;
    }
    template <detail::whole_duration Duration>
    friend constexpr timestamp operator+(timestamp moment, Duration by) noexcept {
        return moment += by;
    }
    template <detail::whole_duration Duration>
    friend constexpr timestamp operator-(timestamp moment, Duration by) noexcept {
        return moment -= by;
    }
    friend constexpr auto operator<=>(const timestamp&, const timestamp&) = default;

  private:
    /// In microseconds, and no longer than the whole range, which is far from the ends of 64 bits.
    template <class Duration>
    [[nodiscard]] static constexpr std::int64_t bounded(Duration by) noexcept {
        constexpr std::int64_t span = detail::microseconds_max - detail::microseconds_min;
        constexpr std::int64_t unit = 1'000'000 * Duration::period::num / Duration::period::den;
        const auto count = static_cast<std::int64_t>(by.count());
        if (count > span / unit) return span;
        return count < -(span / unit) ? -span : count * unit;
    }

    std::int64_t microseconds_ = 0;
};

/// From `earlier` to `later`, negative the other way round.
[[nodiscard]] constexpr std::int64_t microseconds_between(timestamp earlier,
                                                          timestamp later) noexcept {
    return later.microseconds_since_epoch() - earlier.microseconds_since_epoch();
}

[[nodiscard]] inline std::string to_string(timestamp moment) {
    std::string text(timestamp::text_size, '\0');
    moment.write(text.data());
    return text;
}

constexpr char* timestamp::write(char* out) const noexcept {
    const auto since_min = static_cast<std::uint64_t>(microseconds_ - detail::microseconds_min);
    const std::uint64_t days = since_min / detail::microseconds_per_day;
    const std::uint64_t time = since_min % detail::microseconds_per_day;
    const auto seconds = static_cast<std::uint32_t>(time / detail::microseconds_per_second);
    const auto fraction = static_cast<std::uint32_t>(time % detail::microseconds_per_second);
    const detail::calendar_date date = detail::date_of_day(
        static_cast<std::int64_t>(days) + detail::microseconds_min / detail::microseconds_per_day);

    detail::write_two_digits(out, date.year / 100);
    detail::write_two_digits(out + 2, date.year % 100);
    out[4] = '-';
    detail::write_two_digits(out + 5, date.month);
    out[7] = '-';
    detail::write_two_digits(out + 8, date.day);
    out[10] = 'T';
    detail::write_two_digits(out + 11, seconds / 3'600);
    out[13] = ':';
    detail::write_two_digits(out + 14, seconds / 60 % 60);
    out[16] = ':';
    detail::write_two_digits(out + 17, seconds % 60);
    out[19] = '.';
    detail::write_two_digits(out + 20, fraction / 10'000);
    detail::write_two_digits(out + 22, fraction / 100 % 100);
    detail::write_two_digits(out + 24, fraction % 100);
    out[26] = 'Z';
    return out + text_size;
}

inline result<timestamp> timestamp::parse(std::string_view text) {
    detail::rfc3339_reader reader(text);
    timestamp moment;
    if (reader.read(moment.microseconds_)) return moment;
    return error{.code = reader.code,
                 .message = std::string("expected ") + reader.expected + " at character " +
                            std::to_string(reader.at + 1) +
                            " (a time looks like 2026-11-20T21:34:00Z)"};
}

}  // namespace syncfw

template <>
struct std::hash<syncfw::timestamp> {
    [[nodiscard]] std::size_t operator()(syncfw::timestamp moment) const noexcept {
        const auto bits = static_cast<std::uint64_t>(moment.microseconds_since_epoch());
        const std::uint64_t mixed = (bits ^ bits >> 32) * 0x9E37'79B9'7F4A'7C15;
        return static_cast<std::size_t>(mixed ^ mixed >> 32);
    }
};
