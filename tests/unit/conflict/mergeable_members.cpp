// SPDX-License-Identifier: BSL-1.0
// Goal: no decision loses what was done to a counter or a set. Method: random work of three
// replicas that know nothing of each other, met in every order, under every policy and with every
// way to say that a row is deleted; what must be left is counted beside.
#include <syncfw/conflict/merge_rows.hpp>
#include <syncfw/conflict/named_policies.hpp>
#include <syncfw/conflict/policies.hpp>
#include <syncfw/core/counter.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/testing/policy_laws.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

// Whether it is deleted is no part of its value,
struct post {
    std::int64_t id = 0;
    std::string title{};
    counter likes{};
    set_of<std::string> tags{};

    static constexpr auto sync_entity = entity<"post">(field<&post::id>(primary_key));
};
// or a time in it,
struct page {
    std::int64_t id = 0;
    std::string title{};
    std::optional<timestamp> deleted_at{};
    counter likes{};
    set_of<std::string> tags{};
    std::int64_t version = 0;

    static constexpr auto sync_entity =
        entity<"page">(field<&page::id>(primary_key), field<&page::deleted_at>(soft_delete),
                       field<&page::version>(is::version));
};
// or one of the values of a field.
struct advert {
    std::int64_t id = 0;
    std::string title{};
    std::string state = "open";
    counter likes{};
    set_of<std::string> tags{};

    static constexpr auto sync_entity = entity<"advert">(
        field<&advert::id>(primary_key), field<&advert::state>(soft_delete("withdrawn")));
};
// One whose counter is a value like others,
struct gauge {
    std::int64_t id = 0;
    counter reading{};

    static constexpr auto sync_entity =
        entity<"gauge">(field<&gauge::id>(primary_key), field<&gauge::reading>(merge(by::latest)));
};
// and one that has nothing to merge.
struct setting {
    std::int64_t id = 0;
    std::string title{};

    static constexpr auto sync_entity = entity<"setting">(field<&setting::id>(primary_key));
};

// Policies that say nothing of counters.
constexpr auto the_older_title = []<class T>(const conflict<T>& c) {
    return is_mine_later(c) ? keep_theirs<T>("older") : keep_mine<T>("older");
};
constexpr auto a_new_row = []<class T>(const conflict<T>& c) {
    return take_merged<T>("new", T{.id = c.theirs.value.id, .title = "new"},
                          field_mask::first(entity_of<T>.fields.size()));
};
using chosen = named_policies<named<"server", server_wins>, named<"later", last_write_wins>>;

std::uint64_t number(std::uint64_t below) {
    return *rc::gen::inRange<std::uint64_t>(0, below);
}

/// What must be left of it all.
struct account {
    std::int64_t likes = 0;
    set_of<std::string> tags{};
};

// Work of a replica on the row that all began with.
template <class T>
record<T> worked(const record<T>& base, std::uint64_t replica, account& kept) {
    record<T> row = base;
    row.set_written(stamp((1 + number(3)) << 16, replica_id(replica)));
    row.set_version(static_cast<std::int64_t>(1 + number(3)));
    row.value.title = std::to_string(replica);
    const auto added = static_cast<std::int64_t>(number(9)) - 4;
    row.value.likes.add(replica_id(replica), added);
    kept.likes += added;
    // Each has its own to take out, and may want what all may want.
    if (number(2) == 0) row.value.tags.erase("old " + std::to_string(replica));
    if (number(2) == 0) row.value.tags.insert("own " + std::to_string(replica));
    if (number(2) == 0) row.value.tags.insert("shared");
    row.value.tags.attribute_to(replica_id(replica));
    kept.tags.merge(row.value.tags);
    if (number(4) == 0) row.mark_deleted(row.written().moment());
    return row;
}

template <class T>
record<T> begun() {
    record<T> row;
    row.value.id = 1;
    row.value.likes.add(replica_id(9), 100);
    for (const char* const each : {"old 1", "old 2", "old 3"}) row.value.tags.insert(each);
    row.value.tags.attribute_to(replica_id(9));
    row.set_written(stamp(1, replica_id(9)));
    return row;
}

template <class Policy, class T>
void check_nothing_is_lost() {
    CHECK(rc::check([] {
        const record<T> base = begun<T>();
        account kept{.likes = base.value.likes.value(), .tags = base.value.tags};
        std::array<record<T>, 3> rows;
        for (std::size_t i = 0; i < 3; ++i) rows[i] = worked(base, i + 1, kept);
        const bool has_base = number(2) == 0;
        std::array<std::size_t, 3> order{0, 1, 2};
        std::optional<record<T>> first;
        do {
            record<T> left = rows[order[0]];
            for (const std::size_t next : {order[1], order[2]}) {
                const conflict<T> c{has_base ? &base : nullptr, rows[next], left};
                left = settle(c, Policy().resolve(c)).value();
            }
            RC_ASSERT(left.value.likes.value() == kept.likes);
            RC_ASSERT(left.value.tags == kept.tags);
            if (!first) first = left;
            if (!is_order_independent<Policy, T>) continue;
            RC_ASSERT(left.value.title == first->value.title);
            RC_ASSERT(left.is_deleted() == first->is_deleted());
            RC_ASSERT(left.written() == first->written());
        } while (std::next_permutation(order.begin(), order.end()));
    }));
}

}  // namespace

TEST_CASE_TEMPLATE("settle: counters are the sum of all additions, in every order", Policy,
                   last_write_wins, highest_version, server_wins, client_wins, merge_fields,
                   merge_rows, decided_by<the_older_title>, decided_by<a_new_row>, chosen,
                   per_entity<otherwise<last_write_wins>>) {
    check_nothing_is_lost<Policy, post>();
    check_nothing_is_lost<Policy, page>();
    check_nothing_is_lost<Policy, advert>();
}

TEST_CASE_TEMPLATE("merge laws: the later and the higher row keep them with counters and sets",
                   Policy, last_write_wins, highest_version) {
    static_assert(is_order_independent<Policy, post>);
    testing::report seen = testing::check_policy_laws<Policy, post>();
    seen += testing::check_policy_laws<Policy, page>();
    seen += testing::check_policy_laws<Policy, advert>();
    CHECK_MESSAGE(seen.passed(), to_string(seen));
}

TEST_CASE("settle: the winner keeps all the rest, its stamp, and whether it is deleted") {
    const record<post> base = begun<post>();
    record<post> mine = base, theirs = base;
    mine.set_written(stamp(5 << 16, replica_id(1)));
    theirs.set_written(stamp(6 << 16, replica_id(2)));
    mine.set_version(7);
    theirs.set_version(8);
    mine.value.likes.add(replica_id(1), 1);
    theirs.value.title = "theirs";
    theirs.mark_deleted(timestamp::from_microseconds(1));
    const conflict<post> c{&base, mine, theirs};
    for (const decision<post>& made :
         {last_write_wins().resolve(c), highest_version().resolve(c), merge_fields().resolve(c)}) {
        const auto left = settle(c, made);
        REQUIRE(left);
        CHECK(left->value.likes.value() == 101);
        CHECK(left->value.title == "theirs");
        CHECK(left->is_deleted());
        CHECK(left->written() == theirs.written());
        CHECK(left->version() == 8);
    }
    CHECK(!settle(c, park().resolve(c)));
    CHECK(!settle(c, decision<post>()));
}

TEST_CASE("settle: a counter that goes by the latest wins or loses with its row") {
    record<gauge> mine{.value = {.id = 1}}, theirs = mine;
    mine.value.reading.add(replica_id(1), 1);
    theirs.value.reading.add(replica_id(2), 2);
    const conflict<gauge> c{nullptr, mine, theirs};
    CHECK(settle(c, keep_mine<gauge>("r"))->value.reading.value() == 1);
    CHECK(settle(c, keep_theirs<gauge>("r"))->value.reading.value() == 2);
    CHECK(in_words(c, keep_mine<gauge>("r")).find("of both") == std::string::npos);
}

TEST_CASE("in_words: a decision says which counters and sets took part") {
    const record<post> base = begun<post>();
    record<post> mine = base, theirs = base;
    mine.value.title = "mine";
    const auto says = [&](const decision<post>& made, const char* part) {
        return in_words(conflict<post>{&base, mine, theirs}, made).find(part) != std::string::npos;
    };
    CHECK(says(keep_theirs<post>("r"), "theirs stays by r; mine was"));
    mine.value.likes.add(replica_id(1), 1);
    CHECK(says(keep_theirs<post>("r"), "theirs stays by r, likes of both; mine was"));
    CHECK(says(keep_mine<post>("r"), "mine wins by r, likes of both; mine was"));
    theirs.value.tags.erase("old 1");
    CHECK(says(keep_mine<post>("r"), "mine wins by r, likes, tags of both; mine was"));
    CHECK(says(merge_fields().resolve(conflict<post>{&base, mine, theirs}),
               "merged by merge_fields, title from mine, likes, tags of both; mine was"));
    CHECK(says(park_both<post>("r"), "parked for a person by r; mine was"));
    const record<setting> here{.value = {.id = 1, .title = "a"}}, there;
    CHECK(in_words(conflict<setting>{nullptr, here, there}, keep_theirs<setting>("r"))
              .find("theirs stays by r; mine was") != std::string::npos);
}
