// SPDX-License-Identifier: BSL-1.0
// What happens to a connection before it is used: whose file is it, and how is it to behave.
#pragma once

#include <syncfw/storage/sqlite/connection.hpp>
#include <syncfw/storage/sqlite/file.hpp>
#include <syncfw/storage/sqlite/options.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncfw::sqlite::detail {

[[nodiscard]] inline bool is_no_database(const connection& on) noexcept {
    return sqlite3_errcode(on.handle()) == SQLITE_NOTADB;
}

/// Refuses what is damaged, no database, another program's or not writable. Nothing is written
/// before that is known.
[[nodiscard]] inline result<void> check_owner(connection& on) {
    auto owner = on.read_text("PRAGMA application_id");
    if (!owner && is_no_database(on)) return unsupported("is no SQLite database");
    if (!owner) return owner.error();
    auto tables = on.read_text("SELECT count(*) FROM sqlite_master");
    if (!tables && is_no_database(on)) return unsupported("is no SQLite database");
    if (!tables) return tables.error();
    auto encoding = on.read_text("PRAGMA encoding");
    if (!encoding) return encoding.error();
    const bool is_empty = *owner == "0" && *tables == "0";
    if (!is_empty && *owner != std::to_string(application_id))
        return unsupported("is another program's SQLite database; give another path");
    if (*encoding != "UTF-8") return unsupported("does not keep its texts as UTF-8");
    if (sqlite3_db_readonly(on.handle(), "main") == 1) return no_permission();
    return {};
}

/// Refuses a file in which one of the names, quoted and with commas between, is no plain table:
/// what stands behind a view or a virtual table is code of somebody else's choice.
[[nodiscard]] inline result<void> check_tables(connection& on, const std::string& names) {
    auto found = on.read_text(
        "SELECT name FROM sqlite_master WHERE name COLLATE NOCASE IN (" + names +
        ") AND (type <> 'table' OR coalesce(rootpage, 0) = 0 OR sql LIKE 'CREATE VIRTUAL%')");
    if (!found) return found.error();
    if (!*found) return {};
    error refused = unsupported("has something else in the place of a table");
    refused.entity = **found;
    return refused;
}

/// Says also whether it was taken: SQLite keeps silent about what it can't do.
[[nodiscard]] inline result<void> set_pragma(connection& on, std::string_view name,
                                             std::string_view value, std::string_view expected) {
    const std::string pragma = "PRAGMA " + std::string(name);
    auto answer = on.read_text(pragma + " = " + std::string(value));
    if (answer) answer = on.read_text(pragma);
    if (!answer) return answer.error();
    if (*answer == expected) return {};
    return error{.code = errc::unavailable,
                 .message = "SQLite does not take " + pragma + " = " + std::string(value)};
}

[[nodiscard]] inline result<void> prepare(connection& on, const options& wanted,
                                          std::int64_t cache_bytes) {
    const std::string cache = std::to_string(-cache_bytes / 1024);
    const std::string keys = wanted.references ? "1" : "0";
    if (auto done = set_pragma(on, "cache_size", cache, cache); !done) return done;
    if (auto done = set_pragma(on, "foreign_keys", keys, keys); !done) return done;
    return set_pragma(on, "cell_size_check", "1", "1");
}

[[nodiscard]] inline result<void> prepare_writer(connection& on, const options& wanted,
                                                 bool is_file) {
    if (auto done = prepare(on, wanted, wanted.cache_bytes); !done) return done;
    // Before the switch to WAL: it decides whether the switch itself survives a power loss.
    constexpr const char* levels[] = {"3", "1", "0"};  // EXTRA, NORMAL, OFF
    const char* const level = levels[static_cast<std::size_t>(wanted.durability)];
    if (auto done = set_pragma(on, "synchronous", level, level); !done) return done;
    if (!is_file) return {};
    if (auto done = set_pragma(on, "journal_mode", "WAL", "wal"); !done) return done;
    // A log that grew large beside a long read is cut when it begins anew.
    const std::string log_bytes = std::to_string(std::int64_t{4096} * 4 * wanted.checkpoint_pages);
    return set_pragma(on, "journal_size_limit", log_bytes, log_bytes);
}

}  // namespace syncfw::sqlite::detail
