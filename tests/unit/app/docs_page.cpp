// SPDX-License-Identifier: BSL-1.0
#include "support/books_service.hpp"
#include <syncfw/app/docs_page.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

namespace {
namespace docs {

using namespace syncfw;
using namespace syncfw::http;

response get(const http::router& routes, std::string path) {
    request asked;
    asked.head.method = "GET";
    asked.head.path = std::move(path);
    return routes(std::move(asked));
}
http::router documented(const http::access& who) {
    http::router routes(books_service::verify);
    books_service::add_routes(routes);
    add_docs_routes(routes, books_service::info(), who);
    return routes;
}

}  // namespace docs
}  // namespace

using namespace docs;

TEST_CASE("docs: the description is served as it was when the routes were added") {
    http::router before;
    books_service::add_routes(before);
    const response given = get(documented(open_to_all), "/openapi.json");
    CHECK(given.status == 200);
    CHECK(given.content_type == "application/json");
    CHECK(given.body == openapi_of(before, books_service::info()));
    CHECK(given.body.find("/docs") == std::string::npos);
}

TEST_CASE("T26: the page may run its own script alone, and says so with each of its files") {
    const http::router routes = documented(open_to_all);
    const std::pair<const char*, std::string_view> files[] = {
        {"/docs", "text/html; charset=utf-8"},
        {"/docs/page.css", "text/css; charset=utf-8"},
        {"/docs/page.js", "text/javascript; charset=utf-8"},
        {"/openapi.json", "application/json"}};
    for (const auto& [path, type] : files) {
        const response given = get(routes, path);
        CHECK(given.status == 200);
        CHECK(given.content_type == type);
        CHECK(given.fields.get("Content-Security-Policy") ==
              "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
              "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
        CHECK(given.fields.get("Cache-Control") == "no-cache");
    }
}

TEST_CASE("T26: the page has no script and no style inside, and no text becomes HTML") {
    const http::router routes = documented(open_to_all);
    const std::string page = get(routes, "/docs").body;
    for (const char* part : {"<script>", "style=", "onclick", "http:", "https:", "<style"})
        CHECK_MESSAGE(page.find(part) == std::string::npos, part);
    const std::string script = get(routes, "/docs/page.js").body;
    for (const char* part :
         {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(",
          "localStorage", "sessionStorage", "cookie", "http:", "https:"})
        CHECK_MESSAGE(script.find(part) == std::string::npos, part);
}

TEST_CASE("docs: who may read it is said by the caller") {
    const http::router routes = documented(needs_role("writer"));
    for (const char* path : {"/docs", "/docs/page.js", "/docs/page.css", "/openapi.json"})
        CHECK_MESSAGE(get(routes, path).status == 401, path);
}
