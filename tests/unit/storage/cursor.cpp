// SPDX-License-Identifier: BSL-1.0
// Goal: a cursor means one place of one feed to the store that gave it, and nothing to anybody
// else. Method: properties, and the published vector of the mark's function.
#include <syncfw/core/detail/siphash.hpp>
#include <syncfw/storage/cursor.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace syncfw;

store_identity identity_of(std::uint8_t seed) {
    std::array<std::uint8_t, 16> history{};
    history.fill(seed);
    store_identity made{.history = make_uuid_v4(history)};
    made.cursor_key.fill(static_cast<std::byte>(seed));
    return made;
}

const tenant_id one("one");
const tenant_id two("two");
const store_identity here = identity_of(1);
const cursor_scope scope{one, 7, here};
constexpr std::int64_t end = 1'000'000;

}  // namespace

TEST_CASE("cursor: gives its place back, to the store that gave it") {
    rc::check([] {
        const auto place = *rc::gen::inRange<std::int64_t>(0, end);
        const auto read = read_cursor(scope, write_cursor(scope, place), end);
        RC_ASSERT(read.has_value());
        RC_ASSERT(*read == place);
    });
    CHECK(*read_cursor(scope, "", end) == 0);
    CHECK(read_cursor(scope, write_cursor(scope, -1), end).error().code == errc::malformed);
}

TEST_CASE("cursor: none with a changed character is accepted") {
    rc::check([] {
        const auto place = *rc::gen::inRange<std::int64_t>(0, end);
        std::string text = write_cursor(scope, place);
        const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
        const char changed = *rc::gen::elementOf(std::string("0123456789abcdefx "));
        RC_PRE(changed != text[at]);
        text[at] = changed;
        RC_ASSERT(!read_cursor(scope, text, end).has_value());
    });
    std::string cut = write_cursor(scope, 5);
    cut.pop_back();
    CHECK(read_cursor(scope, cut, end).error().code == errc::malformed);
}

TEST_CASE("cursor: another's is refused, another history's asks to resynchronise") {
    const std::string text = write_cursor(scope, 5);
    CHECK(read_cursor({two, 7, here}, text, end).error().code == errc::malformed);
    CHECK(read_cursor({one, 8, here}, text, end).error().code == errc::resynchronise);
    const store_identity other = identity_of(2);
    CHECK(read_cursor({one, 7, other}, text, end).error().code == errc::resynchronise);
    store_identity forged = here;
    forged.cursor_key = other.cursor_key;
    CHECK(read_cursor({one, 7, forged}, text, end).error().code == errc::malformed);
}

TEST_CASE("cursor: beyond the feed's end the answer is to resynchronise, never nothing new") {
    const std::string text = write_cursor(scope, 5);
    CHECK(read_cursor(scope, text, 4).error().code == errc::resynchronise);
    CHECK(*read_cursor(scope, text, 5) == 5);
}

TEST_CASE("cursor: the mark is SipHash-2-4 of 128 bits") {
    std::array<std::byte, 16> key{};
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i);
    constexpr unsigned char expected[] = {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6,
                                          0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93};
    const auto mark = detail::siphash(key).mark("");
    for (std::size_t i = 0; i < 16; ++i) CHECK(mark[i] == std::byte{expected[i]});
}
