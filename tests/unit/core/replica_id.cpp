// SPDX-License-Identifier: BSL-1.0
#include <syncfw/core/replica_id.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <string>

namespace {

using syncfw::errc;
using syncfw::replica_id;

static_assert(!replica_id{}.is_attributed() && replica_id{1}.is_attributed());
static_assert(replica_id{1} < replica_id{2});

TEST_CASE("replica id: what is written is read back, and texts order like ids") {
    CHECK(rc::check([](std::uint64_t a, std::uint64_t b) {
        const std::string text = to_string(replica_id(a));
        RC_ASSERT(text.size() == replica_id::text_size);
        RC_ASSERT(replica_id::parse(text).value() == replica_id(a));
        RC_ASSERT((a < b) == (text < to_string(replica_id(b))));
    }));
    CHECK(to_string(replica_id(0x00E1'B2C3'D4F5'0617)) == "00e1b2c3d4f50617");
}

TEST_CASE("replica id: anything but 16 lower-case digits is refused, with the place") {
    const auto message = [](std::string_view text) {
        const auto parsed = replica_id::parse(text);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error().code == errc::malformed);
        return parsed.error().message;
    };
    CHECK(message("").starts_with("expected a lower-case hexadecimal digit at character 1 "));
    CHECK(message("00e1b2c3d4f5061")
              .starts_with("expected a lower-case hexadecimal digit at "
                           "character 16 "));
    CHECK(message("00e1b2c3d4f506177").starts_with("expected the end at character 17 "));
    CHECK(message("00E1b2c3d4f50617").ends_with("at character 3 (a replica id is 16 of them)"));
    replica_id out(5);
    CHECK_FALSE(replica_id::parse("0x00000000000001", out));
    CHECK(out == replica_id(5));
}

TEST_CASE("replica id: new ones are real and differ") {
    const replica_id first = syncfw::new_replica_id();
    CHECK(first.is_attributed());
    CHECK(first != syncfw::new_replica_id());
}

}  // namespace
