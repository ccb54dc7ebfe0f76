// SPDX-License-Identifier: BSL-1.0
// Which history a file has. Cursors are bound to it, so a file that went back in time must not go
// on with the one it had: a backup put in its place, a copy, another file under its name.
//
// The file remembers the mark of the file that it is (see file.hpp). Where it is another one, it is
// a copy of what that was, and begins a history of its own. The copies that `backup_to` makes have
// no mark, so that they begin one even when their bytes are put into the old file.
#pragma once

#include <syncfw/core/tenant.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/storage/sqlite/connection.hpp>
#include <syncfw/storage/sqlite/file.hpp>
#include <syncfw/storage/storage.hpp>

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::sqlite::detail {

/// Runs a statement once with one text.
[[nodiscard]] inline result<void> run_with(connection& on, const std::string& statement_text,
                                           std::string_view given) {
    statement* const found = on.transient(statement_text);
    if (found == nullptr) return on.last_error();
    const statement_use use(*found);
    found->bind_text(0, given);
    const int code = found->step();
    if (code != SQLITE_DONE) return on.why(code);
    return {};
}

[[nodiscard]] inline result<void> make_mark_table(connection& on) {
    return on.execute(
        "CREATE TABLE IF NOT EXISTS \"syncfw_file\" (\"id\" INTEGER PRIMARY KEY, "
        "\"mark\" TEXT NOT NULL)");
}
[[nodiscard]] inline result<void> set_mark(connection& on, std::string_view mark) {
    return run_with(on,
                    "INSERT INTO \"syncfw_file\" (\"id\", \"mark\") VALUES (1, ?1) "
                    "ON CONFLICT (\"id\") DO UPDATE SET \"mark\" = ?1",
                    mark);
}

/// Writes into the header whose file it is.
[[nodiscard]] inline result<void> claim(connection& on) {
    const std::string ours = std::to_string(application_id);
    auto owner = on.read_text("PRAGMA application_id");
    if (!owner) return owner.error();
    if (*owner && **owner == ours) return {};
    return on.execute("PRAGMA application_id = " + ours);
}

/// Begins a new history where the file is not the one it was; true when it did. Within the
/// transaction that has made the tables.
[[nodiscard]] inline result<bool> notice_copy(connection& on, const std::string& mark) {
    if (auto made = make_mark_table(on); !made) return made.error();
    auto before = on.read_text("SELECT \"mark\" FROM \"syncfw_file\"");
    if (!before) return before.error();
    if (*before && **before == mark) return false;
    if (auto done = set_mark(on, mark); !done) return done.error();
    if (!*before) return false;
    auto done = run_with(on, "UPDATE \"syncfw_store\" SET \"history\" = ?1", to_string(new_uuid()));
    if (!done) return done.error();
    return true;
}

[[nodiscard]] inline result<store_identity> read_identity(connection& on) {
    statement* const found =
        on.constant("SELECT \"history\", \"cursor_key\" FROM \"syncfw_store\"");
    if (found == nullptr) return on.last_error();
    const statement_use use(*found);
    const int code = found->step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return on.why(code);
    store_identity identity;
    if (code == SQLITE_ROW) {
        const value_view history = found->column(0, value_kind::text);
        const value_view key = found->column(1, value_kind::bytes);
        if (uuid::parse(history.text, identity.history) &&
            key.text.size() == identity.cursor_key.size()) {
            std::memcpy(identity.cursor_key.data(), key.text.data(), key.text.size());
            return identity;
        }
    }
    return error{.code = errc::corrupted,
                 .message = "the table syncfw_store lacks the store's identity",
                 .entity = "syncfw_store"};
}

[[nodiscard]] inline result<std::optional<tenant_id>> read_tenant_after(
    connection& on, const std::optional<tenant_id>& last) {
    statement* const found = on.constant(
        last ? "SELECT \"_tenant\" FROM \"syncfw_feed\" WHERE \"_tenant\" > ?1 ORDER BY 1 LIMIT 1"
             : "SELECT \"_tenant\" FROM \"syncfw_feed\" ORDER BY 1 LIMIT 1");
    if (found == nullptr) return on.last_error();
    const statement_use use(*found);
    if (last) found->bind_text(0, last->name());
    const int code = found->step();
    if (code == SQLITE_DONE) return std::optional<tenant_id>();
    if (code != SQLITE_ROW) return on.why(code);
    auto whose = tenant_id::make(found->column(0, value_kind::text).text);
    return whose ? result<std::optional<tenant_id>>(std::move(*whose)) : whose.error();
}

}  // namespace syncfw::sqlite::detail
