// SPDX-License-Identifier: BSL-1.0
#include <syncfw/transport/http/typed.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::http;

struct line {
    std::string text{};
    std::int64_t number = 0;
};
struct asked_lines {
    std::vector<line> lines{};
    std::optional<bool> backwards{};
};
struct told_lines {
    std::vector<std::string> texts{};
};

response ask(const route_handler& route, std::string body,
             std::string_view type = "application/json; charset=utf-8", std::string query = {}) {
    call made;
    made.asked.body = std::move(body);
    made.asked.head.query = std::move(query);
    made.asked.head.fields.add("Content-Type", type);
    return route(made);
}

const route_handler texts = typed([](const call&, const asked_lines& asked) -> result<told_lines> {
    told_lines told;
    for (const line& each : asked.lines) {
        if (each.number < 0)
            return error{.code = errc::out_of_range, .message = "too small", .field = "number"};
        told.texts.push_back(each.text);
    }
    return told;
});

}  // namespace

TEST_CASE("typed route: structs go in and out") {
    const response given = ask(texts, R"({"lines":[{"number":1,"text":"a"},{"text":"b\n"}]})");
    CHECK(given.status == 200);
    CHECK(given.body == R"({"texts":["a","b\n"]})");
    CHECK(ask(typed([](const call&) { return told_lines{{"x"}}; }), "").body ==
          R"({"texts":["x"]})");
    CHECK(ask(typed([](const call&) -> result<void> { return {}; }), "").body ==
          R"({"success":true})");
    CHECK(ask(typed([](const call&) { return response{.status = 204}; }), "").status == 204);
}

TEST_CASE("typed route: a body that is wrong is refused with the place") {
    const response wrong = ask(texts, R"({"lines":[{"text":"a"},{"text":7}]})");
    CHECK(wrong.status == 400);
    CHECK(wrong.body.find(R"("field":"lines[1].text")") != std::string::npos);
    CHECK(ask(texts, "").status == 400);
    CHECK(ask(texts, "{").status == 400);
    CHECK(ask(texts, R"({"lines":[],"lines":[]})").status == 400);
    CHECK(ask(texts, R"({"lines":[],"other":1})").status == 400);
    CHECK(ask(texts, R"({"lines":[{"number":9223372036854775808}]})").status == 400);
    CHECK(ask(texts, std::string(200, '[')).status == 400);
    CHECK(ask(texts, R"({"lines":[{"number":-1}]})").body.find("too small") != std::string::npos);
}

TEST_CASE("T25: only what says that it is JSON is taken as that") {
    for (const char* type : {"text/plain", "", "application/x-www-form-urlencoded", "json"})
        CHECK(ask(texts, "{}", type).status == 415);
    CHECK(ask(texts, "{}", "APPLICATION/JSON").status == 200);
}

TEST_CASE("typed route: numbers of the query have bounds") {
    const auto limit = typed([](const call& asked) -> result<line> {
        auto number = number_of(asked, "limit", 1, 100, 10);
        if (!number) return number.error();
        return line{.number = *number};
    });
    CHECK(ask(limit, "", "", "limit=7").body == R"({"text":"","number":7})");
    CHECK(ask(limit, "", "", "").body == R"({"text":"","number":10})");
    for (const char* bad : {"limit=0", "limit=101", "limit=x", "limit=", "limit=1.5", "limit=%zz1"})
        CHECK_MESSAGE(
            ask(limit, "", "", bad).status == (std::string_view(bad) == "limit=%zz1" ? 200 : 400),
            bad);
}
