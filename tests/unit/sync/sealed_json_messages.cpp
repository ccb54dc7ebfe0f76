// SPDX-License-Identifier: BSL-1.0
// Goal: in JSON messages encrypted fields are ciphertext, between programs of different versions
// too. Method: messages through the text, with a toy cipher and a canary.
#include "support/everything.hpp"
#include <syncfw/sync/json_messages.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace syncfw;
using tests::sealed_note;
using tests::toy_cipher;

/// The same entity of an older program: without some fields, and with one that the newer lacks.
struct older_note {
    std::int64_t id = 0;
    std::string text{};
    std::string mail{};
    std::string mark{};
};
constexpr auto sync_entity(of<older_note>) {
    using namespace syncfw::annotations;
    return entity<"sealed_note">(field<&older_note::id>(primary_key),
                                 field<&older_note::text>(encrypted),
                                 field<&older_note::mail>(encrypted_revealing_equality),
                                 field<&older_note::mark>(encrypted));
}
using notes = schema<sealed_note>;
using older_notes = schema<older_note>;

template <class T>
operation<T> write_of(const T& row) {
    operation<T> op;
    op.id = uuid::parse("0192f0c1-7a3b-7c4d-8e5f-60718293a4b5").value();
    op.before.id = row.id;
    op.after = row;
    op.changed = field_mask::first(entity_of<T>.fields.size()) - syncfw::detail::key_fields<T>;
    return op;
}

template <class To, class From>
To sent(const From& message, const toy_cipher& cipher = toy_cipher()) {
    const auto text = encode_json(message, cipher);
    REQUIRE(text);
    CHECK(text->find("canary") == text->npos);
    CHECK(text->find("Y2FuYXJ5") == text->npos);  // Its base64.
    auto read = decode_json<To>(*text, cipher);
    REQUIRE_MESSAGE(read, (read ? std::string() : to_string(read.error())));
    return std::move(*read);
}

struct empty_ring {
    result<void> seal(const sealed_field& field, std::string_view, std::string&) const {
        return cipher_view().seal(field, {}, none);
    }
    result<void> open(const sealed_field&, std::string_view, std::string&) const { return {}; }
    mutable std::string none{};
};

}  // namespace

TEST_CASE("sealed json: all kinds of contents arrive as they were, and none is shown") {
    sealed_note full{.id = 1,
                     .title = "open",
                     .text = "canary \x01 \"and\" quotes",
                     .bytes = {std::byte{0}, std::byte{255}},
                     .token = secret(std::string("canary token")),
                     .maybe_text = "canary",
                     .book = {},
                     .mail = "canary@arrakis",
                     .after = 1.5};
    sealed_note bare{.id = 2};
    for (const sealed_note& each : {full, bare}) {
        push_message<notes> push;
        push.operations.of<sealed_note>() = {write_of(each)};
        push.operations.of<sealed_note>()[0].base_version = 4;
        push.operations.of<sealed_note>()[0].before = each;
        push.operations.of<sealed_note>()[0].has_before = true;
        const auto pushed = sent<push_message<notes>>(push).operations.of<sealed_note>().at(0);
        CHECK(changed_fields(pushed.after, each).empty());
        CHECK(changed_fields(pushed.before, each).empty());
        pull_answer<notes> page;
        pulled_row<sealed_note>& row = page.rows.of<sealed_note>().emplace_back();
        row.row.value = each;
        row.told = field_mask::first(entity_of<sealed_note>.fields.size());
        const auto pulled = sent<pull_answer<notes>>(page).rows.of<sealed_note>().at(0);
        CHECK(changed_fields(pulled.row.value, each).empty());
        push_answer<notes> answer;
        operation_answer<sealed_note>& one = answer.answers.of<sealed_note>().emplace_back();
        one.row = each;
        one.differs = row.told;
        const auto told = sent<push_answer<notes>>(answer).answers.of<sealed_note>().at(0);
        CHECK(changed_fields(told.row, each).empty());
    }
}

TEST_CASE("sealed json: an older program's fields arrive, and its own come back to it unopened") {
    const older_note old{.id = 1, .text = "canary", .mail = "canary@arrakis", .mark = "canary!"};
    push_message<older_notes> push;
    push.operations.of<older_note>() = {write_of(old)};
    const auto read = sent<push_message<notes>>(push);
    const operation<sealed_note>& op = read.operations.of<sealed_note>().at(0);
    CHECK(op.after.text == "canary");
    CHECK(op.after.mail == "canary@arrakis");
    CHECK(op.changed.count() == 2);
    REQUIRE(op.foreign.size() == 1);
    CHECK(op.foreign[0].item.starts_with("mark:"));
    CHECK(op.foreign[0].bytes.find("canary") == std::string::npos);

    pull_answer<notes> page;
    pulled_row<sealed_note>& row = page.rows.of<sealed_note>().emplace_back();
    row.row.value = op.after;
    row.told = field_mask::first(entity_of<sealed_note>.fields.size());
    row.foreign = op.foreign;
    const auto back = sent<pull_answer<older_notes>>(page);
    CHECK(back.rows.of<older_note>().at(0).row.value.mark == "canary!");
    CHECK(back.rows.of<older_note>().at(0).row.value.text == "canary");
}

TEST_CASE("sealed json: what can't be sealed isn't written, and what doesn't open isn't read") {
    push_message<notes> push;
    push.operations.of<sealed_note>() = {write_of(sealed_note{.id = 1, .text = "canary"})};
    buffer out;
    out.append("before");
    const auto failed = append_json(out, push, empty_ring());
    REQUIRE(!failed);
    CHECK(failed.error().field == "text");
    CHECK(out.view() == "before");

    const auto text = encode_json(push, toy_cipher(1));
    REQUIRE(text);
    const auto read = decode_json<push_message<notes>>(*text, toy_cipher(2));
    REQUIRE(!read);
    CHECK(read.error().field == "operations[0].changed.text");
    CHECK(read.error().message.starts_with("sealed_note.text does not open: "));
}
