// SPDX-License-Identifier: BSL-1.0
// Goal: entities with encrypted fields are synchronised as others are, and of such a field nothing
// but ciphertext is in any file or message of the engine. Method: devices and a server on SQLite
// files with real sockets between them; canaries, words that must be found in no byte of either.
#include "database/sqlite_support.hpp"
#include "endpoint.hpp"
#include "support/everything.hpp"
#include <syncfw/app/sync_routes.hpp>
#include <syncfw/conflict/policies.hpp>
#include <syncfw/security/keyring.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace syncfw;
using stores::bytes_of;
using stores::folder;
using tests::sealed_note;

using notes = schema<sealed_note>;
using note_store = sqlite::store<notes, keyring>;

const tenant_id ann("ann");

constexpr std::string_view first_key = "1:BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY=";
constexpr std::string_view second_key = "2:mJeWlZSTkpGQj46NjIuKiYiHhoWEg4KBgH9+fXx7enk=";

keyring ring(std::string_view first, std::string_view second = {}) {
    return keyring::parse(secret(std::string(first).append(",").append(second))).value();
}
note_store open_notes(const std::string& path, const keyring& keys, bool keeps_unique) {
    auto opened = sqlite::open<notes>(path, {.unique = keeps_unique}, keys);
    REQUIRE_MESSAGE(opened, (opened ? std::string() : to_string(opened.error())));
    return std::move(*opened);
}

sealed_note note(std::int64_t id) {
    return {.id = id,
            .title = "open title",
            .text = "canary of the text",
            .token = secret(std::string("canary of the token")),
            .maybe_text = "canary that may be",
            .mail = "canary@arrakis"};
}

bool shows_a_canary(std::string_view bytes) {
    return bytes.find("canary") != bytes.npos || bytes.find("arrakis") != bytes.npos ||
           bytes.find("Y2FuYXJ5") != bytes.npos;  // base64 of canary
}

struct merging_or_parking {
    bool parks = false;
    template <class T>
    [[nodiscard]] decision<T> resolve(const conflict<T>& c) const {
        return parks ? park().resolve(c) : merge_fields().resolve(c);
    }
};

/// A server of notes, which hears every byte of the bodies.
struct served {
    folder here{};
    note_store store;
    server<world<note_store>, merging_or_parking> hub;
    poke_hub pokes{};
    http::router routes{trusting({.subject = "ann", .tenant = ann})};
    std::mutex lock{};
    std::string heard{};
    bool loses_answers = false;
    testing::endpoint open;

    explicit served(const keyring& keys = ring(first_key), bool parks = false)
        : store(open_notes(here / "hub.db", keys, true)),
          hub(store, {.parks = parks}, {.audit = true, .history_max = 3}),
          open([this](http::request&& asked) {
              const std::scoped_lock held(lock);
              heard += asked.body;
              http::response given = routes(std::move(asked));
              heard += given.body;
              if (loses_answers) return http::error_response(504, "lost");
              return given;
          }) {
        add_sync_routes(routes, hub, pokes);
    }
};

struct device {
    folder here{};
    note_store store;
    http_link link;
    replica<world<note_store>, http_link> own;

    explicit device(const served& at, const keyring& keys = ring(first_key),
                    const tenant_id& whose = ann)
        : store(open_notes(here / "device.db", keys, false)),
          link(http_link::make(at.open.address(),
                               {.token = [] { return secret<std::string>("any"); }})
                   .value()),
          own(store, link, whose) {}

    [[nodiscard]] std::optional<sealed_note> get(std::int64_t id) {
        auto found = own.get<sealed_note>(id);
        REQUIRE(found);
        return *found;
    }
};

/// Whether the files have the open title, so that it is they that have the rows, and no canary.
void check_files(const folder& at) {
    bool has_title = false;
    for (const auto& each : std::filesystem::directory_iterator(at.path())) {
        const std::string bytes = bytes_of(each.path().string());
        has_title = has_title || bytes.find("open title") != bytes.npos;
        CHECK_MESSAGE(!shows_a_canary(bytes), each.path().string());
    }
    CHECK(has_title);
}
void check_all(const served& at, const device& one, const device& other) {
    check_files(at.here);
    check_files(one.here);
    check_files(other.here);
    CHECK(at.heard.find("open title") != std::string::npos);
    CHECK(!shows_a_canary(at.heard));
}
void require_sync(device& each) {
    const auto seen = each.own.sync();
    REQUIRE_MESSAGE(seen, (seen ? std::string() : to_string(seen.error())));
}

}  // namespace

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

TEST_CASE("encrypted sync: T21, what waits, travels and is repeated is sealed as well") {
    served hub;
    device phone(hub), desk(hub);
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

TEST_CASE("encrypted sync: T21, both sides of a conflict are sealed until a person has decided") {
    served hub(ring(first_key), true);
    device phone(hub), desk(hub);
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

TEST_CASE("encrypted sync: T23, a server that lacks the key refuses, and the work goes on later") {
    served hub(ring(first_key));
    device phone(hub, ring(first_key, second_key));
    REQUIRE(phone.own.put(note(1)));
    (void)phone.own.sync();
    const auto failed = phone.own.failed();
    REQUIRE(failed);
    REQUIRE(failed->size() == 1);
    CHECK(failed->front().reason.find("ciphertext that opens") != std::string::npos);
    CHECK(!shows_a_canary(failed->front().reason));
    CHECK(!shows_a_canary(hub.heard));
    CHECK(phone.get(1)->text == "canary of the text");
}

TEST_CASE("encrypted sync: T21, a device of another tenant's name can open nothing") {
    served hub;
    device phone(hub), strange(hub, ring(first_key), tenant_id("home"));
    REQUIRE(phone.own.put(note(1)));
    require_sync(phone);
    const auto seen = strange.own.sync();
    REQUIRE(!seen);
    CHECK(seen.error().message.find("ciphertext that opens") != std::string::npos);
    CHECK(!strange.get(1));
    CHECK(!shows_a_canary(to_string(seen.error())));
}
