// SPDX-License-Identifier: BSL-1.0
#include "support/everything.hpp"
#include <syncfw/app/field_values.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;
using namespace syncfw::app;

enum class state { pending, done };

struct chapter {
    uuid book{};
    std::int64_t number = 0;
    std::string title{};
    std::string pass_word{};
    std::optional<std::string> notes{};
    std::optional<std::int32_t> pages{};
    state now = state::pending;
    double score = 0;
    bool is_read = false;
    timestamp at{};
    blob cover{};
    std::vector<std::string> tags{};
    std::vector<std::int64_t> lines{};
    set_of<std::string> marks{};
    counter votes{};
    document extra{};
    std::string scroll{};
    std::int64_t version = 0;

    static constexpr auto sync_entity = entity<"chapter">(
        field<&chapter::book>(primary_key), field<&chapter::number>(primary_key),
        field<&chapter::is_read>(is::json("isRead"), alias("read")),
        field<&chapter::scroll>(local_only), field<&chapter::version>(is::version));
};
struct plain {
    std::string id{};
    static constexpr auto sync_entity = entity<"plain">(field<&plain::id>(primary_key));
};

std::string refusal(std::string_view name, std::string_view text) {
    chapter row;
    const auto done = set_field(row, name, text);
    REQUIRE(!done);
    return to_string(done.error());
}
bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("field values: each is read by its field's type") {
    chapter row;
    field_mask present;
    const auto set = [&](std::string_view name, std::string_view text) {
        const auto done = set_field(row, name, text, &present);
        CHECK_MESSAGE(done, (done ? std::string() : to_string(done.error())));
    };
    set("number", "-7");
    set("title", R"(the "first"=one)");
    set("notes", "n");
    set("pages", "412");
    set("now", "done");
    set("score", "4.5");
    set("isRead", "yes");
    set("at", "2026-05-01T10:00:00+02:00");
    set("cover", "AQID");
    set("tags", R"(["a","b"])");
    set("marks", R"(["x"])");
    set("votes", "12");
    set("extra", R"({"a":[1,2]})");
    set("scroll", "40%");
    CHECK(row.number == -7);
    CHECK(row.title == R"(the "first"=one)");
    CHECK(row.notes == "n");
    CHECK(row.pages == 412);
    CHECK(row.now == state::done);
    CHECK(row.score == 4.5);
    CHECK(row.is_read);
    CHECK(to_string(row.at) == "2026-05-01T08:00:00.000000Z");
    CHECK(row.cover.size() == 3);
    CHECK(row.tags == std::vector<std::string>{"a", "b"});
    CHECK(row.marks.contains("x"));
    CHECK(row.votes.value() == 12);
    CHECK(row.extra.find("a")->elements()->size() == 2);
    CHECK(row.scroll == "40%");
    CHECK(present.test(place_of<&chapter::number>));
    CHECK(!present.test(place_of<&chapter::book>));
}

TEST_CASE("field values: a field has its JSON name, its aliases and its member's name") {
    chapter row;
    for (const std::string_view name : {"isRead", "read", "is_read"}) {
        row.is_read = false;
        CHECK(set_field(row, name, "true"));
        CHECK(row.is_read);
    }
}

TEST_CASE("field values: nothing makes an optional none, and a text empty") {
    chapter row{.title = "t", .notes = "n", .pages = 4};
    CHECK(set_field(row, "notes", ""));
    CHECK(set_field(row, "pages", ""));
    CHECK(set_field(row, "title", ""));
    CHECK(!row.notes);
    CHECK(!row.pages);
    CHECK(row.title.empty());
    CHECK(!set_field(row, "number", ""));
}

TEST_CASE("field values: + and - change lists, sets and counters") {
    chapter row;
    for (const std::string_view text : {"+a", "+b", "+-c", "-a"}) {
        CHECK(set_field(row, "tags", text));
        CHECK(set_field(row, "marks", text));
    }
    CHECK(row.tags == std::vector<std::string>{"b", "-c"});
    CHECK(row.marks.size() == 2);
    CHECK(!row.marks.contains("a"));
    CHECK(set_field(row, "marks", R"(["b","d"])"));
    CHECK(row.marks.size() == 2);
    CHECK(row.marks.contains("d"));
    CHECK(!row.marks.contains("-c"));
    CHECK(set_field(row, "lines", "+5"));
    CHECK(row.lines == std::vector<std::int64_t>{5});
    CHECK(!set_field(row, "lines", "+x"));
    CHECK(set_field(row, "votes", "+5"));
    CHECK(set_field(row, "votes", "-2"));
    CHECK(row.votes.value() == 3);
    CHECK(set_field(row, "votes", "10"));
    CHECK(row.votes.value() == 10);
    CHECK(!set_field(row, "votes", "+x"));
}

TEST_CASE("field values: what is wrong is told with the entity, the field and what is expected") {
    CHECK(has(refusal("pages", "many"), "chapter.pages is a whole number, and not 'many'"));
    CHECK(has(refusal("pages", "99999999999"), "chapter.pages is a whole number"));
    CHECK(has(refusal("now", "dnoe"), "chapter.now is pending or done"));
    CHECK(has(refusal("at", "today"), "2026-05-01T10:00:00Z"));
    CHECK(has(refusal("isRead", "perhaps"), "true or false"));
    CHECK(has(refusal("extra", "{"), "JSON"));
    CHECK(has(refusal("tags", "a,b"), R"(["a","b"])"));
    CHECK(has(refusal("cover", "!"), "base64"));
    CHECK(has(refusal("titel", "x"), "chapter has no field 'titel'; did you mean title?"));
    CHECK(has(refusal("zzz", "x"), "it has book, number, title"));
    CHECK(has(refusal("version", "4"), "chapter.version is set by the server alone"));
    CHECK(has(refusal("title", "\xff"), "chapter.title is a text"));
}

TEST_CASE("field values: a failed one leaves the row as it was") {
    chapter row{.pages = 4};
    field_mask present;
    CHECK(!set_field(row, "pages", "x", &present));
    CHECK(row.pages == 4);
    CHECK(present.empty());
}

TEST_CASE("field values: every text is kept by a text field") {
    rc::check([] {
        const auto text = *rc::gen::string<std::string>();
        chapter row;
        const auto done = set_field(row, "title", text);
        if (done) RC_ASSERT(row.title == text);
        const char* const end = text.data() + text.size();
        RC_ASSERT(done.has_value() == (syncfw::detail::find_invalid_text(text.data(), end) == end));
    });
}

TEST_CASE("field values: all types of fields compile and take their own JSON") {
    tests::everything row;
    CHECK(set_field(row, "price", "250"));
    CHECK(row.price.cents == 250);
    CHECK(set_field(row, "book", "978"));
    CHECK(!set_field(row, "book", "x"));
    CHECK(set_field(row, "home", R"({"street":"Elm"})"));
    CHECK(row.home.street == "Elm");
}

TEST_CASE("field values: keys are read as they are printed") {
    CHECK(*read_key<plain>("dune") == "dune");
    const chapter row{.book = new_uuid(), .number = 4};
    CHECK(*read_key<chapter>(syncfw::detail::row_key(row)) == key(row));
    CHECK(!read_key<chapter>("4"));
    CHECK(read_key<chapter>("x").error().message.find("no key of chapter") != std::string::npos);
}

TEST_CASE("field values: an assignment has a name") {
    CHECK(split_assignment("a=b=c")->first == "a");
    CHECK(split_assignment("a=b=c")->second == "b=c");
    CHECK(split_assignment("a=")->second.empty());
    CHECK(!split_assignment("=b"));
    CHECK(!split_assignment("ab"));
}
