// SPDX-License-Identifier: BSL-1.0
// Goal: policies decide as their page says, and those that say so don't depend on order. Method:
// random rows of an entity that has every type, each pair seen from both sides.
#include "support/any.hpp"
#include "support/everything.hpp"
#include <syncfw/codec/delta.hpp>
#include <syncfw/conflict/policies.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace {

using namespace syncfw;
using tests::any;
using tests::everything;

using row = record<everything>;

// What the engine does before a row is stored: work on counters and sets gets its device's name.
template <class V>
void attribute(V& value, replica_id origin) {
    if constexpr (detail::is_specialisation<V, std::optional>) {
        if (value) attribute(*value, origin);
    } else if constexpr (requires { value.attribute_to(origin); }) {
        if (value.has_unattributed()) value.attribute_to(origin);
    }
}

row any_row() {
    row made{.value = *any<everything>()};
    // Few stamps and versions, so that they meet.
    made.set_written(stamp(static_cast<std::uint64_t>(*rc::gen::inRange(1, 4)) << 16,
                           replica_id(static_cast<std::uint64_t>(*rc::gen::inRange(1, 4)))));
    made.set_version(*rc::gen::inRange(1, 4));
    detail::with_members(
        made.value, [&](auto&... members) { (attribute(members, made.written().origin()), ...); });
    return made;
}

// Some of the fields as another row has them.
row edited(const row& from) {
    row made = from;
    const row other = any_row();
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        ((*rc::gen::inRange(0, 4) == 0
              ? void(detail::member_at<I>(made.value) = detail::member_at<I>(other.value))
              : void()),
         ...);
    }(std::make_index_sequence<detail::member_count<everything>>());
    made.value.id = from.value.id;
    made.set_written(other.written());
    return made;
}

template <class Policy>
row settled(const row& mine, const row& theirs, const row* base = nullptr) {
    const conflict<everything> c{base, mine, theirs};
    const auto made = settle(c, Policy().resolve(c));
    RC_ASSERT(made.has_value());
    return *made;
}

bool is_same(const row& a, const row& b) {
    return changed_fields(a.value, b.value).empty() && a.written() == b.written();
}

// Two writes with one stamp are one write.
void give_own_stamps(row& a, row& b, row& c) {
    std::uint64_t place = 0;
    for (row* each : {&a, &b, &c})
        each->set_written(stamp(each->written().value(),
                                replica_id(each->written().origin().value() * 4 + ++place)));
}

}  // namespace

TEST_CASE_TEMPLATE(
    "merge laws: policies that are order-independent are commutative, associative "
    "and idempotent",
    Policy, last_write_wins, highest_version) {
    static_assert(is_order_independent<Policy, everything>);
    CHECK(rc::check([] {
        row a = any_row(), b = any_row(), c = any_row();
        give_own_stamps(a, b, c);
        RC_ASSERT(is_same(settled<Policy>(a, a), a));
        RC_ASSERT(is_same(settled<Policy>(a, b), settled<Policy>(b, a)));
        RC_ASSERT(is_same(settled<Policy>(settled<Policy>(a, b), c),
                          settled<Policy>(a, settled<Policy>(b, c))));
    }));
}

TEST_CASE("policies: who wins") {
    CHECK(rc::check([] {
        const row mine = any_row(), theirs = any_row();
        const conflict<everything> c{nullptr, mine, theirs};
        RC_ASSERT(server_wins().resolve(c).made == outcome::theirs);
        RC_ASSERT(client_wins().resolve(c).made == outcome::mine);
        RC_ASSERT(park().resolve(c).made == outcome::parked);
        RC_ASSERT((last_write_wins().resolve(c).made == outcome::mine) ==
                  (mine.written() > theirs.written()));
        const auto by_version = highest_version().resolve(c).made;
        if (mine.version() != theirs.version())
            RC_ASSERT((by_version == outcome::mine) == (mine.version() > theirs.version()));
    }));
}

TEST_CASE("policies: the first that decides, and a policy for each entity") {
    constexpr auto hesitant = [](const conflict<everything>&) { return decision<everything>(); };
    constexpr auto for_others = [](const conflict<outcome>&) { return decision<outcome>(); };
    const row mine, theirs;
    const conflict<everything> c{nullptr, mine, theirs};
    CHECK(decided_by<hesitant>().resolve(c).made == outcome::undecided);
    CHECK(decided_by<for_others>().resolve(c).made == outcome::undecided);
    CHECK(first_of<decided_by<hesitant>, decided_by<for_others>, park, client_wins>()
              .resolve(c)
              .made == outcome::parked);
    using each = per_entity<on<everything, last_write_wins>, otherwise<server_wins>>;
    CHECK(each().resolve(c).rule == "last_write_wins");
    static_assert(is_order_independent<each, everything>);
    static_assert(!is_order_independent<per_entity<otherwise<server_wins>>, everything>);
}

TEST_CASE("merge_fields: what one side changed is taken from there, the rest by its rule") {
    CHECK(rc::check([] {
        const row base = any_row();
        row mine = edited(base), theirs = edited(base);
        theirs.value.is_deleted = mine.value.is_deleted = base.value.is_deleted;
        const conflict<everything> c{&base, mine, theirs};
        const auto decided = merge_fields().resolve(c);
        if (decided.made == outcome::parked) {
            // Only texts and documents can't be merged.
            RC_ASSERT(!decided.fields.empty());
            return;
        }
        const auto merged = settle(c, decided);
        const field_mask by_mine = changed_fields(base.value, mine.value);
        const field_mask by_theirs = changed_fields(base.value, theirs.value);
        const field_mask not_mine = changed_fields(merged->value, mine.value);
        const field_mask not_theirs = changed_fields(merged->value, theirs.value);
        for (std::size_t i = 0; i < entity_of<everything>.fields.size(); ++i) {
            const field_info& field = entity_of<everything>.fields[i];
            if (field.is_mergeable() || field.has(meaning::version)) continue;
            if (!by_mine.test(i)) RC_ASSERT(!not_theirs.test(i));
            if (by_mine.test(i) && !by_theirs.test(i) && !field.is_server_owned() &&
                !field.has(meaning::soft_delete))
                RC_ASSERT(!not_mine.test(i));
            if (field.is_server_owned()) RC_ASSERT(!not_theirs.test(i));
        }
    }));
}

TEST_CASE("merge_fields: both sides come to the same row, and again to the same") {
    CHECK(rc::check([] {
        const row base = any_row();
        row mine = edited(base), theirs = edited(base), unused = base;
        give_own_stamps(mine, theirs, unused);
        // What the server owns is its own on both sides.
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((entity_of<everything>.fields[I].is_server_owned()
                  ? void(detail::member_at<I>(mine.value) = detail::member_at<I>(theirs.value))
                  : void()),
             ...);
        }(std::make_index_sequence<detail::member_count<everything>>());
        const conflict<everything> here{&base, mine, theirs}, there{&base, theirs, mine};
        const auto one = settle(here, merge_fields().resolve(here));
        const auto other = settle(there, merge_fields().resolve(there));
        RC_ASSERT(one.has_value() == other.has_value());
        if (!one) return;
        if (!is_same(*one, *other))
            RC_FAIL(detail::field_names<everything>(changed_fields(one->value, other->value)));
        const conflict<everything> again{&base, *one, *one};
        RC_ASSERT(merge_fields().resolve(again).made == outcome::theirs);
    }));
}

TEST_CASE("no-resurrection: merge_fields lets a deletion win over an edit, from either side") {
    const row base;
    row gone = base, changed = base;
    gone.mark_deleted(timestamp::from_microseconds(1));
    changed.value.text = "edited";
    changed.set_written(stamp(std::uint64_t{9} << 16, replica_id(9)));
    CHECK(merge_fields().resolve(conflict<everything>{&base, gone, changed}).made == outcome::mine);
    CHECK(merge_fields().resolve(conflict<everything>{&base, changed, gone}).made ==
          outcome::theirs);
}

TEST_CASE("policies: a decision explains itself") {
    row mine, theirs;
    mine.set_written(stamp(std::uint64_t{1'700'000'000'000} << 16, replica_id(0xAB)));
    mine.value.text = "new";
    const conflict<everything> c{nullptr, mine, theirs};
    CHECK(
        in_words(c, merge_fields().resolve(c)) ==
        "everything[00000000-0000-0000-0000-000000000000]: merged by merge_fields, text from mine; "
        "mine was written 2023-11-14T22:13:20.000000Z by 00000000000000ab, theirs "
        "1970-01-01T00:00:00.000000Z by 0000000000000000");
}
