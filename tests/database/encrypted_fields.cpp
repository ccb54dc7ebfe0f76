// SPDX-License-Identifier: BSL-1.0
// Goal: of an encrypted field nothing but ciphertext leaves the program, the ciphertext belongs to
// its tenant and field, and a new key changes nothing that is compared or synchronised.
// Method: canaries, words that must be found in no file and no message.
#include "database/sqlite_support.hpp"
#include "support/everything.hpp"
#include <syncfw/codec/binary.hpp>
#include <syncfw/codec/delta.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/security/keyring.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/storage/sqlite.hpp>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace stores;
using tests::sealed_note;

const tenant_id acme("acme");
const tenant_id home("home");

constexpr std::string_view first_key = "1:BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY=";
constexpr std::string_view second_key = "2:mJeWlZSTkpGQj46NjIuKiYiHhoWEg4KBgH9+fXx7enk=";

keyring ring(std::string_view first, std::string_view second = {}) {
    return expect(keyring::parse(secret(std::string(first).append(",").append(second))));
}

using note_store = sqlite::store<schema<sealed_note>, keyring>;

note_store open_notes(const std::string& path, const keyring& keys) {
    return expect(sqlite::open<schema<sealed_note>>(path, quick, keys));
}

record<sealed_note> note(std::int64_t id) {
    record<sealed_note> row;
    row.value.id = id;
    row.value.title = "open title";
    row.value.text = "canary of the text";
    row.value.token = secret(std::string("canary of the token"));
    row.value.maybe_text = "canary that may be";
    row.value.mail = "canary@arrakis";
    return row;
}
void put(note_store& store, const tenant_id& whose, const record<sealed_note>& row) {
    auto tx = expect(begin_write(store, whose));
    expect(tx.put(row));
    expect(tx.commit());
}
std::optional<record<sealed_note>> get(note_store& store, const tenant_id& whose, std::int64_t id) {
    auto tx = expect(begin_read(store, whose));
    return expect(tx.get<sealed_note>(id));
}
std::int64_t count_of_mail(note_store& store, const tenant_id& whose) {
    auto tx = expect(begin_read(store, whose));
    return expect(tx.count(where(field<&sealed_note::mail> == "canary@arrakis")));
}
// [entity]
struct patient {
    std::int64_t id = 0;
    std::string name{};
    std::string history{};
    std::string mail{};

    static constexpr auto sync_entity =
        entity<"patient">(field<&patient::id>(primary_key), field<&patient::history>(encrypted),
                          field<&patient::mail>(encrypted_revealing_equality));
};
// [/entity]
using clinic = schema<patient>;

// [open]
syncfw::result<syncfw::sqlite::store<clinic, syncfw::keyring>> open_clinic(
    const std::string& path, const std::string& keys_path) {
    auto keys = syncfw::keyring::from_file(keys_path);
    if (!keys) return keys.error();
    return syncfw::sqlite::open<clinic>(path, {}, *keys);
}
// [/open]

// [rewrite]
template <class Store>
syncfw::result<void> rewrite(Store& store, const syncfw::tenant_id& whose, std::uint64_t page) {
    for (std::int64_t last = INT64_MIN;;) {
        auto tx = begin_write(store, whose);
        if (!tx) return tx.error();
        const auto rows =
            tx->scan(where(field<&patient::id> > last).order_by(field<&patient::id>).limit(page));
        if (!rows) return rows.error();
        if (rows->empty()) return {};
        last = rows->back().value.id;
        if (auto done = tx->put_many(*rows); !done) return done;
        if (auto done = tx->commit(); !done) return done;
    }
}
// [/rewrite]

struct door {
    std::int64_t id = 0;
    std::optional<secret<std::string>> code{};
    std::optional<secret<std::string>> spare{};

    static constexpr auto sync_entity =
        entity<"door">(field<&door::id>(primary_key), field<&door::code>(encrypted),
                       field<&door::spare>(local_only));
};

bool shows_a_canary(std::string_view bytes) {
    return bytes.find("canary") != bytes.npos || bytes.find("arrakis") != bytes.npos ||
           bytes.find("Y2FuYXJ5") != bytes.npos;  // base64 of canary
}

}  // namespace

TEST_CASE("encrypted fields: T21, T22, a file has ciphertext only, of both modes") {
    const folder here;
    const std::string path = here / "notes.db";
    auto store = open_notes(path, ring(first_key));
    for (std::int64_t id = 1; id <= 3; ++id) put(store, acme, note(id));
    const auto back = get(store, acme, 2);
    REQUIRE(back.has_value());
    CHECK(changed_fields(back->value, note(2).value).empty());
    CHECK(count_of_mail(store, acme) == 3);
    bool has_title = false;
    for (const char* each : {"", "-wal"}) {
        const std::string bytes = bytes_of(path + each);
        has_title = has_title || bytes.find("open title") != bytes.npos;
        CHECK(!shows_a_canary(bytes));
    }
    CHECK(has_title);  // So these are the files that have the rows.
}

TEST_CASE("encrypted fields: T21, a secret that may be missing is kept, and kept secret") {
    const folder here;
    const std::string path = here / "doors.db";
    auto store = expect(sqlite::open<schema<door>>(path, quick, ring(first_key)));
    auto tx = expect(begin_write(store, acme));
    expect(tx.put(record<door>{.value = {.id = 1}}));
    const secret<std::string> word(std::string("canary"));
    expect(tx.put(record<door>{.value = {.id = 2, .code = word, .spare = word}}));
    expect(tx.commit());
    auto later = expect(begin_read(store, acme));
    const door without = expect(later.get<door>(1))->value,
               with = expect(later.get<door>(2))->value;
    CHECK_FALSE(without.code.has_value());
    CHECK_FALSE(without.spare.has_value());
    CHECK(with.code.value().reveal() == "canary");
    CHECK(with.spare.value().reveal() == "canary");
    const auto cipher = ring(first_key).for_tenant(acme);
    const std::string text = expect(json::encode<to_client>(with, cipher));
    const std::string bytes = expect(binary::encode<to_client>(with, cipher));
    CHECK(!shows_a_canary(text));
    CHECK(!shows_a_canary(bytes));
    CHECK(expect(json::decode<door, to_client>(text, {}, cipher)).code.value().reveal() ==
          "canary");
    CHECK(expect(binary::decode<door, to_client>(bytes, cipher)).code.value().reveal() == "canary");
}

TEST_CASE("encrypted fields: T21, T22, JSON and binary rows have ciphertext only, of both modes") {
    const auto cipher = ring(first_key).for_tenant(acme);
    memory::store<schema<sealed_note>> store;
    {
        auto tx = expect(begin_write(store, acme));
        expect(tx.put(note(1)));
        expect(tx.commit());
    }
    auto tx = expect(begin_read(store, acme));
    const auto kept = expect(tx.get<sealed_note>(1));
    const std::string text = expect(json::encode<to_client>(kept->value, cipher));
    const std::string bytes = expect(binary::encode<to_client>(kept->value, cipher));
    CHECK(text.find("open title") != text.npos);
    CHECK(bytes.find("open title") != bytes.npos);
    CHECK(!shows_a_canary(text));
    CHECK(!shows_a_canary(bytes));
    const auto read = expect(json::decode<sealed_note, to_client>(text, {}, cipher));
    CHECK(changed_fields(read, kept->value).empty());
    CHECK(!json::decode<sealed_note, to_client>(text, {}, ring(first_key).for_tenant(home)));
}

TEST_CASE("encrypted fields: T1, T21, another tenant's ciphertext opens in no row of one's own") {
    const folder here;
    const std::string path = here / "notes.db";
    {
        auto store = open_notes(path, ring(first_key));
        put(store, acme, note(1));
        put(store, home, note(1));
        CHECK(count_of_mail(store, acme) == 1);
        CHECK(count_of_mail(store, home) == 1);
    }
    const std::string copy =
        "UPDATE sealed_note SET mail = (SELECT mail FROM sealed_note WHERE _tenant = 'home') "
        "WHERE _tenant = 'acme'";
    run_sql(path, copy);
    auto store = open_notes(path, ring(first_key));
    auto tx = expect(begin_read(store, acme));
    const auto found = tx.get<sealed_note>(1);
    REQUIRE(!found);
    CHECK(found.error().code == errc::corrupted);
    CHECK(found.error().field == "mail");
    CHECK(!shows_a_canary(to_string(found.error())));
}

TEST_CASE("encrypted fields: T23, a new key alone changes nothing that a sync compares") {
    const folder here;
    const std::string path = here / "notes.db";
    {
        auto store = open_notes(path, ring(first_key));
        auto row = note(1);
        row.set_sequence(4711);
        put(store, acme, row);
    }
    auto store = open_notes(path, ring(first_key, second_key));
    const auto before = get(store, acme, 1);
    REQUIRE(before.has_value());
    CHECK(changed_fields(before->value, note(1).value).empty());

    put(store, acme, *before);  // The rewrite: the row as it is, under the newest key.
    const auto after = get(store, acme, 1);
    CHECK(changed_fields(before->value, after->value).empty());
    CHECK(before->beside == after->beside);
    CHECK(count_of_mail(store, acme) == 1);
}

TEST_CASE("encrypted fields: T23, an old key can go when no row is under it") {
    const folder here;
    const std::string path = here / "notes.db";
    {
        auto store = open_notes(path, ring(first_key));
        for (std::int64_t id = 1; id <= 2; ++id) put(store, acme, note(id));
    }
    {
        auto store = open_notes(path, ring(first_key, second_key));
        put(store, acme, *get(store, acme, 1));
    }
    auto store = open_notes(path, ring(second_key));
    CHECK(get(store, acme, 1).has_value());
    auto tx = expect(begin_read(store, acme));
    CHECK(tx.get<sealed_note>(2).error().code == errc::corrupted);
}

TEST_CASE("encrypted fields: the guide's clinic, its keys changed and its rows rewritten") {
    const folder here;
    const std::string path = here / "clinic.db", keys = here / "keys";
    const auto write_keys = [&](std::string_view text) {
        write_bytes(keys, text);
        std::filesystem::permissions(
            keys, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    };
    write_keys(first_key);
    {
        auto store = expect(open_clinic(path, keys));
        auto tx = expect(begin_write(store, acme));
        for (std::int64_t id = 1; id <= 7; ++id)
            expect(tx.put(record<patient>{
                .value = {.id = id, .history = "canary", .mail = "canary@arrakis"}}));
        expect(tx.commit());
    }
    write_keys(std::string(first_key) + "\n" + std::string(second_key) + "\n");
    {
        auto store = expect(open_clinic(path, keys));
        expect(rewrite(store, acme, 3));
        run_sql(path,
                "CREATE TABLE seen AS SELECT count(*) AS old FROM patient WHERE "
                "substr(history, 2, 4) <> x'00000002' OR substr(mail, 2, 4) <> x'00000002'");
    }
    sqlite3* opened = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &opened) == SQLITE_OK);
    sqlite3_stmt* seen = nullptr;
    REQUIRE(sqlite3_prepare_v2(opened, "SELECT old FROM seen", -1, &seen, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(seen) == SQLITE_ROW);
    CHECK(sqlite3_column_int(seen, 0) == 0);
    sqlite3_finalize(seen);
    sqlite3_close(opened);

    write_keys(second_key);
    auto store = expect(open_clinic(path, keys));
    auto tx = expect(begin_read(store, acme));
    CHECK(expect(tx.count(where(field<&patient::mail> == "canary@arrakis"))) == 7);
    CHECK(expect(tx.get<patient>(7))->value.history == "canary");
}
