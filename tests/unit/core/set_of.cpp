// SPDX-License-Identifier: BSL-1.0
// Goal: concurrent insertions win over erasures, erased values stay away, and all replicas agree.
// Method: random histories over three replicas, delivered in any order, with duplicates.
#include <syncfw/core/set_of.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace {

using syncfw::dot;
using syncfw::errc;
using syncfw::replica_id;
using numbers = syncfw::set_of<int>;
using words = syncfw::set_of<std::string>;

static_assert(std::forward_iterator<numbers::iterator>);

template <class Set>
Set merged(Set left, const Set& right) {
    left.merge(right);
    return left;
}

/// Three replicas after a random history of insertions, erasures and merges: states that can
/// really meet.
std::vector<numbers> any_replicas(std::vector<numbers>* sent = nullptr) {
    std::vector<numbers> replicas(3);
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 9), rc::gen::inRange(0, 5)));
    for (const auto& [what, value] : steps) {
        const auto at = static_cast<std::size_t>(what % 3);
        numbers& mine = replicas[at];
        if (what < 3) mine.insert(value);
        if (what >= 3 && what < 6) mine.erase(value);
        if (what >= 6) mine.merge(replicas[static_cast<std::size_t>(value % 3)]);
        mine.attribute_to(replica_id(at + 1));
        if (sent != nullptr) sent->push_back(mine);
    }
    return replicas;
}

TEST_CASE("set_of: merge is commutative, associative and idempotent") {
    CHECK(rc::check([] {
        const std::vector<numbers> all = any_replicas();
        const numbers& a = all[0];
        const numbers& b = all[1];
        const numbers& c = all[2];
        RC_ASSERT(merged(a, b) == merged(b, a));
        RC_ASSERT(merged(merged(a, b), c) == merged(a, merged(b, c)));
        RC_ASSERT(merged(a, a) == a);
        RC_ASSERT(merged(merged(a, b), b) == merged(a, b));
        RC_ASSERT(numbers::from_state(merged(a, b).state()).value() == merged(a, b));
    }));
}

TEST_CASE("set_of: replicas agree, in whatever order and how often they hear of each other") {
    CHECK(rc::check([] {
        std::vector<numbers> sent;
        std::vector<numbers> replicas = any_replicas(&sent);
        for (numbers& mine : replicas) {
            for (const std::size_t i : *rc::gen::container<std::vector<std::size_t>>(
                     rc::gen::inRange<std::size_t>(0, sent.size() + 1)))
                if (i < sent.size()) mine.merge(sent[i]);
            for (auto message = sent.rbegin(); message != sent.rend(); ++message)
                mine.merge(*message);
        }
        RC_ASSERT(replicas[0] == replicas[1]);
        RC_ASSERT(replicas[1] == replicas[2]);
    }));
}

TEST_CASE("set_of: a concurrent insertion wins over an erasure") {
    words first{"c++"};
    first.attribute_to(replica_id(1));
    words second = first;
    first.erase("c++");
    second.insert("c++");  // It is there already; saying so again is what must win.
    second.attribute_to(replica_id(2));
    CHECK(merged(first, second).contains("c++"));
    CHECK(merged(second, first).contains("c++"));
}

TEST_CASE("set_of: what was erased stays away when an old copy comes again") {
    words first{"a", "b"};
    first.attribute_to(replica_id(1));
    const words old = first;
    CHECK(first.erase("a"));
    first.merge(old);
    CHECK_FALSE(first.contains("a"));
    CHECK(first.contains("b"));
    CHECK(merged(old, first) == first);
    first.insert("a");
    first.attribute_to(replica_id(1));
    CHECK(merged(first, old).contains("a"));
}

TEST_CASE("set_of: erasing leaves nothing behind but what was seen") {
    numbers set;
    for (int i = 0; i < 1'000; ++i) set.insert(i);
    set.attribute_to(replica_id(1));
    set.clear();
    CHECK(set.empty());
    CHECK(set.state().elements.empty());
    CHECK(set.state().seen == std::vector<dot>{{replica_id(1), 1'000}});
}

TEST_CASE("set_of: what is not attributed is here, and is not shared") {
    words mine{"mine"};
    words theirs{"theirs"};
    CHECK(mine.has_unattributed());
    CHECK(merged(mine, theirs) == mine);
    theirs.attribute_to(replica_id(2));
    mine.merge(theirs);
    CHECK(mine.contains("mine"));
    CHECK(mine.contains("theirs"));
    CHECK(merged(mine, theirs) == mine);
    CHECK(mine.erase("mine"));
    CHECK_FALSE(mine.has_unattributed());
    CHECK(mine == theirs);
}

TEST_CASE("set_of: two copies of one row, merged with the stored one before, lose nothing") {
    const replica_id self(1);
    words stored{"old", "gone"};
    stored.attribute_to(self);
    words first = stored;
    words second = stored;
    first.insert("first");
    second.insert("second");
    second.erase("gone");
    for (words* each : {&first, &second}) {
        each->merge(stored);
        each->attribute_to(self);
        stored = *each;
    }
    CHECK(std::vector<std::string>(stored.begin(), stored.end()) ==
          std::vector<std::string>{"first", "old", "second"});
}

TEST_CASE("set_of: numbers that a peer used up end nothing") {
    const replica_id self(1);
    numbers mine = numbers::from_state({.elements = {}, .seen = {{self, dot::number_max}}}).value();
    mine.insert(1);
    mine.attribute_to(self);
    CHECK(mine.contains(1));
    CHECK(numbers::from_state(mine.state()).value() == mine);
}

TEST_CASE("set_of: behaves like a set to its user") {
    words tags{"b", "a", "b"};
    CHECK(tags.size() == 2);
    CHECK(tags.insert("c"));
    CHECK_FALSE(tags.insert("c"));
    CHECK(tags.erase("a"));
    CHECK_FALSE(tags.erase("a"));
    CHECK(std::vector<std::string>(tags.begin(), tags.end()) == std::vector<std::string>{"b", "c"});
    CHECK(tags.begin()->size() == 1);
    const words none;
    CHECK(none.begin() == none.end());
    CHECK(none == words{});
}

TEST_CASE("set_of: a state that breaks a rule is refused") {
    using state = numbers::state_type;
    const replica_id one(1);
    const replica_id two(2);
    const state good{.elements = {{1, {dot{}}}, {2, {{one, 2}, {two, 1}}}},
                     .seen = {{one, 2}, {two, 5}}};
    CHECK(numbers::from_state(good).value().state() == good);
    const auto refused = [&](auto change) {
        state bad = good;
        change(bad);
        const auto made = numbers::from_state(bad);
        return !made.has_value() && made.error().code == errc::invalid_value;
    };
    CHECK(refused([](state& s) { s.elements[1].value = 1; }));
    CHECK(refused([](state& s) { s.elements[1].value = 0; }));
    CHECK(refused([](state& s) { s.elements[0].dots.clear(); }));
    CHECK(refused([](state& s) { std::swap(s.elements[1].dots[0], s.elements[1].dots[1]); }));
    CHECK(refused([](state& s) { s.elements[1].dots[1] = s.elements[1].dots[0]; }));
    CHECK(refused([](state& s) { s.elements[1].dots[0].number = 3; }));
    CHECK(refused([](state& s) { s.elements[1].dots[0].number = 0; }));
    CHECK(refused([](state& s) { s.elements[0].dots[0].number = 1; }));
    CHECK(refused([](state& s) { s.seen.pop_back(); }));
    CHECK(refused([](state& s) { std::swap(s.seen[0], s.seen[1]); }));
    CHECK(refused([](state& s) { s.seen[1] = s.seen[0]; }));
    CHECK(refused([](state& s) { s.seen.insert(s.seen.begin(), dot{}); }));
    CHECK(refused([](state& s) { s.seen[1].number = dot::number_max + 1; }));
}

}  // namespace
