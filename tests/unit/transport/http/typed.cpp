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

namespace typed_routes {

using namespace syncfw;
using namespace syncfw::http;
using namespace syncfw::annotations;

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

enum class colour { red, green };
struct asked_query {
    std::int64_t limit = 10;
    std::optional<std::string> after{};
    std::vector<colour> colours{};
    std::optional<timestamp> since{};
    bool is_new = false;

    static constexpr auto sync_rules = rules(field<&asked_query::limit>(range(1, 100)));
};
struct one_page {
    uuid book{};
    std::int32_t page = 0;

    static constexpr auto sync_rules = rules(field<&one_page::page>(range(1, 9)));
};
struct ruled {
    std::string title{};

    static constexpr auto sync_rules = rules(field<&ruled::title>(required));
};

struct row {
    std::int64_t id = 0;
    std::string title{};
    std::string owner{};
    std::string scroll{};
    std::string kind{};
    std::int64_t version = 0;

    static constexpr auto sync_entity =
        entity<"row">(field<&row::id>(primary_key),
                      field<&row::title>(required, max_length<9>, is::json("theTitle")),
                      field<&row::owner>(server_owned, required), field<&row::scroll>(local_only),
                      field<&row::kind>(default_value("plain")), field<&row::version>(is::version));
};
struct rows {
    std::string note{};
    std::vector<row> items{};
    std::optional<row> first{};
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

}  // namespace typed_routes

using namespace typed_routes;

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

TEST_CASE("typed route: the query is read into a struct") {
    const auto told = typed([](const call&, const http::query<asked_query>& asked) {
        std::string text = std::to_string(asked.limit) + "|" + asked.after.value_or("-") + "|";
        for (const colour each : asked.colours) text += each == colour::red ? 'r' : 'g';
        text += asked.since ? "|" + to_string(*asked.since) : "|";
        return told_lines{{text, asked.is_new ? "new" : "old"}};
    });
    const auto of = [&](std::string query) { return ask(told, "", "", std::move(query)).body; };
    CHECK(of("") == R"({"texts":["10|-||","old"]})");
    CHECK(of("limit=7&after=a+b%2C&colours=red,green&is_new=true") ==
          R"({"texts":["7|a b,|rg|","new"]})");
    CHECK(of("since=2026-01-31T12:00:00Z&&after=") ==
          R"({"texts":["10|||2026-01-31T12:00:00.000000Z","old"]})");
    CHECK(of("colours=") == R"({"texts":["10|-||","old"]})");
    // Nothing of a long text is lost, nor of a strange one.
    const std::string strange = std::string(10'000, 'x') + "\x7F\u0085\u2028\\/";
    CHECK(of("after=" + strange) ==
          json::encode_value(told_lines{{"10|" + strange + "||", "old"}}));
}

TEST_CASE("typed route: a query that is wrong is refused with the parameter's name") {
    const auto told = typed([](const call&, const http::query<asked_query>&) { return line{}; });
    const std::pair<std::string_view, std::string_view> wrong[] = {
        {"limit=0", "limit"},
        {"limit=101", "limit"},
        {"limit=x", "limit"},
        {"limit=", "limit"},
        {"limit=1.5", "limit"},
        {"limit=+5", "limit"},
        {"limit=99999999999999999999", "limit"},
        {"limit", "limit"},
        {"limit=1&limit=2", "limit"},
        {"colours=blue", "colours"},
        {"colours=red,", "colours"},
        {"is_new=1", "is_new"},
        {"since=now", "since"},
        {"limits=5", "limits"},
        {"after=%ff", "after"}};
    for (const auto& [text, field] : wrong) {
        const response given = ask(told, "", "", std::string(text));
        CHECK_MESSAGE(given.status == 400, text);
        CHECK_MESSAGE(
            given.body.find("\"field\":\"" + std::string(field) + "\"") != std::string::npos,
            given.body);
    }
    CHECK(ask(told, "", "", "limits=5").body.find("there are: limit, after,") != std::string::npos);
    for (const char* broken : {"limit=%zz", "%ff=1", "after=%00"})
        CHECK_MESSAGE(ask(told, "", "", broken).status == 400, broken);
}

TEST_CASE("typed route: the path is read into a struct, and what isn't of its type is 404") {
    const auto told = typed([](const call&, const http::path<one_page>& at) {
        return line{.text = to_string(at.book), .number = at.page};
    });
    const auto of = [&](std::string book, std::string page) {
        call made;
        made.parts = {{"book", std::move(book)}, {"page", std::move(page)}};
        return static_cast<route_handler>(told)(made);
    };
    const std::string id = "0190a5c2-7f1e-7c3a-9b4d-2e6f80a1c3d5";
    CHECK(of(id, "7").body == R"({"text":")" + id + R"(","number":7})");
    CHECK(of("none", "7").status == 404);
    CHECK(of(id, "0").status == 404);
    CHECK(of(id, "7a").status == 404);
}

TEST_CASE("typed route: the body's rules are kept before the function is called") {
    int called = 0;
    const auto told = typed([&](const call&, const ruled& given) {
        ++called;
        return line{.text = given.title};
    });
    CHECK(ask(told, R"({"title":"a"})").status == 200);
    const response refused = ask(told, R"({"title":""})");
    CHECK(refused.status == 400);
    CHECK(refused.body.find(R"("field":"title")") != std::string::npos);
    CHECK(ask(told, "{}").status == 400);
    CHECK(called == 1);
}

TEST_CASE("typed route: path, query and body come together, in any order") {
    const auto told =
        typed([](const call& asked, const ruled& given, const http::path<one_page>& at,
                 const http::query<asked_query>& wanted) {
            return line{.text = given.title + asked.who.subject, .number = at.page + wanted.limit};
        });
    call made;
    made.who.subject = "ada";
    made.asked.body = R"({"title":"t"})";
    made.asked.head.fields.add("Content-Type", "application/json");
    made.asked.head.query = "limit=5";
    made.parts = {{"page", "2"}};
    CHECK(static_cast<route_handler>(told)(made).body == R"({"text":"tada","number":7})");
}

TEST_CASE("typed route: success has the declared status") {
    const about made{.status = 201}, empty{.status = 204};
    CHECK(ask(typed(made, [](const call&) { return line{}; }), "").status == 201);
    CHECK(ask(typed(made, [](const call&) -> result<void> { return {}; }), "").status == 201);
    const response none = ask(typed(empty, [](const call&) -> result<void> { return {}; }), "");
    CHECK(none.status == 204);
    CHECK(none.body.empty());
    CHECK(
        ask(typed(made, [](const call&) -> result<line> { return error{.code = errc::not_found}; }),
            "")
            .status == 404);
}

TEST_CASE("own-fields: of an entity in a body the server's fields are left alone") {
    const auto told = typed([](const call&, const rows& given) -> result<told_lines> {
        told_lines all;
        for (const row& each : given.items)
            all.texts.push_back(each.title + "|" + each.owner + "|" + each.scroll + "|" +
                                each.kind);
        return all;
    });
    CHECK(ask(told, R"({"note":"n","items":[{"theTitle":"a","owner":"me","scroll":"s"},)"
                    R"({"kind":"k","theTitle":"b"}]})")
              .body == R"({"texts":["a|||plain","b|||k"]})");
    CHECK(ask(told, R"({"items":[]})").body == R"({"texts":[]})");
    CHECK(ask(told, R"({"items":[],"first":null,"note":""})").status == 200);
    const std::pair<std::string_view, std::string_view> wrong[] = {
        {R"({"items":[{"theTitle":"a"},{"theTitle":"too long for it"}]})", "items[1].theTitle"},
        {R"({"items":[{"theTitle":7}]})", "items[0].theTitle"},
        {R"({"items":[{"theTitle":"a","other":1}]})", "items[0].other"},
        {R"({"first":{"theTitle":""}})", "first.theTitle"},
        {R"({"items":[],"items":[]})", "items"},
        {R"({"item":[]})", "item"}};
    for (const auto& [body, field] : wrong) {
        const response refused = ask(told, std::string(body));
        CHECK_MESSAGE(refused.status == 400, body);
        CHECK_MESSAGE(
            refused.body.find("\"field\":\"" + std::string(field) + "\"") != std::string::npos,
            refused.body);
    }
    CHECK(ask(told, R"({"items":[]} x)").status == 400);
    CHECK(ask(told, R"({"items":[)").status == 400);
}

TEST_CASE("typed route: an entity goes out by its declaration, and what is local_only stays") {
    const row one{.title = "a", .owner = "ada", .scroll = "here", .version = 3};
    const std::string text = R"({"id":0,"theTitle":"a","owner":"ada","kind":"","version":3})";
    CHECK(ask(typed([&](const call&) { return one; }), "").body == text);
    CHECK(ask(typed([&](const call&) { return std::vector<row>{one, one}; }), "").body ==
          "[" + text + "," + text + "]");
    CHECK(
        ask(typed([&](const call&) { return rows{.note = "n", .items = {one}, .first = {}}; }), "")
            .body == R"({"note":"n","items":[)" + text + R"(],"first":null})");
    CHECK(ask(typed([&](const call&) { return rows{.first = one}; }), "").body ==
          R"({"note":"","items":[],"first":)" + text + "}");
}
