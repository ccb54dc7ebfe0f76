// SPDX-License-Identifier: BSL-1.0
#include <syncfw/transport/http/detail/date.hpp>

#include <doctest/doctest.h>

#include <ctime>
#include <string>

namespace {

std::string date_of(std::time_t seconds) {
    const auto text = syncfw::http::detail::to_date(seconds);
    return {text.data(), text.size()};
}

}  // namespace

TEST_CASE("http date: it is written as RFC 9110 has it") {
    CHECK(date_of(784'111'777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(date_of(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(date_of(951'782'399) == "Mon, 28 Feb 2000 23:59:59 GMT");
    CHECK(date_of(951'782'400) == "Tue, 29 Feb 2000 00:00:00 GMT");
    CHECK(date_of(4'102'444'800) == "Fri, 01 Jan 2100 00:00:00 GMT");
}

TEST_CASE("http date: now is between the seconds around it") {
    const std::time_t before = std::time(nullptr);
    const std::string now(syncfw::http::detail::date_now());
    const std::time_t after = std::time(nullptr);
    bool is_known = false;
    for (std::time_t each = before; each <= after; ++each) is_known |= now == date_of(each);
    CHECK(is_known);
}
