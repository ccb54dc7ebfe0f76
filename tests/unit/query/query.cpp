// SPDX-License-Identifier: BSL-1.0
// Goal: pages, put one behind the other, are the whole answer. Method: random rows with many
// equal values and nulls, read page by page in every kind of order.

#include "unit/query/library.hpp"
#include <syncfw/query/matches.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace library;
using syncfw::all;
using syncfw::descending;
using syncfw::where;

constexpr auto reader = field<&loan::reader>;
constexpr auto book_id = field<&loan::book_id>;
constexpr auto note = field<&loan::note>;
constexpr auto days = field<&loan::days>;

template <class Query>
std::vector<loan> answer(const Query& asked, std::vector<loan> rows) {
    std::erase_if(rows, [&](const loan& each) { return !matches(asked, each); });
    std::sort(rows.begin(), rows.end(),
              [&](const loan& a, const loan& b) { return less(asked, a, b); });
    const auto limit = asked.view().limit;
    if (limit && rows.size() > *limit) rows.resize(*limit);
    return rows;
}

bool same(const loan& a, const loan& b) {
    return a.reader == b.reader && a.book_id == b.book_id;
}

// The rows of all pages, in the order in which they came.
template <class Query, class NextPage>
std::vector<loan> read_pages(const Query& asked, const std::vector<loan>& rows, std::size_t size,
                             const NextPage& behind) {
    std::vector<loan> found;
    std::vector<loan> page = answer(asked.limit(size), rows);
    while (!page.empty()) {
        found.insert(found.end(), page.begin(), page.end());
        RC_ASSERT(found.size() <= rows.size());
        page = answer(behind(asked.limit(size), found.back()), rows);
    }
    return found;
}

std::vector<loan> random_loans() {
    std::vector<loan> rows;
    const auto few = *rc::gen::inRange<std::int64_t>(1, 4);
    for (const char* name : {"", "a", "A", "ä"})
        for (std::int64_t id = -2; id < 3; ++id) {
            loan each{.reader = name, .book_id = id};
            if (*rc::gen::inRange(0, 3) > 0) each.note = std::string(*rc::gen::element("", "n"));
            each.days = *rc::gen::inRange<std::int64_t>(0, few);
            rows.push_back(each);
        }
    return rows;
}

template <class Query>
void check_pages(const Query& asked) {
    CHECK(rc::check([&] {
        const std::vector<loan> rows = random_loans();
        const auto size = *rc::gen::inRange<std::size_t>(1, 8);
        const std::vector<loan> found =
            read_pages(asked, rows, size,
                       [](const auto& query, const loan& last) { return query.after(last); });
        const std::vector<loan> expected = answer(asked, rows);
        RC_ASSERT(std::equal(found.begin(), found.end(), expected.begin(), expected.end(), same));
    }));
}

TEST_CASE("paging: every row comes exactly once, in any order, with nulls and equals") {
    check_pages(all<loan>());
    check_pages(all<loan>().order_by(days));
    check_pages(all<loan>().order_by(descending(days), note));
    check_pages(all<loan>().order_by(note, descending(reader)));
    check_pages(all<loan>().order_by(descending(note), descending(book_id)));
    check_pages(all<loan>().order_by(descending(note), days, book_id));
    check_pages(where(note != "n" || days > 0).order_by(descending(days)));
}

TEST_CASE("paging: after(key) goes on behind the key, in either direction") {
    CHECK(rc::check([] {
        const std::vector<loan> rows = random_loans();
        const auto behind = [](const auto& query, const loan& last) {
            return query.after(last.reader, last.book_id);
        };
        RC_ASSERT(read_pages(all<loan>(), rows, 3, behind).size() == rows.size());
        const auto back = all<loan>().order_by(descending(reader), descending(book_id));
        RC_ASSERT(read_pages(back, rows, 3, behind).size() == rows.size());
    }));
}

TEST_CASE("paging: the last row need not exist any more") {
    const std::vector<loan> rows{{.reader = "a"}, {.reader = "c"}};
    const auto page = answer(all<loan>().after(loan{.reader = "b", .book_id = 9}), rows);
    REQUIRE(page.size() == 1);
    CHECK(page[0].reader == "c");
}

TEST_CASE("query: each member gives another query") {
    const auto asked = where(days > 3);
    const auto limited = asked.limit(2);
    const auto other = limited.limit(5);
    // An order said after the limit keeps it.
    const auto ordered = limited.order_by(note);
    CHECK_FALSE(asked.view().limit.has_value());
    CHECK(limited.view().limit == 2);
    CHECK(other.view().limit == 5);
    CHECK(ordered.view().limit == 2);
    CHECK(ordered.view().values[0].integer == 3);
}

TEST_CASE("query: a query page by page keeps its type") {
    auto asked = all<loan>().limit(1).after("a", 1);
    asked = asked.after(loan{.reader = "b", .book_id = 2});
    CHECK(asked.view().after[0].text == "b");
    CHECK(asked.view().after[1].integer == 2);
}

TEST_CASE("query: a field that is named twice in an order counts once") {
    CHECK(all<loan>().order_by(note, descending(note), reader).shape.order_count == 3);
}

}  // namespace
