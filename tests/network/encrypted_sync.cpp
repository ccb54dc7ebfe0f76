// SPDX-License-Identifier: BSL-1.0
// Goal: entities with encrypted fields are synchronised as others are, and of such a field nothing
// but ciphertext is in any file or message of the engine. Method: devices and a server on SQLite
// files with real sockets between them; canaries, words that must be found in no byte of either.
#include "sealed_notes.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace sealed_notes;

TEST_CASE("encrypted sync: T21, devices meet, and no file and no message has a word of it") {
    served hub;
    device phone(hub), desk(hub);
    REQUIRE(phone.own.put(note(1)));
    check_files(phone.here);
    require_sync(phone);
    require_sync(desk);
    REQUIRE(desk.get(1));
    CHECK(changed_fields(*desk.get(1), note(1)).empty());
    CHECK(desk.get(1)->token.reveal() == "canary of the token");
    check_all(hub, phone, desk);
}

TEST_CASE_TEMPLATE("encrypted sync: T21, what waits, travels and is repeated is sealed as well",
                   Device, device, json_device) {
    served hub;
    Device phone(hub), desk(hub);
    REQUIRE(phone.own.put(note(1)));
    require_sync(phone);
    // An edit keeps the row as it was, and while it travels, what was sent.
    sealed_note edited = note(1);
    edited.text = "another canary";
    REQUIRE(phone.own.put(edited));
    check_files(phone.here);
    hub.loses_answers = true;
    CHECK(!phone.own.sync());
    check_files(phone.here);
    hub.loses_answers = false;
    // It took effect; the repetition is known again, though its bytes are others.
    require_sync(phone);
    CHECK(phone.own.status()->pending == 0);
    require_sync(desk);
    CHECK(desk.get(1)->text == "another canary");
    check_all(hub, phone, desk);
}

TEST_CASE("encrypted sync: T23, contents are merged and compared, whatever the keys") {
    served hub(ring(first_key, second_key));
    device phone(hub, ring(first_key, second_key)), desk(hub, ring(second_key, first_key));
    REQUIRE(phone.own.put(note(1)));
    require_sync(phone);
    require_sync(desk);
    sealed_note here = note(1), there = note(1);
    here.text = "canary from the phone";
    there.mail = "canary@caladan";
    REQUIRE(phone.own.put(here));
    REQUIRE(desk.own.put(there));
    require_sync(phone);
    require_sync(desk);
    require_sync(phone);
    for (device* each : {&phone, &desk}) {
        CHECK(each->get(1)->text == "canary from the phone");
        CHECK(each->get(1)->mail == "canary@caladan");
    }
    // The same content under a newer key is no change.
    REQUIRE(desk.own.put(*desk.get(1)));
    CHECK(desk.own.status()->pending == 0);
    check_all(hub, phone, desk);
}

TEST_CASE_TEMPLATE(
    "encrypted sync: T21, both sides of a conflict are sealed until a person has decided", Device,
    device, json_device) {
    served hub(ring(first_key), true);
    Device phone(hub), desk(hub);
    REQUIRE(phone.own.put(note(1)));
    require_sync(phone);
    require_sync(desk);
    sealed_note here = note(1), there = note(1);
    here.mail = "canary@phone";
    there.mail = "canary@desk";
    REQUIRE(phone.own.put(here));
    REQUIRE(desk.own.put(there));
    require_sync(phone);
    require_sync(desk);
    const auto open = hub.hub.conflicts(ann);
    REQUIRE(open);
    REQUIRE(open->size() == 1);
    check_all(hub, phone, desk);
    CHECK(!read_conflict<sealed_note>(open->front()));  // Without the keys.
    // Nor by the routes: they tell that there is one, and take a side.
    http::request asked;
    asked.head.method = "GET";
    asked.head.path = "/sync/conflicts";
    asked.head.fields.add("Authorization", "Bearer any");
    const http::response told = hub.routes(std::move(asked));
    CHECK(told.status == 200);
    CHECK(told.body.find(to_string(open->front().id)) != std::string::npos);
    CHECK(!shows_a_canary(told.body));
    const auto sides = read_conflict<sealed_note>(open->front(), ring(first_key).for_tenant(ann));
    REQUIRE(sides);
    CHECK(sides->mine.value.mail == "canary@desk");
    CHECK(sides->theirs.value.mail == "canary@phone");
    SUBCASE("on the server") {
        REQUIRE(hub.hub.resolve({.tenant = ann, .subject = "ann"}, open->front().id, side::mine));
    }
    SUBCASE("on the device") {
        REQUIRE(desk.own.resolve(open->front().id, side::mine));
    }
    require_sync(desk);
    require_sync(phone);
    CHECK(phone.get(1)->mail == "canary@desk");
    CHECK(desk.get(1)->mail == "canary@desk");
    check_all(hub, phone, desk);
}

TEST_CASE_TEMPLATE(
    "encrypted sync: T23, a server that lacks the key refuses, and the work goes on later", Device,
    device, json_device) {
    const keyring both = ring(first_key, second_key);
    served without(ring(first_key));
    Device phone(without, both);
    REQUIRE(phone.own.put(note(1)));
    (void)phone.own.sync();
    const auto failed = phone.own.failed();
    REQUIRE(failed);
    REQUIRE(failed->size() == 1);
    CHECK_MESSAGE(
        failed->front().reason.find("the ciphertext is under key 2, which the keyring has "
                                    "not") != std::string::npos,
        failed->front().reason);
    CHECK(!shows_a_canary(failed->front().reason));
    CHECK(!shows_a_canary(without.heard));
    CHECK(phone.get(1)->text == "canary of the text");
    // One that has it.
    served hub(both);
    phone.link = Device::make_link(hub, both, ann);
    REQUIRE(phone.own.retry(failed->front().id));
    require_sync(phone);
    device desk(hub, both);
    require_sync(desk);
    CHECK(desk.get(1)->text == "canary of the text");
    check_all(hub, phone, desk);
}

TEST_CASE("encrypted sync: T21, a device of another tenant's name can open nothing") {
    served hub;
    device phone(hub), strange(hub, ring(first_key), tenant_id("home"));
    REQUIRE(phone.own.put(note(1)));
    require_sync(phone);
    const auto seen = strange.own.sync();
    REQUIRE(!seen);
    CHECK(seen.error().message.find("the ciphertext under key 1 was changed, or is another field's "
                                    "or tenant's") != std::string::npos);
    CHECK(!strange.get(1));
    CHECK(!shows_a_canary(to_string(seen.error())));
}
