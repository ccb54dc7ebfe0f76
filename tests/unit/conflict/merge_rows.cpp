// SPDX-License-Identifier: BSL-1.0
#include <syncfw/conflict/merge_rows.hpp>
#include <syncfw/conflict/named_policies.hpp>
#include <syncfw/conflict/policies.hpp>

#include <boost/describe/enum.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct note {
    std::int64_t id = 0;
    std::string title{};
    std::string text{};
    bool is_deleted = false;
    friend bool operator==(const note&, const note&) = default;
    static constexpr auto sync_entity =
        entity<"note">(field<&note::id>(primary_key), field<&note::is_deleted>(soft_delete));
};

enum class visit_status : unsigned char { open, done, cancelled };
BOOST_DESCRIBE_ENUM(visit_status, open, done, cancelled)
struct visit {
    std::int64_t id = 0;
    std::string title{};
    visit_status status{};
    static constexpr auto sync_entity =
        entity<"visit">(field<&visit::id>(primary_key),
                        field<&visit::status>(soft_delete(visit_status::cancelled)));
};

struct plain {
    std::int64_t id = 0;
    std::string title{};
    static constexpr auto sync_entity = entity<"plain">(field<&plain::id>(primary_key));
};

struct page {
    std::int64_t id = 0;
    document body{};
    bool is_deleted = false;
    static constexpr auto sync_entity =
        entity<"page">(field<&page::id>(primary_key), field<&page::body>(merge(by::document)),
                       field<&page::is_deleted>(soft_delete));
};

template <class T>
record<T> at(T value, std::uint64_t time) {
    record<T> row{.value = std::move(value)};
    row.set_written(stamp(time, replica_id(1)));
    return row;
}

template <class T, class Policy = merge_rows>
record<T> settled(const record<T>* base, const record<T>& mine, const record<T>& theirs) {
    const conflict<T> c{base, mine, theirs};
    const auto made = settle(c, Policy().resolve(c));
    REQUIRE(made);
    return *made;
}

}  // namespace

TEST_CASE("merge_rows: what only one side changed is taken from there") {
    const auto base = at(note{1, "a", "b"}, 1);
    const auto made = settled(&base, at(note{1, "a", "mine"}, 2), at(note{1, "theirs", "b"}, 3));
    CHECK(made.value.title == "theirs");
    CHECK(made.value.text == "mine");
}

TEST_CASE("merge_rows: what both changed is what arrives, whatever the clocks say") {
    const auto base = at(note{1, "a", "b"}, 5);
    for (const std::uint64_t time : {1U, 9U})
        CHECK(settled(&base, at(note{1, "mine", "b"}, time), at(note{1, "theirs", "b"}, 7))
                  .value.title == "mine");
}

TEST_CASE("merge_rows: without a base what arrives counts as changed") {
    const auto made = settled<note>(nullptr, at(note{1, "mine", ""}, 1), at(note{1, "a", "b"}, 7));
    CHECK(made.value.title == "mine");
    CHECK(made.value.text.empty());
}

TEST_CASE("merge_rows: a deletion and an edit are both kept, whichever side did which") {
    const auto base = at(note{1, "a", "b"}, 1);
    const auto by_mine = settled(&base, at(note{1, "a", "b", true}, 2), at(note{1, "c", "b"}, 3));
    CHECK(by_mine.value.is_deleted);
    CHECK(by_mine.value.title == "c");
    const auto by_theirs = settled(&base, at(note{1, "c", "b"}, 2), at(note{1, "a", "b", true}, 3));
    CHECK(by_theirs.value.is_deleted);
    CHECK(by_theirs.value.title == "c");
}

TEST_CASE("merge_rows: a row is restored where only the one who restores changed that") {
    const auto base = at(note{1, "a", "b", true}, 1);
    const auto made = settled(&base, at(note{1, "a", "b"}, 2), at(note{1, "c", "b", true}, 3));
    CHECK_FALSE(made.value.is_deleted);
    CHECK(made.value.title == "c");
}

TEST_CASE("merge_rows: a deletion alone is taken, and an old one is no change") {
    const auto base = at(note{1, "a", "b"}, 1);
    CHECK(settled(&base, at(note{1, "a", "b", true}, 2), base).value.is_deleted);
    const auto theirs = at(note{1, "a", "b", true}, 3);
    const conflict<note> c{&base, base, theirs};
    CHECK(merge_rows().resolve(c).made == outcome::theirs);
}

TEST_CASE("merge_rows: a status that may say deleted is a field as any other") {
    const auto base = at(visit{1, "a", visit_status::open}, 1);
    const auto done = at(visit{1, "a", visit_status::done}, 2);
    const auto renamed = at(visit{1, "b", visit_status::open}, 3);
    const auto cancelled = at(visit{1, "a", visit_status::cancelled}, 3);
    CHECK(settled(&base, done, renamed).value.status == visit_status::done);
    CHECK(settled(&base, done, renamed).value.title == "b");
    CHECK(settled(&base, renamed, cancelled).value.status == visit_status::cancelled);
    CHECK(settled(&base, renamed, cancelled).value.title == "b");
    CHECK(settled(&base, cancelled, renamed).value.status == visit_status::cancelled);
}

TEST_CASE("merge_rows: a deletion that is beside the value is a change, too") {
    const auto base = at(plain{1, "a"}, 1);
    auto gone = at(plain{1, "a"}, 2);
    gone.mark_deleted({});
    CHECK(settled(&base, gone, at(plain{1, "b"}, 3)).is_deleted());
    auto theirs = at(plain{1, "a"}, 3);
    theirs.mark_deleted({});
    const auto made = settled(&base, at(plain{1, "b"}, 2), theirs);
    CHECK(made.is_deleted());
    CHECK(made.value.title == "b");
}

TEST_CASE("merge_rows: a deletion is merged beside edits of both sides, and with no base as well") {
    const auto base = at(note{1, "a", "b"}, 1);
    const auto gone = at(note{1, "mine", "b", true}, 2);
    const auto made = settled(&base, gone, at(note{1, "a", "theirs"}, 3));
    CHECK(made.value == note{1, "mine", "theirs", true});
    CHECK(settled(&base, gone, base).value == gone.value);
    CHECK(settled<note>(nullptr, gone, base).value.is_deleted);
    auto beside = at(plain{1, "a"}, 2);
    beside.mark_deleted({});
    CHECK(settled<plain>(nullptr, beside, at(plain{1, "b"}, 3)).is_deleted());
    const auto live = settled<plain>(nullptr, at(plain{1, "a"}, 2), at(plain{1, "b"}, 3));
    CHECK_FALSE(live.is_deleted());
    CHECK(live.value.title == "a");
}

TEST_CASE("merge_rows: what can't be merged waits for a person, with its deletion") {
    const auto base = at(page{1, document("a")}, 1);
    const auto gone = at(page{1, document("mine"), true}, 2);
    const auto theirs = at(page{1, document("theirs")}, 3);
    const conflict<page> c{&base, gone, theirs};
    CHECK(merge_rows().resolve(c).made == outcome::parked);
}

// A regression: a status of soft_delete(value) was never merged, and the change was lost.
TEST_CASE("merge_fields: a status that may say deleted is merged while both rows are live") {
    const auto base = at(visit{1, "a", visit_status::open}, 1);
    const auto made = settled<visit, merge_fields>(&base, at(visit{1, "a", visit_status::done}, 2),
                                                   at(visit{1, "b", visit_status::open}, 3));
    CHECK(made.value.status == visit_status::done);
    CHECK(made.value.title == "b");
}

TEST_CASE("named_policies: the policy of the name decides") {
    using choices = named_policies<named<"server-wins", server_wins>,
                                   named<"client-wins", client_wins>, named<"park", park>>;
    const auto mine = at(plain{1, "mine"}, 1), theirs = at(plain{1, "theirs"}, 2);
    const conflict<plain> c{nullptr, mine, theirs};
    REQUIRE(choices::find("client-wins"));
    CHECK(choices::find("server-wins")->resolve(c).made == outcome::theirs);
    CHECK(choices::find("client-wins")->resolve(c).made == outcome::mine);
    CHECK(choices::find("park")->resolve(c).made == outcome::parked);
    CHECK(choices().resolve(c).made == outcome::theirs);
    CHECK(choices::find("park")->name() == "park");
}

TEST_CASE("named_policies: a name that nobody has finds nothing") {
    using choices = named_policies<named<"park", park>, named<"server-wins", server_wins>>;
    for (const char* const wrong : {"", "Park", "park ", "server_wins"})
        CHECK_FALSE(choices::find(wrong));
    CHECK(choices::names() == std::vector<std::string>{"park", "server-wins"});
    static_assert(conflict_policy<choices, plain>);
}
