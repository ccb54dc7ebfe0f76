// SPDX-License-Identifier: BSL-1.0
// Goal: a list's elements are what a row by itself is, and an error names the element. Method:
// random lists there and back; lists with one wrong element.
#include "support/any.hpp"
#include "support/everything.hpp"
#include <syncfw/codec/delta.hpp>
#include <syncfw/codec/json_list.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using syncfw::changed_fields;
using syncfw::errc;
using syncfw::field_mask;
using syncfw::to_client;
using syncfw::to_server;
using tests::any;
using tests::everything;
namespace json = syncfw::json;

struct member {
    std::int64_t id = 0;
    std::string email{};
    std::int64_t credit = 7;
    std::string draft{};
    bool active = false;

    static constexpr auto sync_entity = [] {
        using namespace syncfw::annotations;
        return entity<"member">(
            field<&member::id>(primary_key),
            field<&member::email>(syncfw::annotations::json("e-mail"), alias("email")),
            field<&member::credit>(server_owned), field<&member::draft>(local_only),
            field<&member::active>(default_value(true)));
    }();
};

std::string refusal(std::string_view text, const json::options& rules = {},
                    std::size_t count_max = 100) {
    const auto rows = json::decode_list<member>(text, rules, count_max);
    return rows ? "accepted" : to_string(rows.error());
}

}  // namespace

TEST_CASE("json list: every row is the same after it was there and back") {
    CHECK(rc::check([] {
        std::vector<everything> rows;
        for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
            rows.push_back(*any<everything>(tests::reals::finite));
        const std::string text = json::encode_list<to_client>(rows);
        const auto back = json::decode_list<everything, to_client>(text);
        if (!back) RC_FAIL(to_string(back.error()));
        RC_ASSERT(back->size() == rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i)
            RC_ASSERT(
                (changed_fields(rows[i], (*back)[i]) & syncfw::entity_of<everything>.on(to_client))
                    .empty());
        RC_ASSERT(json::encode_list<to_client>(*back) == text);
    }));
}

TEST_CASE("json list: an element is what a row by itself is") {
    const std::vector<member> rows = {{.id = 1, .email = "a", .draft = "x"}, {.id = 2}};
    CHECK(json::encode_list<to_client>(rows) ==
          "[" + json::encode<to_client>(rows[0]) + "," + json::encode<to_client>(rows[1]) + "]");
    CHECK(json::encode_list(std::vector<member>()) == "[]");
    const auto back = json::decode_list<member, to_server>(
        R"( [ {"id":1,"email":"a","credit":9} , {"id":2,"active":false} ] )");
    REQUIRE(back);
    CHECK(back->at(0).email == "a");
    CHECK(back->at(0).credit == 7);
    CHECK(back->at(0).active);
    CHECK(!back->at(1).active);
    CHECK(json::decode_list<member>("[]")->empty());
}

TEST_CASE("json list: an error names the element and its field") {
    CHECK(refusal(R"([{"id":1},{"id":2},{"id":3},{"email":5}])") ==
          "member[3].e-mail (line 1, column 38): expected a text");
    CHECK(refusal("[{},\n 7]") == "member[1] (line 2, column 2): expected an object");
    CHECK(refusal("{}") == "member (line 1, column 1): expected an array");
    CHECK(refusal("[{}") ==
          "member (line 1, column 4): expected ',' or ']', found the end of the "
          "input");
    CHECK(refusal("[{}] 7") == "member (line 1, column 6): expected the end of the input");
    CHECK(refusal(R"([{"id":1,"id":2}])") ==
          "member[0].id (line 1, column 10): the member comes "
          "twice");
    CHECK(refusal(R"([{"x":1}])", {.unknown = json::members::refused}) ==
          "member[0].x (line 1, column 3): there is no such field");
    CHECK(refusal("[{},{},{}]", {}, 2) ==
          "member[2] (line 1, column 8): the list has more than 2 elements");
    CHECK(refusal("[{},{}]", {.size_max = 3}).find("over 3 bytes") != std::string::npos);
    CHECK(refusal("[{}]", {.depth_max = 1}).find("too deep") != std::string::npos);
}

TEST_CASE("json list: rows come one by one, with the fields that each had") {
    std::vector<std::int64_t> ids;
    std::vector<std::size_t> counts;
    const auto take = [&](member&& row, const field_mask& present) {
        ids.push_back(row.id);
        counts.push_back(present.count());
    };
    CHECK(json::for_each_in_list<member>(R"([{"id":4},{"id":5,"active":true}])", take));
    CHECK(ids == std::vector<std::int64_t>{4, 5});
    CHECK(counts == std::vector<std::size_t>{1, 2});
    const auto cut = json::for_each_in_list<member>(R"([{"id":6},{"id":"7"}])", take);
    REQUIRE(!cut);
    CHECK(cut.error().field == "[1].id");
    CHECK(ids.back() == 6);
}

TEST_CASE("json list: encrypted fields go through their cipher") {
    const tests::toy_cipher cipher(3);
    const std::vector<tests::sealed_note> notes = {{.id = 1, .text = "one"},
                                                   {.id = 2, .text = "two"}};
    syncfw::buffer out;
    REQUIRE(json::append_list(out, notes, cipher));
    CHECK(out.view().find("one") == std::string_view::npos);
    const auto back =
        json::decode_list<tests::sealed_note, syncfw::local>(out.view(), {}, 10, cipher);
    REQUIRE(back);
    CHECK(back->at(1).text == "two");
    const auto wrong = json::decode_list<tests::sealed_note, syncfw::local>(out.view(), {}, 10,
                                                                            tests::toy_cipher(4));
    REQUIRE(!wrong);
    CHECK(wrong.error().field == "[0].text");
}
