// SPDX-License-Identifier: BSL-1.0
#include <syncfw/entity/rules.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace {
namespace ruled {

using namespace syncfw::annotations;

struct item {
    std::string title{};
    std::optional<std::int64_t> count{};

    static constexpr auto sync_rules =
        rules(field<&item::title>(required, max_length<5>), field<&item::count>(range(1, 9)),
              check("a title must not be its count", [](const auto& each) {
                  return each.title != std::to_string(each.count.value_or(0));
              }));
};
struct row {
    int id = 0;
    std::string mail{};
    std::string owner{};

    static constexpr auto sync_entity =
        entity<"row">(field<&row::id>(primary_key), field<&row::mail>(is::email),
                      field<&row::owner>(server_owned, required));
};
struct order {
    std::optional<item> first{};
    std::vector<item> items{};
    std::vector<row> rows{};
    std::vector<std::string> rules{};  // A member of this name is no declaration.
};
struct careful {
    syncfw::secret<std::string> word{};

    static constexpr auto sync_rules = rules(field<&careful::word>(length<20, 30>));
};

template <class V>
std::string broken(const V& value) {
    const auto kept = syncfw::keep_rules(value);
    return kept ? "" : kept.error().field + "|" + kept.error().message;
}

}  // namespace ruled
}  // namespace

TEST_CASE("rules: a plain struct's members are held to their rules, wherever it is") {
    using namespace ruled;
    const item fine{.title = "a"};
    CHECK(broken(fine) == "");
    CHECK(broken(item{}) == "title|title must have a value");
    CHECK(broken(item{.title = "abcdef"}) ==
          "title|title must have at most 5 characters, it has 6");
    CHECK(broken(item{.title = "a", .count = 0}) == "count|count must be from 1 to 9, it is 0");
    CHECK(broken(order{.first = item{}}) == "first.title|title must have a value");
    CHECK(broken(order{.items = {fine, fine, item{}}}) == "items[2].title|title must have a value");
    CHECK(broken(std::vector<order>{{}, {.items = {item{}}}}) ==
          "[1].items[0].title|title must have a value");
    CHECK(broken(order{}) == "");
}

TEST_CASE("rules: a check is about the struct as a whole") {
    using namespace ruled;
    CHECK(broken(item{.title = "7", .count = 7}) == "|a title must not be its count");
    CHECK(broken(order{.items = {{.title = "7", .count = 7}}}) ==
          "items[0]|a title must not be its count");
}

TEST_CASE("rules: an entity is held to its own, but for what the server owns") {
    using namespace ruled;
    CHECK(broken(row{.id = 1, .mail = "a@b.example"}) == "");
    CHECK(broken(order{.rows = {{.mail = "a@b.example"}, {.mail = "none"}}}) ==
          "rows[1].mail|mail must be an e-mail address");
}

TEST_CASE("T24: a message about a secret tells nothing of it") {
    using namespace ruled;
    CHECK(broken(careful{syncfw::secret<std::string>("short")}) ==
          "word|word must have 20 to 30 characters");
}
