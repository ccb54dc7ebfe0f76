// SPDX-License-Identifier: BSL-1.0
#include <syncfw/transport/http/server_session.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace syncfw::http;

/// Answers with what it was asked, and keeps what goes out.
struct echo {
    server_session session{limits{.head_bytes = 1'000, .body_bytes = 10'000}};
    std::vector<std::string> seen{};
    std::string sent{};

    void receive(std::string_view bytes) {
        session.receive(bytes);
        while (session.has_request()) {
            request asked = session.take_request();
            seen.push_back(asked.head.method + " " + asked.head.path + " " + asked.body);
            session.answer({.body = asked.body});
        }
        std::string head, body;
        session.take_output(head, body);
        sent += head + body;
    }
};

std::string chunked(const std::string& body, std::size_t size) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (std::size_t at = 0; at < body.size(); at += size) {
        const std::string part = body.substr(at, size);
        out += "0";
        out += digits[part.size() / 16 % 16];
        out += digits[part.size() % 16];
        out += ";x=y\r\n" + part + "\r\n";
    }
    return out + "0\r\nTrailer: z\r\n\r\n";
}

int status_sent(const echo& of) {
    return std::stoi(of.sent.substr(9, 3));
}

}  // namespace

TEST_CASE("http session: requests are the same however their bytes are cut") {
    rc::check([] {
        std::string bytes;
        std::vector<std::string> wanted;
        const int count = *rc::gen::inRange(1, 6);
        for (int i = 0; i < count; ++i) {
            const auto body = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
            const auto kind = *rc::gen::inRange(0, 3);
            const std::string path = "/" + std::to_string(i);
            if (kind == 0) bytes += "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
            if (kind == 1)
                bytes += "POST " + path +
                         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                         "\r\n\r\n" + body;
            if (kind == 2)
                bytes += "PUT " + path +
                         " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                         chunked(body, *rc::gen::inRange<std::size_t>(1, 200));
            const char* const methods[] = {"GET ", "POST ", "PUT "};
            wanted.push_back(methods[kind] + path + " " + (kind == 0 ? "" : body));
        }
        echo whole, cut;
        whole.receive(bytes);
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t size = *rc::gen::inRange<std::size_t>(1, 40);
            cut.receive(std::string_view(bytes).substr(at, size));
            at += size;
        }
        RC_ASSERT(whole.seen == wanted);
        RC_ASSERT(cut.seen == wanted);
        RC_ASSERT(cut.sent == whole.sent);
        RC_ASSERT(cut.session.at() == server_session::phase::idle);
    });
}

TEST_CASE("http session: pipelined answers keep their order, with their bodies") {
    echo here;
    here.receive(
        "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
        "HEAD /2 HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nthree");
    CHECK(here.seen.size() == 3);
    const std::size_t one = here.sent.find("\r\n\r\none"), three = here.sent.find("\r\n\r\nthree");
    CHECK(one != std::string::npos);
    CHECK(three != std::string::npos);
    CHECK(one < three);
    CHECK(here.sent.find("HTTP/1.1 200", one) == one + 7);
}

TEST_CASE("http session: a head without end is refused as soon as it is too long") {
    echo here;
    here.receive("GET / HTTP/1.1\r\n");
    for (int i = 0; i < 100 && here.sent.empty(); ++i) here.receive("Field: 0123456789\r\n");
    CHECK(status_sent(here) == 431);
    CHECK(here.session.is_ending());
    echo line;
    for (int i = 0; i < 200 && line.sent.empty(); ++i) line.receive("GET-GET-GET-");
    CHECK(status_sent(line) == 414);
}

TEST_CASE("http session: after a refusal nothing is read any more") {
    echo here;
    here.receive("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(status_sent(here) == 400);
    CHECK(here.sent.find("Connection: close") != std::string::npos);
    here.receive("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(here.seen.empty());
    CHECK(here.session.is_ending());
}

TEST_CASE("http session: chunks that lie are refused") {
    const auto refused = [](std::string_view body) {
        echo here;
        here.receive("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        here.receive(body);
        return here.sent.empty() ? 0 : status_sent(here);
    };
    CHECK(refused("3\r\nabc\r\n0\r\n\r\n") == 200);
    CHECK(refused("3\r\nabcd\r\n0\r\n\r\n") == 400);
    CHECK(refused("3\nabc\r\n0\r\n\r\n") == 400);
    CHECK(refused("x\r\n") == 400);
    CHECK(refused("\r\n") == 400);
    CHECK(refused("-3\r\n") == 400);
    CHECK(refused("0x3\r\n") == 400);
    CHECK(refused("ffffffffffffffffff\r\n") == 413);
    CHECK(refused("2711\r\n") == 413);
    CHECK(refused("3\r\nabc\r\n0\r\nA: b\nC: d\r\n\r\n") == 400);
    CHECK(refused("3;" + std::string(5'000, 'x')) == 400);
    CHECK(refused("3\r\nabc\r\n0\r\n" + std::string(5'000, 'x')) == 400);
}

TEST_CASE("http session: a body that is announced may be waited for") {
    echo here;
    here.receive("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(here.sent == "HTTP/1.1 100 Continue\r\n\r\n");
    here.receive("hi");
    CHECK(here.seen.size() == 1);
    echo large;
    large.receive(
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
        "Content-Length: 20000\r\n\r\n");
    CHECK(status_sent(large) == 413);
}

TEST_CASE("http session: an old client is told that its connection is kept") {
    echo here;
    here.receive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(here.sent.find("Connection: keep-alive") != std::string::npos);
    CHECK(!here.session.is_ending());
    echo old;
    old.receive("GET / HTTP/1.0\r\n\r\n");
    CHECK(old.session.is_ending());
}

TEST_CASE("http session: a failure inside tells nothing of it") {
    const response given = error_response({.code = syncfw::errc::internal,
                                           .message = "SELECT secret FROM rows",
                                           .field = "x",
                                           .cause = "at 0x1234"});
    CHECK(given.status == 500);
    CHECK(given.body.find("SELECT") == std::string::npos);
    CHECK(given.body.find("0x1234") == std::string::npos);
    const response theirs = error_response(
        {.code = syncfw::errc::invalid_value, .message = "a \"quote\"\n", .field = "a.b"});
    CHECK(theirs.body == R"({"success":false,"error":{"code":"VALIDATION_ERROR",)"
                         R"("message":"a \"quote\"\n","field":"a.b"}})");
}
