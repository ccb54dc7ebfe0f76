// SPDX-License-Identifier: BSL-1.0
#include "support/books_service.hpp"
#include "support/json_schema.hpp"
#include <syncfw/app/openapi.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {
namespace openapi_tests {

using namespace syncfw;
using namespace syncfw::http;
using syncfw::testing::json_schema_check;

struct empty_answer {
    bool done = false;
};
struct by_time {
    std::optional<timestamp> since{};
};
struct by_id {
    std::int64_t id = 0;
};

http::router books() {
    http::router routes;
    books_service::add_routes(routes);
    return routes;
}
std::string described(const http::router& routes) {
    return openapi_of(routes, {.title = "t", .version = "1"});
}
std::string described(std::string_view method, std::string_view pattern, const http::access& who,
                      typed_route handle) {
    http::router routes;
    routes.add(method, pattern, who, std::move(handle));
    return described(routes);
}
const auto nothing = [](const call&) -> result<void> { return {}; };

// What stands at the path of keys, `~1` for a slash in one.
std::string at(const std::string& text, std::string_view path) {
    const document whole = json::decode_document(text).value();
    const document* here = &whole;
    while (here != nullptr && !path.empty()) {
        const std::size_t end = path.find(' ');
        here = here->find(path.substr(0, end));
        path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    }
    return here == nullptr ? "" : json::encode(*here);
}

// One member a line, so that a difference is seen.
std::string in_lines(std::string_view text) {
    std::string out;
    std::size_t depth = 0;
    bool in_text = false;
    const auto new_line = [&] { (out += '\n').append(depth * 2, ' '); };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"' && (i == 0 || text[i - 1] != '\\')) in_text = !in_text;
        if (in_text || (c != '{' && c != '}' && c != '[' && c != ']' && c != ',')) {
            out += c;
        } else if (c == ',') {
            out += c;
            new_line();
        } else if (c == '{' || c == '[') {
            out += c;
            ++depth;
            if (text[i + 1] != c + 2) new_line();
        } else {
            --depth;
            if (text[i - 1] != c - 2) new_line();
            out += c;
        }
    }
    return out + "\n";
}

// The rules of OpenAPI 3.1 that its schema can't say, and those that it says of what we write.
class openapi_check {
  public:
    explicit openapi_check(const std::string& text) : schemas_(text) {}

    std::vector<std::string> offences() {
        const document& root = schemas_.root();
        for (const char* part : {"openapi", "info", "paths", "components"})
            expect(root.find(part) != nullptr, part, "is missing");
        expect(*root.find("openapi")->text() == "3.1.0", "openapi", "is another version");
        for (const char* part : {"title", "version"})
            expect(root.find("info")->find(part)->text() != nullptr, part, "is no text");
        for (const auto& [path, methods] : *root.find("paths")->members()) {
            expect(path.starts_with('/'), path, "begins with no slash");
            for (const auto& [method, operation] : *methods.members())
                look_at(method + " " + path, path, operation);
        }
        for (const auto& [name, schema] : *root.find("components")->find("schemas")->members())
            look_at_schema(name, schema);
        for (const auto& [name, answer] : *root.find("components")->find("responses")->members())
            look_at_content(name, answer);
        return std::move(offences_);
    }

  private:
    void expect(bool holds, std::string_view where, const char* what) {
        if (!holds) offences_.push_back(std::string(where) + " " + what);
    }
    void look_at_schema(const std::string& where, const document& schema) {
        const std::string why = schemas_.offence_in(schema);
        expect(why.empty(), where + why, "is wrong");
    }
    void look_at_content(const std::string& where, const document& holder) {
        expect(holder.find("description") != nullptr || where.ends_with("body"), where,
               "has no description");
        if (const document* content = holder.find("content"))
            for (const auto& [type, inside] : *content->members()) {
                expect(type.find('/') != std::string::npos, where, "has no media type");
                look_at_schema(where, *inside.find("schema"));
            }
    }
    void look_at(const std::string& where, const std::string& path, const document& operation) {
        expect(ids_.insert(*operation.find("operationId")->text()).second, where,
               "has its id twice");
        std::set<std::string> in_path, names;
        if (const document* parameters = operation.find("parameters"))
            for (const document& each : *parameters->elements()) {
                const std::string& name = *each.find("name")->text();
                expect(names.insert(name).second, where, "has a parameter twice");
                look_at_schema(where + " " + name, *each.find("schema"));
                if (*each.find("in")->text() != "path") continue;
                expect(each.find("required") != nullptr, where, "has a part that isn't required");
                in_path.insert(name);
            }
        std::set<std::string> open;
        for (std::size_t i = path.find('{'); i != std::string::npos; i = path.find('{', i + 1))
            open.insert(path.substr(i + 1, path.find('}', i) - i - 1));
        expect(open == in_path, where, "has other path parameters than its path");
        if (const document* body = operation.find("requestBody"))
            look_at_content(where + " body", *body);
        const document* answers = operation.find("responses");
        expect(answers != nullptr && !answers->members()->empty(), where, "has no responses");
        for (const auto& [status, answer] : *answers->members()) {
            expect(status == "default" || (status.size() == 3 && status[0] > '0'), where,
                   "has no status");
            if (const document* ref = answer.find("$ref"))
                expect(schemas_.resolve(*ref->text()) != nullptr, where, "refers to nothing");
            else
                look_at_content(where, answer);
        }
        for (const document& rule : *operation.find("security")->elements())
            for (const auto& [scheme, roles] : *rule.members())
                expect(schemas_.resolve("#/components/securitySchemes/" + scheme) != nullptr, where,
                       "needs a scheme that isn't there");
    }

    json_schema_check schemas_;
    std::vector<std::string> offences_{};
    std::set<std::string> ids_{};
};

}  // namespace openapi_tests
}  // namespace

using namespace openapi_tests;

TEST_CASE("openapi: the description of a service is the golden one") {
    // To renew it: SYNCFW_RENEW_GOLDEN=1, and look at the difference.
    const auto path = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() /
                      "golden" / "books.openapi.json";
    const std::string text = in_lines(openapi_of(books(), books_service::info()));
    if (std::getenv("SYNCFW_RENEW_GOLDEN") != nullptr) std::ofstream(path) << text;
    std::ifstream file(path);
    const std::string golden{std::istreambuf_iterator<char>(file), {}};
    CHECK(text == golden);
}

TEST_CASE("openapi: the same routes give the same text, and it keeps the rules of OpenAPI") {
    const std::string text = openapi_of(books(), books_service::info());
    CHECK(text == openapi_of(books(), books_service::info()));
    for (const std::string& each : openapi_check(text).offences()) FAIL_CHECK(each);
}

TEST_CASE("openapi: who may ask is told with each route") {
    const auto of = [](const http::access& who) {
        return described("GET", "/x", who, typed(nothing));
    };
    CHECK(at(of(open_to_all), "paths /x get security") == "[]");
    CHECK(at(of(open_to_all), "components securitySchemes").empty());
    CHECK(at(of(open_to_all), "paths /x get responses 401").empty());
    CHECK(at(of(needs_token), "paths /x get security") == R"([{"bearer":[]}])");
    CHECK(at(of(needs_token), "components securitySchemes bearer bearerFormat") == R"("JWT")");
    CHECK(at(of(needs_token), "paths /x get responses 401 $ref") ==
          R"("#/components/responses/error_401")");
    CHECK(at(of(needs_token), "paths /x get responses 403").empty());
    CHECK(at(of(needs_role("a\"b")), "paths /x get security") == R"([{"bearer":["a\"b"]}])");
    CHECK(!at(of(needs_role("a")), "paths /x get responses 403").empty());
}

TEST_CASE("openapi: statuses come from the types, and from what is declared beside them") {
    const auto keys = [](const std::string& text) {
        std::string all;
        const document whole = json::decode_document(text).value();
        for (const auto& each : *whole.members()) all += each.key + " ";
        return all;
    };
    CHECK(keys(at(described("GET", "/x", open_to_all, typed(nothing)), "paths /x get responses")) ==
          "200 default ");
    const std::string all = described(
        "POST", "/x/{id}", needs_role("a"),
        typed({.status = 201, .errors = {409, 503}},
              [](const call&, const http::path<by_id>&, const by_id& given) { return given; }));
    CHECK(keys(at(all, "paths /x/{id} post responses")) ==
          "201 400 401 403 404 409 413 415 503 default ");
    CHECK(at(all, "components responses error_409 description") == R"("Conflict")");
    const std::string empty = described("PUT", "/x", open_to_all, typed({.status = 204}, nothing));
    CHECK(at(empty, "paths /x put responses 204") == R"({"description":"No Content"})");
    const std::string text =
        described("GET", "/x", open_to_all,
                  typed({.content_type = "text/plain"}, [](const call&) { return response{}; }));
    CHECK(at(text, "paths /x get responses 200 content") == R"({"text/plain":{"schema":{}}})");
}

TEST_CASE("openapi: parameters are told with type, limits, default and whether they are needed") {
    const std::string text = openapi_of(books(), books_service::info());
    const document list =
        json::decode_document(at(text, "paths /api/books get parameters")).value();
    const auto& all = *list.elements();
    REQUIRE(all.size() == 4);
    CHECK(json::encode(*all[0].find("schema")) ==
          R"({"default":100,"examples":[100],"format":"int64","maximum":1000,"minimum":1,)"
          R"("type":"integer"})");
    CHECK(all[0].find("required") == nullptr);
    CHECK(json::encode(*all[1].find("schema")->find("type")) == R"("string")");  // No null here.
    CHECK(json::encode(*all[2].find("explode")) == "false");
    const std::string by =
        described("GET", "/x/{id}/{other}", open_to_all,
                  typed([](const call&, const http::path<by_id>&,
                           const http::query<by_time>&) -> result<void> { return {}; }));
    const std::string parameters = at(by, "paths /x/{id}/{other} get parameters");
    CHECK(parameters.find(R"({"in":"path","name":"id","required":true,"schema":{"examples":[1],)"
                          R"("format":"int64")") != std::string::npos);
    CHECK(parameters.find(R"("name":"other","required":true,"schema":{"type":"string"})") !=
          std::string::npos);
    CHECK(parameters.find(R"("format":"date-time")") != std::string::npos);
}

TEST_CASE("openapi: routes stand under what they are about, each with an id of its own") {
    http::router routes;
    for (const char* path :
         {"/api/v1/books/{id}", "/health", "/", "/{any}", "/vat", "/a-b", "/a/b"})
        routes.add("GET", path, open_to_all, typed(nothing));
    routes.add("GET", "/told", open_to_all, typed({.tag = "mine"}, nothing));
    const std::string text = described(routes);
    CHECK(at(text, "tags") == R"([{"name":"books"},{"name":"health"},{"name":"other"},)"
                              R"({"name":"vat"},{"name":"a-b"},{"name":"a"},{"name":"mine"}])");
    CHECK(at(text, "paths /api/v1/books/{id} get operationId") == R"("get_api_v1_books_by_id")");
    CHECK(at(text, "paths / get operationId") == R"("get")");
    CHECK(at(text, "paths /a-b get operationId") == R"("get_a_b")");
    CHECK(at(text, "paths /a/b get operationId") == R"("get_a_b_2")");
}

TEST_CASE("openapi: a hidden route is nowhere, a plain handler has its path and access") {
    const std::string text = openapi_of(books(), books_service::info());
    CHECK(text.find("hidden") == std::string::npos);
    CHECK(at(text, "paths /api/books/{id} delete security") == R"([{"bearer":[]}])");
    CHECK(at(text, "paths /api/books/{id} delete responses 200") == R"({"description":"OK"})");
}

TEST_CASE("T26: texts of a declaration are escaped") {
    const std::string text =
        described("GET", "/x", open_to_all,
                  typed({.summary = "</script>\"\\\n", .description = "\x01"}, nothing));
    CHECK(at(text, "paths /x get summary") == R"("</script>\"\\\n")");
    CHECK(at(text, "paths /x get description") == R"("\u0001")");
}

TEST_CASE("openapi: servers are told where there are some, and a type called error keeps apart") {
    struct error {
        int place = 0;
    };
    http::router routes;
    routes.add("GET", "/x", open_to_all, typed([](const call&) { return error{}; }));
    const std::string text = openapi_of(
        routes, {.title = "t", .version = "1", .servers = {"https://books.example/base"}});
    CHECK(at(text, "servers") == R"([{"url":"https://books.example/base"}])");
    CHECK(at(text, "paths /x get responses 200 content application/json schema $ref") ==
          R"("#/components/schemas/error_2")");
    CHECK(at(described(routes), "servers").empty());
}
