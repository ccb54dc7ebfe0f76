// SPDX-License-Identifier: BSL-1.0
// Goal: one moment has one text, and no other text than RFC 3339 is taken. Method: compare with
// the standard library's calendar, go round through text, and break texts on purpose.
#include <syncfw/core/timestamp.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using std::chrono::microseconds;
using syncfw::errc;
using syncfw::timestamp;

constexpr std::int64_t lowest = timestamp::min().microseconds_since_epoch();
constexpr std::int64_t highest = timestamp::max().microseconds_since_epoch();

constexpr timestamp read(std::string_view text) {
    timestamp out;
    return timestamp::parse(text, out) ? out : timestamp::min();
}
static_assert(read("1970-01-01T00:00:00Z") == timestamp{});
static_assert(read("2000-02-29T23:59:59.25+01:00").microseconds_since_epoch() ==
              951'865'199'250'000);
static_assert(timestamp::from_microseconds(INT64_MAX) == timestamp::max());

rc::Gen<timestamp> any_moment() {
    return rc::gen::map(rc::gen::inRange<std::int64_t>(lowest, highest + 1),
                        [](std::int64_t value) { return timestamp::from_microseconds(value); });
}

std::string refusal(std::string_view text, errc code = errc::malformed) {
    const auto parsed = timestamp::parse(text);
    REQUIRE_MESSAGE(!parsed.has_value(), text);
    CHECK(parsed.error().code == code);
    return parsed.error().message;
}

TEST_CASE("timestamp: what is written is read back, and texts order like moments") {
    CHECK(rc::check([] {
        const timestamp left = *any_moment();
        const timestamp right = *any_moment();
        const std::string text = to_string(left);
        RC_ASSERT(text.size() == timestamp::text_size);
        RC_ASSERT(timestamp::parse(text).value() == left);
        RC_ASSERT((left < right) == (text < to_string(right)));
    }));
}

TEST_CASE("timestamp: the ends of the range") {
    CHECK(to_string(timestamp::min()) == "0001-01-01T00:00:00.000000Z");
    CHECK(to_string(timestamp::max()) == "9999-12-31T23:59:59.999999Z");
    CHECK(timestamp::parse("0001-01-01T00:00:00Z").value() == timestamp::min());
    CHECK(timestamp::parse("9999-12-31T23:59:59.999999Z").value() == timestamp::max());
    refusal("0001-01-01T00:00:00+00:01", errc::out_of_range);
    refusal("9999-12-31T23:59:59-00:01", errc::out_of_range);
    refusal("9999-12-31T23:59:60Z", errc::out_of_range);
    CHECK(timestamp::parse("0001-01-01T00:00:00-00:01").has_value());
}

TEST_CASE("timestamp: every day of ten thousand years is the standard calendar's") {
    using namespace std::chrono;
    std::int64_t day = sys_days(year(1) / 1 / 1).time_since_epoch().count();
    const std::int64_t last = sys_days(year(9999) / 12 / 31).time_since_epoch().count();
    for (; day <= last; ++day) {
        const year_month_day expected(sys_days(days(static_cast<int>(day))));
        const syncfw::detail::calendar_date date = syncfw::detail::date_of_day(day);
        if (date.year != static_cast<unsigned>(static_cast<int>(expected.year())) ||
            date.month != static_cast<unsigned>(expected.month()) ||
            date.day != static_cast<unsigned>(expected.day()) ||
            syncfw::detail::days_since_epoch(date) != day)
            FAIL("day " << day);
    }
}

TEST_CASE("timestamp: takes exactly the dates that the standard calendar has") {
    using namespace std::chrono;
    for (int y : {0, 1, 4, 100, 400, 1900, 1999, 2000, 2023, 2024, 2100, 9999}) {
        for (unsigned m = 0; m <= 13; ++m) {
            for (unsigned d = 0; d <= 32; ++d) {
                char text[32];
                std::snprintf(text, sizeof text, "%04d-%02u-%02uT12:00:00.000000Z", y, m, d);
                const bool expected = y != 0 && (year(y) / month(m) / std::chrono::day(d)).ok();
                timestamp out;
                const std::string full = text;
                REQUIRE(timestamp::parse(full, out) == expected);
                REQUIRE(timestamp::parse(full.substr(0, 19) + "Z", out) == expected);
            }
        }
    }
}

TEST_CASE("timestamp: an offset moves the moment") {
    CHECK(rc::check([] {
        const timestamp moment = *any_moment();
        const int minutes = *rc::gen::inRange(-1'439, 1'440);
        const timestamp local = moment + std::chrono::minutes(minutes);
        RC_PRE(local - std::chrono::minutes(minutes) == moment);
        const int size = minutes < 0 ? -minutes : minutes;
        char offset[8];
        std::snprintf(offset, sizeof offset, "%c%02d:%02d", minutes < 0 ? '-' : '+', size / 60 % 24,
                      size % 60);
        std::string text = to_string(local);
        text.pop_back();
        text += offset;
        RC_ASSERT(timestamp::parse(text).value() == moment);
    }));
}

TEST_CASE("timestamp: any number of fraction digits, as long as none is lost") {
    const std::int64_t base = read("2026-11-20T21:34:00Z").microseconds_since_epoch();
    const auto fraction = [&](std::string_view digits) {
        return read("2026-11-20T21:34:00." + std::string(digits) + "Z").microseconds_since_epoch() -
               base;
    };
    CHECK(fraction("1") == 100'000);
    CHECK(fraction("12") == 120'000);
    CHECK(fraction("123456") == 123'456);
    CHECK(fraction("1234560") == 123'456);
    CHECK(fraction("000001000000000000000000") == 1);
    CHECK(refusal("2026-11-20T21:34:00.1234567Z", errc::out_of_range) ==
          "expected only zeros after the sixth fraction digit, because microseconds are kept, at "
          "character 27 (a time looks like 2026-11-20T21:34:00Z)");
    refusal("2026-11-20T21:34:00.Z");
}

TEST_CASE("timestamp: a leap second is the second after it, at 23:59:60 UTC only") {
    CHECK(read("2016-12-31T23:59:60Z") == read("2017-01-01T00:00:00Z"));
    CHECK(read("2016-12-31T23:59:60.5Z") == read("2017-01-01T00:00:00.5Z"));
    CHECK(read("2017-01-01T08:59:60+09:00") == read("2017-01-01T00:00:00Z"));
    CHECK(read("1969-12-31T23:59:60Z") == timestamp{});
    refusal("2017-01-01T08:59:60Z", errc::out_of_range);
    refusal("2016-12-31T23:58:60Z", errc::out_of_range);
    refusal("2016-12-31T23:59:60+01:00", errc::out_of_range);
    refusal("2016-12-31T23:59:61Z", errc::out_of_range);
}

TEST_CASE("timestamp: either case of T and Z, and nothing else in their place") {
    CHECK(read("2026-11-20t21:34:00z") == read("2026-11-20T21:34:00Z"));
    CHECK(refusal("2026-11-20 21:34:00Z").starts_with("expected 'T' at character 11 "));
}

TEST_CASE("timestamp: a refusal says what was expected and at which character") {
    CHECK(refusal("").starts_with("expected a digit at character 1 "));
    CHECK(refusal("0000-01-01T00:00:00Z", errc::out_of_range)
              .starts_with("expected a year from 0001 to 9999 at character 1 "));
    CHECK(refusal("2026-13-01T00:00:00Z", errc::out_of_range)
              .starts_with("expected a month from 01 to 12 at character 6 "));
    CHECK(refusal("2026-02-29T00:00:00Z", errc::out_of_range)
              .starts_with("expected a day that its month has at character 9 "));
    CHECK(refusal("2026-02-28T24:00:00Z", errc::out_of_range)
              .starts_with("expected an hour from 00 to 23 at character 12 "));
    CHECK(refusal("2026-02-28T00:60:00Z", errc::out_of_range)
              .starts_with("expected a minute from 00 to 59 at character 15 "));
    CHECK(refusal("2026-02-28T00:00:00")
              .starts_with("expected 'Z' or an offset like '+01:00' at character 20 "));
    CHECK(refusal("2026-02-28T00:00:00+24:00", errc::out_of_range)
              .starts_with("expected an offset's hours from 00 to 23 at character 21 "));
    CHECK(refusal("2026-02-28T00:00:00+23:60", errc::out_of_range)
              .starts_with("expected an offset's minutes from 00 to 59 at character 24 "));
    CHECK(refusal("2026-02-28T00:00:00Z ")
              .starts_with("expected the end of the time at character 21 "));
    CHECK(refusal("+2026-02-28T00:00:00Z").starts_with("expected a digit at character 1 "));
    CHECK(refusal("2026-02-28T00:00:00+0100").starts_with("expected ':' at character 23 "));
}

void change_each_character(const std::string& good) {
    for (std::size_t place = 0; place < good.size(); ++place) {
        for (int c = 0; c < 256; ++c) {
            std::string text = good;
            text[place] = static_cast<char>(c);
            timestamp out;
            const bool parsed = timestamp::parse(text, out);
            if (parsed && c != 't' && c != 'z') REQUIRE(to_string(out) == text);
            if (place == 26) continue;
            // A seventh digit keeps the text from the short cut that write()'s form takes.
            timestamp slow;
            std::string longer(text, 0, 26);
            longer += '0';
            longer += text[26];
            REQUIRE(parsed == timestamp::parse(longer, slow));
            REQUIRE(out == slow);
        }
    }
}

TEST_CASE("timestamp: any one changed character is refused or means what it says") {
    change_each_character("2026-11-20T21:34:00.123456Z");
    change_each_character("1000-10-10T10:10:10.101010Z");
}

TEST_CASE("timestamp: random bytes are no time, and harm nothing") {
    CHECK(rc::check([](const std::string& text) {
        timestamp out = timestamp::max();
        if (!timestamp::parse(text, out)) RC_ASSERT(out == timestamp::max());
    }));
}

TEST_CASE("timestamp: arithmetic stops at the ends") {
    CHECK(timestamp::max() + microseconds(1) == timestamp::max());
    CHECK(timestamp::min() - microseconds(1) == timestamp::min());
    CHECK(timestamp::max() + microseconds::max() == timestamp::max());
    CHECK(timestamp::max() - microseconds::min() == timestamp::max());
    CHECK(timestamp::min() + microseconds::min() == timestamp::min());
    CHECK(timestamp::min() - microseconds::max() == timestamp::min());
    const auto all = microseconds(microseconds_between(timestamp::min(), timestamp::max()));
    CHECK(timestamp::min() + all == timestamp::max());
    CHECK(timestamp::min() + std::chrono::hours(INT64_MAX / 4'000) == timestamp::max());
    CHECK(microseconds_between(timestamp{}, timestamp{} + std::chrono::hours(1)) == 3'600'000'000);
}

TEST_CASE("timestamp: milliseconds round down, before 1970 too") {
    CHECK(timestamp::from_microseconds(1'999).milliseconds_since_epoch() == 1);
    CHECK(timestamp::from_microseconds(-1).milliseconds_since_epoch() == -1);
    CHECK(timestamp::from_microseconds(-1'000).milliseconds_since_epoch() == -1);
    CHECK(timestamp::from_microseconds(-1'001).milliseconds_since_epoch() == -2);
}

TEST_CASE("timestamp: now is the system's clock") {
    const auto before =
        std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
    const std::int64_t now = timestamp::now().microseconds_since_epoch();
    const auto after = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
    CHECK(before.time_since_epoch().count() <= now);
    CHECK(now <= after.time_since_epoch().count());
}

}  // namespace
