// SPDX-License-Identifier: BSL-1.0
// Goal: a schema finds its entities by name and knows what refers to what. Method: a small
// library with a circle, and random graphs for the order.
#include <syncfw/entity/schema.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace syncfw::annotations;
using syncfw::no_field;
using syncfw::schema;

struct author {
    int id = 0;
    std::optional<int> best_book{};
};
struct book {
    int id = 0;
    int author_id = 0;
};
constexpr auto sync_entity(syncfw::of<author>) {
    return entity<"author">(field<&author::id>(primary_key),
                            field<&author::best_book>(references<&book::id>));
}
constexpr auto sync_entity(syncfw::of<book>) {
    return entity<"book">(field<&book::id>(primary_key),
                          field<&book::author_id>(references<&author::id>));
}

struct rating {
    int id = 0;
    int book_id = 0;
    std::optional<int> answers{};
    static constexpr auto sync_entity = entity<"rating">(
        field<&rating::id>(primary_key), field<&rating::book_id>(references<&book::id>),
        field<&rating::answers>(references<&rating::id>));
};
struct tag {
    int id = 0;
    static constexpr auto sync_entity = entity<"Tag">(field<&tag::id>(primary_key));
};

using library = schema<rating, book, tag, author>;
static_assert(library::size == 4);
static_assert(library::place<book> == 1);
static_assert(library::contains<tag> && !library::contains<int>);
static_assert(library::entities[3].name == "author");

TEST_CASE("schema: each name finds its entity, and no other name does") {
    static_assert(library::find("rating") == 0);
    CHECK(library::find("book") == 1);
    CHECK(library::find("Tag") == 2);
    CHECK(library::find("author") == 3);
    CHECK(library::find("tag") == no_field);
    CHECK(library::find("") == no_field);
    CHECK(library::find("zebra") == no_field);
    CHECK(rc::check([](const std::string& name) {
        const auto at = library::find(name);
        RC_ASSERT((at == no_field || library::entities[at].name == name));
    }));
}

TEST_CASE("schema: visit calls with the type of the name, and gives what is given") {
    std::string_view seen;
    const auto found =
        library::visit("book", [&]<class T>(syncfw::of<T>) { seen = syncfw::entity_of<T>.name; });
    CHECK(found.has_value());
    CHECK(seen == "book");
    const auto fields = library::visit("rating", []<class T>(syncfw::of<T>) {
        return syncfw::result<std::size_t>(syncfw::entity_of<T>.fields.size());
    });
    CHECK(fields.value() == 3);
    const auto unknown = library::visit(std::string(1'000, 'x'), [](auto) { FAIL("called"); });
    REQUIRE_FALSE(unknown.has_value());
    CHECK(unknown.error().code == syncfw::errc::unknown_entity);
    CHECK(unknown.error().entity == std::string(63, 'x'));
    CHECK(library::visit_at(2, []<class T>(syncfw::of<T>) { return syncfw::layout_of<T>; }) ==
          "Tag(id:int32 key)");
}

TEST_CASE("schema: for_each goes in the order of the list") {
    std::vector<std::string_view> all;
    library::for_each([&]<class T>(syncfw::of<T>) { all.push_back(syncfw::entity_of<T>.name); });
    CHECK(all == std::vector<std::string_view>{"rating", "book", "Tag", "author"});
}

TEST_CASE("schema: the fingerprint and the layout don't depend on the order of the list") {
    using turned = schema<author, tag, book, rating>;
    CHECK(library::fingerprint == turned::fingerprint);
    CHECK(library::layout() == turned::layout());
    CHECK(library::fingerprint != schema<author, tag, book>::fingerprint);
    CHECK(library::fingerprint == syncfw::fingerprint_of_layout(library::layout()));
    CHECK(schema<tag>::fingerprint == syncfw::fingerprint_of<tag>);
    CHECK(syncfw::differences(library::layout(), turned::layout()).value().empty());
    CHECK(syncfw::differences(library::layout(), schema<tag>::layout()).value().size() == 3);
}

TEST_CASE("schema: parents come first; a circle begins where the reference is optional") {
    const auto place = [](std::size_t entity) {
        const auto& order = library::parents_first;
        return std::find(order.begin(), order.end(), entity) - order.begin();
    };
    CHECK(place(library::place<author>) < place(library::place<book>));
    CHECK(place(library::place<book>) < place(library::place<rating>));
    std::vector<std::string> deferred;
    for (const auto& each : library::references)
        if (each.is_deferred)
            deferred.push_back(std::string(library::entities[each.from].name) + "." +
                               std::string(library::entities[each.from].fields[each.field].name));
    CHECK(deferred == std::vector<std::string>{"rating.answers", "author.best_book"});
}

TEST_CASE("schema: references name entities and fields by their places") {
    REQUIRE(library::references.size() == 4);
    const auto& first = library::references[0];
    CHECK(first.from == library::place<rating>);
    CHECK(first.field == syncfw::place_of<&rating::book_id>);
    CHECK(first.to == library::place<book>);
    CHECK(first.to_field == syncfw::place_of<&book::id>);
}

TEST_CASE("schema: the order keeps every reference of a graph without circles") {
    static constexpr std::size_t size = 12;
    static constexpr syncfw::field_info fields[size]{};
    static constexpr auto entities = [] {
        std::array<syncfw::entity_info, size> all{};
        for (auto& each : all) each = {"x", fields};
        return all;
    }();
    CHECK(rc::check([] {
        // Hidden behind random places, each refers to earlier ones only.
        std::vector<std::size_t> hidden(size);
        for (std::size_t i = 0; i < size; ++i) hidden[i] = i;
        for (std::size_t i = size; i-- > 1;)
            std::swap(hidden[i], hidden[*rc::gen::inRange<std::size_t>(0, i + 1)]);
        std::vector<syncfw::reference_info> references;
        for (std::size_t i = 1; i < size; ++i)
            for (std::size_t n = *rc::gen::inRange<std::size_t>(0, 3); n > 0; --n)
                references.push_back({.from = hidden[i],
                                      .field = 0,
                                      .to = hidden[*rc::gen::inRange<std::size_t>(0, i)]});
        const auto order = syncfw::detail::order_parents_first<size>(entities, references);
        std::vector<std::size_t> place(size, size);
        for (std::size_t i = 0; i < size; ++i) place[order[i]] = i;
        for (const auto& each : references) RC_ASSERT(place[each.to] < place[each.from]);
        RC_ASSERT(std::count(place.begin(), place.end(), size) == 0);
    }));
}

TEST_CASE("schema: without references the order is that of the list") {
    CHECK(schema<tag, author, book>::parents_first[0] == 0);
    CHECK(schema<tag>::references.empty());
}

}  // namespace
