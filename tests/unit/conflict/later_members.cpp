// SPDX-License-Identifier: BSL-1.0
#include <syncfw/conflict/later_members.hpp>
#include <syncfw/conflict/policies.hpp>

#include <doctest/doctest.h>

namespace {

using syncfw::document;
using syncfw::later_members;

document object(std::initializer_list<document::member> members) {
    return document::object(members);
}

using namespace syncfw::annotations;

struct page {
    std::string id{};
    document body = document::object();

    static constexpr auto sync_entity =
        entity<"page">(field<&page::id>(primary_key),
                       field<&page::body>(merge(by::function(syncfw::later_members))));
};

}  // namespace

TEST_CASE("later members: what only one side changed is taken from there") {
    const document base = object({{"a", 1}, {"b", 1}, {"c", 1}});
    const document mine = object({{"a", 2}, {"b", 1}, {"c", 1}, {"mine", 1}});
    const document theirs = object({{"a", 1}, {"b", 1}, {"theirs", 1}});
    const document wanted = object({{"a", 2}, {"b", 1}, {"mine", 1}, {"theirs", 1}});
    CHECK(later_members(base, mine, theirs, true) == wanted);
    CHECK(later_members(base, mine, theirs, false) == wanted);
}

TEST_CASE(
    "later members: the same change on both sides is one, and new values of two kinds clash") {
    const document same = object({{"a", 2}});
    const document base = object({{"a", 1}});
    CHECK(later_members(base, same, same, true) == same);
    CHECK(later_members(base, base, same, true) == same);
    CHECK(later_members(base, same, base, false) == same);
    const document nested = object({{"new", object({{"x", 1}})}});
    const document number = object({{"new", 1}});
    CHECK(later_members(document::object(), nested, number, true) == nested);
    CHECK(later_members(document::object(), nested, number, false) == number);
}

TEST_CASE("later members: of a member that both changed the later side's stays, at any depth") {
    const document base = object({{"deep", object({{"x", 0}})}});
    const document mine = object({{"deep", object({{"x", 1}, {"list", document::array(1)}})}});
    const document theirs = object({{"deep", object({{"x", 2}, {"list", document::array(2)}})}});
    CHECK(later_members(base, mine, theirs, true) == mine);
    CHECK(later_members(base, mine, theirs, false) == theirs);
}

TEST_CASE("later members: what one side took out and the other changed goes by the later one") {
    const document base = object({{"a", 1}});
    const document gone = object({});
    const document changed = object({{"a", 2}});
    CHECK(later_members(base, gone, changed, true) == gone);
    CHECK(later_members(base, gone, changed, false) == changed);
    CHECK(later_members(base, changed, gone, true) == changed);
}

TEST_CASE("later members: without a base nothing is taken out") {
    const document mine = object({{"a", 1}, {"o", object({{"x", 1}})}});
    const document theirs = object({{"b", 2}, {"o", object({{"y", 2}})}});
    CHECK(later_members(document(), mine, theirs, true) ==
          object({{"a", 1}, {"b", 2}, {"o", object({{"x", 1}, {"y", 2}})}}));
}

TEST_CASE("later members: a member that became another kind is the later side's") {
    const document base = object({{"a", 1}});
    const document mine = object({{"a", object({{"x", 1}})}});
    const document theirs = object({{"a", "text"}});
    CHECK(later_members(base, mine, theirs, true) == mine);
    CHECK(later_members(base, mine, theirs, false) == theirs);
}

TEST_CASE("later members: a merge by function learns which side came later") {
    const auto row = [](std::int64_t x, std::uint64_t when) {
        syncfw::record<page> made{{.id = "p", .body = object({{"x", x}})}};
        made.set_written(syncfw::stamp(when << 16, syncfw::replica_id(1)));
        return made;
    };
    const auto base = row(0, 1), early = row(1, 2), late = row(2, 3);
    const syncfw::conflict<page> mine_late{&base, late, early};
    const syncfw::conflict<page> mine_early{&base, early, late};
    CHECK(syncfw::settle(mine_late, syncfw::merge_fields().resolve(mine_late))->value.body ==
          late.value.body);
    CHECK(syncfw::settle(mine_early, syncfw::merge_fields().resolve(mine_early))->value.body ==
          late.value.body);
}

TEST_CASE("park_deletions: a deletion that met an edit is parked, all else is left to the next") {
    syncfw::record<page> live{{.id = "p"}}, gone{{.id = "p"}};
    gone.mark_deleted(syncfw::timestamp());
    const auto made = [](const auto& mine, const auto& theirs) {
        return syncfw::park_deletions().resolve(syncfw::conflict<page>{nullptr, mine, theirs}).made;
    };
    CHECK(made(gone, live) == syncfw::outcome::parked);
    CHECK(made(live, gone) == syncfw::outcome::parked);
    CHECK(made(live, live) == syncfw::outcome::undecided);
    CHECK(made(gone, gone) == syncfw::outcome::undecided);
}
