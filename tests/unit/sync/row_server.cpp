// SPDX-License-Identifier: BSL-1.0
#include <syncfw/conflict/merge_rows.hpp>
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/row_server.hpp>
#include <syncfw/transport/in_process.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct author {
    uuid id{};
    std::string name{};
    bool is_deleted = false;
    timestamp updated_at{};
    static constexpr auto sync_entity = entity<"author">(
        field<&author::id>(primary_key), field<&author::name>(required, max_length<20>),
        field<&author::is_deleted>(soft_delete), field<&author::updated_at>(is::updated_at));
};
struct book {
    uuid id{};
    std::string title{};
    std::optional<std::string> isbn{};
    std::optional<uuid> author_id{};
    bool is_deleted = false;
    std::int64_t version = 0;
    timestamp updated_at{};
    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::title>(required),
        field<&book::isbn>(is::unique), field<&book::author_id>(references<&author::id>),
        field<&book::is_deleted>(soft_delete), field<&book::version>(is::version),
        field<&book::updated_at>(is::updated_at));
};
using library = schema<author, book>;
using store_type = memory::store<library>;

/// A clock that a test moves, and chance that counts.
struct moved_environment {
    std::int64_t* microseconds;
    std::uint64_t* drawn;
    [[nodiscard]] timestamp now() const { return timestamp::from_microseconds(*microseconds); }
    std::uint64_t random() { return ++*drawn * 0x9E37'79B9'7F4A'7C15; }
    void pause(std::int64_t) {}
};
constexpr std::int64_t noon = 1'800'000'000'000'000;

template <class Policy = last_write_wins>
struct scene {
    std::int64_t clock = noon;
    std::uint64_t drawn = 0;
    store_type store{};
    server<world<store_type, moved_environment>, Policy> hub{
        store,
        Policy(),
        {.audit = true, .times_of_arrival = true, .history_max = 3},
        moved_environment{&clock, &drawn}};
    row_server<world<store_type, moved_environment>, Policy> rows{hub};
    caller who{.tenant = tenant_id("acme"), .subject = "ann"};

    document push(const std::string& changes, const std::string& key = {}) {
        auto got = rows.push(who, R"({"changes":)" + changes + "}", {key});
        REQUIRE_MESSAGE(got, (got ? std::string() : to_string(got.error())));
        return json::decode_document(got->body).value();
    }
    document push_book(const std::string& row) {
        return push(R"({"book":[)" + row + "]}").find("data")->elements()->at(0);
    }
    error refused(const std::string& changes, const std::string& key = {}) {
        auto got = rows.push(who, R"({"changes":)" + changes + "}", {key});
        REQUIRE_FALSE(got);
        return got.error();
    }
    document pull(const row_question& asked = {}) {
        auto got = rows.pull(who, asked);
        REQUIRE_MESSAGE(got, (got ? std::string() : to_string(got.error())));
        return json::decode_document(got->body).value();
    }
};

std::string text(const document& of, std::string_view name) {
    const document* const found = of.find(name);
    return found == nullptr           ? "(none)"
           : found->text() != nullptr ? *found->text()
                                      : json::encode(*found);
}
std::vector<document> books(const document& page) {
    return *page.find("data")->find("book")->elements();
}
timestamp moment(const document& of, std::string_view name) {
    return timestamp::parse(text(of, name)).value();
}
std::string with_id(const document& row, const std::string& more) {
    return R"({"id":")" + text(row, "id") + "\"," + more + "}";
}

}  // namespace

TEST_CASE("row_server: a push is all or nothing, and the error has the path") {
    scene s;
    CHECK(s.refused(R"({"book":[{"title":"a"},{"title":""}]})").field == "changes.book[1].title");
    CHECK(s.refused(R"({"author":[{"name":"aaaaaaaaaaaaaaaaaaaaaaaaaaa"}]})").field ==
          "changes.author[0].name");
    CHECK(books(s.pull()).empty());
}

TEST_CASE("row_server: a reference may point to a row of the same push, and nowhere else") {
    scene s;
    const std::string id = "0192f0c1-7a3b-7c4d-8e5f-60718293a4b5";
    const std::string wanted = R"({"book":[{"title":"a","author_id":")" + id + "\"}]";
    CHECK(s.refused(wanted + "}").field == "changes.book[0].author_id");
    (void)s.push(wanted + R"(,"author":[{"id":")" + id + R"(","name":"x"}]})");
    (void)s.push(wanted + "}");
    CHECK(books(s.pull()).size() == 2);
}

TEST_CASE("row_server: a unique value that another row has is refused with its path") {
    scene s;
    (void)s.push_book(R"({"title":"a","isbn":"1"})");
    const error why = s.refused(R"({"book":[{"title":"b"},{"title":"c","isbn":"1"}]})");
    CHECK(why.code == errc::already_exists);
    CHECK(why.field == "changes.book[1].isbn");
}

TEST_CASE("row_server: times rise with every row, whatever the machine's clock does") {
    scene s;
    const document first = s.push_book(R"({"title":"a"})");
    CHECK(moment(first, "updated_at").microseconds_since_epoch() == noon);
    s.clock -= 3'600'000'000;
    const document second = s.push_book(R"({"title":"b"})");
    CHECK(moment(second, "updated_at").microseconds_since_epoch() == noon + 1);
    s.clock = noon + 50;
    CHECK(moment(s.push_book(R"({"title":"c"})"), "updated_at").microseconds_since_epoch() ==
          noon + 50);
}

TEST_CASE("row_server: a clock that went back hides no change from a pull by time") {
    scene s;
    (void)s.push_book(R"({"title":"a"})");
    const timestamp seen = moment(s.pull(), "syncTimestamp");
    s.clock -= 3'600'000'000;
    (void)s.push_book(R"({"title":"b"})");
    const auto got = books(s.pull({.since = seen}));
    REQUIRE(got.size() == 1);
    CHECK(text(got[0], "title") == "b");
}

TEST_CASE("row_server: the answer to a push gives no time behind what others wrote") {
    scene s;
    (void)s.push_book(R"({"title":"theirs"})");
    s.clock += 1'000'000;
    const document answer = s.push(R"({"book":[{"title":"mine"}]})");
    CHECK(books(s.pull({.since = moment(answer, "syncTimestamp")})).size() == 2);
}

TEST_CASE("row_server: a row of the version that is stored is no conflict") {
    scene<server_wins> s;
    const document row = s.push_book(R"({"title":"a"})");
    const document next = s.push_book(with_id(row, R"("title":"b","version":1)"));
    CHECK(text(next, "title") == "b");
    CHECK(text(next, "version") == "2");
    const document late = s.push_book(with_id(row, R"("title":"c","version":1)"));
    CHECK(text(late, "title") == "b");
    CHECK(text(late, "version") == "2");
}

TEST_CASE("row_server: without a version the row's own time says that it is known") {
    scene<server_wins> s;
    (void)s.push(R"({"author":[{"id":"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5","name":"a"}]})");
    const auto rename = [&](const std::string& name, const std::string& time) {
        return text(s.push(R"({"author":[{"id":"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5","name":")" +
                           name + R"(","updated_at":")" + time + R"("}]})")
                        .find("data")
                        ->elements()
                        ->at(0),
                    "name");
    };
    const std::string known = to_string(timestamp::from_microseconds(noon));
    CHECK(rename("b", "2027-01-01T00:00:00Z") == "a");
    s.clock += 5'000;
    CHECK(rename("b", known) == "b");
    CHECK(rename("c", known) == "b");
}

TEST_CASE("row_server: the later write wins; one of an older version without a time does not") {
    scene s;
    const document row = s.push_book(R"({"title":"a"})");
    s.clock += 10'000'000;
    (void)s.push_book(with_id(row, R"("title":"b","version":1)"));
    const auto late = [&](const std::string& more) {
        return text(s.push_book(with_id(row, R"("title":"late")" + more)), "title");
    };
    CHECK(late(R"(,"version":1)") == "b");
    CHECK(late(R"(,"version":1,"updated_at":"2001-01-01T00:00:00Z")") == "b");
    CHECK(late(R"(,"version":1,"updated_at":"2999-01-01T00:00:00Z")") == "late");
    (void)s.push_book(with_id(row, R"("title":"d")"));
    CHECK(late("") == "late");
}

TEST_CASE("row_server: a merge finds its base in the history, as long as that is kept") {
    scene<merge_rows> s;
    const document row = s.push_book(R"({"title":"a","isbn":"1"})");
    (void)s.push_book(with_id(row, R"("title":"b","version":1)"));
    const document merged = s.push_book(with_id(row, R"("title":"a","isbn":"2","version":1)"));
    CHECK(text(merged, "title") == "b");
    CHECK(text(merged, "isbn") == "2");
    for (int i = 3; i < 8; ++i)
        (void)s.push_book(with_id(row, R"("title":"x","version":)" + std::to_string(i)));
    // Version 1 is gone by now: what arrives counts as changed.
    const document late = s.push_book(with_id(row, R"("title":"a","version":1)"));
    CHECK(text(late, "title") == "a");
    auto tx = begin_read(s.store, s.who.tenant);
    CHECK(tx->scan<row_version>({.entity = entity_of<row_version>})->size() == 3);
}

TEST_CASE("row_server: no more versions are kept than was said, however often a row comes") {
    scene s;
    const document made = s.push_book(R"({"title":"a"})");
    for (int i = 0; i < 6; ++i)
        (void)s.push(R"({"book":[)" + with_id(made, R"("title":"b")") + "," +
                     with_id(made, R"("title":"c")") + "]}");
    const auto kept = begin_read(s.store, s.who.tenant)->scan(all<row_version>());
    CHECK(!kept->empty());
    CHECK(kept->size() <= 3);
}

TEST_CASE("row_server: an engine's device and a client of rows see each other's changes") {
    scene<merge_rows> s;
    store_type near{memory::options{.unique = false}};
    in_process_link<decltype(s.hub), caller> line{s.hub, s.who};
    replica<world<store_type>, decltype(line)> mine{near, line, s.who.tenant};
    const document row = s.push_book(R"({"title":"a","isbn":"1"})");
    REQUIRE(mine.sync());
    const uuid id = uuid::parse(text(row, "id")).value();
    book here = mine.get<book>(id)->value();
    CHECK(here.title == "a");
    here.title = "device";
    REQUIRE(mine.put(here));
    const timestamp seen = moment(s.pull(), "syncTimestamp");
    REQUIRE(mine.sync());
    const auto got = books(s.pull({.since = seen}));
    REQUIRE(got.size() == 1);
    CHECK(text(got[0], "title") == "device");
    CHECK(text(got[0], "version") == "2");
    // The device's write is a base as any other.
    const document merged = s.push_book(with_id(row, R"("title":"a","isbn":"2","version":1)"));
    CHECK(text(merged, "title") == "device");
    CHECK(text(merged, "isbn") == "2");
    REQUIRE(mine.sync());
    CHECK(mine.get<book>(id)->value().isbn == "2");
}

TEST_CASE("row_server: a named request takes effect once, also under another clock") {
    scene s;
    const document first = s.push(R"({"book":[{"title":"a"}]})", "k");
    s.clock += 5'000'000;
    CHECK(s.push(R"({"book":[{"title":"a"}]})", "k") == first);
    CHECK(s.refused(R"({"book":[{"title":"b"}]})", "k").code == errc::conflict);
    CHECK(s.refused(R"({"book":[]})", std::string(256, 'k')).field == "Idempotency-Key");
    CHECK(books(s.pull()).size() == 1);
    s.who.subject = "bob";
    (void)s.push(R"({"book":[{"title":"b"}]})", "k");
    CHECK(books(s.pull()).size() == 2);
}

TEST_CASE("row_server: the deletion of a row that isn't there is no mistake, and nothing") {
    scene s;
    const std::string id = "0192f0c1-7a3b-7c4d-8e5f-60718293a4b5";
    const document gone = s.push_book(R"({"id":")" + id + R"(","is_deleted":true})");
    CHECK(text(gone, "id") == id);
    CHECK(text(gone, "is_deleted") == "true");
    CHECK(books(s.pull({.since = timestamp::from_microseconds(1)})).empty());
    CHECK(s.refused(R"({"book":[{"id":")" + id + R"(","isbn":"1"}]})").field ==
          "changes.book[0].title");
    const document both = s.push(R"({"book":[{"id":")" + id + R"(","is_deleted":true},{"id":")" +
                                 id + R"(","title":"a"}]})");
    CHECK(text(both.find("data")->elements()->at(1), "title") == "a");
    CHECK(books(s.pull()).size() == 1);
    // A whole row that is deleted already is kept: others may have it.
    (void)s.push_book(R"({"title":"b","is_deleted":true})");
    CHECK(books(s.pull({.since = timestamp::from_microseconds(1)})).size() == 2);
}

TEST_CASE("row_server: each write is in the audit, with who did it") {
    scene s;
    const document row = s.push_book(R"({"title":"a"})");
    (void)s.push_book(with_id(row, R"("is_deleted":true,"version":1)"));
    auto tx = begin_read(s.store, s.who.tenant);
    auto entries = tx->scan<audit_entry>({.entity = entity_of<audit_entry>});
    REQUIRE(entries);
    REQUIRE(entries->size() == 2);
    for (const auto& each : *entries) CHECK(each.value.subject == "ann");
}

TEST_CASE("row_server: a pull of a part gives no time to go on from") {
    scene s;
    (void)s.push(R"({"book":[{"title":"a"}]})");
    const document page = s.pull({.moves_time = false});
    CHECK(books(s.pull({.since = moment(page, "syncTimestamp")})).size() == 1);
}

TEST_CASE("no-resurrection: who was away while deletions were let go is told to begin anew") {
    scene s;
    (void)s.push_book(R"({"title":"a"})");
    const document gone = s.push_book(R"({"title":"b"})");
    const document before = s.pull();
    (void)s.push_book(with_id(gone, R"("is_deleted":true,"version":1)"));
    const document known = s.pull({.cursor = text(before, "cursor")});
    REQUIRE(s.hub.retire(s.who.tenant, {.deletions_until = timestamp::max()})->deletions == 1);
    const auto told = [&](const row_question& asked) {
        const auto got = s.rows.pull(s.who, asked);
        return got ? errc{} : got.error().code;
    };
    CHECK(told({.cursor = text(before, "cursor")}) == errc::resynchronise);
    CHECK(told({.since = moment(before, "syncTimestamp")}) == errc::resynchronise);
    // Who knew of it goes on, and so does who begins, however small his pages are.
    CHECK(told({.cursor = text(known, "cursor")}) == errc{});
    CHECK(told({.since = moment(known, "syncTimestamp")}) == errc{});
    // Many clients have no microseconds: what they were given is not too old when it comes back.
    const timestamp given = moment(s.pull(), "syncTimestamp");
    CHECK(told({.since = timestamp::from_microseconds(given.milliseconds_since_epoch() * 1'000)}) ==
          errc{});
    (void)s.push_book(R"({"title":"c"})");
    const document first = s.pull({.limit = 1});
    CHECK(told({.cursor = text(first, "cursor"), .limit = 1}) == errc{});
    CHECK(told({.since = moment(known, "syncTimestamp")}) == errc{});
}

TEST_CASE("row_server: a time to come is told") {
    scene s;
    CHECK(s.pull({.since = timestamp::from_microseconds(noon)}).find("warnings") == nullptr);
    CHECK(s.pull({.since = timestamp::from_microseconds(noon + 1)}).find("warnings") != nullptr);
}

namespace {

/// A client that keeps what it is told, by time or by cursor.
struct follower {
    bool by_cursor = false;
    std::optional<timestamp> since{};
    std::string cursor{};
    std::map<std::string, std::pair<std::string, std::string>> rows{};

    template <class Scene>
    bool follow(Scene& s, std::int64_t limit) {
        row_question asked{.limit = limit};
        if (by_cursor)
            asked.cursor = cursor;
        else
            asked.since = since;
        const document page = s.pull(asked);
        for (const document& row : books(page))
            rows[text(row, "id")] = {text(row, "title"), text(row, "is_deleted")};
        since = moment(page, "syncTimestamp");
        cursor = text(page, "cursor");
        return !books(page).empty();
    }
};

}  // namespace

TEST_CASE("row_server: whoever follows by time or cursor knows each row as it is in the end") {
    CHECK(rc::check([] {
        scene<client_wins> s;
        follower by_time, by_cursor{.by_cursor = true};
        std::vector<std::string> known;
        const auto steps = *rc::gen::inRange(1, 40);
        for (int i = 0; i < steps; ++i) {
            s.clock += *rc::gen::inRange(-2'000, 2'000);
            const auto what = *rc::gen::inRange(0, 6);
            const auto limit = *rc::gen::inRange<std::int64_t>(1, 5);
            if (what <= 1 || known.empty()) {
                std::string rows;
                const auto count = *rc::gen::inRange(1, 6);
                for (int k = 0; k < count; ++k)
                    rows +=
                        std::string(k ? "," : "") + R"({"title":"n)" + std::to_string(i) + "\"}";
                const document answer = s.push(R"({"book":[)" + rows + "]}");
                for (const document& row : *answer.find("data")->elements())
                    known.push_back(text(row, "id"));
            } else if (what <= 3) {
                const std::string& id = *rc::gen::elementOf(known);
                (void)s.push_book(R"({"id":")" + id + R"(","title":"e)" + std::to_string(i) +
                                  (what == 2 ? R"(","is_deleted":true})" : "\"}"));
            } else {
                (void)(what == 4 ? by_time : by_cursor).follow(s, limit);
            }
        }
        while (by_time.follow(s, 3)) {
        }
        while (by_cursor.follow(s, 3)) {
        }
        auto tx = begin_read(s.store, s.who.tenant);
        const auto stored = tx->scan<book>({.entity = entity_of<book>});
        for (const auto& row : *stored) {
            const std::string id = to_string(row.value.id);
            for (const follower* each : {&by_time, &by_cursor}) {
                const auto found = each->rows.find(id);
                if (found == each->rows.end()) {
                    RC_ASSERT(row.value.is_deleted);  // It was gone before the first pull.
                    continue;
                }
                RC_ASSERT(found->second.first == row.value.title);
                RC_ASSERT((found->second.second == "true") == row.value.is_deleted);
            }
        }
    }));
}
