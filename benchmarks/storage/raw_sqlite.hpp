// SPDX-License-Identifier: BSL-1.0
// Books in SQLite as one would write it by hand with the C API, for this struct alone: what the
// adapter is compared with. Same pragmas, same transactions, and the same table where the row says
// so.
#pragma once

#include "entity.hpp"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

class raw_sqlite {
  public:
    /// `tracked`: with the columns and the feed's index that syncfw keeps beside the fields.
    raw_sqlite(const std::string& path, bool tracked) : tracked_(tracked) {
        check(sqlite3_open(path.c_str(), &open_));
        run("PRAGMA synchronous = EXTRA");
        run("PRAGMA journal_mode = WAL");
        run("PRAGMA cache_size = -16384");
        run("CREATE TABLE book (id TEXT NOT NULL, tenant_id TEXT NOT NULL, title TEXT NOT NULL, "
            "author TEXT NOT NULL, pages INTEGER NOT NULL, rating REAL NOT NULL, is_deleted "
            "INTEGER "
            "NOT NULL, version INTEGER NOT NULL, sync_status TEXT NOT NULL, updated_at INTEGER NOT "
            "NULL" +
            std::string(tracked ? ", _stamp INTEGER NOT NULL, _origin INTEGER NOT NULL, _sequence "
                                  "INTEGER NOT NULL"
                                : "") +
            ", PRIMARY KEY (tenant_id, id))");
        if (tracked)
            run("CREATE UNIQUE INDEX feed ON book (tenant_id, _sequence) WHERE _sequence > 0");
        std::string text = "INSERT INTO book VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10";
        text += tracked ? ", ?11, ?12, ?13)" : ")";
        text +=
            " ON CONFLICT (tenant_id, id) DO UPDATE SET title = excluded.title, author = "
            "excluded.author, pages = excluded.pages, rating = excluded.rating, is_deleted = "
            "excluded.is_deleted, version = excluded.version, sync_status = "
            "excluded.sync_status, updated_at = excluded.updated_at";
        if (tracked)
            text +=
                ", _stamp = excluded._stamp, _origin = excluded._origin, _sequence = "
                "excluded._sequence";
        upsert_ = prepare(text);
        select_ = prepare("SELECT * FROM book WHERE tenant_id = ?1 ORDER BY id");
        if (tracked) {
            changes_ = prepare(
                "SELECT _sequence, title FROM book WHERE tenant_id = ?1 AND _sequence > 0 AND "
                "_sequence > ?2 ORDER BY _sequence LIMIT 1000");
            run("CREATE TABLE place (at INTEGER NOT NULL)");
            run("INSERT INTO place VALUES (0)");
            place_ = prepare("SELECT at FROM place");
            set_place_ = prepare("UPDATE place SET at = ?1");
        }
        begin_ = prepare("BEGIN IMMEDIATE");
        commit_ = prepare("COMMIT");
    }
    ~raw_sqlite() {
        for (sqlite3_stmt* each : {upsert_, select_, changes_, place_, set_place_, begin_, commit_})
            sqlite3_finalize(each);
        sqlite3_close(open_);
    }
    raw_sqlite(const raw_sqlite&) = delete;
    raw_sqlite& operator=(const raw_sqlite&) = delete;

    /// In transactions of so many rows.
    void upsert(const std::vector<book_record>& records, std::size_t rows_each) {
        for (std::size_t i = 0; i < records.size(); ++i) {
            if (i % rows_each == 0) step(begin_);
            upsert(records[i]);
            if ((i + 1) % rows_each == 0 || i + 1 == records.size()) step(commit_);
        }
    }

    [[nodiscard]] std::vector<book> select() {
        std::vector<book> books;
        bind(select_, 1, the_library.name());
        while (sqlite3_step(select_) == SQLITE_ROW) {
            book& b = books.emplace_back();
            b.id = text(0);
            b.tenant_id = text(1);
            b.title = text(2);
            b.author = text(3);
            b.pages = sqlite3_column_int64(select_, 4);
            b.rating = sqlite3_column_double(select_, 5);
            b.is_deleted = sqlite3_column_int64(select_, 6) != 0;
            b.version = sqlite3_column_int64(select_, 7);
            (void)syncfw::parse_sync_status(text(8), b.sync_status);
            b.updated_at = sqlite3_column_int64(select_, 9);
        }
        sqlite3_reset(select_);
        return books;
    }

    /// Those that changed behind a place of the feed, where there is one.
    template <class Visit>
    void visit_changes(std::int64_t after, Visit&& visit) const {
        bind(changes_, 1, the_library.name());
        sqlite3_bind_int64(changes_, 2, after);
        while (sqlite3_step(changes_) == SQLITE_ROW)
            visit(sqlite3_column_int64(changes_, 0), text_of(changes_, 1));
        sqlite3_reset(changes_);
    }
    /// How far the feed was read.
    [[nodiscard]] std::int64_t place() const {
        check(sqlite3_step(place_));
        const std::int64_t at = sqlite3_column_int64(place_, 0);
        sqlite3_reset(place_);
        return at;
    }
    void set_place(std::int64_t at) const {
        sqlite3_bind_int64(set_place_, 1, at);
        step(set_place_);
    }

  private:
    void check(int code) const {
        if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
        std::fprintf(stderr, "raw SQLite: %s\n", sqlite3_errmsg(open_));
        std::exit(1);
    }
    void run(const std::string& sql) const {
        check(sqlite3_exec(open_, sql.c_str(), nullptr, nullptr, nullptr));
    }
    [[nodiscard]] sqlite3_stmt* prepare(const std::string& sql) const {
        sqlite3_stmt* made = nullptr;
        check(
            sqlite3_prepare_v3(open_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr));
        return made;
    }
    void step(sqlite3_stmt* statement) const {
        check(sqlite3_step(statement));
        sqlite3_reset(statement);
    }
    static void bind(sqlite3_stmt* to, int place, std::string_view text) {
        sqlite3_bind_text(to, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    }
    void upsert(const book_record& row) const {
        const book& b = row.value;
        bind(upsert_, 1, b.id);
        bind(upsert_, 2, b.tenant_id);
        bind(upsert_, 3, b.title);
        bind(upsert_, 4, b.author);
        sqlite3_bind_int64(upsert_, 5, b.pages);
        sqlite3_bind_double(upsert_, 6, b.rating);
        sqlite3_bind_int64(upsert_, 7, b.is_deleted);
        sqlite3_bind_int64(upsert_, 8, b.version);
        bind(upsert_, 9, to_string(b.sync_status));
        sqlite3_bind_int64(upsert_, 10, b.updated_at);
        if (tracked_) {
            sqlite3_bind_int64(upsert_, 11, static_cast<sqlite3_int64>(row.written().value()));
            sqlite3_bind_int64(upsert_, 12,
                               static_cast<sqlite3_int64>(row.written().origin().value()));
            sqlite3_bind_int64(upsert_, 13, row.sequence());
        }
        step(upsert_);
    }
    [[nodiscard]] static std::string_view text_of(sqlite3_stmt* row, int column) {
        const auto* const from = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
        return {from, static_cast<std::size_t>(sqlite3_column_bytes(row, column))};
    }
    [[nodiscard]] std::string_view text(int column) const { return text_of(select_, column); }

    bool tracked_;
    sqlite3* open_ = nullptr;
    sqlite3_stmt* upsert_ = nullptr;
    sqlite3_stmt* select_ = nullptr;
    sqlite3_stmt* changes_ = nullptr;
    sqlite3_stmt* place_ = nullptr;
    sqlite3_stmt* set_place_ = nullptr;
    sqlite3_stmt* begin_ = nullptr;
    sqlite3_stmt* commit_ = nullptr;
};

}  // namespace bench
