// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/calendar.hpp>
#include <syncfw/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace syncfw::detail {

inline constexpr std::int64_t microseconds_per_second = 1'000'000;
inline constexpr std::int64_t microseconds_per_day = 86'400 * microseconds_per_second;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z.
inline constexpr std::int64_t microseconds_min = days_since_epoch({1, 1, 1}) * microseconds_per_day;
inline constexpr std::int64_t microseconds_max =
    (days_since_epoch({9999, 12, 31}) + 1) * microseconds_per_day - 1;

/// Whether each character is within its range in `2026-11-20T21:34:00.123456Z`, compared as two
/// overlapping blocks: a digit may be that much above '0', a separator not at all.
[[nodiscard]] inline bool has_own_form(std::string_view text) noexcept {
    using block = unsigned char __attribute__((vector_size(16)));
    using words = std::uint64_t __attribute__((vector_size(16)));
    if (text.size() != 27) return false;
    const auto load = [](const char* from) noexcept {
        block loaded;
        std::memcpy(&loaded, from, sizeof loaded);
        return loaded;
    };
    const block head = load(text.data()) - load("0000-00-00T00:00");
    const block tail = load(text.data() + 11) - load("00:00:00.000000Z");
    const auto outside =
        reinterpret_cast<words>((head > load("\11\11\11\11\0\1\11\0\3\11\0\2\11\0\5\11")) |
                                (tail > load("\2\11\0\5\11\0\5\11\0\11\11\11\11\11\11\0")));
    return (outside[0] | outside[1]) == 0;
}

/// Reads one RFC 3339 time from left to right. After a failure, `expected` says what should have
/// stood at the offset `at`.
class rfc3339_reader {
  public:
    constexpr explicit rfc3339_reader(std::string_view text) noexcept : text_(text) {}

    [[nodiscard]] constexpr bool read(std::int64_t& microseconds) noexcept {
        if (read_own_form()) return assemble(microseconds);
        return read_date() && read_letter('T', 't', "'T'") && read_time() && read_fraction() &&
               read_offset() && read_end() && assemble(microseconds);
    }

    const char* expected = nullptr;
    std::size_t at = 0;
    errc code = errc::malformed;

  private:
    /// The one form that `timestamp::write` makes, at once. What it doesn't take goes the long
    /// way, which knows what is wrong with it.
    constexpr bool read_own_form() noexcept {
        if (std::is_constant_evaluated() || !has_own_form(text_)) return false;
        const auto two = [text = text_.data()](std::size_t place) noexcept {
            const auto tens = static_cast<std::uint32_t>(text[place] - '0');
            return tens * 10 + static_cast<std::uint32_t>(text[place + 1] - '0');
        };
        date_ = {two(0) * 100 + two(2), two(5), two(8)};
        hour_ = two(11);
        minute_ = two(14);
        second_ = two(17);
        const std::uint32_t fraction = (two(20) * 100 + two(22)) * 100 + two(24);
        if (date_.year == 0 || date_.month - 1 > 11 ||
            date_.day - 1 >= days_in_month(date_.year, date_.month) || hour_ > 23)
            return false;
        fraction_ = fraction;
        return true;
    }

    constexpr bool fail(const char* phrase) noexcept {
        expected = phrase;
        return false;
    }
    /// A number that breaks a rule is reported where it begins.
    constexpr bool fail_at(std::size_t place, const char* phrase) noexcept {
        at = place;
        code = errc::out_of_range;
        return fail(phrase);
    }

    [[nodiscard]] constexpr std::uint32_t digit(std::size_t place) const noexcept {
        return place < text_.size()
                   ? static_cast<std::uint32_t>(static_cast<unsigned char>(text_[place])) - '0'
                   : 10;
    }

    constexpr bool read_number(std::size_t digits, std::uint32_t& out) noexcept {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < digits; ++i, ++at) {
            const std::uint32_t next = digit(at);
            if (next > 9) return fail("a digit");
            value = value * 10 + next;
        }
        out = value;
        return true;
    }

    constexpr bool read_letter(char upper, char lower, const char* phrase) noexcept {
        if (at >= text_.size() || (text_[at] != upper && text_[at] != lower)) return fail(phrase);
        ++at;
        return true;
    }

    constexpr bool read_date() noexcept {
        if (!read_number(4, date_.year) || !read_letter('-', '-', "'-'") ||
            !read_number(2, date_.month) || !read_letter('-', '-', "'-'") ||
            !read_number(2, date_.day))
            return false;
        if (date_.year == 0) return fail_at(0, "a year from 0001 to 9999");
        if (date_.month - 1 > 11) return fail_at(5, "a month from 01 to 12");
        if (date_.day - 1 >= days_in_month(date_.year, date_.month))
            return fail_at(8, "a day that its month has");
        return true;
    }

    constexpr bool read_time() noexcept {
        if (!read_number(2, hour_) || !read_letter(':', ':', "':'") || !read_number(2, minute_) ||
            !read_letter(':', ':', "':'") || !read_number(2, second_))
            return false;
        if (hour_ > 23) return fail_at(11, "an hour from 00 to 23");
        if (minute_ > 59) return fail_at(14, "a minute from 00 to 59");
        if (second_ > 60) return fail_at(17, "a second from 00 to 59");
        return true;
    }

    constexpr bool read_fraction() noexcept {
        if (at >= text_.size() || text_[at] != '.') return true;
        ++at;
        if (digit(at) > 9) return fail("a digit");
        for (std::uint32_t unit = 100'000; digit(at) <= 9; ++at, unit /= 10) {
            if (unit == 0 && digit(at) != 0)
                return fail_at(at,
                               "only zeros after the sixth fraction digit, because "
                               "microseconds are kept,");
            fraction_ += digit(at) * unit;
        }
        return true;
    }

    constexpr bool read_offset() noexcept {
        if (at < text_.size() && (text_[at] == 'Z' || text_[at] == 'z')) {
            ++at;
            return true;
        }
        const bool is_west = at < text_.size() && text_[at] == '-';
        if (!read_letter('+', '-', "'Z' or an offset like '+01:00'")) return false;
        const std::size_t begin = at;
        std::uint32_t hours = 0;
        std::uint32_t minutes = 0;
        if (!read_number(2, hours) || !read_letter(':', ':', "':'") || !read_number(2, minutes))
            return false;
        if (hours > 23) return fail_at(begin, "an offset's hours from 00 to 23");
        if (minutes > 59) return fail_at(begin + 3, "an offset's minutes from 00 to 59");
        offset_minutes_ = static_cast<std::int32_t>(hours * 60 + minutes);
        if (is_west) offset_minutes_ = -offset_minutes_;
        return true;
    }

    constexpr bool read_end() noexcept { return at == text_.size() || fail("the end of the time"); }

    constexpr bool assemble(std::int64_t& microseconds) noexcept {
        const std::int64_t minutes =
            days_since_epoch(date_) * 1'440 + std::int64_t{hour_ * 60 + minute_} - offset_minutes_;
        if (second_ == 60 && (minutes + 1) % 1'440 != 0)
            return fail_at(17, "a second from 00 to 59 (60 only at 23:59 UTC)");
        const std::int64_t total =
            (minutes * 60 + second_) * microseconds_per_second + std::int64_t{fraction_};
        if (total < microseconds_min || total > microseconds_max)
            return fail_at(0, "a time from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z");
        microseconds = total;
        return true;
    }

    std::string_view text_;
    calendar_date date_{};
    std::uint32_t hour_ = 0;
    std::uint32_t minute_ = 0;
    std::uint32_t second_ = 0;
    std::uint32_t fraction_ = 0;
    std::int32_t offset_minutes_ = 0;
};

}  // namespace syncfw::detail
