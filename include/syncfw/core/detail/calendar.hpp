// SPDX-License-Identifier: BSL-1.0
// The proleptic Gregorian calendar, years 1 to 9999, by whole-number arithmetic alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace syncfw::detail {

struct calendar_date {
    std::uint32_t year;
    std::uint32_t month;
    std::uint32_t day;
};

/// Days from 0000-03-01 to 1970-01-01. Years are counted from March, so that the leap day is
/// the last of its year.
inline constexpr std::uint32_t epoch_day = 719'468;

[[nodiscard]] constexpr bool is_leap_year(std::uint32_t year) noexcept {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

[[nodiscard]] constexpr std::uint32_t days_in_month(std::uint32_t year,
                                                    std::uint32_t month) noexcept {
    if (month == 2) return is_leap_year(year) ? 29 : 28;
    return 30 + ((month ^ month >> 3) & 1);
}

[[nodiscard]] constexpr std::int64_t days_since_epoch(calendar_date date) noexcept {
    const std::uint32_t year = date.year - (date.month <= 2 ? 1 : 0);
    const std::uint32_t month = (date.month + 9) % 12;
    const std::uint32_t days =
        year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + date.day - 1;
    return std::int64_t{days} - epoch_day;
}

[[nodiscard]] constexpr calendar_date date_of_day(std::int64_t days) noexcept {
    const auto day = static_cast<std::uint32_t>(days + epoch_day);
    const std::uint32_t century = (4 * day + 3) / 146'097;
    const std::uint32_t day_of_century = day - 146'097 * century / 4;
    const std::uint32_t year_of_century = (4 * day_of_century + 3) / 1'461;
    const std::uint32_t day_of_year = day_of_century - 1'461 * year_of_century / 4;
    const std::uint32_t month = (5 * day_of_year + 2) / 153;
    const bool is_next_year = month >= 10;
    return {.year = 100 * century + year_of_century + (is_next_year ? 1 : 0),
            .month = is_next_year ? month - 9 : month + 3,
            .day = day_of_year - (153 * month + 2) / 5 + 1};
}

/// "00" to "99" in one piece.
inline constexpr std::array<char, 200> decimal_pairs = [] {
    std::array<char, 200> table{};
    for (std::size_t i = 0; i < 100; ++i) {
        table[2 * i] = static_cast<char>('0' + i / 10);
        table[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return table;
}();

constexpr char* write_two_digits(char* out, std::uint32_t value) noexcept {
    out[0] = decimal_pairs[std::size_t{value} * 2];
    out[1] = decimal_pairs[std::size_t{value} * 2 + 1];
    return out + 2;
}

}  // namespace syncfw::detail
