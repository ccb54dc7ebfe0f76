// SPDX-License-Identifier: BSL-1.0
// Goal: people can read what a query asks for, and no secret is among it.

#include "unit/query/library.hpp"
#include <syncfw/query/words.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace library;
using syncfw::all;
using syncfw::descending;
using syncfw::in_words;
using syncfw::where;

constexpr auto title = field<&book::title>;
constexpr auto pages = field<&book::pages>;
constexpr auto notes = field<&book::notes>;

template <class Condition>
std::string words(const Condition& condition) {
    return in_words(where(condition));
}

TEST_CASE("words: comparisons") {
    const auto moment = syncfw::timestamp::from_microseconds(0);
    CHECK(words(pages > 300) == "pages is more than 300");
    CHECK(words(pages <= 300) == "pages is at most 300");
    CHECK(words(title < "M") == "title precedes \"M\"");
    CHECK(words(field<&book::is_lent> == false) == "is_lent is false");
    CHECK(words(field<&book::bought> >= moment) ==
          "bought is not before 1970-01-01T00:00:00.000000Z");
    CHECK(words(field<&book::stands_on> != shelf::drama) == "stands_on is not drama");
    CHECK(words(field<&book::rating> == 0.1) == "rating is 0.1");
    CHECK(words(field<&book::cover> == syncfw::blob(3)) == "cover is 3 bytes");
    CHECK(words(field<&book::owner> == syncfw::uuid{}) ==
          "owner is 00000000-0000-0000-0000-000000000000");
}

TEST_CASE("words: verbs") {
    CHECK(words(pages.in(1, 2, 3)) == "pages is one of 1, 2 or 3");
    CHECK(words(pages.in(std::vector<int>{7})) == "pages is one of 7");
    CHECK(words(pages.in(std::vector<int>{})) == "pages is one of nothing");
    CHECK(words(pages.between(1, 2)) == "pages is between 1 and 2");
    CHECK(words(title.like("D\"%")) == R"(title is like "D\"%")");
    CHECK(words(title.starts_with("D")) == R"(title starts with "D")");
    CHECK(words(title.ends_with("D")) == R"(title ends with "D")");
    CHECK(words(field<&book::tags>.contains("D")) == R"(tags contains "D")");
    CHECK(words(field<&book::extras>.has("D")) == R"(extras has the member "D")");
    CHECK(words(notes.is_null()) == "notes has no value");
    CHECK(words(notes != std::nullopt) == "notes has a value");
}

TEST_CASE("words: brackets stand where they mean something") {
    const auto a = pages == 1;
    const auto b = pages == 2;
    const auto c = pages == 3;
    CHECK(words(a && b && c) == "pages is 1 and pages is 2 and pages is 3");
    CHECK(words((a || b) && c) == "(pages is 1 or pages is 2) and pages is 3");
    CHECK(words(!(a || b) && !c) == "not (pages is 1 or pages is 2) and not (pages is 3)");
}

TEST_CASE("words: order, place and limit") {
    CHECK(in_words(all<book>()) == "every book");
    CHECK(in_words(all<book>().order_by(title, descending(pages)).limit(50)) ==
          "every book, by title, then pages descending, at most 50");
    CHECK(in_words(where(pages > 1).after(7)) == "pages is more than 1, after the last row seen");
}

TEST_CASE("words: values of encrypted fields are hidden") {
    CHECK(words(field<&book::mail> == "a@b.c") == "mail is (hidden)");
    CHECK(words(field<&book::mail>.in("a@b.c", "x")) == "mail is one of (hidden) or (hidden)");
}

TEST_CASE("words: a filter that came is told like the query that made it") {
    const auto asked = where(pages > 300 && (title.starts_with("Du") || notes.is_null()));
    CHECK(in_words(*syncfw::check<book>(to_filter(asked))) == in_words(asked));
}

}  // namespace
