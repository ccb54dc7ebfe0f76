// SPDX-License-Identifier: BSL-1.0
// Goal: older and newer programs read each other's rows, or are told why not. Method: the same
// entity declared in several ways, and each way's bytes given to the others.
#include "support/any.hpp"
#include "support/bytes.hpp"
#include "support/everything.hpp"
#include <syncfw/codec/binary.hpp>
#include <syncfw/codec/delta.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace {

using syncfw::buffer;
using syncfw::changed_fields;
using syncfw::entity_of;
using syncfw::errc;
using syncfw::local;
using syncfw::place_of;
using tests::any;
using tests::everything;
namespace binary = syncfw::binary;

/// The first and the last field of `everything`: all others are unknown here.
struct first_and_last {
    syncfw::uuid id{};
    std::int64_t credit = 0;
    std::string added_later = "as initialised";
    std::int32_t with_default = 0;
};
constexpr auto sync_entity(syncfw::of<first_and_last>) {
    using namespace syncfw::annotations;
    return entity<"everything">(field<&first_and_last::id>(primary_key),
                                field<&first_and_last::with_default>(default_value(7)));
}

TEST_CASE("row_plan: unknown fields of every type are read over") {
    CHECK(rc::check([] {
        const auto row = *any<everything>();
        const auto back = binary::decode<first_and_last>(binary::encode(row));
        RC_ASSERT(back.has_value());
        RC_ASSERT(back->id == row.id);
        RC_ASSERT(back->credit == row.credit);
    }));
}

TEST_CASE("row_plan: fields that didn't come have their default, and are told apart") {
    const auto sent = binary::encode(everything{.credit = 3});
    auto reader = binary::row_reader<first_and_last>::open(sent).value();
    const first_and_last* const row = reader.next();
    REQUIRE(row != nullptr);
    CHECK(row->credit == 3);
    CHECK(row->added_later == "as initialised");
    CHECK(row->with_default == 7);
    CHECK(reader.present().test(place_of<&first_and_last::id>));
    CHECK(reader.present().test(place_of<&first_and_last::credit>));
    CHECK(reader.present().count() == 2);

    const auto back = binary::decode<everything>(binary::encode(first_and_last{.credit = 4}));
    REQUIRE(back.has_value());
    CHECK(back->credit == 4);
    CHECK(back->flag);  // its default_value
    CHECK(back->text.empty());
}

TEST_CASE("row_plan: nothing of one row stays in the next") {
    buffer page;
    binary::append_layout<first_and_last>(page);
    binary::append_row(page, first_and_last{.credit = 1});
    binary::append_row(page, first_and_last{.credit = 2});
    auto reader = binary::row_reader<everything>::open(page.view()).value();
    REQUIRE(reader.next() != nullptr);
    (void)reader.take();
    const everything* const second = reader.next();
    REQUIRE(second != nullptr);
    CHECK(second->credit == 2);
    CHECK(changed_fields(
              *second,
              binary::decode<everything>(binary::encode(first_and_last{.credit = 2})).value())
              .empty());
}

struct open_note {
    std::int64_t id = 0;
    std::optional<double> after{};
    std::string title{};
};
constexpr auto sync_entity(syncfw::of<open_note>) {
    using namespace syncfw::annotations;
    return entity<"sealed_note">(field<&open_note::id>(primary_key));
}

TEST_CASE("row_plan: encrypted fields that are unknown are read over without a key") {
    CHECK(rc::check([] {
        const auto note = *any<tests::sealed_note>();
        const std::string bytes = binary::encode(note, tests::toy_cipher()).value();
        const auto back = binary::decode<open_note>(bytes);
        RC_ASSERT(back.has_value());
        RC_ASSERT(back->id == note.id);
        RC_ASSERT(back->title == note.title);
        RC_ASSERT(syncfw::detail::is_same_value(back->after, note.after));
    }));
}

// --- the same fields in other forms
// -------------------------------------------------------------------

struct older {
    std::int64_t id = 0;
    std::int16_t pages = 0;
    std::uint8_t shelf = 0;
    std::string title{};
    std::optional<std::string> notes{};
    tests::colour cover{};
};
constexpr auto sync_entity(syncfw::of<older>) {
    using namespace syncfw::annotations;
    return entity<"book">(field<&older::id>(primary_key));
}
enum class more_colours : unsigned char { red, green, blue, pink };
struct newer {
    std::string notes{"none"};           // no longer optional
    std::optional<std::string> title{};  // now optional
    std::int64_t pages = 0;              // wider
    std::uint32_t shelf = 0;             // wider
    more_colours cover{};                // more of them
    std::int64_t id = 0;                 // elsewhere
    syncfw::set_of<std::string> tags{};  // new
};
constexpr auto sync_entity(syncfw::of<newer>) {
    using namespace syncfw::annotations;
    return entity<"book">(field<&newer::id>(primary_key),
                          field<&newer::notes>(default_value("empty")));
}

TEST_CASE("row_plan: reordered, widened, nullable and new fields are read both ways") {
    CHECK(rc::check([] {
        const auto old = *any<older>();
        const auto now = binary::decode<newer>(binary::encode(old));
        RC_ASSERT(now.has_value());
        RC_ASSERT(now->id == old.id);
        RC_ASSERT(now->pages == old.pages);
        RC_ASSERT(now->shelf == old.shelf);
        RC_ASSERT(now->title == old.title);
        RC_ASSERT(now->notes == old.notes.value_or("empty"));
        RC_ASSERT(static_cast<int>(now->cover) == static_cast<int>(old.cover));

        const auto back = binary::decode<older>(binary::encode(*now));
        RC_ASSERT(back.has_value());
        RC_ASSERT(back->id == old.id);
        RC_ASSERT(back->pages == old.pages);
        RC_ASSERT(back->shelf == old.shelf);
        RC_ASSERT(back->title == old.title);
        RC_ASSERT(back->notes == old.notes.value_or("empty"));
        RC_ASSERT(back->cover == old.cover);
    }));
}

TEST_CASE("row_plan: a value that the narrower type can't hold is refused, and only that") {
    const auto refuses = [](const newer& row, errc code, std::string_view field) {
        const auto back = binary::decode<older>(binary::encode(row));
        REQUIRE_FALSE(back.has_value());
        CHECK(back.error().code == code);
        CHECK(back.error().field == field);
    };
    refuses({.pages = 40'000}, errc::out_of_range, "pages");
    refuses({.pages = -40'000}, errc::out_of_range, "pages");
    refuses({.shelf = 256}, errc::out_of_range, "shelf");
    refuses({.cover = more_colours::pink}, errc::invalid_value, "cover");
    CHECK(binary::decode<older>(binary::encode(newer{.pages = -32'768, .shelf = 255})).has_value());
    // A null where none can be is what a row without the field would have.
    CHECK(binary::decode<older>(binary::encode(newer{})).value().title.empty());
}

TEST_CASE("row_plan: a delta in another layout sets what it says, and nothing else") {
    CHECK(rc::check([] {
        const auto before = *any<older>();
        auto after = before;
        after.pages = *any<std::int16_t>();
        after.notes = *any<std::optional<std::string>>();
        auto target = *any<newer>();
        const newer untouched = target;
        const auto set = binary::apply_delta(binary::encode_delta(before, after), target);
        RC_ASSERT(set.has_value());
        const bool pages = before.pages != after.pages, notes = before.notes != after.notes;
        RC_ASSERT(set->test(place_of<&newer::pages>) == pages);
        RC_ASSERT(set->test(place_of<&newer::notes>) == notes);
        RC_ASSERT(set->count() ==
                  static_cast<std::size_t>(pages) + static_cast<std::size_t>(notes));
        RC_ASSERT(target.pages == (pages ? after.pages : untouched.pages));
        RC_ASSERT(target.notes == (notes ? after.notes.value_or("empty") : untouched.notes));
        RC_ASSERT((changed_fields(untouched, target) - *set).empty());
    }));
}

TEST_CASE("row_plan: a delta reads over what is unknown here") {
    CHECK(rc::check([] {
        const auto before = *any<everything>();
        const auto after = *any<everything>();
        first_and_last target{.credit = before.credit};
        const auto set = binary::apply_delta(binary::encode_delta(before, after), target);
        RC_ASSERT(set.has_value());
        RC_ASSERT(target.credit == after.credit);
        RC_ASSERT(target.with_default == 0);
    }));
}

// --- layouts that can't be
// -----------------------------------------------------------------------------

std::string with_layout(std::string_view layout, std::string_view row = {}) {
    buffer out;
    char* const end = out.room(layout.size() + 11);
    *end = binary::layout_in_full;
    out.set_end(syncfw::detail::binary::put_bytes(end + 1, layout.data(), layout.size()));
    out.append(row);
    return std::string(out.view());
}

syncfw::error refusal(std::string_view layout) {
    const auto reader = binary::row_reader<older>::open(with_layout(layout));
    return reader ? syncfw::error{.message = "not refused"} : reader.error();
}

TEST_CASE("row_plan: another type is refused with a sentence that names both") {
    const syncfw::error e = refusal("id:int64,title:int32?");
    CHECK(e.code == errc::schema_mismatch);
    CHECK(to_string(e) ==
          "book.title: it is text here and int32? in these rows; bring both sides to one version");
    CHECK(to_string(refusal("id:int64,title:text encrypted")) ==
          "book.title: it is text here and text encrypted in these rows; bring both sides to one "
          "version");
    CHECK(refusal("id:int64?").code == errc::schema_mismatch);
    CHECK(refusal("id:int64,pages:uint16").code == errc::schema_mismatch);
    CHECK(refusal("id:int64,pages:uint64").code == errc::schema_mismatch);
    CHECK(refusal("id:int64,pages:integer").code == errc::schema_mismatch);
    CHECK(refusal("id:int64,shelf:uint64").code == errc::schema_mismatch);
    CHECK(refusal("id:int64,cover:enum(").code == errc::schema_mismatch);
    const syncfw::error shortened = refusal("id:int64,title:" + std::string(5000, 'x'));
    CHECK(shortened.message.size() < 300);
}

TEST_CASE("row_plan: a layout that no program writes is refused") {
    CHECK(refusal("").code == errc::schema_mismatch);  // rows without a key would never end
    CHECK(refusal("title:text").code == errc::schema_mismatch);
    CHECK(refusal("title:text").field == "id");
    CHECK(refusal("id:int64,id:int64").code == errc::duplicate_field);
    CHECK(refusal("id").code == errc::malformed);
    CHECK(refusal(":int64").code == errc::malformed);
    CHECK(refusal("id:").code == errc::malformed);
    CHECK(refusal("\"id:int64").code == errc::malformed);
    CHECK(refusal("\"\":int64").code == errc::malformed);
    CHECK(refusal("id:int64,").message == "not refused");
    CHECK(refusal(",id:int64").code == errc::malformed);
    std::string many = "id:int64";
    for (int i = 0; i < 128; ++i) many += ",x" + std::to_string(i) + ":bool";
    CHECK(refusal(many).code == errc::too_large);
}

TEST_CASE("row_plan: an unknown field of an unknown type is refused") {
    for (const char* type : {"complex",
                             "[",
                             "]",
                             "[]",
                             "{",
                             "}",
                             "set(",
                             "set()",
                             "?",
                             "enum",
                             "enum(a",
                             "int",
                             "int7",
                             "uint64",
                             "{a}",
                             "{a:}",
                             "[{}]",
                             "[{a:{}}]",
                             "set({})",
                             "[text",
                             "bool encrypted",
                             "text?? encrypted?",
                             "document encrypted",
                             "enum(a) encrypted",
                             " encrypted"}) {
        CAPTURE(type);
        const syncfw::error e = refusal("id:int64,new:" + std::string(type));
        CHECK((e.code == errc::unsupported_format || e.code == errc::malformed));
    }
    std::string deep = "bool";
    for (int i = 0; i < 20; ++i) deep = "[" + deep + "]";
    CHECK(refusal("id:int64,new:" + deep).code == errc::unsupported_format);
    for (const char* type : {"{}", "{a:{},b:bool}", "[[[{a:text?,b:set(uuid)}]]]", "text encrypted",
                             "bytes? encrypted", "enum(a|b)?", "{\"a,b\":int8}"}) {
        CAPTURE(type);
        CHECK(refusal("id:int64,new:" + std::string(type)).message == "not refused");
    }
}

TEST_CASE("row_plan: no layout makes the work more than its bytes are worth") {
    // 60,000 characters of type before a list of 200,000 elements.
    const std::string type = "[{" + std::string(60'000, 'a') + ":bool}]";
    std::string row("\2", 1);
    row += tests::from_hex("C0 9A 0C");
    row.append(200'000, '\1');
    const std::string bytes = with_layout("id:int64,new:" + type, row);
    const auto start = std::chrono::steady_clock::now();
    const auto back = binary::decode<older>(bytes);
    CHECK(back.has_value());
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("row_plan: garbage in another layout is refused, or is a value") {
    CHECK(rc::check([] {
        const auto row = *any<everything>();
        const std::string bytes = tests::with_mistakes(binary::encode(row));
        const auto back = binary::decode<first_and_last>(bytes);
        if (back) RC_ASSERT(binary::decode<first_and_last>(binary::encode(*back)).has_value());
    }));
}

}  // namespace
