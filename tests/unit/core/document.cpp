// SPDX-License-Identifier: BSL-1.0
#include <syncfw/core/document.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace {

using syncfw::document;
using syncfw::document_kind;
using syncfw::errc;

static_assert(!std::is_constructible_v<document, int*>);
static_assert(!std::is_constructible_v<document, void*>);
static_assert(!std::is_constructible_v<document, char>);
static_assert(!std::is_constructible_v<document, char32_t>);
static_assert(std::is_nothrow_move_constructible_v<document>);

TEST_CASE("document: each value has its kind") {
    CHECK(document().kind() == document_kind::null);
    CHECK(document(nullptr).is_null());
    CHECK(*document(true).boolean());
    CHECK(*document(-3).integer() == -3);
    CHECK(*document(7u).integer() == 7);
    CHECK(*document(std::uint64_t{INT64_MAX}).integer() == INT64_MAX);
    CHECK(*document(2.5).real() == 2.5);
    CHECK(*document(2.5f).real() == 2.5);
    CHECK(*document("text").text() == "text");
    CHECK(*document(std::string_view("text")).text() == "text");
    CHECK(document(std::string("text")).kind() == document_kind::text);
    CHECK(document::array().kind() == document_kind::array);
    CHECK(document::object().kind() == document_kind::object);
    const document integer = 1;
    CHECK(integer.boolean() == nullptr);
    CHECK(integer.real() == nullptr);
    CHECK(integer.text() == nullptr);
    CHECK(integer.elements() == nullptr);
    CHECK(integer.members() == nullptr);
    CHECK(integer.find("a") == nullptr);
}

TEST_CASE("document: equality is content and kind") {
    CHECK(document(1) == document(std::uint8_t{1}));
    CHECK(document(1) != document(1.0));
    CHECK(document(0) != document(false));
    CHECK(document() != document(false));
    CHECK(document("") != document());
    CHECK(document(-0.0) == document(0.0));
    CHECK_FALSE(std::signbit(*document(-0.0).real()));
    CHECK(document::array(1, 2) != document::array(2, 1));
    CHECK(document::array() != document::object());
    CHECK(document::object({{"a", 1}, {"b", 2}}) == document::object({{"b", 2}, {"a", 1}}));
}

TEST_CASE("document: an array of one array is not that array") {
    const document nested = document::array(document::array(1));
    REQUIRE(nested.elements()->size() == 1);
    CHECK(nested.elements()->front() == document::array(1));
}

TEST_CASE("document: members are sorted by the bytes of their keys, however they came") {
    CHECK(rc::check([](std::vector<std::pair<std::string, int>> input) {
        document built;
        for (const auto& [key, value] : input) built.set(key, value);

        std::reverse(input.begin(), input.end());  // The last one of a key won above.
        std::vector<document::member> members;
        for (const auto& [key, value] : input) {
            const bool is_known = std::any_of(members.begin(), members.end(),
                                              [&](const auto& m) { return m.key == key; });
            if (!is_known) members.push_back({key, value});
        }
        if (input.empty()) built = document::object();
        RC_ASSERT(document::object_of(members).value() == built);
        RC_ASSERT(std::is_sorted(built.members()->begin(), built.members()->end(),
                                 [](const auto& a, const auto& b) { return a.key < b.key; }));
        for (const auto& m : members) {
            RC_ASSERT(*built.find(m.key) == m.value);
            RC_ASSERT(built.erase(m.key));
            RC_ASSERT(!built.erase(m.key));
        }
        RC_ASSERT(built == document::object());
    }));
}

TEST_CASE("document: a member that comes twice is refused by its name") {
    const auto made = document::object_of({{"b", 1}, {"a", 2}, {"b", 3}});
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == errc::duplicate_field);
    CHECK(made.error().field == "b");
}

TEST_CASE("document: values can be changed in place") {
    document settings = document::object({{"theme", "dark"}, {"sizes", document::array(1, 2)}});
    settings.find("sizes")->push_back(3);
    settings.set("theme", nullptr);
    settings.set("deep", document::object()).set("inner", true);
    *settings.find("sizes")->elements()->begin() = "one";
    CHECK(settings == document::object({{"deep", document::object({{"inner", true}})},
                                        {"sizes", document::array("one", 2, 3)},
                                        {"theme", nullptr}}));
    document list;
    list.push_back(1);
    list.push_back("two");
    CHECK(list == document::array(1, "two"));
    CHECK_FALSE(list.erase("x"));
}

TEST_CASE("document: a moved-from document is null, and a part may replace its whole") {
    document tree = document::object({{"child", document::array(1, 2)}});
    document taken = std::move(tree);
    CHECK(tree.is_null());
    taken = std::move(*taken.find("child"));
    CHECK(taken == document::array(1, 2));
    taken = taken.elements()->front();
    CHECK(taken == document(1));
    document& itself = taken;
    taken = std::move(itself);
    CHECK(taken == document(1));
}

TEST_CASE("document: depth 64 copies, compares and ends") {
    document deep = 1;
    for (int i = 0; i < 64; ++i)
        deep = i % 2 == 0 ? document::array(std::move(deep))
                          : document::object({{"down", std::move(deep)}});
    const document copy = deep;
    CHECK(copy == deep);
}

}  // namespace
