// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <ctime>
#include <string_view>
#include <time.h>

namespace syncfw::http::detail {

/// `Sun, 06 Nov 1994 08:49:37 GMT`
using date_text = std::array<char, 29>;

[[nodiscard]] inline date_text to_date(std::time_t seconds) noexcept {
    std::tm at{};
    ::gmtime_r(&seconds, &at);
    date_text text;
    std::size_t end = 0;
    const auto word = [&](std::string_view all, int index, std::size_t size) {
        for (const char c : all.substr(static_cast<std::size_t>(index) * size, size))
            text[end++] = c;
    };
    const auto number = [&](int value, char behind) {
        text[end++] = static_cast<char>('0' + value / 10 % 10);
        text[end++] = static_cast<char>('0' + value % 10);
        if (behind != '\0') text[end++] = behind;
    };
    word("SunMonTueWedThuFriSat", at.tm_wday, 3);
    word(", ", 0, 2);
    number(at.tm_mday, ' ');
    word("JanFebMarAprMayJunJulAugSepOctNovDec", at.tm_mon, 3);
    word(" ", 0, 1);
    number(at.tm_year / 100 + 19, '\0');
    number(at.tm_year % 100, ' ');
    number(at.tm_hour, ':');
    number(at.tm_min, ':');
    number(at.tm_sec, ' ');
    word("GMT", 0, 3);
    return text;
}

/// What answers say of when they were made. It is good until the thread asks again.
[[nodiscard]] inline std::string_view date_now() noexcept {
    // Written once a second; the system's coarse clock costs next to nothing.
    thread_local std::time_t written = -1;
    thread_local date_text text{};
    const std::time_t now = std::time(nullptr);
    if (now != written) {
        text = to_date(now);
        written = now;
    }
    return {text.data(), text.size()};
}

}  // namespace syncfw::http::detail
