// SPDX-License-Identifier: BSL-1.0
// From the tables that are there to those of the schema.
//
// What only adds is done by itself, when a store is opened, in one transaction: a new entity, a new
// field that is std::optional or has a default_value, a new index. Whatever else differs is refused
// in words, and nothing is changed; then write how it is to be done, once up and once down:
//
//     const syncfw::migration by_hand[] = {
//         {.version = 1,
//          .name = "pages become a number",
//          .up = {"ALTER TABLE book ADD COLUMN pages_new bigint NOT NULL DEFAULT 0", …},
//          .down = {…}},
//     };
//     auto store = syncfw::sqlite::open<library>("library.db", {.migrations = by_hand});
//
// They run in the order of their versions, each once, before the automatic part, which then sees
// what they left. A database without tables begins with the schema as it is now: the list counts as
// done. Columns that only the database has are left alone, so that an older program still works.
#pragma once

#include <syncfw/storage/detail/migration_plan.hpp>
#include <syncfw/storage/detail/sql_catalog.hpp>
#include <syncfw/storage/detail/sql_schema.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw {

/// A change of the tables that somebody wrote by hand, in the database's own SQL.
struct migration {
    std::int64_t version = 0;  ///< From 1 on, ascending.
    std::string_view name{};
    std::vector<std::string> up{};
    std::vector<std::string> down{};
};

struct migration_status {
    std::vector<std::string> done{};       ///< Those by hand: "1 pages become a number".
    std::vector<std::string> waiting{};    ///< Those by hand that would run.
    std::vector<std::string> automatic{};  ///< The statements that would run after them.
    std::vector<std::string> refused{};    ///< The differences that need one by hand.
};

}  // namespace syncfw

namespace syncfw::sql {

struct migration_options {
    constraints checked{};
    std::span<const migration> by_hand{};
};

/// Brings the database to the schema, inside of a transaction that the caller has begun and will
/// commit, and that keeps other migrations out. Fails with `errc::schema_mismatch`, naming every
/// difference that needs a hand.
template <dialect D, class Schema, class Database>
[[nodiscard]] result<void> migrate(Database& db, const migration_options& options = {});

/// Takes those by hand back that are newer than the version, the newest first.
template <dialect D, class Database>
[[nodiscard]] result<void> migrate_down(Database& db, const migration_options& options,
                                        std::int64_t version);

/// What is done and what `migrate` would do. Changes nothing.
template <dialect D, class Schema, class Database>
[[nodiscard]] result<migration_status> status_of_migrations(Database& db,
                                                            const migration_options& options = {});

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

/// The tables that are no entity's. Their columns never change.
template <class D>
[[nodiscard]] std::vector<std::string> fixed_tables() {
    constexpr bool is_postgres = std::is_same_v<D, postgres>;
    const std::string text = is_postgres ? "text COLLATE \"C\"" : "TEXT";
    const std::string integer = is_postgres ? "bigint" : "INTEGER";
    const std::string bytes = is_postgres ? "bytea" : "BLOB";
    const auto table = [](std::string_view name, const std::string& columns) {
        return "CREATE TABLE IF NOT EXISTS \"" + std::string(name) + "\" (" + columns + ")";
    };
    return {
        table("syncfw_feed",
              "\"_tenant\" " + text + " PRIMARY KEY, \"sequence\" " + integer + " NOT NULL"),
        table("syncfw_value", "\"_tenant\" " + text + " NOT NULL, \"name\" " + text +
                                  " NOT NULL, \"content\" " + bytes +
                                  " NOT NULL, PRIMARY KEY (\"_tenant\", \"name\")"),
        table("syncfw_store", "\"id\" " + integer + " PRIMARY KEY, \"history\" " + text +
                                  " NOT NULL, \"cursor_key\" " + bytes + " NOT NULL"),
        table("syncfw_schema",
              "\"id\" " + integer + " PRIMARY KEY, \"state\" " + text + " NOT NULL"),
        table("syncfw_migration", "\"version\" " + integer + " PRIMARY KEY, \"name\" " + text +
                                      " NOT NULL, \"done_at\" " +
                                      std::string(is_postgres ? "timestamptz" : "INTEGER") +
                                      " NOT NULL"),
    };
}

template <class Database>
[[nodiscard]] result<void> execute_all(Database& db, const std::vector<std::string>& statements) {
    for (const std::string& each : statements)
        if (auto done = db.execute(each); !done) return done;
    return {};
}

[[nodiscard]] inline std::string title_of(const migration& each) {
    return std::to_string(each.version) + " " + std::string(each.name);
}

template <class Database>
[[nodiscard]] result<std::int64_t> newest_version(Database& db) {
    auto newest = db.read_text("SELECT max(\"version\") FROM \"syncfw_migration\"");
    if (!newest) return newest.error();
    std::int64_t version = 0;
    if (*newest) std::from_chars((*newest)->data(), (*newest)->data() + (*newest)->size(), version);
    return version;
}

template <class D>
[[nodiscard]] std::string note_of(const migration& each) {
    return "INSERT INTO \"syncfw_migration\" (\"version\", \"name\", \"done_at\") VALUES (" +
           std::to_string(each.version) + ", " + text_literal(each.name) + ", " +
           (std::is_same_v<D, postgres>
                ? std::string("now()")
                : std::string("CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)")) +
           ")";
}

/// Runs what is by hand, or only notes it where there are no tables yet.
template <class D, class Database>
[[nodiscard]] result<void> migrate_by_hand(Database& db, const migration_options& options,
                                           bool is_fresh) {
    auto newest = newest_version(db);
    if (!newest) return newest.error();
    for (const migration& each : options.by_hand) {
        if (each.version <= *newest) continue;
        if (!is_fresh)
            if (auto done = execute_all(db, each.up); !done) {
                error failed = done.error();
                failed.message = "migration " + title_of(each) + ": " + failed.message;
                return failed;
            }
        if (auto noted = db.execute(note_of<D>(each)); !noted) return noted;
    }
    return {};
}

template <class D, class Database>
[[nodiscard]] result<void> make_identity(Database& db) {
    auto there = db.read_text("SELECT \"history\" FROM \"syncfw_store\"");
    if (!there) return there.error();
    if (*there) return {};
    std::string key(16, '\0');
    syncfw::detail::fill_with_entropy(key.data(), key.size());
    return db.execute(
        "INSERT INTO \"syncfw_store\" (\"id\", \"history\", \"cursor_key\") VALUES "
        "(1, " +
        text_literal(to_string(new_uuid())) + ", " + bytes_literal<D>(key) + ")");
}

/// Compares the tables with those wanted.
template <class D, class Database>
[[nodiscard]] result<migration_plan> plan_against(Database& db,
                                                  const std::vector<table_plan>& wanted) {
    migration_plan plan;
    for (const table_plan& each : wanted) {
        auto found = find_table<D>(db, each.name);
        if (!found) return found.error();
        if (*found)
            compare_table(plan, each, **found);
        else
            add_table<D>(plan, each);
    }
    if constexpr (std::is_same_v<D, postgres>)
        for (const table_plan& each : wanted) add_references(plan, each);
    return plan;
}

[[nodiscard]] inline error refuse_differences(const std::vector<std::string>& differences) {
    std::string words = "the tables differ from the schema in ways that need a migration by hand: ";
    for (const std::string& each : differences)
        words.append(&each == &differences.front() ? "" : "; ").append(each);
    return {.code = errc::schema_mismatch, .message = words};
}

/// All that is wanted as one text: while the database has the same one, nothing is compared.
[[nodiscard]] inline std::string state_of(const std::vector<table_plan>& wanted) {
    std::string state;
    for (const table_plan& table : wanted) {
        state += "table " + table.name + " key " + quoted_list(table.key) + "\n";
        for (const column_plan& each : table.columns) state += "  " + column_text(each) + "\n";
        for (const table_part& each : table.indexes) state += "  " + each.text + "\n";
        for (const table_part& each : table.references) state += "  " + each.text + "\n";
    }
    return state;
}

}  // namespace detail

template <dialect D, class Schema, class Database>
result<void> migrate(Database& db, const migration_options& options) {
    if (auto done = detail::execute_all(db, detail::fixed_tables<D>()); !done) return done;
    if (auto done = detail::make_identity<D>(db); !done) return done;
    const std::vector<table_plan> wanted = plan_tables<D, Schema>(options.checked);
    const std::string state = detail::state_of(wanted);
    auto known = db.read_text("SELECT \"state\" FROM \"syncfw_schema\"");
    if (!known) return known.error();
    if (auto done = detail::migrate_by_hand<D>(db, options, !known->has_value()); !done)
        return done;
    if (*known == state) return {};

    auto plan = detail::plan_against<D>(db, wanted);
    if (!plan) return plan.error();
    if (!plan->refused.empty()) return detail::refuse_differences(plan->refused);
    if (auto done = detail::execute_all(db, plan->statements); !done) return done;
    return db.execute("INSERT INTO \"syncfw_schema\" (\"id\", \"state\") VALUES (1, " +
                      detail::text_literal(state) +
                      ") ON CONFLICT (\"id\") DO UPDATE SET \"state\" = excluded.\"state\"");
}

template <dialect D, class Database>
result<void> migrate_down(Database& db, const migration_options& options, std::int64_t version) {
    auto newest = detail::newest_version(db);
    if (!newest) return newest.error();
    for (std::size_t i = options.by_hand.size(); i-- > 0;) {
        const migration& each = options.by_hand[i];
        if (each.version <= version || each.version > *newest) continue;
        if (each.down.empty() && !each.up.empty())
            return error{.code = errc::schema_mismatch,
                         .message = "migration " + detail::title_of(each) + " has no way down"};
        if (auto done = detail::execute_all(db, each.down); !done) return done;
        if (auto done = db.execute("DELETE FROM \"syncfw_migration\" WHERE \"version\" = " +
                                   std::to_string(each.version));
            !done)
            return done;
    }
    // What is there now is compared anew when the store is opened again.
    return db.execute("UPDATE \"syncfw_schema\" SET \"state\" = ''");
}

template <dialect D, class Schema, class Database>
result<migration_status> status_of_migrations(Database& db, const migration_options& options) {
    migration_status status;
    auto has_tables = detail::find_table<D>(db, "syncfw_migration");
    if (!has_tables) return has_tables.error();
    result<std::int64_t> newest = std::int64_t{0};
    if (*has_tables) newest = detail::newest_version(db);
    if (!newest) return newest.error();
    for (const migration& each : options.by_hand)
        (each.version <= *newest ? status.done : status.waiting).push_back(detail::title_of(each));
    auto plan = detail::plan_against<D>(db, plan_tables<D, Schema>(options.checked));
    if (!plan) return plan.error();
    status.automatic = std::move(plan->statements);
    status.refused = std::move(plan->refused);
    return status;
}

}  // namespace syncfw::sql
