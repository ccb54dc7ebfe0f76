// SPDX-License-Identifier: BSL-1.0
// Goal: rows come back from SQLite as they were put, are found as the memory store finds them, and
// what can't be put leaves nothing behind.
#include "database/specimen.hpp"
#include "database/sqlite_support.hpp"
#include "support/any.hpp"
#include <syncfw/codec/binary.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/storage/sqlite.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace stores;
using tests::everything;
using tests::sealed_note;

// SQLite keeps no sign of zero, and no store takes NaN.
void make_storable(everything& row) {
    const auto mend = [](auto& real) {
        if (!(real < 0) && !(real > 0)) real = 0;
    };
    mend(row.real_32);
    mend(row.real_64);
    if (row.maybe_real) mend(*row.maybe_real);
    row.owner = "acme";
}

record<everything> any_record() {
    record<everything> row{.value = *tests::any<everything>(tests::reals::finite)};
    make_storable(row.value);
    row.set_written(stamp(*rc::gen::arbitrary<std::uint64_t>(),
                          replica_id(*rc::gen::arbitrary<std::uint64_t>())));
    return row;
}

bool are_same(const record<everything>& a, const record<everything>& b) {
    return binary::encode(a.value) == binary::encode(b.value) && a.beside == b.beside;
}

TEST_CASE("SQLite: rows of every type come back as they were put") {
    auto store = expect(sqlite::open<schema<everything>>(":memory:"));
    const tenant_id acme("acme");
    CHECK(rc::check([&] {
        const auto row = any_record();
        auto tx = expect(begin_write(store, acme));
        expect(tx.put(row));
        const auto found = expect(tx.get<everything>(row.value.id));
        RC_ASSERT(found.has_value());
        RC_ASSERT(are_same(row, *found));
        const auto scanned = expect(tx.scan(where(field<&everything::id> == row.value.id)));
        RC_ASSERT(scanned.size() == std::size_t{1});
        RC_ASSERT(are_same(row, scanned.front()));
        expect(tx.erase<everything>(row.value.id));
        RC_ASSERT(!expect(tx.get<everything>(row.value.id)).has_value());
    }));
}

TEST_CASE("SQLite: encrypted fields are ciphertext in the file, and found by equality") {
    const folder here;
    const std::string path = here / "notes.db";
    const tests::toy_cipher cipher(7);
    auto store = expect(sqlite::open<schema<sealed_note>>(path, quick, cipher));
    {
        auto tx = expect(begin_write(store, nobody));
        for (std::int64_t id = 1; id <= 3; ++id) {
            record<sealed_note> row;
            row.value.id = id;
            row.value.text = "the secret of the tomb";
            row.value.maybe_text = id == 2 ? std::optional<std::string>("only two") : std::nullopt;
            row.value.mail = id == 3 ? "paul@arrakis" : "leto@caladan";
            expect(tx.put(row));
        }
        expect(tx.commit());
    }
    auto tx = expect(begin_read(store, nobody));
    CHECK(expect(tx.get<sealed_note>(2))->value.maybe_text == "only two");
    CHECK(expect(tx.get<sealed_note>(1))->value.text == "the secret of the tomb");
    CHECK(!expect(tx.get<sealed_note>(1))->value.maybe_text);
    constexpr auto mail = field<&sealed_note::mail>;
    CHECK(expect(tx.scan(where(mail == "leto@caladan"))).size() == 2);
    CHECK(expect(tx.scan(where(mail.in("paul@arrakis", "nobody")))).size() == 1);
    CHECK(expect(tx.count(where(mail != "leto@caladan"))) == 1);
    for (const char* each : {"", "-wal"}) {
        const std::string bytes = bytes_of(path + each);
        CHECK(bytes.find("secret of") == std::string::npos);
        CHECK(bytes.find("arrakis") == std::string::npos);
    }
}

TEST_CASE("SQLite: another key opens no row, and says which field") {
    const folder here;
    const std::string path = here / "notes.db";
    {
        auto store = expect(sqlite::open<schema<sealed_note>>(path, quick, tests::toy_cipher(1)));
        auto tx = expect(begin_write(store, nobody));
        expect(tx.put(record<sealed_note>{.value = {.id = 1, .text = "hidden"}}));
        expect(tx.commit());
    }
    auto store = expect(sqlite::open<schema<sealed_note>>(path, quick, tests::toy_cipher(2)));
    auto tx = expect(begin_read(store, nobody));
    const auto found = tx.get<sealed_note>(1);
    REQUIRE(!found);
    CHECK(found.error().code == errc::corrupted);
    CHECK(found.error().field == "text");
}

// --- queries ------------------------------------------------------------------------------------

template <class Store>
void put_specimens(Store& store, const std::vector<specimens::specimen>& rows) {
    auto tx = expect(begin_write(store, nobody));
    std::vector<record<specimens::specimen>> records;
    for (const auto& each : rows) records.push_back({.value = each});
    expect(tx.put_many(records));
    expect(tx.commit());
}

std::vector<std::int64_t> ids(const std::vector<record<specimens::specimen>>& rows) {
    std::vector<std::int64_t> found;
    for (const auto& each : rows) found.push_back(each.value.id);
    return found;
}

TEST_CASE("SQLite: queries find what the memory store finds, typed or not") {
    using specimens::specimen;
    specimens::chance chance(1);
    std::vector<specimen> rows;
    for (std::int64_t i = 0; i < 200; ++i) rows.push_back(specimens::random_specimen(chance, i));
    memory::store<schema<specimen>> memory;
    auto sqlite = expect(sqlite::open<schema<specimen>>(":memory:"));
    put_specimens(memory, rows);
    put_specimens(sqlite, rows);
    auto expected = expect(begin_read(memory, nobody));
    auto found = expect(begin_read(sqlite, nobody));
    const auto check = [&](const auto& asked) {
        const auto all_of_it = ids(expect(expected.scan(asked)));
        CHECK(ids(expect(found.scan(asked))) == all_of_it);
        CHECK(ids(expect(found.template scan<specimen>(asked.view()))) == all_of_it);
        CHECK(expect(found.count(asked)) == static_cast<std::int64_t>(all_of_it.size()));
    };
    check(all<specimen>());
    check(all<specimen>().after(100).limit(7));
    check(where(field<&specimen::number> == 300 || field<&specimen::number> < -1));
    check(where(field<&specimen::text>.starts_with("a") || field<&specimen::text>.like("%b")));
    check(where(field<&specimen::token>.in(rows[3].token, rows[4].token)));
    check(where(field<&specimen::numbers>.contains(INT64_MIN)));
    check(where(field<&specimen::moment> > timestamp{})
              .order_by(descending(field<&specimen::maybe_text>), field<&specimen::data>)
              .after(rows[7])
              .limit(20));
    query_view bare{.entity = entity_of<specimen>};
    bare.limit = 9;
    CHECK(ids(expect(found.scan<specimen>(bare))) == ids(expect(expected.scan<specimen>(bare))));
}

// --- what is refused ----------------------------------------------------------------------------

record<book> book_with(std::int64_t id, std::string isbn) {
    return {.value = {.id = id, .title = "a title", .isbn = std::move(isbn)}};
}

TEST_CASE("SQLite: a unique value that is taken is refused by name, and the transaction goes on") {
    auto store = open(":memory:");
    auto tx = expect(begin_write(store, nobody));
    expect(tx.put(book_with(1, "111")));
    const auto refused = tx.put(book_with(2, "111"));
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::already_exists);
    CHECK(refused.error().entity == "book");
    CHECK(refused.error().key == "2");
    CHECK(refused.error().field == "isbn");
    CHECK(to_string(refused.error()).find("111") == std::string::npos);
    CHECK(tx.is_usable());

    const std::vector<record<book>> many{book_with(3, "333"), book_with(4, "111")};
    CHECK(tx.put_many(many).error().code == errc::already_exists);
    CHECK(tx.is_usable());
    CHECK(!expect(tx.get<book>(3)).has_value());
    expect(tx.put(book_with(5, "555")));
    expect(tx.commit());
    CHECK(count_books(store) == 2);
}

TEST_CASE("SQLite: two rows of one place in the feed are refused") {
    auto store = open(":memory:");
    auto tx = expect(begin_write(store, nobody));
    auto one = book_with(1, "111");
    one.set_sequence(4);
    auto two = book_with(2, "222");
    two.set_sequence(4);
    expect(tx.put(one));
    const auto refused = tx.put(two);
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::already_exists);
    CHECK(refused.error().field.empty());
    CHECK(tx.is_usable());
}

TEST_CASE("SQLite: references are checked where that is asked for") {
    const record<book> lost{.value = {.id = 1, .on = 7}};
    auto loose = open(":memory:");
    expect(expect(begin_write(loose, nobody)).put(lost));

    auto store = open(":memory:", {.references = true});
    auto tx = expect(begin_write(store, nobody));
    const auto refused = tx.put(lost);
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::invalid_value);
    CHECK(tx.is_usable());
    expect(tx.put(record<shelf>{.value = {.id = 7}}));
    expect(tx.put(record<shelf>{.value = {.id = 8}}));
    expect(tx.put(lost));
    const std::int64_t shelves[] = {8, 7};
    const auto kept = tx.erase_many<shelf>(std::span<const std::int64_t>(shelves));
    REQUIRE(!kept);
    CHECK(kept.error().code == errc::invalid_value);
    CHECK(expect(tx.get<shelf>(8)).has_value());
    expect(tx.commit());
}

// --- the rest of the store ----------------------------------------------------------------------

TEST_CASE("SQLite: many keys get one answer each, in their order") {
    auto store = open(":memory:");
    expect(put_books(store, 1, 5));
    auto tx = expect(begin_write(store, nobody));
    const std::int64_t keys[] = {4, 9, 2, 4};
    const auto found = expect(tx.get_many<book>(std::span<const std::int64_t>(keys)));
    REQUIRE(found.size() == 4);
    CHECK(found[0]->value.id == 4);
    CHECK(!found[1]);
    CHECK(found[2]->value.id == 2);
    CHECK(found[3]->value.id == 4);
    expect(tx.erase_many<book>(std::span<const std::int64_t>(keys)));
    CHECK(expect(tx.count(all<book>())) == 3);
}

TEST_CASE("SQLite: feeds and values are each tenant's own") {
    auto store = open(":memory:");
    const tenant_id acme("acme");
    expect(put_books(store, 1, 3));
    {
        auto tx = expect(begin_write(store, nobody));
        expect(tx.put_value("place", std::string_view("a\0b", 3)));
        expect(tx.put_value("empty", ""));
        CHECK(expect(tx.next_sequence(0)) == 4);
        CHECK(expect(tx.next_sequence(2)) == 4);
        CHECK(expect(tx.last_sequence()) == 5);
        expect(tx.commit());
    }
    {
        auto tx = expect(begin_write(store, acme));
        CHECK(expect(tx.last_sequence()) == 0);
        CHECK(!expect(tx.get_value("place")));
        CHECK(!expect(tx.get<book>(1)));
        CHECK(expect(tx.changes<book>(0, 100)).empty());
        CHECK(expect(tx.scan(all<book>())).empty());
        CHECK(expect(tx.next_sequence(1)) == 1);
        expect(tx.erase_value("place"));
        expect(tx.erase<book>(1));
        expect(tx.commit());
    }
    auto tx = expect(begin_write(store, nobody));
    CHECK(expect(tx.get_value("place")) == std::string("a\0b", 3));
    CHECK(expect(tx.get_value("empty")) == "");
    CHECK(expect(tx.changes<book>(1, 2)).size() == 1);
    CHECK(expect(tx.get<book>(1)).has_value());
    expect(tx.erase_value("place"));
    CHECK(!expect(tx.get_value("place")));
}

TEST_CASE("SQLite: a feed without numbers left gives none") {
    auto store = open(":memory:");
    auto tx = expect(begin_write(store, nobody));
    CHECK(expect(tx.next_sequence(INT64_MAX - 1)) == 1);
    CHECK(tx.next_sequence(1).error().code == errc::corrupted);
    CHECK(expect(tx.last_sequence()) == INT64_MAX - 1);
}

TEST_CASE("SQLite: what is not committed is not there") {
    const folder here;
    auto store = open(here / "library.db", quick);
    {
        auto tx = expect(begin_write(store, nobody));
        expect(tx.put(book_with(1, "111")));
        expect(tx.put_value("a", "b"));
    }
    CHECK(count_books(store) == 0);
    expect(put_books(store, 1, 1));
    auto moved = std::move(store);
    CHECK(count_books(moved) == 1);
}

std::size_t count_statements(sqlite3* database) {
    std::size_t count = 0;
    for (sqlite3_stmt* each = nullptr; (each = sqlite3_next_stmt(database, each)) != nullptr;)
        ++count;
    return count;
}

TEST_CASE("SQLite: a statement is prepared once for a connection, and few queries are kept") {
    auto store = open(":memory:");
    std::size_t before = 0;
    for (int i = 0; i < 50; ++i) {
        expect(put_books(store, i, 1));
        auto tx = expect(begin_write(store, nobody));
        CHECK(expect(tx.get<book>(i)).has_value());
        (void)expect(tx.scan(where(field<&book::title> == "book").limit(3)));
        const auto by_id = where(field<&book::id> == i);
        (void)expect(tx.scan<book>(by_id.view()));
        const std::size_t now = count_statements(tx.native().handle());
        CHECK((i < 2 || now == before));  // The first round ends with the first ROLLBACK.
        before = now;
    }
    auto tx = expect(begin_write(store, nobody));
    std::vector<value> values;
    std::vector<query_node> nodes;
    for (std::uint16_t i = 0; i < 200; ++i) {
        values.push_back(value::of(std::int64_t{i}));
        nodes.push_back({.op = query_op::equal, .place = 0, .first = i, .count = 1});
        if (i > 0) nodes.push_back({.op = query_op::either});
        query_view asked{.entity = entity_of<book>, .nodes = nodes, .values = values};
        CHECK(expect(tx.scan<book>(asked)).size() == (i < 50 ? i + 1u : 50u));
    }
    CHECK(count_statements(tx.native().handle()) <= before + 64);
}

std::string plan_of(sqlite3* database, std::string_view text) {
    std::string plan;
    sqlite3_exec(
        database, ("EXPLAIN QUERY PLAN " + std::string(text)).c_str(),
        [](void* to, int, char** values, char**) {
            static_cast<std::string*>(to)->append(values[3]).append("\n");
            return 0;
        },
        &plan, nullptr);
    return plan;
}

TEST_CASE("SQLite: keys, the feed and unique fields are looked up, never searched for") {
    auto store = open(":memory:");
    auto tx = expect(begin_write(store, nobody));
    const auto by_isbn = where(field<&book::isbn> == "1" && field<&book::id> > 0);
    const std::pair<std::string_view, const char*> expected[] = {
        {sql::get_text<sql::sqlite, book>, "sqlite_autoindex_book_1 (_tenant=? AND id=?)"},
        {sql::erase_text<sql::sqlite, book>, "sqlite_autoindex_book_1 (_tenant=? AND id=?)"},
        {sql::changes_text<sql::sqlite, book>, "book_feed (_tenant=? AND _sequence>?"},
    };
    for (const auto& [text, index] : expected) {
        const std::string plan = plan_of(tx.native().handle(), text);
        INFO(plan);
        CHECK(plan.find(index) != std::string::npos);
        CHECK(plan.find("SCAN") == std::string::npos);
        CHECK(plan.find("TEMP B-TREE") == std::string::npos);
    }
    const std::string plan =
        plan_of(tx.native().handle(), sql::make_scan_text<sql::sqlite>(by_isbn.view()));
    CHECK(plan.find("SCAN") == std::string::npos);
}

}  // namespace
