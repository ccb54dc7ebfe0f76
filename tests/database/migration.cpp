// SPDX-License-Identifier: BSL-1.0
// Goal: what only adds is done by itself, everything else is refused in words and changes nothing.
// Method: tables of one version of a struct brought to another one, in a real SQLite and a real
// PostgreSQL; and random tables brought to random other ones.
#include "database/databases.hpp"
#include <syncfw/storage/migration.hpp>
#include <syncfw/storage/system_entities.hpp>

#include <doctest/doctest.h>
#include <libpq-fe.h>
#include <rapidcheck.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

// --- the databases ------------------------------------------------------------------------------

class sqlite_database {
  public:
    using dialect = sql::sqlite;

    static std::unique_ptr<sqlite_database> open() { return std::make_unique<sqlite_database>(); }
    sqlite_database() {
        REQUIRE(sqlite3_open(":memory:", &open_) == SQLITE_OK);
        REQUIRE(execute("PRAGMA foreign_keys = ON"));
    }
    ~sqlite_database() { sqlite3_close_v2(open_); }
    sqlite_database(const sqlite_database&) = delete;
    sqlite_database& operator=(const sqlite_database&) = delete;

    result<void> execute(std::string_view text) {
        ++executed;
        if (sqlite3_exec(open_, std::string(text).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
            return error{.code = errc::internal, .message = sqlite3_errmsg(open_)};
        return {};
    }
    result<std::optional<std::string>> read_text(std::string_view text) {
        sqlite3_stmt* made = nullptr;
        if (sqlite3_prepare_v2(open_, text.data(), static_cast<int>(text.size()), &made, nullptr) !=
            SQLITE_OK)
            return error{.code = errc::internal, .message = sqlite3_errmsg(open_)};
        std::optional<std::string> found;
        if (sqlite3_step(made) == SQLITE_ROW && sqlite3_column_type(made, 0) != SQLITE_NULL)
            found = reinterpret_cast<const char*>(sqlite3_column_text(made, 0));
        sqlite3_finalize(made);
        return found;
    }

    int executed = 0;

  private:
    sqlite3* open_ = nullptr;
};

class postgres_database {
  public:
    using dialect = sql::postgres;

    static std::unique_ptr<postgres_database> open() {
        if (!databases::postgres::open()) return nullptr;
        return std::make_unique<postgres_database>(std::getenv("SYNCFW_TEST_POSTGRES"));
    }
    explicit postgres_database(const char* url) : open_(PQconnectdb(url)) {
        const std::string schema = "migration_" + std::to_string(PQbackendPID(open_));
        REQUIRE(execute("SET client_min_messages = warning"));
        REQUIRE(execute("CREATE SCHEMA " + schema));
        REQUIRE(execute("SET search_path = " + schema));
        drop_ = "DROP SCHEMA " + schema + " CASCADE";
        executed = 0;
    }
    ~postgres_database() {
        PQclear(PQexec(open_, drop_.c_str()));
        PQfinish(open_);
    }
    postgres_database(const postgres_database&) = delete;
    postgres_database& operator=(const postgres_database&) = delete;

    result<void> execute(std::string_view text) {
        ++executed;
        PGresult* const answer = PQexec(open_, std::string(text).c_str());
        const bool is_done = PQresultStatus(answer) == PGRES_COMMAND_OK;
        const std::string why = PQresultErrorMessage(answer);
        PQclear(answer);
        if (!is_done) return error{.code = errc::internal, .message = why};
        return {};
    }
    result<std::optional<std::string>> read_text(std::string_view text) {
        PGresult* const answer = PQexec(open_, std::string(text).c_str());
        if (PQresultStatus(answer) != PGRES_TUPLES_OK) {
            const error failed{.code = errc::internal, .message = PQresultErrorMessage(answer)};
            PQclear(answer);
            return failed;
        }
        std::optional<std::string> found;
        if (PQntuples(answer) > 0 && PQgetisnull(answer, 0, 0) == 0)
            found = PQgetvalue(answer, 0, 0);
        PQclear(answer);
        return found;
    }

    int executed = 0;

  private:
    PGconn* open_;
    std::string drop_{};
};

// --- a struct and what becomes of it ------------------------------------------------------------

namespace first {
struct book {
    std::int64_t id = 0;
    std::string title{};
    std::int64_t pages = 0;
    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::title>(indexed));
};
}  // namespace first

namespace grown {
struct book {
    std::int64_t id = 0;
    std::string title{};
    std::int64_t pages = 0;
    std::optional<std::string> notes{};
    std::string language{};
    bool is_new = false;
    uuid shelf{};
    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::title>(indexed),
        field<&book::language>(default_value("it's"), indexed),
        field<&book::is_new>(default_value(true)), field<&book::shelf>(default_value(uuid())));
};
struct rating {
    std::int64_t id = 0;
    std::int64_t book_id = 0;
    static constexpr auto sync_entity = entity<"rating">(
        field<&rating::id>(primary_key), field<&rating::book_id>(references<&book::id>));
};
}  // namespace grown

namespace changed {
struct book {
    std::string id{};                    // another type
    std::optional<std::string> title{};  // may be null now
    std::int64_t pages = 0;
    std::int64_t weight = 0;  // new, and nothing to put there
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
}  // namespace changed

// A field of every kind, and what a later version adds.
struct kinds {
    uuid id{};
    bool flag = false;
    std::int64_t whole = 0;
    double real = 0;
    std::string text{};
    blob bytes{};
    timestamp at{};
    std::optional<timestamp> until{};
    document more{};
    static constexpr auto sync_entity = entity<"kinds">(field<&kinds::id>(primary_key));
};
struct more_kinds {
    uuid id{};
    bool flag = false;
    std::int64_t whole = 0;
    double real = 0;
    std::string text{};
    blob bytes{};
    timestamp at{};
    std::optional<timestamp> until{};
    document more{};
    std::optional<timestamp> added{};
    static constexpr auto sync_entity = entity<"kinds">(field<&more_kinds::id>(primary_key));
};

using schema_first = schema<first::book>;
using schema_grown = schema<grown::book, grown::rating>;
using schema_changed = schema<changed::book>;

template <class Schema, class Database>
result<void> migrate_whole(Database& db, const sql::migration_options& options = {}) {
    REQUIRE(db.execute("BEGIN"));
    auto done = sql::migrate<typename Database::dialect, Schema>(db, options);
    REQUIRE(db.execute(done ? "COMMIT" : "ROLLBACK"));
    return done;
}

template <class Database>
std::string columns_of(Database& db, std::string_view table) {
    auto found = sql::detail::find_table<typename Database::dialect>(db, table);
    REQUIRE(found);
    std::string all;
    if (*found)
        for (const auto& each : (*found)->columns) all += each.name + " ";
    return all;
}

}  // namespace

TEST_CASE_TEMPLATE("migration: a second run finds nothing to do", Database, sqlite_database,
                   postgres_database) {
    const auto db = Database::open();
    if (!db) return;
    REQUIRE(migrate_whole<schema_grown>(*db, {.checked = {.references = true}}));
    const std::string identity = **db->read_text("SELECT history FROM syncfw_store");
    auto status = sql::status_of_migrations<typename Database::dialect, schema_grown>(
        *db, {.checked = {.references = true}});
    REQUIRE(status);
    CHECK(status->automatic.empty());
    CHECK(status->refused.empty());
    REQUIRE(migrate_whole<schema_grown>(*db, {.checked = {.references = true}}));
    CHECK(**db->read_text("SELECT history FROM syncfw_store") == identity);
    // The database does what the declaration says.
    CHECK_FALSE(db->execute("INSERT INTO rating (id, book_id) VALUES (1, 7)"));
}

TEST_CASE_TEMPLATE("migration: every kind of field is known again, so that a later version can add",
                   Database, sqlite_database, postgres_database) {
    const auto db = Database::open();
    if (!db) return;
    REQUIRE(migrate_whole<complete_schema<schema<kinds>>>(*db));
    auto status =
        sql::status_of_migrations<typename Database::dialect, complete_schema<schema<kinds>>>(*db);
    REQUIRE(status);
    CHECK(status->automatic == std::vector<std::string>());
    CHECK(status->refused == std::vector<std::string>());
    const auto grown = migrate_whole<complete_schema<schema<more_kinds>>>(*db);
    CHECK_MESSAGE(grown, (grown ? std::string() : to_string(grown.error())));
    CHECK(columns_of(*db, "kinds").find(" added ") != std::string::npos);
}

TEST_CASE_TEMPLATE("migration: what only adds is done by itself", Database, sqlite_database,
                   postgres_database) {
    const auto db = Database::open();
    if (!db) return;
    REQUIRE(migrate_whole<schema_first>(*db));
    REQUIRE(db->execute("INSERT INTO book (id, title, pages) VALUES (1, 'Dune', 412)"));
    auto status = sql::status_of_migrations<typename Database::dialect, schema_grown>(*db);
    REQUIRE(status);
    CHECK(status->automatic.size() == 8);  // four columns, two indexes, a table and its indexes
    REQUIRE(migrate_whole<schema_grown>(*db));
    CHECK(**db->read_text("SELECT language FROM book") == "it's");
    CHECK(**db->read_text("SELECT CASE WHEN is_new THEN 'yes' END FROM book") == "yes");
    CHECK(**db->read_text("SELECT shelf FROM book") == to_string(uuid()));
    CHECK_FALSE(db->read_text("SELECT notes FROM book")->has_value());
    CHECK(columns_of(*db, "rating") ==
          "id book_id _tenant _version _stamp _origin _sequence "
          "_deleted _status ");

    SUBCASE("in-step schemas: the older program still works on the newer tables") {
        REQUIRE(migrate_whole<schema_first>(*db));
        CHECK(db->execute("INSERT INTO book (id, title, pages) VALUES (2, 'Emma', 300)"));
        CHECK(**db->read_text("SELECT language FROM book WHERE id = 2") == "it's");
        REQUIRE(migrate_whole<schema_grown>(*db));
    }
}

TEST_CASE_TEMPLATE("migration: what doesn't only add is refused in words and changes nothing",
                   Database, sqlite_database, postgres_database) {
    const auto db = Database::open();
    if (!db) return;
    REQUIRE(migrate_whole<schema_first>(*db));
    const std::string before = columns_of(*db, "book");
    const auto refused = migrate_whole<schema_changed>(*db);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::schema_mismatch);
    const std::string& words = refused.error().message;
    CHECK(words.find("book.id is ") != words.npos);
    CHECK(words.find("book.title may be null in the schema and not in the database") != words.npos);
    CHECK(words.find("book.weight is new, and rows that are there have no value for it") !=
          words.npos);
    CHECK(columns_of(*db, "book") == before);
    CHECK(migrate_whole<schema_first>(*db));
}

TEST_CASE_TEMPLATE("migration: a column of the database alone must not be in the way", Database,
                   sqlite_database, postgres_database) {
    const auto db = Database::open();
    if (!db) return;
    REQUIRE(migrate_whole<schema_grown>(*db));
    REQUIRE(db->execute("CREATE TABLE other (id bigint)"));
    REQUIRE(db->execute("ALTER TABLE book ADD COLUMN extra bigint"));
    REQUIRE(db->execute("UPDATE syncfw_schema SET state = ''"));
    CHECK(migrate_whole<schema_grown>(*db));
    REQUIRE(db->execute("DROP TABLE book"));
    REQUIRE(db->execute("CREATE TABLE book (id bigint, strict bigint NOT NULL)"));
    REQUIRE(db->execute("UPDATE syncfw_schema SET state = ''"));
    const auto refused = migrate_whole<schema_grown>(*db);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("book.strict is in the database alone") !=
          std::string::npos);
}

TEST_CASE_TEMPLATE("migration: those by hand run once, in order, and can be taken back", Database,
                   sqlite_database, postgres_database) {
    const auto db = Database::open();
    if (!db) return;
    using dialect = typename Database::dialect;
    const std::vector<migration> by_hand = {
        {.version = 1,
         .name = "weigh the books",
         .up = {"ALTER TABLE book ADD COLUMN weight bigint NOT NULL DEFAULT 0",
                "UPDATE book SET weight = pages * 2"},
         .down = {"ALTER TABLE book DROP COLUMN weight"}},
        {.version = 2, .name = "nothing to see", .up = {}, .down = {}},
    };
    const sql::migration_options options{.by_hand = by_hand};

    SUBCASE("a database with tables runs them") {
        REQUIRE(migrate_whole<schema_first>(*db));
        REQUIRE(db->execute("INSERT INTO book (id, title, pages) VALUES (1, 'Dune', 412)"));
        auto before = sql::status_of_migrations<dialect, schema_first>(*db, options);
        CHECK(before->waiting == std::vector<std::string>{"1 weigh the books", "2 nothing to see"});
        REQUIRE(migrate_whole<schema_first>(*db, options));
        REQUIRE(migrate_whole<schema_first>(*db, options));
        CHECK(**db->read_text("SELECT weight FROM book") == "824");
        auto after = sql::status_of_migrations<dialect, schema_first>(*db, options);
        CHECK(after->done == std::vector<std::string>{"1 weigh the books", "2 nothing to see"});
        REQUIRE(sql::migrate_down<dialect>(*db, options, 0));
        CHECK(columns_of(*db, "book").find("weight") == std::string::npos);
        REQUIRE(migrate_whole<schema_first>(*db, options));
        CHECK(**db->read_text("SELECT weight FROM book") == "824");
    }
    SUBCASE("a database without tables begins with the schema as it is") {
        REQUIRE(migrate_whole<schema_first>(*db, options));
        CHECK(columns_of(*db, "book").find("weight") == std::string::npos);
        auto status = sql::status_of_migrations<dialect, schema_first>(*db, options);
        CHECK(status->waiting.empty());
    }
    SUBCASE("one that fails is named, and leaves nothing behind") {
        REQUIRE(migrate_whole<schema_first>(*db));
        const std::vector<migration> broken = {
            {.version = 1, .name = "half", .up = {by_hand[0].up[0], "UPDATE nowhere SET x = 1"}}};
        const auto failed = migrate_whole<schema_first>(*db, {.by_hand = broken});
        REQUIRE_FALSE(failed);
        CHECK(failed.error().message.starts_with("migration 1 half: "));
        CHECK(columns_of(*db, "book").find("weight") == std::string::npos);
    }
}

// --- random tables ------------------------------------------------------------------------------

namespace {

template <class D>
sql::table_plan random_table() {
    sql::table_plan table{.name = "t", .key = {"k"}};
    const field_info types[] = {{.kind = value_kind::integer}, {.kind = value_kind::text}};
    table.columns.push_back({"k", std::string(sql::column_type<D>(types[0])), false, ""});
    for (const char* name : {"a", "b", "c", "d"}) {
        if (*rc::gen::inRange(0, 3) == 0) continue;
        const bool is_text = *rc::gen::arbitrary<bool>();
        sql::column_plan& made = table.columns.emplace_back();
        made.name = name;
        made.type = sql::column_type<D>(types[is_text ? 1 : 0]);
        made.is_nullable = *rc::gen::arbitrary<bool>();
        if (*rc::gen::arbitrary<bool>()) made.fallback = is_text ? "'x'" : "7";
    }
    return table;
}

}  // namespace

TEST_CASE_TEMPLATE("migration: any table becomes any other, or the reason is said", Database,
                   sqlite_database, postgres_database) {
    const auto db = Database::open();
    if (!db) return;
    using dialect = typename Database::dialect;
    CHECK(rc::check([&] {
        const std::vector<sql::table_plan> before = {random_table<dialect>()};
        const std::vector<sql::table_plan> after = {random_table<dialect>()};
        RC_ASSERT(db->execute("DROP TABLE IF EXISTS t").has_value());
        RC_ASSERT(db->execute(sql::create_table_text<dialect>(before[0])).has_value());
        const auto plan = sql::detail::plan_against<dialect>(*db, after);
        RC_ASSERT(plan.has_value());
        if (!plan->refused.empty()) return;
        for (const std::string& each : plan->statements) RC_ASSERT(db->execute(each).has_value());
        const auto again = sql::detail::plan_against<dialect>(*db, after);
        RC_ASSERT((again->statements.empty() && again->refused.empty()));
        // The older program still works on it.
        RC_ASSERT(sql::detail::plan_against<dialect>(*db, before)->refused.empty());
        RC_ASSERT(db->execute("INSERT INTO t (k) SELECT 1 WHERE 1 = 0").has_value());
    }));
}
