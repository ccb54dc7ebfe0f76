// SPDX-License-Identifier: BSL-1.0
// Goal: in memory a query means what SQL means: three truths, bytes, nulls at their end.

#include "unit/query/library.hpp"
#include <syncfw/query/matches.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace library;
using syncfw::matches;
using syncfw::where;

constexpr auto title = field<&book::title>;
constexpr auto notes = field<&book::notes>;
constexpr auto is_signed = field<&book::is_signed>;

template <class Condition>
bool finds(const Condition& condition, const book& row) {
    const auto asked = where(condition);
    return matches(asked, row);
}

/// 't', 'f' or 'u': a condition is unknown where neither it nor its opposite is true.
template <class Condition>
char truth(const Condition& condition, const book& row) {
    return finds(condition, row) ? 't' : finds(!condition, row) ? 'f' : 'u';
}

TEST_CASE("matches: and, or and not have Kleene's truth tables") {
    const auto a = is_signed == true;
    const auto b = field<&book::notes> == "t";
    const auto is = [](char truth) -> std::optional<bool> {
        return truth == 'u' ? std::nullopt : std::optional(truth == 't');
    };
    const auto table = [&](const auto& condition) {
        std::string results;
        for (const char x : {'t', 'u', 'f'})
            for (const char y : {'t', 'u', 'f'}) {
                book row{.is_signed = is(x)};
                if (y != 'u') row.notes = std::string(1, y);
                results += truth(condition, row);
            }
        return results;
    };

    CHECK(table(a && b) == "tufuuffff");
    CHECK(table(a || b) == "ttttuutuf");
    CHECK(table(!a && b) == "fffuuftuf");
    CHECK(table(!(a && b)) == "futuutttt");
}

TEST_CASE("matches: whatever is compared with a null is unknown") {
    const book row{};
    CHECK(truth(notes == "a", row) == 'u');
    CHECK(truth(notes != "a", row) == 'u');
    CHECK(truth(notes < "a", row) == 'u');
    CHECK(truth(notes.in("a", "b"), row) == 'u');
    CHECK(truth(notes.in(std::vector<std::string>{"a"}), row) == 'u');
    CHECK(truth(notes.between("a", "b"), row) == 'u');
    CHECK(truth(notes.like("%"), row) == 'u');
    CHECK(truth(notes.starts_with(""), row) == 'u');
    CHECK(truth(notes.ends_with(""), row) == 'u');
    CHECK(truth(notes.contains(""), row) == 'u');
    CHECK(truth(field<&book::editions>.contains(1), row) == 'u');
}

TEST_CASE("matches: is_null and is_not_null are never unknown") {
    const book without{};
    const book with{.notes = ""};
    CHECK(truth(notes.is_null(), without) == 't');
    CHECK(truth(notes.is_null(), with) == 'f');
    CHECK(truth(notes.is_not_null(), without) == 'f');
    CHECK(truth(notes.is_not_null(), with) == 't');
    CHECK(truth(notes != "a" || notes.is_null(), without) == 't');
}

TEST_CASE("matches: nothing is in an empty range, not even the unknown") {
    CHECK(truth(notes.in(std::vector<std::string>{}), book{}) == 'f');
    CHECK(truth(title.in(std::vector<std::string>{}), book{}) == 'f');
}

TEST_CASE("matches: texts and bytes are ordered by their bytes") {
    const auto of = [](std::string_view text) { return book{.title = std::string(text)}; };
    CHECK(finds(title < "a", of("B")));
    CHECK(finds(title > "z", of("ä")));
    CHECK(finds(title > "\uFFFD", of("\U0001F600")));
    CHECK(finds(title > "a", of("aa")));
    CHECK(finds(field<&book::cover> > syncfw::blob{std::byte{0x7F}},
                book{.cover = {std::byte{0x80}}}));
}

TEST_CASE("matches: numbers, times, enums and types of the user's") {
    const book row{.pages = 412,
                   .weight = 0.1f,
                   .rating = -0.0,
                   .stands_on = shelf::drama,
                   .bought = syncfw::timestamp::min(),
                   .price = {.cents = 999}};
    CHECK(finds(field<&book::pages>.between(412, 412), row));
    CHECK_FALSE(finds(field<&book::pages> > INT64_MAX, row));
    CHECK(finds(field<&book::weight> == 0.1f, row));
    CHECK(finds(field<&book::rating> == 0.0, row));
    CHECK(finds(field<&book::stands_on>.in(shelf::prose, shelf::drama), row));
    CHECK(finds(field<&book::bought> < syncfw::timestamp{}, row));
    CHECK(finds(field<&book::price> < money{1000}, row));
}

TEST_CASE("matches: like takes %, _ and \\ by characters, and tells case") {
    const auto like = [](std::string_view text, std::string_view pattern) {
        return finds(title.like(pattern), book{.title = std::string(text)});
    };
    CHECK(like("Dune", "D%"));
    CHECK(like("Dune", "%n_"));
    CHECK(like("Dune", "%"));
    CHECK(like("", "%"));
    CHECK(like("", ""));
    CHECK_FALSE(like("Dune", "d%"));
    CHECK_FALSE(like("Dune", "Dun"));
    CHECK_FALSE(like("Dune", "_____"));
    CHECK(like("é😀", "__"));
    CHECK_FALSE(like("é😀", "___"));
    CHECK(like("xé", "%_é"));
    CHECK(like("100%", "%\\%"));
    CHECK_FALSE(like("100 ", "%\\%"));
    CHECK(like("a_b", "a\\_b"));
    CHECK_FALSE(like("axb", "a\\_b"));
    CHECK(like("a\\", "a\\\\"));
    CHECK(like("a\\", "a\\"));
    CHECK(like("abc", "a\\bc"));
    CHECK(like("aXbXc", "%X%X%"));
    CHECK_FALSE(like("aXbc", "%X%X%"));
}

// Goal: like is right for every pattern. Method: against the plainest recursion there is.
bool is_like_by_recursion(std::string_view text, std::string_view pattern) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '%')
        return is_like_by_recursion(text, pattern.substr(1)) ||
               (!text.empty() && is_like_by_recursion(text.substr(1), pattern));
    if (text.empty()) return false;
    const bool is_escaped = pattern[0] == '\\' && pattern.size() > 1;
    if (!is_escaped && pattern[0] != '_' && pattern[0] != text[0]) return false;
    if (is_escaped && pattern[1] != text[0]) return false;
    return is_like_by_recursion(text.substr(1), pattern.substr(is_escaped ? 2 : 1));
}

TEST_CASE("matches: like agrees with its definition") {
    CHECK(rc::check([] {
        const auto text = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '\\', '%'));
        const auto pattern =
            *rc::gen::container<std::string>(rc::gen::element('a', 'b', '%', '_', '\\'));
        RC_ASSERT(syncfw::detail::is_like(text, pattern) == is_like_by_recursion(text, pattern));
    }));
}

TEST_CASE("matches: a long pattern of many % takes no time") {
    std::string pattern;
    for (int i = 0; i < 60; ++i) pattern += "%a";
    CHECK_FALSE(syncfw::detail::is_like(std::string(20'000, 'a'), pattern + "b"));
}

TEST_CASE("matches: the empty text begins, ends and is in every text") {
    const book row{.title = "x"};
    CHECK(finds(title.starts_with("") && title.ends_with("") && title.contains(""), row));
    CHECK(finds(title.starts_with("x") && title.ends_with("x") && title.contains("x"), row));
    CHECK_FALSE(finds(title.starts_with("X") || title.ends_with("xx") || title.contains("y"), row));
}

TEST_CASE("matches: elements of lists and sets, members of documents") {
    const book row{.authors = {"Herbert", ""},
                   .editions = std::vector<std::int64_t>{1, INT64_MIN},
                   .tags = {"desert"},
                   .extras = syncfw::document::object({{"a", nullptr}})};
    CHECK(finds(field<&book::authors>.contains("Herbert"), row));
    CHECK(finds(field<&book::authors>.contains(""), row));
    CHECK_FALSE(finds(field<&book::authors>.contains("herbert"), row));
    CHECK(finds(field<&book::editions>.contains(INT64_MIN), row));
    CHECK(finds(field<&book::tags>.contains("desert"), row));
    CHECK(finds(field<&book::extras>.has("a"), row));
    CHECK(truth(field<&book::extras>.has("b"), row) == 'f');
    CHECK(truth(field<&book::extras>.has("a"), book{.extras = "a"}) == 'f');
    CHECK(truth(field<&book::authors>.contains("x"), book{}) == 'f');
}

TEST_CASE("matches: an encrypted field that reveals equality is compared in the open here") {
    const book row{.mail = syncfw::secret<std::string>(std::string("a@b.c"))};
    CHECK(finds(field<&book::mail> == "a@b.c", row));
    CHECK(finds(field<&book::mail>.in("x", "a@b.c"), row));
    CHECK_FALSE(finds(field<&book::mail> != "a@b.c", row));
}

TEST_CASE("less: nulls come first ascending and last descending") {
    const book null{.id = 2};
    const book some{.id = 1, .notes = ""};
    CHECK(less(syncfw::all<book>().order_by(notes), null, some));
    CHECK_FALSE(less(syncfw::all<book>().order_by(notes), some, null));
    CHECK(less(syncfw::all<book>().order_by(syncfw::descending(notes)), some, null));
    CHECK_FALSE(less(syncfw::all<book>().order_by(notes), null, null));
}

TEST_CASE("less: the key decides between equals") {
    CHECK(less(syncfw::all<book>().order_by(title), book{.id = 1}, book{.id = 2}));
    CHECK(less(syncfw::all<book>(), book{.id = -1, .title = "z"}, book{.id = 2}));
}

TEST_CASE("less: enums are ordered by their names") {
    const auto by_shelf = syncfw::all<book>().order_by(field<&book::stands_on>);
    CHECK(less(by_shelf, book{.stands_on = shelf::drama}, book{.stands_on = shelf::poetry}));
}

}  // namespace
