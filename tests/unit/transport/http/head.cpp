// SPDX-License-Identifier: BSL-1.0
// Goal: nothing that two programs could read differently gets through. Method: each way in which a
// head can be odd, by its name; and that what is sound is read whole, however it is cut.
#include <syncfw/transport/http/head.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace syncfw::http;

int status_of(std::string_view text, const limits& most = {}) {
    refusal why{.status = 0};
    return parse_request_head(text, most, why) ? 200 : why.status;
}
/// A GET with these lines behind its Host.
int status_with(std::string lines) {
    return status_of("POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
}

}  // namespace

TEST_CASE("http head: what a request says is read") {
    refusal why;
    const auto head = parse_request_head(
        "PUT /books/a%20b?x=1&y HTTP/1.1\r\nHost: books.example:8080\r\nX-Two:  spaced out \t\r\n"
        "Content-Length: 12\r\nx-two: again\r\n\r\n",
        {}, why);
    REQUIRE(head);
    CHECK(head->method == "PUT");
    CHECK(head->path == "/books/a%20b");
    CHECK(head->query == "x=1&y");
    CHECK(head->fields.get("X-TWO") == "spaced out");
    CHECK(head->fields.count("x-two") == 2);
    CHECK(head->body == framing::sized);
    CHECK(head->body_bytes == 12);
    CHECK(head->keeps_alive);
}

TEST_CASE("http head: addresses as proxies get them are read") {
    refusal why;
    for (const auto& [target, path] :
         {std::pair{"http://a/b?c", "/b"}, {"HTTPS://a:1/b", "/b"}, {"http://a", "/"}}) {
        const auto head = parse_request_head(
            std::string("GET ") + target + " HTTP/1.1\r\nHost: a\r\n\r\n", {}, why);
        REQUIRE(head);
        CHECK(head->path == path);
    }
    CHECK(status_of("GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
}

TEST_CASE("T14: two lengths, or a length beside chunks, are refused") {
    CHECK(status_with("Content-Length: 5\r\nContent-Length: 5\r\n") == 400);
    CHECK(status_with("Content-Length: 5, 5\r\n") == 400);
    CHECK(status_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") == 400);
    CHECK(status_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") == 400);
    CHECK(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
    CHECK(status_with("Transfer-Encoding: chunked\r\n") == 200);
}

TEST_CASE("T14: lengths are plain numbers, and codings are known") {
    for (const char* each : {"+5", "-5", "0x5", "5 ", "", "5a", "99999999999999999999"})
        CHECK_MESSAGE(status_with("Content-Length: " + std::string(each) + "\r\n") ==
                          (std::string_view(each) == "5 " ? 200 : 400),
                      each);
    for (const char* each :
         {"gzip", "gzip, chunked", "chunked, gzip", "identity", "xchunked", "\"chunked\""})
        CHECK_MESSAGE(status_with("Transfer-Encoding: " + std::string(each) + "\r\n") == 501, each);
}

TEST_CASE("T14: one valid Host") {
    CHECK(status_of("GET / HTTP/1.1\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/1.0\r\n\r\n") == 200);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n") == 200);
}

TEST_CASE("T14: no folded lines, no lone line ends, no NUL, no space before a colon") {
    CHECK(status_with("A: b\r\n c\r\n") == 400);
    CHECK(status_with("A: b\r\n\tc\r\n") == 400);
    CHECK(status_with("A: b\nC: d\r\n") == 400);
    CHECK(status_with("A: b\rC: d\r\n") == 400);
    CHECK(status_with(std::string("A: b\0c\r\n", 8)) == 400);
    CHECK(status_with("A : b\r\n") == 400);
    CHECK(status_with(": b\r\n") == 400);
    CHECK(status_with("A\r\n") == 400);
    CHECK(status_with("A(: b\r\n") == 400);
    CHECK(status_with("A: b\x7f\r\n") == 400);
    CHECK(status_with("A: b\xc3\xa4\r\n") == 200);
}

TEST_CASE("T14: a first line that is none, unknown versions and methods that tunnel") {
    CHECK(status_of("GET  / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET / \r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET /\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n") == 505);
    CHECK(status_of("GET / HTTP/1.2\r\nHost: a\r\n\r\n") == 505);
    CHECK(status_of("GET / http/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("G@T / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
    CHECK(status_of("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
    CHECK(status_of("GET a HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET * HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
}

TEST_CASE("http head: what is beyond the limits is told by its status") {
    const limits most{.target_bytes = 8, .fields = 3, .body_bytes = 10};
    CHECK(status_of("GET /1234567 HTTP/1.1\r\nHost: a\r\n\r\n", most) == 200);
    CHECK(status_of("GET /12345678 HTTP/1.1\r\nHost: a\r\n\r\n", most) == 414);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n", most) == 200);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", most) == 431);
    CHECK(status_of("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n", most) == 200);
    CHECK(status_of("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", most) == 413);
    CHECK(status_with("Expect: 100-Continue\r\n") == 200);
    CHECK(status_with("Expect: the unexpected\r\n") == 417);
}

TEST_CASE("http head: whether a connection is kept") {
    refusal why;
    const auto keeps = [&](std::string_view version, std::string_view lines) {
        return parse_request_head("GET / HTTP/" + std::string(version) + "\r\nHost: a\r\n" +
                                      std::string(lines) + "\r\n",
                                  {}, why)
            ->keeps_alive;
    };
    CHECK(keeps("1.1", ""));
    CHECK(!keeps("1.1", "Connection: upgrade, Close\r\n"));
    CHECK(!keeps("1.0", ""));
    CHECK(keeps("1.0", "Connection: Keep-Alive\r\n"));
    CHECK(!keeps("1.0", "Connection: Keep-Alive\r\nConnection: close\r\n"));
}

TEST_CASE("http head: where an answer's body ends") {
    refusal why;
    const auto read = [&](std::string_view text, bool has_body = true) {
        const auto head = parse_response_head(text, {}, why, has_body);
        REQUIRE(head);
        return head->body;
    };
    CHECK(read("HTTP/1.1 200 OK\r\n\r\n") == framing::until_close);
    CHECK(read("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n") == framing::none);
    CHECK(read("HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\n") == framing::sized);
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false) == framing::none);
    CHECK(read("HTTP/1.1 204 No\r\n\r\n") == framing::none);
    CHECK(read("HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n") == framing::none);
    CHECK(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") == framing::chunked);
    for (const char* bad : {"HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
                            "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
                            "HTTP/3 200 OK\r\n\r\n", "\r\n\r\n", "HTTP/1.1 200 O\nK\r\n\r\n"})
        CHECK_MESSAGE(!parse_response_head(bad, {}, why), bad);
}

TEST_CASE("T15: no field is written that could begin another one") {
    fields all;
    CHECK(!all.add("A", "b\r\nC: d"));
    CHECK(!all.add("A", "b\nC: d"));
    CHECK(!all.add("A", std::string_view("b\0c", 3)));
    CHECK(!all.add("A: b\r\nC", "d"));
    CHECK(!all.add("", "d"));
    CHECK(all.size() == 0);
    CHECK(all.add("A", "b"));
    CHECK(all.get("a") == "b");
}

TEST_CASE("http fields: all of a name are taken away, the others stay in their order") {
    fields all;
    for (const char* name : {"a", "b", "A", "c"}) CHECK(all.add(name, name));
    all.remove("a");
    std::string left;
    all.for_each([&](std::string_view name, std::string_view value) {
        left.append(name).append("=").append(value).append(" ");
    });
    CHECK(left == "b=b c=c ");
    CHECK(all.size() == 2);
}
