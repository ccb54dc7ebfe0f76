// SPDX-License-Identifier: BSL-1.0
// Goal: a condition takes what fits its field exactly, and nothing else compiles.

#include "unit/query/library.hpp"
#include <syncfw/query/conditions.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace library;
using syncfw::query_op;

template <auto Member, class V>
concept compares = requires(V v) { syncfw::field<Member> == v; };
template <auto Member, class V>
concept orders = requires(V v) { syncfw::field<Member> < v; };
template <class A, class B>
concept joins = requires(A a, B b) { a&& b; };

// Integers of every size that 64 bits hold.
static_assert(compares<&book::pages, int> && compares<&book::pages, std::int64_t>);
static_assert(compares<&book::pages, std::uint32_t> && !compares<&book::pages, std::uint64_t>);
static_assert(!compares<&book::pages, double> && !compares<&book::pages, bool>);
static_assert(!compares<&book::pages, char> && !compares<&book::pages, const char*>);

// A float is no double, and an integer of 64 bits is neither.
static_assert(compares<&book::weight, float> && !compares<&book::weight, double>);
static_assert(compares<&book::rating, float> && compares<&book::rating, double>);
static_assert(compares<&book::rating, int> && !compares<&book::rating, std::int64_t>);
static_assert(!compares<&book::rating, long double>);

static_assert(compares<&book::title, const char*> && compares<&book::title, std::string_view>);
static_assert(!compares<&book::title, int> && !compares<&book::title, std::nullptr_t>);
static_assert(compares<&book::is_lent, bool> && !compares<&book::is_lent, int>);

// Optional fields compare with what is in them, or with nothing.
static_assert(compares<&book::notes, std::string> && compares<&book::notes, std::nullopt_t>);
static_assert(!compares<&book::notes, std::optional<std::string>>);
static_assert(!compares<&book::title, std::nullopt_t>);

// Without an order there is no `<`.
static_assert(compares<&book::stands_on, shelf> && !orders<&book::stands_on, shelf>);
static_assert(!compares<&book::stands_on, int> && !orders<&book::is_lent, bool>);
static_assert(orders<&book::owner, syncfw::uuid> && orders<&book::cover, syncfw::blob>);
static_assert(orders<&book::bought, syncfw::timestamp> && !compares<&book::bought, std::int64_t>);

// A type of the user's compares with itself.
static_assert(compares<&book::price, money> && orders<&book::price, money>);
static_assert(!compares<&book::price, std::int64_t>);

// Lists, sets and documents have verbs of their own.
static_assert(!compares<&book::authors, std::vector<std::string>>);
static_assert(!compares<&book::extras, syncfw::document>);

// A condition belongs to one entity.
using long_book = decltype(field<&book::pages> > 300);
using red_book = decltype(field<&book::title> == "red");
using long_loan = decltype(field<&loan::days> > 30);
static_assert(joins<long_book, red_book> && !joins<long_book, long_loan>);

TEST_CASE("conditions: a term knows its operation, its field and its values") {
    const auto term = field<&book::pages>.between(100, 200);
    const auto node = term.program.view()[0];

    CHECK(term.program.view().size() == 1);
    CHECK(node.op == query_op::between);
    CHECK(node.place == syncfw::place_of<&book::pages>);
    CHECK(node.count == 2);
    CHECK(term.values[0].integer == 100);
    CHECK(term.values[1].integer == 200);
}

TEST_CASE("conditions: values keep the kind of their field") {
    CHECK((field<&book::rating> == 3).values[0] == syncfw::value::of(3.0));
    CHECK((field<&book::price> > money{250}).values[0] == syncfw::value::of(250));
    CHECK((field<&book::stands_on> == shelf::drama).values[0].text == "drama");
    CHECK((field<&book::mail> == "a@b.c").values[0].text == "a@b.c");
    CHECK((field<&book::read> < syncfw::timestamp::max()).values[0].kind ==
          syncfw::value_kind::timestamp);
}

TEST_CASE("conditions: nullopt stands for is_null and is_not_null") {
    CHECK((field<&book::notes> == std::nullopt).program.view()[0].op == query_op::is_null);
    CHECK((field<&book::notes> != std::nullopt).program.view()[0].op == query_op::is_not_null);
}

TEST_CASE("conditions: programs are joined in postfix order and values move along") {
    const auto joined = (field<&book::pages> > 300 || field<&book::title>.in("a", "b")) &&
                        !(field<&book::notes> == "c");
    const auto nodes = joined.program.view();

    REQUIRE(nodes.size() == 6);
    CHECK(nodes[0].first == 0);
    CHECK(nodes[1].first == 1);
    CHECK(nodes[1].count == 2);
    CHECK(nodes[2].op == query_op::either);
    CHECK(nodes[3].first == 3);
    CHECK(nodes[4].op == query_op::negation);
    CHECK(nodes[5].op == query_op::both);
    CHECK(joined.values[0].integer == 300);
    CHECK(joined.values[2].text == "b");
    CHECK(joined.values[3].text == "c");
}

TEST_CASE("conditions: in takes values, or one range of any length") {
    const std::vector<std::string> many(1000, "x");

    CHECK(field<&book::title>.in("a", std::string("b")).values.size() == 2);
    const auto listed = field<&book::title>.in(many);
    CHECK(listed.program.view()[0].op == query_op::in_list);
    CHECK(listed.values[0].elements.size() == 1000);
    CHECK(listed.values[0].kind == syncfw::value_kind::text);
    // A text is a value here, though it could pass for a range of characters.
    CHECK(field<&book::title>.in(many[0]).program.view()[0].op == query_op::in);
}

}  // namespace
