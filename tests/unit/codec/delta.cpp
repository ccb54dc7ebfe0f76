// SPDX-License-Identifier: BSL-1.0
// Goal: a delta says exactly what changed, and sets that and nothing else. Method: random pairs of
// rows; the bytes of each field alone are the judge of whether it changed.
#include "support/allocations.hpp"
#include "support/any.hpp"
#include "support/bytes.hpp"
#include "support/everything.hpp"
#include <syncfw/codec/delta.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace {

using syncfw::buffer;
using syncfw::changed_fields;
using syncfw::entity_of;
using syncfw::errc;
using syncfw::field_mask;
using syncfw::local;
using syncfw::place_of;
using syncfw::route;
using syncfw::to_client;
using syncfw::to_server;
using tests::any;
using tests::everything;
using tests::sealed_note;
using tests::toy_cipher;
namespace binary = syncfw::binary;

constexpr std::size_t field_count = entity_of<everything>.fields.size();

/// Each field's bytes.
std::vector<std::string> values_of(const everything& row) {
    return syncfw::detail::with_members(row, [](const auto&... m) {
        const auto bytes = [](const auto& v) {
            std::string out(syncfw::detail::binary::bound(v), '\0');
            const char* const end = syncfw::detail::binary::put(out.data(), v);
            out.resize(static_cast<std::size_t>(end - out.data()));
            return out;
        };
        return std::vector<std::string>{bytes(m)...};
    });
}

/// `row` with some fields, each with this chance in a hundred, taken from another.
everything with_changes(everything row, int percent) {
    auto other = *any<everything>();
    field_mask which;
    for (std::size_t i = 0; i < field_count; ++i)
        if (*rc::gen::inRange(0, 100) < percent) which.set(i);
    syncfw::detail::binary::swap_fields(row, other, which);
    return row;
}

TEST_CASE("changed_fields: exactly those whose bytes differ") {
    CHECK(rc::check([] {
        const auto before = *any<everything>();
        const auto after = with_changes(before, *rc::gen::element(0, 3, 50, 100));
        const auto old_values = values_of(before);
        const auto new_values = values_of(after);
        const field_mask changed = changed_fields(before, after);
        for (std::size_t i = 0; i < field_count; ++i)
            RC_ASSERT(changed.test(i) == (old_values[i] != new_values[i]));
    }));
}

TEST_CASE("changed_fields: reals are told apart by their bits") {
    everything a, b;
    a.real_64 = b.real_64 = std::numeric_limits<double>::quiet_NaN();
    a.reals = b.reals = {std::nanf("1")};
    a.home.place.x = b.home.place.x = std::nan("2");
    CHECK(changed_fields(a, b).empty());
    b.real_64 = -b.real_64;
    CHECK(changed_fields(a, b).count() == 1);
    b = a;
    b.real_32 = -0.0F;
    CHECK(changed_fields(a, b).test(place_of<&everything::real_32>));
    b = a;
    b.home.place.x = std::nan("3");
    CHECK(changed_fields(a, b).test(place_of<&everything::home>));
}

TEST_CASE("changed_fields: the knowledge of sets and counters counts, not only their values") {
    everything a, b;
    a.tags.insert("x");
    a.tags.attribute_to(syncfw::replica_id(1));
    b = a;
    b.tags.insert("x");
    b.tags.attribute_to(syncfw::replica_id(2));
    CHECK(changed_fields(a, b).test(place_of<&everything::tags>));
    b = a;
    b.likes.add(syncfw::replica_id(1), 1);
    b.likes.add(syncfw::replica_id(1), -1);
    CHECK(changed_fields(a, b).test(place_of<&everything::likes>));
}

template <route Way>
void check_round_trip() {
    CHECK(rc::check([] {
        const auto before = *any<everything>();
        const auto after = with_changes(before, *rc::gen::element(0, 3, 50, 100));
        const field_mask changed = changed_fields(before, after) & entity_of<everything>.on(Way);
        const std::string bytes = binary::encode_delta<Way>(before, after);

        auto target = *any<everything>();
        const everything untouched = target;
        const auto set = binary::apply_delta<Way>(bytes, target);
        RC_ASSERT(set.has_value());
        RC_ASSERT(*set == changed);
        RC_ASSERT((changed_fields(target, after) & changed).empty());
        RC_ASSERT((changed_fields(target, untouched) - changed).empty());
    }));
}

TEST_CASE("delta: sets what changed and touches nothing else, on every route") {
    check_round_trip<local>();
    check_round_trip<to_client>();
    check_round_trip<to_server>();
}

TEST_CASE("delta: what is cut off or garbage leaves the target as it was") {
    CHECK(rc::check([] {
        const auto before = *any<everything>();
        const auto after = with_changes(before, 20);
        std::string bytes = binary::encode_delta(before, after);
        const auto size = *rc::gen::inRange<std::size_t>(0, bytes.size());
        const bool is_cut = *rc::gen::arbitrary<bool>();
        bytes = is_cut ? bytes.substr(0, size) : tests::with_mistakes(bytes);
        auto target = before;
        const auto set = binary::apply_delta(bytes, target);
        RC_ASSERT(!is_cut || !set.has_value());
        if (!set) {
            RC_ASSERT(changed_fields(before, target).empty());
            RC_ASSERT(!set.error().message.empty());
        } else {
            RC_ASSERT((changed_fields(before, target) - *set).empty());
        }
    }));
}

TEST_CASE("delta: deltas follow each other, and a failure stops them") {
    const everything before;
    everything first = before, second = before;
    first.int_32 = 5;
    second.text = "second";
    buffer page;
    binary::append_layout<everything>(page);
    binary::append_delta(page, first, changed_fields(before, first));
    binary::append_delta(page, second, changed_fields(before, second));
    binary::append_delta(page, second, {});

    everything target;
    auto reader = binary::delta_reader<everything>::open(page.view()).value();
    CHECK(reader.apply_next(target)->test(place_of<&everything::int_32>));
    CHECK(target.int_32 == 5);
    CHECK(reader.apply_next(target)->count() == 1);
    CHECK(target.text == "second");
    CHECK(reader.apply_next(target)->empty());
    CHECK_FALSE(reader.apply_next(target).has_value());
    CHECK_FALSE(reader.failure().has_value());

    page.append("x");
    auto broken = binary::delta_reader<everything>::open(page.view()).value();
    for (int i = 0; i < 3; ++i) CHECK(broken.apply_next(target).has_value());
    CHECK_FALSE(broken.apply_next(target).has_value());
    REQUIRE(broken.failure().has_value());
    CHECK(broken.failure()->code == errc::truncated);
    CHECK(broken.rest() == "x");
}

TEST_CASE("delta: a bit for a field that the layout doesn't have is refused") {
    constexpr std::size_t size = (field_count + 7) / 8;
    static_assert(field_count % 8 != 0);
    std::string delta(size, '\0');
    delta.back() = '\x80';
    everything target;
    auto reader = binary::delta_reader<everything>::of_deltas(delta);
    CHECK_FALSE(reader.apply_next(target).has_value());
    CHECK(reader.failure()->code == errc::malformed);
}

TEST_CASE("delta: what is behind one delta is refused, and nothing is set") {
    everything after;
    after.int_32 = 7;
    everything target;
    const auto set = binary::apply_delta(binary::encode_delta({}, after) + "x", target);
    REQUIRE_FALSE(set.has_value());
    CHECK(set.error().code == errc::trailing_data);
    CHECK(target.int_32 == 0);
}

TEST_CASE("delta: the server's fields can't be set on the way to it, local ones never leave") {
    everything after;
    after.credit = 1'000'000;
    after.owner = "mallory";
    after.note_to_self = "CANARY";
    after.int_32 = 3;
    const auto forged = binary::encode_delta<to_client>({}, after);
    CHECK(forged.find("CANARY") == std::string::npos);
    everything target;
    const auto set = binary::apply_delta<to_server>(forged, target);
    REQUIRE(set.has_value());
    CHECK(set->count() == 1);
    CHECK(target.int_32 == 3);
    CHECK(target.credit == 0);
    CHECK(target.owner.empty());
    CHECK(binary::encode_delta<to_server>({}, after).find("mallory") == std::string::npos);
}

TEST_CASE("delta: encrypted fields need the key, and their plaintext is nowhere") {
    CHECK(rc::check([] {
        const auto before = *any<sealed_note>();
        auto after = before;
        after.text += "CANARY";
        after.mail = "CANARY";
        const toy_cipher cipher;
        const std::string bytes = binary::encode_delta(before, after, cipher).value();
        RC_ASSERT(bytes.find("CANARY") == std::string::npos);
        auto target = before;
        const auto wrong = binary::apply_delta(bytes, target, toy_cipher(2));
        RC_ASSERT(!wrong.has_value());
        RC_ASSERT(changed_fields(before, target).empty());
        const auto set = binary::apply_delta(bytes, target, cipher);
        RC_ASSERT(set.has_value());
        RC_ASSERT(*set == changed_fields(before, after));
        RC_ASSERT(changed_fields(target, after).empty());
    }));
}

TEST_CASE("delta: it is appended to a used buffer, and found, without asking for memory") {
    CHECK(rc::check([] {
        const auto before = *any<everything>();
        const auto after = with_changes(before, 20);
        buffer out;
        out.append(std::string(binary::encode(after).size() * 3, 'x'));
        out.clear();
        const tests::allocations start;
        const field_mask changed = changed_fields(before, after);
        binary::append_delta(out, after, changed);
        const std::size_t asked = start.count();
        RC_ASSERT(asked == 0u);
    }));
}

TEST_CASE("delta: the format stays as it is documented") {
    everything after;
    after.int_8 = -1;   // field 5
    after.flag = true;  // field 14
    buffer out;
    binary::append_delta(out, after, changed_fields({}, after));
    CHECK(tests::to_hex(out.view()) == "20 40 00 00 00 00 00 00 01 01");
    // On the way to the server, owner, version and status are not counted.
    out.clear();
    binary::append_delta<to_server>(out, after, changed_fields({}, after));
    CHECK(tests::to_hex(out.view()) == "04 08 00 00 00 00 00 01 01");
}

}  // namespace
