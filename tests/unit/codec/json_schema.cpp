// SPDX-License-Identifier: BSL-1.0
#include "support/json_schema.hpp"

#include <syncfw/codec/json_schema.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {
namespace schemas {

using namespace syncfw::annotations;
using syncfw::testing::json_schema_check;

enum class colour { red, green };

struct money {
    std::int64_t cents = 0;
};

struct place {
    std::string city{};
    std::optional<std::int32_t> number{};
};

struct everything {
    syncfw::uuid id{};
    std::string owner{};
    std::int64_t version = 0;
    bool is_deleted = false;
    std::int8_t small = 0;
    std::uint32_t large = 0;
    float share = 0;
    double ratio = 0.5;
    std::string title{};
    std::optional<std::string> notes{};
    std::string mail{};
    std::string isbn{};
    std::string kind{};
    colour shade = colour::green;
    std::optional<colour> other{};
    syncfw::blob picture{};
    std::optional<syncfw::timestamp> due{};
    std::vector<std::string> tags{};
    syncfw::set_of<std::string> groups{};
    syncfw::counter seen{};
    syncfw::document extra{};
    place home{};
    std::optional<place> work{};
    std::vector<place> others{};
    money price{};
    syncfw::uuid writer{};
    std::string even{};
    syncfw::secret<std::string> iban{};
    std::string scroll{};
    std::int64_t stars = 3;

    static constexpr auto sync_entity = entity<"everything">(
        field<&everything::id>(primary_key), field<&everything::owner>(tenant),
        field<&everything::version>(is::version), field<&everything::is_deleted>(soft_delete),
        field<&everything::ratio>(range(0.25, 0.75)),
        field<&everything::title>(required, length<6, 12>, is::json("theTitle")),
        field<&everything::mail>(is::email, unique, immutable),
        field<&everything::isbn>(pattern<"[0-9]{13}|">),
        field<&everything::kind>(one_of("call", "mail"), default_value("mail")),
        field<&everything::picture>(max_length<64>), field<&everything::tags>(length<0, 3>),
        field<&everything::writer>(references<&everything::id>),
        field<&everything::even>(satisfies("be even", [](const auto&) { return true; })),
        field<&everything::iban>(encrypted), field<&everything::scroll>(local_only),
        field<&everything::stars>(range(1, 5), default_value(4)));
};

struct plain {
    std::string title{};
    std::int64_t limit = 10;
    std::optional<std::string> after{};
    std::vector<plain> inside{};

    static constexpr auto sync_rules =
        rules(field<&plain::title>(required, max_length<20>), field<&plain::limit>(range(1, 100)),
              check("a title or a limit", [](const auto&) { return true; }));
};

template <class V>
struct page_of {
    std::vector<V> items{};
};
namespace other {
struct place {
    int x = 0;
};
}  // namespace other
struct places {
    place one{};
    other::place two{};
    page_of<place> three{};
};

// The part of the schema that a path of keys leads to.
std::string at(const std::string& schema, std::string_view path) {
    const json_schema_check whole(schema);
    const syncfw::document* found = whole.resolve("#/" + std::string(path));
    return found == nullptr ? "" : syncfw::json::encode(*found);
}

// The keys of an object in the order in which they stand in the text.
std::size_t place_in(const std::string& text, std::string_view key) {
    return text.find("\"" + std::string(key) + "\":");
}

}  // namespace schemas
}  // namespace

template <>
struct syncfw::value_traits<schemas::money> {
    using storage_type = std::int64_t;
    static std::int64_t to_storage(const schemas::money& value) { return value.cents; }
    static result<schemas::money> from_storage(std::int64_t cents) { return schemas::money{cents}; }
};

TEST_CASE("json schema: each type has the form that its JSON has") {
    using namespace schemas;
    const std::string all = syncfw::json::schema_of<everything>();
    const auto member = [&](std::string_view name) {
        return at(all, "$defs/everything/properties/" + std::string(name));
    };
    CHECK(member("is_deleted").find(R"("type":"boolean")") != std::string::npos);
    CHECK(member("small") ==
          R"({"examples":[-128],"format":"int32","maximum":127,"minimum":-128,"type":"integer"})");
    CHECK(member("large").find(R"("maximum":4294967295,"minimum":0)") != std::string::npos);
    CHECK(member("share").find(R"("format":"float")") != std::string::npos);
    CHECK(member("notes") == R"({"examples":["text"],"type":["string","null"]})");
    CHECK(member("shade") ==
          R"({"default":"green","enum":["red","green"],"examples":["red"],"type":"string"})");
    CHECK(member("other").find(R"("enum":["red","green",null])") != std::string::npos);
    CHECK(member("due").find(R"("format":"date-time")") != std::string::npos);
    CHECK(member("picture").find(R"("contentEncoding":"base64")") != std::string::npos);
    CHECK(member("extra") == R"({"description":"Any JSON value."})");
    CHECK(member("home") == R"({"$ref":"#/$defs/place"})");
    CHECK(member("work") == R"({"anyOf":[{"$ref":"#/$defs/place"},{"type":"null"}]})");
    CHECK(member("others") == R"({"items":{"$ref":"#/$defs/place"},"type":"array"})");
    CHECK(member("price").find(R"("format":"int64")") != std::string::npos);
    CHECK(member("groups/properties/items") == R"({"items":{"type":"string"},"type":"array"})");
    CHECK(syncfw::json::schema_of<std::vector<bool>>() ==
          R"({"$schema":"https://json-schema.org/draft/2020-12/schema",)"
          R"("type":"array","items":{"type":"boolean"}})");
}

TEST_CASE("json schema: an entity's says what its declaration says") {
    using namespace schemas;
    const std::string all = syncfw::json::schema_of<everything>();
    const auto member = [&](std::string_view name) {
        return at(all, "$defs/everything/properties/" + std::string(name));
    };
    CHECK(member("theTitle") ==
          R"({"examples":["text text"],"maxLength":12,"minLength":6,"type":"string"})");
    CHECK(member("title").empty());
    CHECK(member("scroll").empty());
    CHECK(member("ratio").find(R"("maximum":0.75,"minimum":0.25)") != std::string::npos);
    CHECK(member("mail").find(R"("format":"email")") != std::string::npos);
    CHECK(member("mail").find("Never changes once it is set. No two rows have the same.") !=
          std::string::npos);
    CHECK(member("isbn") == R"({"pattern":"^(?:[0-9]{13}|)$","type":"string"})");
    CHECK(member("kind") ==
          R"({"default":"mail","enum":["call","mail"],"examples":["call"],"type":"string"})");
    CHECK(member("stars").find(R"("default":4)") != std::string::npos);
    CHECK(member("tags").find(R"("maxItems":3)") != std::string::npos);
    CHECK(member("picture").find("Has 0 to 64 bytes.") != std::string::npos);
    CHECK(member("writer").find("The id of a row of everything.") != std::string::npos);
    CHECK(member("even") == R"({"description":"Must be even.","type":"string"})");
    for (const char* name : {"owner", "version"})
        CHECK_MESSAGE(member(name).find(R"("readOnly":true)") != std::string::npos, name);
    CHECK(member("stars").find("readOnly") == std::string::npos);
    CHECK(at(all, "$defs/everything/required") == R"(["theTitle"])");
    // In declared order, by which people read.
    CHECK(place_in(all, "version") < place_in(all, "small"));
    CHECK(place_in(all, "theTitle") < place_in(all, "mail"));
}

TEST_CASE("T24: of what is encrypted or secret the schema tells no example") {
    using namespace schemas;
    const std::string all = syncfw::json::schema_of<everything>();
    CHECK(at(all, "$defs/everything/properties/iban") ==
          R"({"contentEncoding":"base64","description":"Encrypted: the base64 of a ciphertext, )"
          R"(another one each time.","type":"string"})");
    CHECK(syncfw::json::schema_of<syncfw::secret<std::string>>().find(
              R"("type":"string","format":"password","writeOnly":true})") != std::string::npos);
}

TEST_CASE("json schema: what is sent has rules and defaults, what is given is all there") {
    using namespace schemas;
    const std::string sent = syncfw::json::schema_of<plain>(syncfw::json::way::sent);
    CHECK(at(sent, "$defs/plain/required") == R"(["title"])");
    CHECK(at(sent, "$defs/plain/properties/limit")
              .find(R"("default":10,"examples":[10],"format":"int64","maximum":100,"minimum":1)") !=
          std::string::npos);
    CHECK(at(sent, "$defs/plain/properties/title").find(R"("minLength":1)") != std::string::npos);
    CHECK(at(sent, "$defs/plain/properties/inside/items") == R"({"$ref":"#/$defs/plain"})");
    CHECK(at(sent, "$defs/plain/description") == R"("a title or a limit.")");
    const std::string given = syncfw::json::schema_of<plain>();
    CHECK(at(given, "$defs/plain/required") == R"(["title","limit","after","inside"])");
    CHECK(given.find("\"default\"") == std::string::npos);
}

TEST_CASE("json schema: types of the same name are told apart, and each is there once") {
    using namespace schemas;
    const std::string all = syncfw::json::schema_of<places>();
    CHECK(at(all, "$defs/places/properties/one") == R"({"$ref":"#/$defs/place"})");
    CHECK(at(all, "$defs/places/properties/two") == R"({"$ref":"#/$defs/place_2"})");
    CHECK(at(all, "$defs/places/properties/three") == R"({"$ref":"#/$defs/page_of_place"})");
    CHECK(at(all, "$defs/place_2/properties/x").find("int32") != std::string::npos);
    CHECK(at(all, "$defs/place_3").empty());
    syncfw::json::schema_set set("#/");
    CHECK(set.add("place", "{}") == "#/place");
    CHECK(set.ref_of<place>(syncfw::json::way::sent) == "#/place_2");
    CHECK(set.ref_of<place>(syncfw::json::way::sent) == "#/place_2");
    CHECK(set.ref_of<place>(syncfw::json::way::given) == "#/place_3");
}

TEST_CASE("json schema: names of types are cut to what stands behind the last colons") {
    using syncfw::detail::short_type_name;
    CHECK(short_type_name("a::b::book") == "book");
    CHECK(short_type_name("{anonymous}::book") == "book");
    CHECK(short_type_name("(anonymous namespace)::book") == "book");
    CHECK(short_type_name("a::page_of<b::book, int>") == "page_of_book_int");
    CHECK(short_type_name("page_of<page_of<(anonymous namespace)::book> >") ==
          "page_of_page_of_book");
    CHECK(short_type_name("ask(int, bool)::local") == "local");
    CHECK(short_type_name("") == "unnamed");
}

TEST_CASE(
    "json schema: every keyword is known, every reference leads somewhere, every example and "
    "default keeps its schema") {
    using namespace schemas;
    for (const auto goes : {syncfw::json::way::sent, syncfw::json::way::given}) {
        CHECK(json_schema_check(syncfw::json::schema_of<page_of<everything>>(goes)).own_offence() ==
              "");
        CHECK(json_schema_check(syncfw::json::schema_of<plain>(goes)).own_offence() == "");
    }
}

TEST_CASE("json schema: what the codec writes keeps the schema, and what breaks a rule does not") {
    using namespace schemas;
    const json_schema_check check(syncfw::json::schema_of<plain>());
    rc::check("any plain struct", [&] {
        plain value{.title = "t" + std::to_string(*rc::gen::inRange(0, 1'000)),
                    .limit = *rc::gen::inRange<std::int64_t>(-5, 110)};
        if (*rc::gen::arbitrary<bool>()) value.after = "x";
        for (int i = *rc::gen::inRange(0, 3); i > 0; --i) value.inside.push_back({.title = "in"});
        const bool keeps = syncfw::keep_rules(value).has_value();
        RC_ASSERT(check.offence(syncfw::json::encode_value(value)).empty() == keeps);
    });
    CHECK(check.offence(R"({"title":"a","limit":1,"after":null})") == " lacks inside");
    CHECK(check.offence(R"({"title":"","limit":1,"after":null,"inside":[]})") ==
          ".title breaks minLength");
    const json_schema_check rows(syncfw::json::schema_of<places>());
    CHECK(rows.offence(syncfw::json::encode_value(places{})) == "");
}
