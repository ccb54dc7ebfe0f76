// SPDX-License-Identifier: BSL-1.0
// Goal: entities with encrypted fields are synchronised in JSON as in binary, by the same keys and
// the same ciphertexts. Method: JSON devices beside binary ones at one server, requests by hand,
// and canaries that must be found in no byte of a file or a message.
#include "sealed_notes.hpp"
#include <syncfw/codec/buffer.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace sealed_notes;
using namespace syncfw::annotations;

namespace {

std::string sealed_text(const keyring& keys, std::string_view field, std::string_view content,
                        const tenant_id& whose = ann) {
    const auto mode = field == "mail" ? encryption::equality : encryption::randomised;
    std::string bytes;
    REQUIRE(keys.for_tenant(whose).seal({"sealed_note", field, mode}, content, bytes));
    return bytes;
}
std::string in_base64(std::string_view bytes) {
    const auto* const from = reinterpret_cast<const std::byte*>(bytes.data());
    return syncfw::json::encode_value(blob(from, from + bytes.size()));
}

/// One note as another program's client writes it, with this as its text.
std::string push_of(const std::string& text, std::string_view more = "") {
    return R"({"operations":[{"id":"7d0f1c72-5b1d-4a52-9c86-0d6a3b1f7e12","entity":"sealed_note",)"
           R"("changed":{"id":7,"title":"open title","text":)" +
           text + std::string(more) + "}}]}";
}
http::response ask(served& at, std::string_view path, const std::string& body) {
    http::request asked;
    asked.head.method = "POST";
    asked.head.path = path;
    asked.head.fields.add("Authorization", "Bearer any");
    asked.head.fields.add("Content-Type", "application/json");
    asked.body = body;
    at.heard += body;
    http::response given = at.routes(std::move(asked));
    at.heard += given.body;
    return given;
}

}  // namespace

TEST_CASE("encrypted JSON: devices by JSON and by binary understand each other, nobody else does") {
    served hub;
    json_device phone(hub);
    device desk(hub);
    REQUIRE(phone.own.put(note(1)));
    require_sync(phone);
    require_sync(desk);
    REQUIRE(desk.get(1));
    CHECK(changed_fields(*desk.get(1), note(1)).empty());
    CHECK(desk.get(1)->token.reveal() == "canary of the token");
    sealed_note here = note(1), there = note(1);
    here.text = "canary from the phone";
    here.maybe_text.reset();
    there.mail = "canary@caladan";
    REQUIRE(phone.own.put(here));
    REQUIRE(desk.own.put(there));
    require_sync(desk);
    require_sync(phone);
    require_sync(desk);
    const auto check_merged = [](const auto& seen) {
        CHECK(seen->text == "canary from the phone");
        CHECK(!seen->maybe_text);
        CHECK(seen->mail == "canary@caladan");
    };
    check_merged(phone.get(1));
    check_merged(desk.get(1));
    CHECK(hub.heard.find("\"maybe_text\":null") != std::string::npos);
    check_all(hub, phone, desk);
}

TEST_CASE("encrypted JSON: a client of another language seals by itself, and its mail is found") {
    const auto keys = ring(first_key);
    served hub;
    const auto given =
        ask(hub, json_push_path,
            push_of(in_base64(sealed_text(keys, "text", "canary of another")),
                    R"(,"mail":)" + in_base64(sealed_text(keys, "mail", "canary@giedi"))));
    REQUIRE_MESSAGE(given.status == 200, given.body);
    CHECK(given.body.find("applied") != std::string::npos);
    auto tx = begin_read(hub.store, ann);
    REQUIRE(tx);
    const auto found = tx->scan(where(field<&sealed_note::mail> == std::string("canary@giedi")));
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK(found->front().value.text == "canary of another");
    const auto page = ask(hub, json_pull_path, "{}");
    CHECK(page.status == 200);
    // Equal contents of the searchable field are the same text each time.
    CHECK(page.body.find(in_base64(sealed_text(keys, "mail", "canary@giedi"))) !=
          std::string::npos);
    CHECK(!shows_a_canary(hub.heard));
    check_files(hub.here);
}

TEST_CASE("encrypted JSON: what does not open is refused by field and key, and changes nothing") {
    const auto keys = ring(first_key);
    const std::string good = sealed_text(keys, "text", "canary of the text");
    std::string changed = good;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    std::string why =
        "sealed_note.text does not open: the ciphertext under key 1 was changed, or is "
        "another field's or tenant's";
    std::string text;
    SUBCASE("tampered with") {
        text = in_base64(changed);
    }
    SUBCASE("of another field") {
        text = in_base64(sealed_text(keys, "maybe_text", "canary of the text"));
    }
    SUBCASE("of another tenant") {
        text = in_base64(sealed_text(keys, "text", "canary of the text", tenant_id("home")));
    }
    SUBCASE("under a key that isn't here") {
        text = in_base64(sealed_text(ring(second_key), "text", "canary of the text"));
        why =
            "sealed_note.text does not open: the ciphertext is under key 2, which the keyring has "
            "not; put it back in";
    }
    SUBCASE("cut off") {
        text = in_base64(std::string_view(good).substr(0, 20));
        why = "sealed_note.text does not open: a ciphertext has at least 33 bytes, this has 20";
    }
    SUBCASE("a plain text") {
        text = R"("Y2xlYXI=")";
        why = "sealed_note.text does not open: a ciphertext has at least 33 bytes, this has 5";
    }
    SUBCASE("no base64") {
        text = R"("clear words")";
        why = "expected base64 of a ciphertext";
    }
    served hub;
    const auto given = ask(hub, json_push_path, push_of(text));
    CHECK(given.status == 400);
    CHECK_MESSAGE(given.body.find(why) != std::string::npos, given.body);
    CHECK(given.body.find(R"("field":"operations[0].changed.text")") != std::string::npos);
    CHECK(!shows_a_canary(hub.heard));
    // The same operation takes effect once its text opens.
    const auto mended = ask(hub, json_push_path, push_of(in_base64(good)));
    CHECK(mended.status == 200);
    CHECK(mended.body.find("applied") != std::string::npos);
}

TEST_CASE("encrypted JSON: a device that lacks the key says so, and goes on with it") {
    served hub(ring(first_key, second_key));
    device desk(hub, ring(first_key, second_key));
    REQUIRE(desk.own.put(note(1)));
    require_sync(desk);
    {
        json_device phone(hub, ring(first_key));
        const auto seen = phone.own.sync();
        REQUIRE(!seen);
        CHECK_MESSAGE(seen.error().message.find("key 2") != std::string::npos,
                      to_string(seen.error()));
        CHECK(!shows_a_canary(to_string(seen.error())));
        CHECK(!phone.get(1));
    }
    json_device late(hub, ring(first_key, second_key));
    require_sync(late);
    CHECK(late.get(1)->text == "canary of the text");
}
