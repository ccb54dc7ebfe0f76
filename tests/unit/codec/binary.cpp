// SPDX-License-Identifier: BSL-1.0
// Goal: every value comes back exactly, and no bytes do harm. Method: random rows of an entity
// that has every type, and the same bytes cut off, changed and lied about.
#include "support/allocations.hpp"
#include "support/any.hpp"
#include "support/bytes.hpp"
#include "support/everything.hpp"
#include <syncfw/codec/binary.hpp>
#include <syncfw/codec/delta.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
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

template <class T>
bool same(const T& a, const T& b) {
    return changed_fields(a, b).empty();
}

/// A copy in a block of memory of its own, so that the sanitizer sees each byte read beyond it.
class exact_bytes {
  public:
    explicit exact_bytes(std::string_view bytes)
        : data_(std::make_unique<char[]>(bytes.size())), size_(bytes.size()) {
        bytes.copy(data_.get(), size_);
    }
    [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }

  private:
    std::unique_ptr<char[]> data_;
    std::size_t size_;
};

template <route Way>
void check_round_trip() {
    CHECK(rc::check([] {
        const auto row = *any<everything>();
        const std::string bytes = binary::encode<Way>(row);
        const auto back = binary::decode<everything, Way>(bytes);
        RC_ASSERT(back.has_value());
        const field_mask all = field_mask::first(entity_of<everything>.fields.size());
        const field_mask travels = entity_of<everything>.on(Way);
        RC_ASSERT((changed_fields(row, *back) & travels).empty());
        RC_ASSERT((changed_fields(everything{}, *back) & (all - travels)).empty());
        RC_ASSERT(binary::encode<Way>(*back) == bytes);
    }));
}

TEST_CASE("binary: every value of every type comes back exactly, on every route") {
    check_round_trip<local>();
    check_round_trip<to_client>();
    check_round_trip<to_server>();
}

TEST_CASE("binary: the ends of every type come back exactly") {
    everything row;
    row.int_8 = INT8_MIN, row.int_16 = INT16_MIN, row.int_32 = INT32_MIN, row.int_64 = INT64_MIN;
    row.uint_8 = UINT8_MAX, row.uint_16 = UINT16_MAX, row.uint_32 = UINT32_MAX;
    row.real_32 = std::numeric_limits<float>::signaling_NaN();
    row.real_64 = -0.0;
    row.described_enum = tests::level::lowest;
    row.moment = syncfw::timestamp::max();
    row.maybe_moment = syncfw::timestamp::min();
    row.reals = {-0.0F, std::numeric_limits<float>::infinity(), std::nanf("7")};
    row.text = std::string(1'000'000, 'x') + "\xF4\x8F\xBF\xBF";
    row.flags.assign(1000, true);
    row.documents = {nullptr, INT64_MIN, 5e-324};
    const auto back = binary::decode<everything>(binary::encode(row));
    REQUIRE(back.has_value());
    CHECK(same(row, *back));
    CHECK(std::signbit(back->real_64));
}

TEST_CASE("binary: a row that is cut off anywhere is refused") {
    CHECK(rc::check([] {
        const auto row = *any<everything>();
        const std::string bytes = binary::encode(row);
        const auto size = *rc::gen::inRange<std::size_t>(0, bytes.size());
        const exact_bytes cut(std::string_view(bytes).substr(0, size));
        const auto back = binary::decode<everything>(cut.view());
        RC_ASSERT(!back.has_value());
        RC_ASSERT(back.error().code == errc::truncated);
    }));
    const std::string bytes = binary::encode(everything{});
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK_FALSE(
            binary::decode<everything>(exact_bytes(bytes.substr(0, size)).view()).has_value());
}

/// Whatever is accepted is a value: it can be written, and is then read as the same.
bool is_harmless(std::string_view input) {
    const exact_bytes bytes(input);
    const auto row = binary::decode<everything>(bytes.view());
    if (!row) return !row.error().message.empty();
    const auto again = binary::decode<everything>(binary::encode(*row));
    return again.has_value() && same(*row, *again);
}

TEST_CASE("binary: garbage is refused, or is a value that comes back") {
    CHECK(rc::check([] {
        const auto row = *any<everything>();
        RC_ASSERT(is_harmless(tests::with_mistakes(binary::encode(row))));
    }));
    CHECK(rc::check([](const std::string& noise) {
        RC_ASSERT(is_harmless(noise));
        buffer lead;
        binary::append_layout<everything>(lead);
        RC_ASSERT(is_harmless(std::string(lead.view()) + noise));
    }));
}

TEST_CASE("binary: what is read takes no more memory than its bytes justify") {
    // Each byte makes at most one part of a value, and the largest part is an empty struct or
    // document; vectors double, so at the most three times that is asked for.
    constexpr std::size_t per_byte = 4 * sizeof(tests::address);
    CHECK(rc::check([] {
        const auto row = *any<everything>();
        std::string bytes = binary::encode(row);
        bytes = tests::with_mistakes(std::move(bytes));
        const tests::allocations before;
        (void)binary::decode<everything>(bytes);
        const std::size_t asked = before.bytes();
        RC_ASSERT(asked <= 20'000 + bytes.size() * per_byte);
    }));
}

TEST_CASE("binary: counts and lengths that lie cost nothing") {
    buffer honest;
    binary::append_layout<everything>(honest);
    const std::size_t rows_at = honest.size();
    binary::append_row(honest, everything{});
    const std::string bytes(honest.view());
    for (std::size_t at = rows_at; at < bytes.size(); ++at) {
        for (const char* lie : {"FF FF FF FF 0F", "FF FF FF FF FF FF FF FF 7F",
                                "FF FF FF FF FF FF FF FF FF 01", "80 80 80 80 80 80 80 80 80 02"}) {
            std::string lying = bytes;
            lying.replace(at, 1, tests::from_hex(lie));
            const tests::allocations before;
            (void)binary::decode<everything>(lying);
            CHECK(before.bytes() < 40'000);
        }
    }
}

TEST_CASE("binary: documents nested too deep are refused, on every way in") {
    using syncfw::document;
    document deep;
    for (int i = 0; i < 64; ++i) deep = document::array(std::move(deep));
    everything row;
    row.settings = deep;
    CHECK(binary::decode<everything>(binary::encode(row)).has_value());
    row.settings = document::array(std::move(deep));
    const auto back = binary::decode<everything>(binary::encode(row));
    REQUIRE_FALSE(back.has_value());
    CHECK(back.error().code == errc::too_deep);
    CHECK(back.error().field == "settings");
}

TEST_CASE("binary: a failure names the field and the byte") {
    everything row;
    row.text = "\xC3(";
    const auto back = binary::decode<everything>(binary::encode(row));
    REQUIRE_FALSE(back.has_value());
    CHECK(back.error().code == errc::invalid_value);
    CHECK(back.error().entity == "everything");
    CHECK(back.error().field == "a text, quoted");
    CHECK(back.error().message.starts_with("expected UTF-8 without NUL at byte "));
}

TEST_CASE("binary: what is behind one row is refused") {
    const auto back = binary::decode<everything>(binary::encode(everything{}) + "x");
    REQUIRE_FALSE(back.has_value());
    CHECK(back.error().code == errc::trailing_data);
}

// --- who may see and set what
// ---------------------------------------------------------------------

TEST_CASE("binary: what is local_only leaves no device") {
    everything row;
    row.note_to_self = "CANARY in the note";
    row.password = syncfw::secret<std::string>("CANARY in the secret");
    CHECK(binary::encode(row).find("CANARY") != std::string::npos);
    CHECK(binary::encode<to_client>(row).find("CANARY") == std::string::npos);
    CHECK(binary::encode<to_server>(row).find("CANARY") == std::string::npos);
    CHECK(binary::encode<to_client>(row).find("note_to_self") == std::string::npos);
    CHECK(binary::encode<to_server>(row).find("password") == std::string::npos);
}

TEST_CASE("binary: what the server owns can't be set on the way to it") {
    everything row;
    row.owner = "mallory", row.version = 99, row.credit = 1'000'000;
    row.status = syncfw::sync_status::synced;
    // A client that sends these fields all the same, as a server would.
    const auto back = binary::decode<everything, to_server>(binary::encode<to_client>(row));
    REQUIRE(back.has_value());
    CHECK(back->owner.empty());
    CHECK(back->version == 0);
    CHECK(back->credit == 0);
    CHECK(back->status == syncfw::sync_status::pending);
    constexpr std::string_view layout = binary::row_layout<everything, to_server>;
    for (const char* name : {"owner:", "version:", "credit:", "status:"})
        CHECK(layout.find(name) == std::string_view::npos);
}

sealed_note any_note() {
    auto note = *any<sealed_note>();
    const std::string canary = "CANARY " + std::to_string(note.id);
    note.text += canary;
    note.token = syncfw::secret<std::string>(canary);
    note.maybe_text = canary;
    note.mail = canary;
    for (const char c : canary) note.bytes.push_back(static_cast<std::byte>(c));
    note.book = tests::isbn("9781234567890");
    note.title.clear();
    return note;
}

TEST_CASE("binary: encrypted fields come back with the key, and their plaintext is nowhere") {
    CHECK(rc::check([] {
        const sealed_note note = any_note();
        const toy_cipher cipher;
        const std::string bytes = binary::encode(note, cipher).value();
        RC_ASSERT(bytes.find("CANARY") == std::string::npos);
        RC_ASSERT(bytes.find("9781234567890") == std::string::npos);
        const auto back = binary::decode<sealed_note, local>(bytes, cipher);
        RC_ASSERT(back.has_value());
        RC_ASSERT(same(note, *back));
        RC_ASSERT(binary::encode(note, cipher).value() != bytes);
    }));
    const auto empty = binary::encode(sealed_note{}, toy_cipher()).value();
    CHECK(same(sealed_note{}, binary::decode<sealed_note, local>(empty, toy_cipher()).value()));
}

TEST_CASE("binary: a wrong key and a changed ciphertext are refused") {
    const std::string bytes = binary::encode(sealed_note{.text = "plain"}, toy_cipher(1)).value();
    const auto wrong = binary::decode<sealed_note, local>(bytes, toy_cipher(2));
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().code == errc::invalid_value);
    CHECK(wrong.error().field == "text");
    CHECK(wrong.error().message.starts_with("expected a ciphertext that opens"));
    CHECK(wrong.error().message.ends_with(": tampered with"));

    const std::size_t rows_at = bytes.find(binary::row_layout<sealed_note>.back(), 3);
    std::size_t refused = 0;
    for (std::size_t at = rows_at; at < bytes.size(); ++at) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        refused += binary::decode<sealed_note, local>(changed, toy_cipher(1)).has_value() ? 0 : 1;
    }
    CHECK(refused > 100);
}

/// Fails at the n-th field.
struct failing_cipher {
    mutable int left = 0;
    syncfw::result<void> seal(const syncfw::sealed_field& field, std::string_view content,
                              std::string& out) const {
        if (left-- == 0) return syncfw::error{.code = errc::unavailable, .message = "no key"};
        return toy_cipher().seal(field, content, out);
    }
    syncfw::result<void> open(const syncfw::sealed_field& field, std::string_view content,
                              std::string& out) const {
        return toy_cipher().open(field, content, out);
    }
};

TEST_CASE("binary: when a cipher fails, nothing is appended") {
    buffer out;
    out.append("before");
    for (int n = 0; n < 4; ++n) {
        const auto done = binary::append_row(out, sealed_note{.text = "x"}, failing_cipher{n});
        REQUIRE_FALSE(done.has_value());
        CHECK(done.error().code == errc::unavailable);
        CHECK(out.view() == "before");
    }
}

// --- many rows
// -------------------------------------------------------------------------------------

TEST_CASE("binary: rows follow each other behind one layout") {
    CHECK(rc::check([] {
        std::vector<everything> rows(*rc::gen::inRange<std::size_t>(0, 5));
        for (everything& each : rows) each = *any<everything>();
        buffer page;
        *rc::gen::arbitrary<bool>() ? binary::append_layout<everything>(page)
                                    : binary::append_fingerprint<everything>(page);
        for (const everything& each : rows) binary::append_row(page, each);

        auto reader = binary::row_reader<everything>::open(page.view());
        RC_ASSERT(reader.has_value());
        for (const everything& each : rows) {
            const everything* const row = reader->next();
            RC_ASSERT(row != nullptr);
            RC_ASSERT(same(each, *row));
            RC_ASSERT(reader->present() == entity_of<everything>.on(local));
        }
        RC_ASSERT(reader->next() == nullptr);
        RC_ASSERT(!reader->failure().has_value());
        RC_ASSERT(reader->rest().empty());
    }));
}

TEST_CASE("binary: rows without a layout are read by who knows it") {
    buffer rows;
    binary::append_row(rows, everything{.int_32 = 1});
    auto reader = binary::row_reader<everything>::of_rows(rows.view());
    REQUIRE(reader.next() != nullptr);
    CHECK(reader.next() == nullptr);

    rows.clear();
    binary::append_row(rows, everything{.int_32 = 2});
    reader.read_on(rows.view());
    REQUIRE(reader.next() != nullptr);
    CHECK(reader.take().int_32 == 2);
}

TEST_CASE("binary: after a failure there are no more rows") {
    buffer page;
    binary::append_layout<everything>(page);
    binary::append_row(page, everything{});
    page.append("garbage");
    auto reader = binary::row_reader<everything>::open(page.view()).value();
    CHECK(reader.next() != nullptr);
    for (int i = 0; i < 3; ++i) CHECK(reader.next() == nullptr);
    REQUIRE(reader.failure().has_value());
    CHECK(reader.failure()->code == errc::truncated);
    CHECK(reader.rest() == "garbage");
}

TEST_CASE("binary: a row is appended to a used buffer without asking for memory") {
    CHECK(rc::check([] {
        const auto row = *any<everything>();
        buffer out;
        binary::append_row(out, row);
        out.clear();
        const tests::allocations before;
        binary::append_row(out, row);
        const std::size_t asked = before.count();
        RC_ASSERT(asked == 0u);
    }));
}

TEST_CASE("binary: what leads the rows says whether they can be read") {
    const auto code = [](std::string_view bytes) {
        const auto reader = binary::row_reader<everything>::open(exact_bytes(bytes).view());
        return reader.has_value() ? errc{} : reader.error().code;
    };
    CHECK(code("") == errc::truncated);
    CHECK(code("\1") == errc::truncated);
    CHECK(code("\1\5id:u") == errc::truncated);
    CHECK(code("\002"
               "123") == errc::truncated);
    CHECK(code("\002"
               "12345678") == errc::schema_mismatch);
    CHECK(code("{\"id\":1}") == errc::unsupported_format);
    std::string large = tests::from_hex("01 81 80 04");
    large.resize(large.size() + 65537, 'x');
    CHECK(code(large) == errc::too_large);
}

// --- the format
// ------------------------------------------------------------------------------------

// These bytes are in files and on the wire: whoever has to change this test, breaks them all.
struct golden_row {
    std::int64_t id = 0;
    std::string title{};
    bool done = false;
    double rating = 0;
    float weight = 0;
    syncfw::uuid owner{};
    syncfw::timestamp due{};
    tests::colour colour{};
    std::optional<std::string> note{};
    std::vector<std::int32_t> counts{};
    syncfw::blob data{};
    syncfw::document extra{};
    syncfw::counter likes{};
    syncfw::set_of<std::string> tags{};
    tests::point place{};
};
constexpr auto sync_entity(syncfw::of<golden_row>) {
    using namespace syncfw::annotations;
    return entity<"golden">(field<&golden_row::id>(primary_key));
}

golden_row make_golden() {
    golden_row row;
    row.id = -3;
    row.title = "Grüße";
    row.done = true;
    row.rating = 4.5;
    row.weight = -0.0F;
    row.owner = syncfw::uuid::parse("0192f0c1-7a3b-7c4d-8e5f-60718293a4b5").value();
    row.due = syncfw::timestamp::parse("2026-11-20T21:34:00.000001Z").value();
    row.colour = tests::colour::blue;
    row.note = "n";
    row.counts = {1, -1, 300};
    row.data = {std::byte{0}, std::byte{255}};
    row.extra = syncfw::document::object(
        {{"a", syncfw::document::array(nullptr, true, 7, 0.5)}, {"b", "c"}});
    row.likes.add(syncfw::replica_id(1), 5);
    row.likes.add(syncfw::replica_id(1), -2);
    row.tags.insert("x");
    row.tags.attribute_to(syncfw::replica_id(2));
    row.place = {.x = 1, .y = 2};
    return row;
}

TEST_CASE("binary: the format stays as it is documented") {
    CHECK(binary::row_layout<golden_row> ==
          "id:int64,title:text,done:bool,rating:float64,weight:float32,owner:uuid,due:timestamp,"
          "colour:enum(red|green|blue),note:text?,counts:[int32],data:bytes,extra:document,"
          "likes:counter,tags:set(text),place:{x:float64,y:float32}");
    const std::string_view bytes =
        "05"                                                     // id: -3
        "07 47 72 C3 BC C3 9F 65"                                // title: Grüße
        "01"                                                     // done
        "00 00 00 00 00 00 12 40"                                // rating: 4.5
        "00 00 00 80"                                            // weight: -0.0
        "01 92 F0 C1 7A 3B 7C 4D 8E 5F 60 71 82 93 A4 B5"        // owner
        "82 88 96 89 80 AF B0 06"                                // due
        "04 62 6C 75 65"                                         // colour: blue
        "01 01 6E"                                               // note: n
        "03 02 01 D8 04"                                         // counts: 1, -1, 300
        "02 00 FF"                                               // data
        "06 02"                                                  // extra: an object of 2 members
        "01 61 05 04 00 01 01 02 0E 03 00 00 00 00 00 00 E0 3F"  // a: [null, true, 7, 0.5]
        "01 62 04 01 63"                                         // b: "c"
        "01 01 00 00 00 00 00 00 00 05 02"                       // likes: replica 1 +5 -2
        "01 01 78 01 02 00 00 00 00 00 00 00 01"  // tags: x, which replica 2 inserted first
        "01 02 00 00 00 00 00 00 00 01"           // of replica 2 one insertion was seen
        "00 00 00 00 00 00 F0 3F 00 00 00 40";    // place: 1, 2
    buffer out;
    binary::append_row(out, make_golden());
    CHECK(tests::to_hex(out.view()) == tests::to_hex(tests::from_hex(bytes)));
    buffer lead;
    binary::append_fingerprint<golden_row>(lead);
    CHECK(tests::to_hex(lead.view()) == "02 EF 07 26 69 7D A5 C4 04");
    lead.clear();
    binary::append_layout<golden_row>(lead);
    CHECK(tests::to_hex(lead.view().substr(0, 12)) == "01 DD 01 69 64 3A 69 6E 74 36 34 2C");
}

TEST_CASE("binary: all rows at once are all, or none of them") {
    CHECK(rc::check([] {
        const auto rows = *rc::gen::container<std::vector<everything>>(any<everything>());
        buffer page;
        binary::append_layout<everything>(page);
        for (const everything& each : rows) binary::append_row(page, each);
        std::vector<everything> read(1);
        RC_ASSERT(binary::row_reader<everything>::open(page.view())->read_all(read).has_value());
        RC_ASSERT(read.size() == rows.size() + 1);
        for (std::size_t i = 0; i < rows.size(); ++i) RC_ASSERT(same(read[i + 1], rows[i]));
        if (rows.empty()) return;
        const std::string_view cut = page.view().substr(0, page.size() - 1);
        RC_ASSERT(!binary::row_reader<everything>::open(cut)->read_all(read).has_value());
        RC_ASSERT(read.size() == rows.size() + 1);
    }));
}

}  // namespace
