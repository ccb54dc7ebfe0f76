// SPDX-License-Identifier: BSL-1.0
// Goal: JSON keeps every value, takes what RFC 8259 allows and nothing else, and says what is
// wrong. Method: random rows of an entity that has every type, spelled in other ways, cut off and
// changed; and a list of inputs with the answers that they must get.
#include "support/allocations.hpp"
#include "support/any.hpp"
#include "support/bytes.hpp"
#include "support/everything.hpp"
#include <syncfw/codec/delta.hpp>
#include <syncfw/codec/json.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using syncfw::changed_fields;
using syncfw::document;
using syncfw::entity_of;
using syncfw::errc;
using syncfw::field_mask;
using syncfw::local;
using syncfw::route;
using syncfw::to_client;
using syncfw::to_server;
using tests::any;
using tests::everything;
using tests::sealed_note;
using tests::toy_cipher;
namespace json = syncfw::json;

struct page {
    std::int64_t id = 0;
    std::string title{};
    double size = 0;
    std::optional<std::string> note{};
    std::vector<tests::point> points{};
    std::int64_t credit = 7;
    std::string draft{};
    bool active = false;
    document extra{};

    static constexpr auto sync_entity = [] {
        using namespace syncfw::annotations;
        return entity<"page">(field<&page::id>(primary_key), field<&page::title>(alias("name")),
                              field<&page::credit>(server_owned), field<&page::draft>(local_only),
                              field<&page::active>(default_value(true)));
    }();
};

constexpr json::options strict{.unknown = json::members::refused,
                               .forbidden = json::members::refused};

/// The error of an input that must be refused, as people see it.
std::string refusal(std::string_view text, const json::options& rules = {}) {
    const auto row = json::decode<page>(text, rules);
    return row ? "accepted" : to_string(row.error());
}

template <route Way>
void check_round_trip() {
    CHECK(rc::check([] {
        const auto row = *any<everything>(tests::reals::finite);
        const std::string text = json::encode<Way>(row);
        const auto back = json::decode<everything, Way>(text, strict);
        if (!back) RC_FAIL(to_string(back.error()));
        const field_mask all = field_mask::first(entity_of<everything>.fields.size());
        const field_mask travels = entity_of<everything>.on(Way);
        RC_ASSERT((changed_fields(row, *back) & travels).empty());
        everything untouched;
        RC_ASSERT((changed_fields(untouched, *back) & (all - travels)).empty());
        RC_ASSERT(json::encode<Way>(*back) == text);
    }));
}

TEST_CASE("json: every value of every type comes back exactly, on every route") {
    check_round_trip<local>();
    check_round_trip<to_client>();
    check_round_trip<to_server>();
}

TEST_CASE("json: reals without a JSON text come back from a string") {
    for (const char* text :
         {R"({"size":"NaN"})", R"({"size":"Infinity"})", R"({"size":"-Infinity"})"}) {
        const auto row = json::decode<page>(text);
        REQUIRE(row.has_value());
        CHECK(json::encode(*row).find(std::string_view(text).substr(1, 10)) != std::string::npos);
    }
}

TEST_CASE("json: a real is written in its shortest text") {
    CHECK(rc::check([] {
        const double real = *rc::gen::oneOf(
            rc::gen::arbitrary<double>(),
            rc::gen::map(rc::gen::inRange<std::int64_t>(-10'000'000, 10'000'000),
                         [](std::int64_t n) { return static_cast<double>(n) / 1000; }));
        RC_PRE(real - real == 0);
        page row;
        row.size = real;
        char shortest[40];
        const std::string expected(shortest,
                                   std::to_chars(shortest, shortest + sizeof shortest, real).ptr);
        const std::string text = json::encode(row);
        const std::size_t at = text.find("\"size\":") + 7;
        const std::string written = text.substr(at, text.find(',', at) - at);
        RC_ASSERT(std::stod(written) == real);
        RC_ASSERT(written.size() <= expected.size() + 4);  // 100000 where to_chars has 1e+05
        if (real >= 0.001 && real < 1e5) RC_ASSERT(written == expected);
    }));
}

/// The members in another order, with blanks everywhere.
std::string spelled_otherwise(const document& value) {
    const auto blank = [] { return *rc::gen::element<std::string>("", " ", "\n\t", "\r\n  "); };
    std::string text = blank();
    if (const auto* members = value.members()) {
        auto shuffled = *members;
        for (std::size_t i = shuffled.size(); i > 1; --i)
            std::swap(shuffled[i - 1], shuffled[*rc::gen::inRange<std::size_t>(0, i)]);
        text += "{";
        for (std::size_t i = 0; i < shuffled.size(); ++i) {
            text += (i == 0 ? "" : ",") + blank() + json::encode(document(shuffled[i].key));
            text += blank() + ":" + spelled_otherwise(shuffled[i].value);
        }
        text += blank() + "}";
    } else if (const auto* elements = value.elements()) {
        text += "[";
        for (std::size_t i = 0; i < elements->size(); ++i)
            text += (i == 0 ? "" : ",") + spelled_otherwise((*elements)[i]);
        text += blank() + "]";
    } else {
        text += json::encode(value);
    }
    return text + blank();
}

TEST_CASE("json: members in any order and with any blanks give the same row") {
    CHECK(rc::check([] {
        // Through a document first, which takes -0 for 0 and has no integers beyond 63 bits.
        auto made = *any<everything>(tests::reals::finite);
        made.likes = {};
        made.maybe_likes.reset();
        const auto free = json::decode_document(json::encode(made));
        RC_ASSERT(free.has_value());
        const auto row = json::decode<everything>(json::encode(*free), strict);
        if (!row) RC_FAIL(to_string(row.error()));
        const auto back = json::decode<everything>(spelled_otherwise(*free), strict);
        if (!back) RC_FAIL(to_string(back.error()));
        RC_ASSERT(changed_fields(*row, *back).empty());
    }));
}

TEST_CASE("json: a text that is cut off anywhere is refused") {
    const std::string text = json::encode(everything{});
    for (std::size_t size = 0; size < text.size(); ++size) {
        const std::vector<char> exact(text.begin(), text.begin() + static_cast<long>(size));
        CHECK_FALSE(json::decode<everything>({exact.data(), size}).has_value());
    }
}

TEST_CASE("json: garbage is refused, or is a value that comes back") {
    CHECK(rc::check([] {
        const auto row = *any<everything>();
        const std::string text = tests::with_mistakes(json::encode(row));
        const std::vector<char> exact(text.begin(), text.end());
        const auto found = json::decode<everything>({exact.data(), exact.size()});
        if (!found) {
            RC_ASSERT(!found.error().message.empty());
            RC_ASSERT(found.error().line >= 1);
            return;
        }
        const auto again = json::decode<everything>(json::encode(*found), strict);
        RC_ASSERT(again.has_value());
        RC_ASSERT(json::encode(*again) == json::encode(*found));
    }));
}

TEST_CASE("json: an empty view without a place is an empty input") {
    const auto found = json::decode<everything>(std::string_view());
    REQUIRE_FALSE(found);
    CHECK(found.error().message == "expected an object, found the end of the input");
    CHECK(found.error().line == 1);
    CHECK_FALSE(json::decode_document(std::string_view()));
}

TEST_CASE("json: errors say where, and what was expected") {
    CHECK(refusal("") == "page (line 1, column 1): expected an object, found the end of the input");
    CHECK(refusal("[]") == "page (line 1, column 1): expected an object");
    CHECK(refusal("{\n  \"id\": 1.5\n}") ==
          "page.id (line 2, column 9): expected an integer, without fraction and exponent");
    CHECK(refusal(R"({"id":9223372036854775808})").find("expected an integer from -92") !=
          std::string::npos);
    CHECK(refusal(R"({"points":[{"x":1,"y":2},{"x":true}]})") ==
          "page.points[1].x (line 1, column 31): expected a number");
    CHECK(refusal(R"({"title":7})") == "page.title (line 1, column 10): expected a text");
    CHECK(refusal(R"({"extra":{"a":[1,{"b":nul}]}})") ==
          "page.extra.a[1].b (line 1, column 23): expected a value");
    CHECK(refusal(R"({"id":1} 2)") == "page (line 1, column 10): expected the end of the input");
}

TEST_CASE("json: errors in counters and sets say where, too") {
    const auto refused = [](const char* text) {
        return json::decode<everything>(text).error().field;
    };
    CHECK(refused(R"({"likes":{"value":1,"parts":[["0000000000000001",1,1.5]]}})") ==
          "likes.parts[0][2]");
    CHECK(refused(R"({"tags":{"items":["a",7],"dots":[],"seen":[]}})") == "tags.items[1]");
}

TEST_CASE("json: what RFC 8259 doesn't allow is refused") {
    for (const char* text : {"{\"id\":01}",
                             "{\"id\":+1}",
                             "{\"id\":1,}",
                             "{,}",
                             "{\"id\" 1}",
                             "{'id':1}",
                             "{id:1}",
                             "{\"size\":.5}",
                             "{\"size\":1.}",
                             "{\"size\":1e}",
                             "{\"size\":NaN}",
                             "{\"size\":0x1}",
                             "{\"size\":1e999}",
                             "{\"title\":\"\t\"}",
                             "{\"title\":\"\\x\"}",
                             "{\"title\":\"\\u12\"}",
                             "{\"title\":\"\\ud800\"}",
                             "{\"title\":\"\\udc00\\ud800\"}",
                             "{\"title\":\"\\u0000\"}",
                             "{\"title\":\"\xFF\"}",
                             "{\"title\":\"\xC0\x80\"}",
                             "{\"title\":\"\xED\xA0\x80\"}",
                             "{\"extra\":[1,]}",
                             "{\"extra\":[1 2]}",
                             "{\"extra\":{\"a\":1 \"b\":2}}",
                             "{\"zzz\":[}",
                             "{\"zzz\":{\"a\"}}",
                             "{\"zzz\":\"\xFF\"}",
                             "{\"zzz\":tru}",
                             "{\"zzz\":01}",
                             "\xEF\xBB\xBF{}",
                             "{\"id\":1",
                             "{\"id\":1}}",
                             "{\"note\":nul}",
                             "{\"id\":null}"})
        CHECK_MESSAGE(refusal(text) != "accepted", text);
}

TEST_CASE("json: escapes and pairs of surrogates are characters") {
    const auto row = json::decode<page>(R"({"\u0074itle":"\"\\\/\b\f\n\r\té\ud83d\ude00"})");
    REQUIRE(row.has_value());
    CHECK(row->title == "\"\\/\b\f\n\r\t\xC3\xA9\xF0\x9F\x98\x80");
}

TEST_CASE("json: members that come twice are refused, or the last one wins") {
    CHECK(refusal(R"({"title":"a","title":"b"})").find("comes twice") != std::string::npos);
    CHECK(refusal(R"({"title":"a","name":"b"})").find("comes twice") != std::string::npos);
    CHECK(refusal(R"({"extra":{"a":1,"a":2}})").find("twice") != std::string::npos);
    const auto row = json::decode<page>(R"({"title":"a","title":"b"})",
                                        {.repeated = json::duplicates::last_wins});
    REQUIRE(row.has_value());
    CHECK(row->title == "b");
}

TEST_CASE("json: unknown members are read over, or refused by choice") {
    const char* const text = R"({"new":{"a":[1,{"b":"c"}],"d":null},"id":3,"more":-1.5e3})";
    const auto row = json::decode<page>(text);
    REQUIRE(row.has_value());
    CHECK(row->id == 3);
    CHECK(refusal(text, strict) == "page.new (line 1, column 2): there is no such field");
}

TEST_CASE("own-fields: a client can't set what the server owns") {
    const char* const text = R"({"id":3,"credit":1000000,"title":"x"})";
    const auto row = json::decode<page, to_server>(text);
    REQUIRE(row.has_value());
    CHECK(row->credit == 7);
    CHECK(row->title == "x");
    const auto refused = json::decode<page, to_server>(text, strict);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == errc::forbidden_field);
    CHECK(refused.error().field == "credit");
    CHECK(json::decode<page, to_client>(text)->credit == 1'000'000);
    CHECK(json::encode<to_server>(page{}).find("credit") == std::string::npos);
}

TEST_CASE("own-fields: what is local never leaves the device") {
    page row;
    row.draft = "CANARY";
    CHECK(json::encode(row).find("CANARY") != std::string::npos);
    CHECK(json::encode<to_server>(row).find("CANARY") == std::string::npos);
    CHECK(json::encode<to_client>(row).find("CANARY") == std::string::npos);
    CHECK(json::decode<page, to_client>(R"({"draft":"theirs"})")->draft.empty());
}

TEST_CASE("json: what is missing gets its default, or stays as the struct has it") {
    field_mask present;
    const auto row = json::decode<page>(R"({"name":"by its alias"})", {}, {}, &present);
    REQUIRE(row.has_value());
    CHECK(row->title == "by its alias");
    CHECK(row->active);
    CHECK(row->credit == 7);
    CHECK(present.count() == 1);
    CHECK(present.test(syncfw::place_of<&page::title>));
}

TEST_CASE("json: depth and size are limited, wherever the depth is") {
    const auto nested = [](const char* name, int depth) {
        return "{\"" + std::string(name) +
               "\":" + std::string(static_cast<std::size_t>(depth), '[') +
               std::string(static_cast<std::size_t>(depth), ']') + "}";
    };
    for (const char* name : {"extra", "unknown"}) {
        CHECK(refusal(nested(name, 63)) == "accepted");
        CHECK(refusal(nested(name, 64)).find("nested too deep") != std::string::npos);
        CHECK(refusal(nested(name, 100'000)).find("nested too deep") != std::string::npos);
    }
    CHECK(refusal("{\"id\":1}", {.size_max = 7}).find("over 7 bytes") != std::string::npos);
}

TEST_CASE("json: encrypted fields are ciphertext, and come back by their key alone") {
    CHECK(rc::check([] {
        auto row = *any<sealed_note>();
        row.after = 1.5;
        row.text = "a CANARY that nobody sees";
        const toy_cipher ours(1), theirs(2);
        const auto text = json::encode(row, ours);
        RC_ASSERT(text.has_value());
        RC_ASSERT(text->find("CANARY") == std::string::npos);
        const auto back = json::decode<sealed_note>(*text, strict, ours);
        if (!back) RC_FAIL(to_string(back.error()));
        RC_ASSERT(changed_fields(row, *back).empty());
        RC_ASSERT((!json::decode<sealed_note>(*text, strict, theirs).has_value()));
    }));
}

TEST_CASE("json: a document's numbers come back as they were, or are refused") {
    const auto back = [](std::string_view text) {
        const auto value = json::decode_document(text);
        return value ? json::encode(*value) : to_string(value.error());
    };
    CHECK(back("9223372036854775807") == "9223372036854775807");
    CHECK(back("[1,1.0,-0,0.1,1e2]") == "[1,1.0,0.0,0.1,100.0]");
    CHECK(back("10000000000000000000000") == "1e+22");
    CHECK(back("9223372036854775808") == "9223372036854775808.0");  // 2^63, as a real has it
    CHECK(back("9223372036854775809").find("at most 64 bits") != std::string::npos);
    CHECK(back("12345678901234567890").find("at most 64 bits") != std::string::npos);
}

TEST_CASE("json: encoding into a used buffer allocates nothing") {
    page row;
    row.title = std::string(60, 'x');
    row.note = "a note that is longer than the small string";
    syncfw::buffer out;
    json::append(out, row);
    out.clear();
    const tests::allocations before;
    json::append(out, row);
    CHECK(before.count() == 0);
}

}  // namespace
