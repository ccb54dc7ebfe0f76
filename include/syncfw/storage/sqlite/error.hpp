// SPDX-License-Identifier: BSL-1.0
// What SQLite's codes mean to us.
#pragma once

#include <syncfw/core/error.hpp>

#include <sqlite3.h>

#include <cerrno>
#include <string>
#include <string_view>

namespace syncfw::sqlite::detail {

[[nodiscard]] inline bool is_no_room(int system_error) noexcept {
    return system_error == ENOSPC || system_error == EDQUOT;
}

[[nodiscard]] inline bool is_no_permission(int system_error) noexcept {
    return system_error == EACCES || system_error == EPERM || system_error == EROFS;
}

struct meaning_of_code {
    errc code;
    const char* message;
};

[[nodiscard]] inline meaning_of_code constraint_meaning(int code) noexcept {
    switch (code) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID: return {errc::already_exists, "another row has this value"};
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return {errc::invalid_value, "a row that is referenced is not there"};
        default: return {errc::invalid_value, "the table refuses the value"};
    }
}

/// `system_error` is the operating system's, where it had a part in it.
[[nodiscard]] inline meaning_of_code meaning_of(int code, int system_error) noexcept {
    constexpr meaning_of_code full{errc::storage_full,
                                   "the disk is full; the call works when there is room again"};
    constexpr meaning_of_code read_only{
        errc::read_only, "the file or its folder can't be written; check their permissions"};
    switch (code & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL: return {errc::busy, "another transaction holds the database"};
        case SQLITE_FULL: return full;
        case SQLITE_READONLY:
            if (code == SQLITE_READONLY_DBMOVED)
                return {errc::unavailable, "the file was moved away; open the store again"};
            return read_only;
        case SQLITE_PERM:
        case SQLITE_AUTH: return read_only;
        case SQLITE_CANTOPEN:
        case SQLITE_IOERR:
            if (is_no_room(system_error)) return full;
            if (is_no_permission(system_error)) return read_only;
            if ((code & 0xFF) == SQLITE_CANTOPEN)
                return {errc::unavailable, "the file can't be opened"};
            return {errc::unavailable, "the disk failed"};
        case SQLITE_NOMEM: return {errc::unavailable, "there is no memory left"};
        case SQLITE_CORRUPT:
        case SQLITE_FORMAT: return {errc::corrupted, "the file is damaged; restore a backup"};
        case SQLITE_NOTADB: return {errc::corrupted, "the file is no SQLite database"};
        case SQLITE_TOOBIG: return {errc::too_large, "the row is larger than SQLite takes"};
        case SQLITE_CONSTRAINT: return constraint_meaning(code);
        default: return {errc::internal, "SQLite refused the statement"};
    }
}

[[nodiscard]] [[gnu::cold]] inline error error_of(int code, int system_error,
                                                  std::string_view cause) {
    const meaning_of_code meaning = meaning_of(code, system_error);
    return {.code = meaning.code, .message = meaning.message, .cause = std::string(cause)};
}

/// Of the connection's last call, which gave this code.
[[nodiscard]] [[gnu::cold]] inline error error_of(sqlite3* database, int code) {
    return error_of(code, sqlite3_system_errno(database), sqlite3_errmsg(database));
}

/// The column that "UNIQUE constraint failed: book._tenant, book.isbn" is about: the last one.
[[nodiscard]] inline std::string_view column_in(std::string_view message) noexcept {
    const std::size_t dot = message.rfind('.');
    return dot == message.npos ? std::string_view() : message.substr(dot + 1);
}

/// The index that "UNIQUE constraint failed: index 'book_isbn_unique'" is about.
[[nodiscard]] inline std::string_view index_in(std::string_view message) noexcept {
    const std::size_t begin = message.find("index '");
    if (begin == message.npos) return {};
    message.remove_prefix(begin + 7);
    return message.substr(0, message.find('\''));
}

}  // namespace syncfw::sqlite::detail
