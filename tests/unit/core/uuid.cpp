// SPDX-License-Identifier: BSL-1.0
// Goal: an id is read and written exactly, and new ones never go back nor meet. Method: known
// texts, mutated texts, and arbitrary clocks.
#include <syncfw/core/uuid.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace syncfw::literals;
using syncfw::errc;
using syncfw::uuid;
using bytes16 = std::array<std::uint8_t, 16>;
using bytes10 = std::array<std::uint8_t, 10>;

constexpr uuid sample = "0192f0c1-7a3b-7c4d-8e5f-60718293a4b5"_uuid;
static_assert(sample.version() == 7);
static_assert(sample.bytes()[0] == 0x01 && sample.bytes()[15] == 0xB5);
static_assert(uuid{}.is_nil() && !sample.is_nil());
static_assert(uuid{} < sample);
static_assert(sample == "0192F0C1-7A3B-7C4D-8E5F-60718293A4B5"_uuid);

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// The grammar, said in the slowest way.
bool is_uuid_text(const std::string& text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < 36; ++i) {
        const bool is_hyphen_place = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_hyphen_place ? text[i] != '-' : !is_hex(text[i])) return false;
    }
    return true;
}

TEST_CASE("uuid: what is written is read back, and texts order like ids") {
    CHECK(rc::check([](const bytes16& a, const bytes16& b) {
        const uuid left(a);
        const uuid right(b);
        const std::string text = to_string(left);
        RC_ASSERT(is_uuid_text(text));
        RC_ASSERT(uuid::parse(text).value() == left);
        std::string upper = text;
        for (char& c : upper) c = static_cast<char>(std::toupper(c));
        RC_ASSERT(uuid::parse(upper).value() == left);
        RC_ASSERT((left < right) == (text < to_string(right)));
        RC_ASSERT((left == right) == (text == to_string(right)));
    }));
}

TEST_CASE("uuid: write() fills exactly 36 characters") {
    char out[40];
    std::fill(std::begin(out), std::end(out), '#');
    CHECK(sample.write(out + 1) == out + 37);
    CHECK(std::string(out, 40) == "#0192f0c1-7a3b-7c4d-8e5f-60718293a4b5###");
}

TEST_CASE("uuid: any one changed character is refused, unless it is a digit") {
    const std::string good = to_string(sample);
    for (std::size_t place = 0; place < good.size(); ++place) {
        for (int c = 0; c < 256; ++c) {
            std::string text = good;
            text[place] = static_cast<char>(c);
            uuid out = sample;
            const bool parsed = uuid::parse(text, out);
            REQUIRE(parsed == is_uuid_text(text));
            if (!parsed) REQUIRE(out == sample);
        }
    }
}

TEST_CASE("uuid: the fast reader agrees with the one for constant expressions") {
    CHECK(rc::check([](const std::array<char, 36>& raw) {
        std::string text(raw.data(), raw.size());
        for (const std::size_t place : syncfw::detail::uuid_hyphens) text[place] = '-';
        bytes16 bytes{};
        uuid out;
        const bool expected = syncfw::detail::parse_uuid_bytewise(text.data(), bytes);
        RC_ASSERT(uuid::parse(text, out) == expected);
        if (expected) RC_ASSERT(out == uuid(bytes));
    }));
}

TEST_CASE("uuid: a refusal says what was expected and at which character") {
    const auto message = [](std::string_view text) {
        const auto parsed = uuid::parse(text);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error().code == errc::malformed);
        return parsed.error().message;
    };
    CHECK(message("").starts_with("expected a hexadecimal digit at character 1 "));
    CHECK(message("0192f0c17a3b7c4d8e5f60718293a4b5").starts_with("expected '-' at character 9 "));
    CHECK(message("0192f0c1-7a3g-7c4d-8e5f-60718293a4b5")
              .starts_with("expected a hexadecimal digit at character 13 "));
    CHECK(message("0192f0c1-7a3b-7c4d-8e5f-60718293a4b50")
              .starts_with("expected the end of the UUID at character 37 "));
    CHECK(message("{0192f0c1-7a3b-7c4d-8e5f-60718293a4b5}").starts_with("expected a hexa"));
    CHECK(message("------------------------------------").starts_with("expected a hexa"));
}

TEST_CASE("uuid v4: keeps the chance, sets version and variant") {
    bytes16 all{};
    all.fill(0xFF);
    CHECK(to_string(syncfw::make_uuid_v4(all)) == "ffffffff-ffff-4fff-bfff-ffffffffffff");
    CHECK(to_string(syncfw::make_uuid_v4({})) == "00000000-0000-4000-8000-000000000000");
}

TEST_CASE("uuid v7: carries the milliseconds, version and variant") {
    syncfw::uuid_v7_generator ids;
    bytes10 chance{};
    chance.fill(0xFF);
    CHECK(to_string(ids.next(0x0192'F0C1'7A3B, chance)) == "0192f0c1-7a3b-77ff-bfff-ffffffffffff");
    CHECK(to_string(ids.next(0x0192'F0C1'7A3C, {})) == "0192f0c1-7a3c-7000-8000-000000000000");
}

TEST_CASE("uuid v7: never goes back, whatever the clock does") {
    CHECK(rc::check([](const std::vector<std::pair<std::int64_t, bytes10>>& calls) {
        syncfw::uuid_v7_generator ids;
        uuid last;
        for (const auto& [milliseconds, chance] : calls) {
            const uuid next = ids.next(milliseconds, chance);
            RC_ASSERT(next > last);
            RC_ASSERT(next.version() == 7);
            RC_ASSERT((next.bytes()[8] & 0xC0) == 0x80);
            last = next;
        }
    }));
}

TEST_CASE("uuid v7: a full counter carries into the milliseconds") {
    syncfw::uuid_v7_generator ids;
    bytes10 chance{};
    chance.fill(0xFF);
    uuid last = ids.next(1'000, chance);
    for (int i = 0; i < 100'000; ++i) {
        const uuid next = ids.next(-1, chance);
        REQUIRE(next > last);
        last = next;
    }
    // 16 a step from 0x7FFF: the counter went round 24 times.
    CHECK(last.bytes()[4] * 256 + last.bytes()[5] == 1'000 + 24);
}

TEST_CASE("uuid v7: at the clock's end there is room for centuries of ids") {
    syncfw::uuid_v7_generator ids;
    const uuid first = ids.next(INT64_MAX, {});
    const uuid second = ids.next(INT64_MAX, {});
    CHECK(first < second);
    CHECK(first < "f0000000-0000-7000-8000-000000000000"_uuid);
}

TEST_CASE("new_uuid: unique and rising, across four threads") {
    constexpr std::size_t per_thread = 5'000;
    std::vector<std::vector<uuid>> made(4);
    std::vector<std::thread> threads;
    for (std::vector<uuid>& mine : made)
        threads.emplace_back([&mine] {
            for (std::size_t i = 0; i < per_thread; ++i) mine.push_back(syncfw::new_uuid());
        });
    for (std::thread& thread : threads) thread.join();

    std::set<uuid> all;
    for (const std::vector<uuid>& mine : made) {
        CHECK(std::is_sorted(mine.begin(), mine.end()));
        all.insert(mine.begin(), mine.end());
    }
    CHECK(all.size() == 4 * per_thread);
    CHECK(syncfw::new_uuid() > *all.rbegin());
}

TEST_CASE("new_uuid: a process and its fork() make different ids") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    (void)syncfw::new_uuid();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        for (int i = 0; i < 100; ++i) {
            const uuid id = syncfw::new_uuid();
            if (::write(ends[1], id.bytes().data(), 16) != 16) ::_exit(1);
        }
        ::_exit(0);
    }
    std::set<uuid> all;
    for (int i = 0; i < 100; ++i) all.insert(syncfw::new_uuid());
    for (int i = 0; i < 100; ++i) {
        bytes16 bytes{};
        REQUIRE(::read(ends[0], bytes.data(), 16) == 16);
        all.insert(uuid(bytes));
    }
    CHECK(::waitpid(child, nullptr, 0) == child);
    CHECK(all.size() == 200);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("uuid: equal ids hash alike, ids in a row don't") {
    std::set<std::size_t> hashes;
    bytes16 bytes{};
    for (int i = 0; i < 10'000; ++i) {
        bytes[15] = static_cast<std::uint8_t>(i);
        bytes[14] = static_cast<std::uint8_t>(i >> 8);
        hashes.insert(std::hash<uuid>{}(uuid(bytes)));
    }
    CHECK(hashes.size() == 10'000);
    CHECK(std::hash<uuid>{}(uuid(bytes)) == std::hash<uuid>{}(uuid(bytes)));
}

}  // namespace
