// SPDX-License-Identifier: BSL-1.0
// Goal: a filter means what the query meant that it was made of, and a stranger's filter is
// refused, with the field and the reason, before anything is done with it.

#include "unit/query/library.hpp"
#include <syncfw/query/filter.hpp>
#include <syncfw/query/sql.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace library;
using syncfw::check;
using syncfw::errc;
using syncfw::filter;
using syncfw::filter_step;
using syncfw::value;
using syncfw::where;

value text(std::string t) {
    return value::of(t);
}

filter_step step(std::string field, std::string op, std::vector<value> values = {}) {
    return {.op = std::move(op), .field = std::move(field), .values = std::move(values)};
}

filter of(std::vector<filter_step> steps) {
    return {.entity = "book", .steps = std::move(steps)};
}

/// What is wrong with it: the code, the field and the message.
struct refusal {
    errc code{};
    std::string field{};
};
refusal refused(const filter& given) {
    const auto checked = check<book>(given);
    REQUIRE_FALSE(checked.has_value());
    CHECK(checked.error().entity == "book");
    CHECK_FALSE(checked.error().message.empty());
    return {checked.error().code, checked.error().field};
}
bool operator==(const refusal& a, const refusal& b) {
    return a.code == b.code && a.field == b.field;
}

TEST_CASE("filter: it goes out with the wire's names") {
    const auto made =
        to_filter(where(field<&book::pages> > 300 && !field<&book::title>.starts_with("Du")));
    CHECK(made.entity == "book");
    REQUIRE(made.steps.size() == 4);
    CHECK(made.steps[0] == step("pageCount", ">", {value::of(300)}));
    CHECK(made.steps[1] == step("title", "starts_with", {text("Du")}));
    CHECK(made.steps[2] == step("", "not"));
    CHECK(made.steps[3] == step("", "and"));
}

TEST_CASE("filter: a range goes out as its values") {
    const auto made = to_filter(where(field<&book::title>.in(std::vector<std::string>{"a", "b"})));
    CHECK(made.steps[0] == step("title", "in", {text("a"), text("b")}));
}

TEST_CASE("filter: it means what its query meant") {
    const auto asked =
        where((field<&book::pages>.between(1, 300) || field<&book::notes>.is_null()) &&
              field<&book::title>.like("D%") && field<&book::tags>.contains("x") &&
              field<&book::rating> > 1.5);
    const auto received = check<book>(to_filter(asked));
    REQUIRE(received.has_value());
    CHECK(syncfw::sql::make_where_text<syncfw::sql::postgres>(received->view()) ==
          syncfw::sql::where_text<syncfw::sql::postgres, decltype(asked)>);
    const book found{.title = "Dune", .rating = 2, .tags = {"x"}};
    CHECK(matches(*received, found));
    CHECK_FALSE(matches(*received, book{}));
}

TEST_CASE("filter: without steps it names every row") {
    const auto received = check<book>(of({}));
    REQUIRE(received.has_value());
    CHECK(matches(*received, book{}));
}

TEST_CASE("filter: texts become the uuids and times of their fields") {
    const std::string id = "0192f0c1-7a3b-7c4d-8e5f-60718293a4b5";
    const auto by_owner = check<book>(of({step("owner", "==", {text(id)})}));
    REQUIRE(by_owner.has_value());
    CHECK(matches(*by_owner, book{.owner = *syncfw::uuid::parse(id)}));
    const auto by_time = check<book>(of({step("bought", "<", {text("2020-01-01T00:00:00Z")})}));
    REQUIRE(by_time.has_value());
    CHECK(matches(*by_time, book{}));
    const auto by_rating = check<book>(of({step("rating", ">", {value::of(-1)})}));
    REQUIRE(by_rating.has_value());
    CHECK(matches(*by_rating, book{}));
}

TEST_CASE("filter: refuses another entity") {
    CHECK(refused({.entity = "loan"}).code == errc::unknown_entity);
}

TEST_CASE("filter: refuses fields by names that aren't the wire's") {
    CHECK(refused(of({step("pages", "==", {value::of(1)})})) ==
          refusal{errc::unknown_field, "pages"});
    CHECK(refused(of({step("", "==", {value::of(1)})})).code == errc::unknown_field);
    CHECK(check<book>(of({step("pageCount", "==", {value::of(1)})})).has_value());
}

TEST_CASE("filter: refuses unknown operations") {
    CHECK(refused(of({step("title", "~", {text("a")})})) == refusal{errc::malformed, "title"});
    CHECK(refused(of({step("title", "", {text("a")})})).code == errc::malformed);
}

TEST_CASE("filter: refuses fields that are encrypted or stay on their device") {
    CHECK(refused(of({step("iban", "==", {text("a")})})) == refusal{errc::forbidden_field, "iban"});
    CHECK(refused(of({step("mail", "==", {text("a")})})).code == errc::forbidden_field);
    CHECK(refused(of({step("place", "==", {text("a")})})).code == errc::forbidden_field);
}

TEST_CASE("filter: refuses operations that don't fit their field") {
    for (const char* op : {"<", "between", "like", "contains", "is_null", "has"})
        CHECK(refused(of({step("is_lent", op, {value::of(true)})})).code == errc::type_mismatch);
    CHECK(refused(of({step("stands_on", ">", {text("drama")})})).code == errc::type_mismatch);
    CHECK(refused(of({step("title", "is_null")})).code == errc::type_mismatch);
    CHECK(refused(of({step("ratings", "contains", {value::of(1.0)})})).code == errc::type_mismatch);
    CHECK(refused(of({step("extras", "==", {text("a")})})).code == errc::type_mismatch);
}

TEST_CASE("filter: refuses values of another kind") {
    CHECK(refused(of({step("title", "==", {value::of(1)})})) ==
          refusal{errc::type_mismatch, "title"});
    CHECK(refused(of({step("pageCount", "==", {text("1")})})).code == errc::type_mismatch);
    CHECK(refused(of({step("pageCount", "==", {value::of(1.0)})})).code == errc::type_mismatch);
    CHECK(refused(of({step("is_lent", "==", {value::of(1)})})).code == errc::type_mismatch);
    CHECK(refused(of({step("owner", "==", {text("no uuid")})})).code == errc::type_mismatch);
    CHECK(refused(of({step("bought", "<", {text("yesterday")})})).code == errc::type_mismatch);
    CHECK(refused(of({step("tags", "contains", {value::of(1)})})).code == errc::type_mismatch);
    CHECK(refused(of({step("title", "==", {value{}})})).code == errc::type_mismatch);
    // 2^53 + 1 is no double.
    CHECK(refused(of({step("rating", "==", {value::of((std::int64_t{1} << 53) + 1)})})).code ==
          errc::type_mismatch);
}

TEST_CASE("filter: refuses values that no field could hold") {
    CHECK(refused(of({step("title", "==", {text("\xFF")})})).code == errc::invalid_value);
    CHECK(refused(of({step("title", "==", {text(std::string(1, '\0'))})})).code ==
          errc::invalid_value);
    for (const double real :
         {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
        CHECK(refused(of({step("rating", "<", {value::of(real)})})).code == errc::invalid_value);
    value moment = value::of(syncfw::timestamp::max());
    ++moment.integer;
    CHECK(refused(of({step("bought", "<", {moment})})).code == errc::invalid_value);
    value id = value::of(syncfw::uuid{});
    id.text.pop_back();
    CHECK(refused(of({step("owner", "==", {id})})).code == errc::invalid_value);
    value flag = value::of(true);
    flag.integer = 2;
    CHECK(refused(of({step("is_lent", "==", {flag})})).code == errc::invalid_value);
}

TEST_CASE("filter: refuses wrong numbers of values") {
    const value one = value::of(1);
    CHECK(refused(of({step("pageCount", "==")})).code == errc::malformed);
    CHECK(refused(of({step("pageCount", "==", {one, one})})).code == errc::malformed);
    CHECK(refused(of({step("pageCount", "between", {one})})).code == errc::malformed);
    CHECK(refused(of({step("notes", "is_null", {text("a")})})).code == errc::malformed);
    CHECK(check<book>(of({step("pageCount", "in")})).has_value());
    CHECK(check<book>(of({step("pageCount", "in", std::vector(256, one))})).has_value());
    CHECK(refused(of({step("pageCount", "in", std::vector(257, one))})) ==
          refusal{errc::too_large, "pageCount"});
}

TEST_CASE("filter: refuses long texts and patterns") {
    const auto equals = [](std::size_t size) {
        return of({step("title", "==", {text(std::string(size, 'a'))})});
    };
    const auto like = [](std::size_t size) {
        return of({step("title", "like", {text(std::string(size, 'a'))})});
    };
    CHECK(check<book>(equals(64 * 1024)).has_value());
    CHECK(refused(equals(64 * 1024 + 1)) == refusal{errc::too_large, "title"});
    CHECK(check<book>(like(256)).has_value());
    CHECK(refused(like(257)) == refusal{errc::too_large, "title"});
}

TEST_CASE("filter: refuses programs that don't end in one truth") {
    const filter_step term = step("is_lent", "==", {value::of(true)});
    CHECK(refused(of({term, term})).code == errc::malformed);
    CHECK(refused(of({step("", "and")})).code == errc::malformed);
    CHECK(refused(of({term, step("", "or")})).code == errc::malformed);
    CHECK(refused(of({step("", "not"), term})).code == errc::malformed);
    CHECK(refused(of({term, term, step("", "and"), step("", "and")})).code == errc::malformed);
    CHECK(refused(of({term, step("title", "not")})) == refusal{errc::malformed, "title"});
    CHECK(refused(of({term, step("", "not", {value::of(1)})})).code == errc::malformed);
}

TEST_CASE("filter: refuses more than it allows") {
    const filter_step term = step("is_lent", "==", {value::of(true)});
    std::vector<filter_step> widest(32, term);
    widest.insert(widest.end(), 31, step("", "and"));
    CHECK(check<book>(of(widest)).has_value());
    // It is also the deepest: all 32 wait for the first `and`.
    CHECK(matches(*check<book>(of(widest)), book{.is_lent = true}));
    std::vector<filter_step> wider = widest;
    wider.push_back(term);
    wider.push_back(step("", "and"));
    CHECK(refused(of(wider)).code == errc::too_large);
    std::vector<filter_step> longest{term};
    longest.resize(128, step("", "not"));
    CHECK(check<book>(of(longest)).has_value());
    longest.push_back(step("", "not"));
    CHECK(refused(of(longest)).code == errc::too_large);
}

}  // namespace
