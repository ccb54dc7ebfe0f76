// SPDX-License-Identifier: BSL-1.0
#include <syncfw/transport/http/router.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::http;

router made() {
    router routes([](std::string_view token) -> result<principal> {
        if (token == "busy") return error{.code = errc::unavailable, .message = "the keys"};
        if (token == "none") return error{.code = errc::unauthorized, .cause = "expired"};
        return principal{.subject = "who", .tenant = tenant_id("t"), .roles = {std::string(token)}};
    });
    const auto told = [](std::string_view name) {
        return [name](const call& asked) {
            return response{.body = std::string(name) + asked.part("id") + asked.who.subject};
        };
    };
    routes.add("GET", "/open", open_to_all, told("open"))
        .add("GET", "/books/{id}", needs_token, told("book "))
        .add("PUT", "/books/{id}", needs_role("writer"), told("put "))
        .add("GET", "/books/new", needs_token, told("new "))
        .add("GET", "/query", open_to_all,
             [](const call& asked) { return response{.body = asked.value("q").value_or("-")}; });
    return routes;
}

response ask(std::string_view method, std::string path, std::string_view token = {}) {
    request asked;
    asked.head.method = method;
    const std::size_t mark = path.find('?');
    asked.head.path = path.substr(0, mark);
    if (mark != std::string::npos) asked.head.query = path.substr(mark + 1);
    if (!token.empty()) asked.head.fields.add("Authorization", "bearer " + std::string(token));
    return made()(std::move(asked));
}

}  // namespace

TEST_CASE("router: the parts of a path reach the route, unescaped") {
    CHECK(ask("GET", "/open").body == "open");
    CHECK(ask("GET", "/books/a%2Fb%20c", "reader").body == "book a/b cwho");
    CHECK(ask("GET", "/books/new", "reader").body == "new who");
    CHECK(ask("GET", "/query?a=1&q=x+y%3D").body == "x y=");
    CHECK(ask("GET", "/query?a=1").body == "-");
    // What a struct of the query would refuse says nothing here either.
    for (const char* wrong : {"q=1&q=2", "q=%ff", "q=%zz", "q=1&a=%zz"})
        CHECK_MESSAGE(ask("GET", std::string("/query?") + wrong).body == "-", wrong);
}

TEST_CASE("router: what isn't there is 404, and broken escapes 400") {
    for (const char* path :
         {"/", "/books", "/books/", "/books/1/2", "/open/", "//open", "/Open", "/books/..", "*"})
        CHECK_MESSAGE(ask("GET", path, "reader").status ==
                          (std::string_view(path) == "/books/.." ? 200 : 404),
                      path);
    CHECK(ask("GET", "/books/%zz", "reader").status == 400);
    CHECK(ask("GET", "/books/%00", "reader").status == 400);
}

TEST_CASE("router: another method is 405 and says which there are; HEAD and OPTIONS are answered") {
    const response refused = ask("DELETE", "/books/1", "writer");
    CHECK(refused.status == 405);
    CHECK(refused.fields.get("Allow") == "GET, PUT, HEAD, OPTIONS");
    CHECK(ask("OPTIONS", "/books/1").status == 204);
    CHECK(ask("HEAD", "/open").status == 200);
    CHECK(ask("HEAD", "/books/1").status == 401);
}

TEST_CASE("router: a body that is still packed reaches no route") {
    const auto coded = [](std::string_view coding) {
        request asked;
        asked.head.method = "GET";
        asked.head.path = "/open";
        asked.head.fields.add("Content-Encoding", coding);
        return made()(std::move(asked)).status;
    };
    CHECK(coded("gzip") == 415);
    CHECK(coded("br") == 415);
    CHECK(coded("Identity") == 200);
}

TEST_CASE("T29: who counts refused tokens may answer in the place of 401, and of nothing else") {
    router routes = made();
    int counted = 0;
    routes.turned_away = [&](const request&, const error&) -> std::optional<response> {
        if (++counted < 2) return {};
        return error_response(429, "too many");
    };
    const auto status = [&](std::string path, std::string_view token) {
        request asked;
        asked.head.method = "GET";
        asked.head.path = std::move(path);
        asked.head.fields.add("Authorization", "Bearer " + std::string(token));
        return routes(std::move(asked)).status;
    };
    CHECK(status("/books/1", "none") == 401);
    CHECK(status("/books/1", "none") == 429);
    CHECK(status("/books/1", "reader") == 200);
    CHECK(status("/books/1", "busy") == 503);
    CHECK(status("/open", "none") == 200);
    CHECK(counted == 2);
}

TEST_CASE("T4: a route gives nothing to who hasn't its role") {
    CHECK(ask("PUT", "/books/1", "writer").status == 200);
    CHECK(ask("PUT", "/books/1", "reader").status == 403);
    CHECK(ask("PUT", "/books/1").status == 401);
}

TEST_CASE("T9: every refusal of a token is the same to the outside") {
    const response none = ask("GET", "/books/1"), wrong = ask("GET", "/books/1", "none");
    CHECK(none.status == 401);
    CHECK(none.body == wrong.body);
    CHECK(none.fields.get("WWW-Authenticate") == "Bearer");
    CHECK(wrong.body.find("expired") == std::string::npos);
    CHECK(ask("GET", "/books/1", "busy").status == 503);
    request twice;
    twice.head.method = "GET";
    twice.head.path = "/books/1";
    twice.head.fields.add("Authorization", "Bearer writer");
    twice.head.fields.add("Authorization", "Bearer reader");
    CHECK(made()(std::move(twice)).status == 401);
    router unchecked;
    unchecked.add("GET", "/x", needs_token, [](const call&) { return response{}; });
    request asked;
    asked.head.method = "GET";
    asked.head.path = "/x";
    asked.head.fields.add("Authorization", "Bearer x");
    CHECK(unchecked(std::move(asked)).status == 401);
}

namespace {

struct heard_stream final : stream {
    int code = 0;
    bool send(std::string_view) override { return true; }
    void close(int why, std::string_view) override { code = why; }
};

}  // namespace

TEST_CASE("router: a stream ends when its token is refused, is another's, or lost its role") {
    std::map<std::string, result<principal>, std::less<>> known;
    router routes([&](std::string_view token) {
        const auto found = known.find(token);
        if (found == known.end()) throw std::runtime_error("the list of tokens is away");
        return found->second;
    });
    int ended = 0;
    const auto going_on = [&](const call&) {
        return response{.goes_on = [&](const std::shared_ptr<stream>&) {
            return std::shared_ptr<void>(&ended, [](void* count) { ++*static_cast<int*>(count); });
        }};
    };
    routes.add("GET", "/stream", needs_token, going_on)
        .add("GET", "/readers", needs_role("reader"), going_on)
        .add("GET", "/open", open_to_all, going_on);
    std::vector<std::shared_ptr<heard_stream>> opened;
    std::vector<std::shared_ptr<void>> kept;
    const auto open = [&](const char* path, const char* token) {
        request asked;
        asked.head.method = "GET";
        asked.head.path = path;
        asked.head.fields.add("Authorization", std::string("Bearer ") + token);
        opened.push_back(std::make_shared<heard_stream>());
        kept.push_back(routes(std::move(asked)).goes_on(opened.back()));
    };
    const principal ann{.subject = "ann", .tenant = tenant_id("t"), .roles = {"reader"}};
    for (const char* const token : {"stays", "withdrawn", "busy", "another", "role", "gone"})
        known.insert_or_assign(token, ann);
    for (const char* const token : {"stays", "withdrawn", "busy", "another"})
        open("/stream", token);
    open("/readers", "role");
    open("/open", "withdrawn");
    open("/stream", "gone");
    routes.recheck_streams();
    known.erase("busy");
    routes.recheck_streams();
    for (const auto& each : opened) CHECK(each->code == 0);

    known.insert_or_assign("withdrawn", error{.code = errc::unauthorized});
    routes.recheck_streams([] { return false; });
    CHECK(opened[1]->code == 0);  // It was called off.
    known.insert_or_assign("busy", error{.code = errc::unavailable});
    known.insert_or_assign("another", principal{.subject = "bob", .tenant = ann.tenant});
    known.insert_or_assign("role", principal{.subject = "ann", .tenant = ann.tenant});
    known.insert_or_assign("gone", error{.code = errc::unauthorized});
    CHECK(ended == 0);
    kept.pop_back();  // Its peer has gone, and with him what was kept for him.
    CHECK(ended == 1);
    routes.recheck_streams();
    std::vector<int> codes;
    for (const auto& each : opened) codes.push_back(each->code);
    CHECK(codes == std::vector<int>{0, 4401, 0, 4401, 4401, 0, 0});
    CHECK(opened.back().use_count() == 1);
}
