// SPDX-License-Identifier: BSL-1.0
#include <syncfw/transport/http/url.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

using namespace syncfw;

TEST_CASE("url: what an address says is read") {
    const auto books = http::parse_url("https://books.example/base/");
    REQUIRE(books);
    CHECK(books->is_secure);
    CHECK(books->host == "books.example");
    CHECK(books->port == 443);
    CHECK(books->path == "/base");
    CHECK(books->authority() == "books.example");
    const auto local = http::parse_url("HTTP://[::1]:8080");
    REQUIRE(local);
    CHECK(local->host == "::1");
    CHECK(local->authority() == "[::1]:8080");
    CHECK(local->path.empty());
}

TEST_CASE("url: what is no address is refused with the reason") {
    for (const char* each :
         {"", "books.example", "ftp://a", "http://", "http:///x", "http://a:", "http://a:0",
          "http://a:65536", "http://a:8x", "http://[::1", "http://user:pass@a", "http://a b",
          "http://a/x y", "http://a/?q", "http://a\r\nb", "http://a:999999999999"}) {
        const auto read = http::parse_url(each);
        REQUIRE_MESSAGE(!read, each);
        CHECK(read.error().code == errc::invalid_value);
    }
}

TEST_CASE("url: escaped text comes back") {
    rc::check([](const std::string& text) {
        if (text.find('\0') != std::string::npos) return;
        RC_ASSERT(http::unescape(http::escape(text)) == text);
    });
    CHECK(http::unescape("a+b", true) == "a b");
    CHECK(http::unescape("a+b") == "a+b");
    for (const char* bad : {"%", "%4", "%4g", "a%", "%00", "x%0"}) CHECK(!http::unescape(bad));
}
