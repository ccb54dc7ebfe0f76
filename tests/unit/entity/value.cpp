// SPDX-License-Identifier: BSL-1.0
// Goal: what a field holds is seen without its type, and without a copy of it.

#include "unit/query/library.hpp"
#include <syncfw/entity/value.hpp>

#include <doctest/doctest.h>

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace library;
using syncfw::value;
using syncfw::value_kind;
using syncfw::value_view;

template <auto Member>
value held(const book& row) {
    value found;
    syncfw::visit_field(row, syncfw::place_of<Member>,
                        [&](const value_view& seen) { found = value(seen); });
    return found;
}

template <auto Member>
std::vector<value> elements(const book& row) {
    std::vector<value> found;
    syncfw::visit_elements(row, syncfw::place_of<Member>, [&](const value_view& seen) {
        found.emplace_back(seen);
        return true;
    });
    return found;
}

TEST_CASE("value: each kind of field is seen as what a store keeps") {
    const book row{.id = 7,
                   .title = "Dune",
                   .is_lent = true,
                   .weight = 0.5f,
                   .stands_on = shelf::prose,
                   .bought = syncfw::timestamp::from_microseconds(5),
                   .cover = {std::byte{0}, std::byte{0xFF}},
                   .price = {.cents = 999},
                   .mail = syncfw::secret<std::string>(std::string("a@b.c"))};
    CHECK(held<&book::id>(row) == value::of(7));
    CHECK(held<&book::title>(row).text == "Dune");
    CHECK(held<&book::is_lent>(row).kind == value_kind::boolean);
    CHECK(held<&book::is_lent>(row).integer == 1);
    CHECK(held<&book::weight>(row).real == 0.5);
    CHECK(held<&book::stands_on>(row).text == "prose");
    CHECK(held<&book::bought>(row).integer == 5);
    CHECK(held<&book::cover>(row).text == std::string("\0\xFF", 2));
    CHECK(held<&book::owner>(row).text == std::string(16, '\0'));
    CHECK(held<&book::price>(row) == value::of(999));
    CHECK(held<&book::mail>(row).text == "a@b.c");
}

TEST_CASE("value: an empty optional is a null of its kind") {
    CHECK(held<&book::notes>(book{}).is_null);
    CHECK(held<&book::notes>(book{}).kind == value_kind::text);
    CHECK(held<&book::read>(book{}).kind == value_kind::timestamp);
    CHECK_FALSE(held<&book::notes>(book{.notes = ""}).is_null);
    CHECK(held<&book::editions>(book{}).is_null);
}

TEST_CASE("value: lists, sets and documents are JSON with elements") {
    const book row{.authors = {"b", "a"},
                   .tags = {"y", "x"},
                   .extras = syncfw::document::object({{"k", 1}, {"j", nullptr}})};
    CHECK(held<&book::authors>(row).kind == value_kind::json);
    CHECK_FALSE(held<&book::authors>(row).is_null);
    REQUIRE(elements<&book::authors>(row).size() == 2);
    CHECK(elements<&book::authors>(row)[0].text == "b");
    REQUIRE(elements<&book::tags>(row).size() == 2);
    CHECK(elements<&book::tags>(row)[0].text == "x");
    REQUIRE(elements<&book::extras>(row).size() == 2);
    CHECK(elements<&book::extras>(row)[0].text == "j");
    CHECK(elements<&book::extras>(book{.extras = syncfw::document::array(1)}).empty());
    CHECK(elements<&book::editions>(book{}).empty());
    CHECK(elements<&book::title>(row).empty());
}

TEST_CASE("value: going through elements stops when it is told to") {
    int seen = 0;
    syncfw::visit_elements(book{.authors = {"a", "b", "c"}}, syncfw::place_of<&book::authors>,
                           [&](const value_view&) { return ++seen < 2; });
    CHECK(seen == 2);
}

template <class V>
std::weak_ordering order(const V& a, const V& b) {
    const value left = value::of(a);
    const value right = value::of(b);
    return compare(left.view(), right.view());
}

TEST_CASE("value: two of a kind have an order") {
    CHECK(order(INT64_MIN, INT64_MAX) < 0);
    CHECK(order(-0.0, 0.0) == 0);
    CHECK(order(std::string("a"), std::string("\u00E4")) < 0);
    CHECK(order(std::string("a"), std::string("aa")) < 0);
    CHECK(order(syncfw::blob{std::byte{0x7F}}, syncfw::blob{std::byte{0x80}}) < 0);
    CHECK(order(syncfw::timestamp::min(), syncfw::timestamp{}) < 0);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(order(nan, nan) == 0);
    CHECK(order(nan, std::numeric_limits<double>::infinity()) > 0);
}

}  // namespace
