// SPDX-License-Identifier: BSL-1.0
#include <syncfw/core/fixed_string.hpp>

#include <doctest/doctest.h>

#include <string_view>
#include <type_traits>

namespace {

template <syncfw::fixed_string Name>
struct named {
    static constexpr std::string_view name = Name.view();
};

static_assert(std::is_same_v<named<"book">, named<"book">>);
static_assert(!std::is_same_v<named<"book">, named<"books">>);
static_assert(named<"">::name.empty());
static_assert(syncfw::fixed_string("book") == syncfw::fixed_string("book"));
static_assert(syncfw::fixed_string("book") != syncfw::fixed_string("cook"));
static_assert(syncfw::fixed_string("book") != syncfw::fixed_string("books"));
static_assert(syncfw::fixed_string("a\0b").size() == 3);

TEST_CASE("fixed string: one text is one type, which still knows its text") {
    CHECK(named<"book">::name == "book");
    CHECK(named<"a\0b">::name == std::string_view("a\0b", 3));
}

}  // namespace
