// SPDX-License-Identifier: BSL-1.0
// Goal: no addition is lost or counted twice, however replicas merge. Method: the merge laws over
// arbitrary parts, and random histories delivered in any order, with duplicates.
#include <syncfw/core/counter.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <map>
#include <vector>

namespace {

using syncfw::counter;
using syncfw::counter_part;
using syncfw::errc;
using syncfw::replica_id;

counter any_counter() {
    const auto amounts =
        *rc::gen::arbitrary<std::map<std::uint8_t, std::pair<std::uint64_t, bool>>>();
    std::vector<counter_part> parts;
    for (const auto& [replica, amount] : amounts)
        parts.push_back({.replica = replica_id(replica + std::uint64_t{1}),
                         .added = amount.second ? amount.first : amount.first / 3,
                         .removed = amount.second ? 1 : amount.first / 2 + 1});
    return counter::from_parts(parts).value();
}

counter merged(counter left, const counter& right) {
    left.merge(right);
    return left;
}

TEST_CASE("counter: merge is commutative, associative and idempotent") {
    CHECK(rc::check([] {
        const counter a = any_counter();
        const counter b = any_counter();
        const counter c = any_counter();
        RC_ASSERT(merged(a, b) == merged(b, a));
        RC_ASSERT(merged(merged(a, b), c) == merged(a, merged(b, c)));
        RC_ASSERT(merged(a, a) == a);
        RC_ASSERT(merged(merged(a, b), b) == merged(a, b));
        RC_ASSERT(counter::from_parts(merged(a, b).parts()).value() == merged(a, b));
    }));
}

TEST_CASE("counter: replicas that saw each other hold the sum of all that was added") {
    CHECK(rc::check([] {
        std::vector<counter> replicas(3);
        std::vector<counter> sent;
        std::int64_t sum = 0;
        const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-50, 50));
        for (const int amount : steps) {
            const auto at = *rc::gen::inRange<std::size_t>(0, 3);
            counter& mine = replicas[at];
            mine += amount;
            mine.attribute_to(replica_id(at + 1));
            sum += amount;
            sent.push_back(mine);
            mine.merge(sent[*rc::gen::inRange<std::size_t>(0, sent.size())]);
        }
        for (counter& mine : replicas) {
            for (const std::size_t i : *rc::gen::container<std::vector<std::size_t>>(
                     rc::gen::inRange<std::size_t>(0, sent.size() + 1)))
                if (i < sent.size()) mine.merge(sent[i]);
            for (auto message = sent.rbegin(); message != sent.rend(); ++message)
                mine.merge(*message);
            RC_ASSERT(mine.value() == sum);
            RC_ASSERT(mine == replicas[0]);
        }
    }));
}

TEST_CASE("counter: what is not attributed counts here, and is not shared") {
    counter mine;
    mine += 5;
    mine -= 2;
    CHECK(mine.value() == 3);
    CHECK(mine.has_unattributed());
    counter theirs;
    theirs.add(replica_id(2), 10);
    theirs += 100;

    counter both = mine;
    both.merge(theirs);
    CHECK(both.value() == 13);
    CHECK(merged(both, theirs) == both);
    both.attribute_to(replica_id(1));
    CHECK_FALSE(both.has_unattributed());
    CHECK(both.parts() == std::vector<counter_part>{{replica_id(1), 5, 2}, {replica_id(2), 10, 0}});
    both.attribute_to(replica_id(1));
    CHECK(both.value() == 13);
}

TEST_CASE("counter: two copies of one row, merged with the stored one before, lose nothing") {
    const replica_id self(1);
    counter stored;
    stored.add(self, 10);
    counter first = stored;
    counter second = stored;
    first += 1;
    second += 2;
    for (counter* each : {&first, &second}) {
        each->merge(stored);
        each->attribute_to(self);
        stored = *each;
    }
    CHECK(stored.value() == 13);
}

TEST_CASE("counter: sums stop at the ends") {
    counter most;
    most.add(replica_id(1), INT64_MAX);
    most.add(replica_id(2), INT64_MAX);
    CHECK(most.value() == INT64_MAX);
    most.add(replica_id(1), INT64_MAX);
    most.add(replica_id(1), INT64_MAX);
    CHECK(most.parts()[0].added == UINT64_MAX);
    counter least;
    least += INT64_MIN;
    CHECK(least.value() == INT64_MIN);
    least += INT64_MIN;
    least += INT64_MIN;
    CHECK(least.value() == INT64_MIN);
    least.attribute_to(replica_id(1));
    least -= INT64_MIN;
    CHECK(least.value() == INT64_MIN + 1);
    CHECK(counter::from_parts({{replica_id(1), UINT64_MAX, 0},
                               {replica_id(2), UINT64_MAX, 0},
                               {replica_id(3), 7, UINT64_MAX},
                               {replica_id(4), 0, UINT64_MAX}})
              .value()
              .value() == 7);
}

TEST_CASE("counter: adding nothing leaves no part") {
    counter none;
    none += 0;
    none.add(replica_id(1), 0);
    CHECK(none == counter{});
}

TEST_CASE("counter: parts out of order, twice or empty are refused") {
    const auto code = [](std::vector<counter_part> parts) {
        return counter::from_parts(std::move(parts)).error().code;
    };
    CHECK(code({{replica_id(2), 1, 0}, {replica_id(1), 1, 0}}) == errc::invalid_value);
    CHECK(code({{replica_id(1), 1, 0}, {replica_id(1), 1, 0}}) == errc::invalid_value);
    CHECK(code({{replica_id(1), 0, 0}}) == errc::invalid_value);
    CHECK(counter::from_parts({{replica_id(), 1, 0}, {replica_id(1), 1, 0}}).has_value());
}

}  // namespace
