// SPDX-License-Identifier: BSL-1.0
// Goal: a condition means the same on both ends of the wire, and a stranger's does no harm.
#include "support/bytes.hpp"
#include <syncfw/codec/where.hpp>
#include <syncfw/query/words.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <string_view>

namespace {

using syncfw::check;
using syncfw::checked_filter;
using syncfw::errc;
using syncfw::filter;
using syncfw::to_filter;
namespace binary = syncfw::binary;
namespace json = syncfw::json;

struct loan {
    syncfw::uuid id{};
    std::string reader{};
    std::int64_t days = 0;
    double fee = 0;
    std::optional<syncfw::timestamp> due{};
    syncfw::blob mark{};

    static constexpr auto sync_entity = [] {
        using namespace syncfw::annotations;
        return entity<"loan">(field<&loan::id>(primary_key));
    }();
};

filter any_filter() {
    using syncfw::field;
    const auto text = *rc::gen::arbitrary<std::string>();
    const auto days = *rc::gen::arbitrary<std::int64_t>();
    const auto due = syncfw::timestamp::from_microseconds(*rc::gen::arbitrary<std::int64_t>());
    switch (*rc::gen::inRange(0, 4)) {
        case 0: return to_filter(where(field<&loan::days> > days || field<&loan::due> < due));
        case 1: return to_filter(where(!(field<&loan::due>.is_null()) && field<&loan::fee> >= 0.5));
        case 2:
            return to_filter(where(field<&loan::id> == syncfw::new_uuid() &&
                                   field<&loan::mark> != syncfw::blob{std::byte{7}}));
        default: return to_filter(where(field<&loan::days>.in(days, std::int64_t{1})));
    }
}

std::string words_of(const syncfw::result<filter>& received) {
    if (!received) return to_string(received.error());
    const auto ours = check<loan>(*received);
    return ours ? in_words(*ours) : to_string(ours.error());
}

TEST_CASE("a condition means the same after it travelled, in either form") {
    CHECK(rc::check([] {
        const filter sent = any_filter();
        const auto meant = check<loan>(sent);
        RC_ASSERT(meant.has_value());
        RC_ASSERT(words_of(json::decode_filter(json::encode_filter(sent))) == in_words(*meant));
        RC_ASSERT(words_of(binary::decode_filter(binary::encode_filter(sent))) == in_words(*meant));
    }));
}

TEST_CASE("a condition that was cut off or changed is refused, or is another condition") {
    CHECK(rc::check([] {
        const std::string text = tests::with_mistakes(json::encode_filter(any_filter()));
        RC_ASSERT(!words_of(json::decode_filter(text)).empty());
        const std::string bytes = tests::with_mistakes(binary::encode_filter(any_filter()));
        RC_ASSERT(!words_of(binary::decode_filter(bytes)).empty());
    }));
}

TEST_CASE("a condition's step may leave out what it doesn't need") {
    const auto received = json::decode_filter(
        R"({"entity":"loan","steps":[{"field":"days","op":">","values":[300]},{"op":"not"}]})");
    REQUIRE(received.has_value());
    CHECK(check<loan>(*received).has_value());
}

TEST_CASE("a condition of a stranger is bounded before it is looked at") {
    CHECK(json::decode_filter(std::string(syncfw::filter_size_max + 1, ' ')).error().code ==
          errc::too_large);
    CHECK(binary::decode_filter(std::string(syncfw::filter_size_max + 1, ' ')).error().code ==
          errc::too_large);
    const std::string deep = R"({"entity":"loan","steps":[{"values":[)" + std::string(50, '[');
    CHECK(json::decode_filter(deep).error().code == errc::too_deep);
    CHECK(json::decode_filter(R"({"entity":"loan","where":[]})").error().code ==
          errc::unknown_field);
    CHECK(json::decode_filter(R"({"steps":[{"values":[{"base64":"A"}]}]})").error().code ==
          errc::invalid_value);
}

}  // namespace
