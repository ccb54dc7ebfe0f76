// SPDX-License-Identifier: BSL-1.0
// Records in a SQLite file: what programs on one machine use, and every replica.
//
//     auto store = syncfw::sqlite::open<library>("library.db");
//     if (!store) return report(store.error());
//     auto tx = begin_write(*store, tenant_id());
//
// The call makes the file or opens it, looks whose it is, and brings its tables to the schema. The
// file is an ordinary SQLite database with one table an entity, which any program may read. A
// program that writes to it must be a syncfw one, while SQLite is older than 3.51.3; see
// docs/guide/sqlite.md for that, for durability, backups and what comes back after a restore.
//
// One transaction writes at a time, of all threads and processes; the others wait. Those that read
// see the moment at which they began and wait for nobody. ":memory:" is a database that is gone
// with the store, has one connection, and so one transaction of either kind at a time.
//
// Needs SQLite 3.35 or later, built for threads, as it is everywhere.
#pragma once

#include <syncfw/storage/sqlite/backup.hpp>
#include <syncfw/storage/sqlite/database.hpp>
#include <syncfw/storage/sqlite/history.hpp>
#include <syncfw/storage/sqlite/options.hpp>
#include <syncfw/storage/sqlite/writer.hpp>
#include <syncfw/storage/storage.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::sqlite {

template <class Schema, class Cipher = syncfw::detail::no_cipher>
class store;

/// Opens or makes the file. Fails with `errc::unsupported_format` where it is another program's or
/// no database at all, with `errc::corrupted` where it is damaged, with `errc::read_only` and
/// `errc::unavailable` where it can't be used, with `errc::schema_mismatch` where its tables need a
/// hand; it is unchanged then. Entities with encrypted fields need the cipher, or the
/// `tenant_ciphers` that have one for each tenant.
template <class Schema, class Cipher = syncfw::detail::no_cipher>
[[nodiscard]] result<store<Schema, Cipher>> open(std::string_view path, const options& wanted = {},
                                                 Cipher cipher = {}) {
    return store<Schema, Cipher>::open(path, wanted, std::move(cipher));
}

template <class Schema, class Cipher>
class store {
    static_assert([] {
        complete_schema<Schema>::for_each([]<class T>(of<T>) {
            static_assert(syncfw::detail::require_codec<T, syncfw::detail::cipher_used<Cipher>>());
        });
        return true;
    }());

  public:
    using schema_type = Schema;
    using reader = sqlite::reader<Cipher>;
    using writer = sqlite::writer<Cipher>;

    [[nodiscard]] static result<store> open(std::string_view path, const options& wanted = {},
                                            Cipher cipher = {}) {
        if (sqlite3_libversion_number() < 3'035'000)
            return error{.code = errc::unavailable,
                         .message = "syncfw needs SQLite 3.35 or later",
                         .cause = sqlite3_libversion()};
        if (sqlite3_threadsafe() == 0)
            return error{.code = errc::unavailable,
                         .message = "syncfw needs an SQLite that was built for threads"};
        auto opened = detail::database::open(path, wanted);
        if (!opened) return opened.error();
        store made(std::make_unique<parts>(std::move(*opened), std::move(cipher)));
        if (auto checked = made.check(wanted.check); !checked)
            return detail::about(made.path(), checked.error());
        if (wanted.migrate)
            if (auto migrated = made.migrate(); !migrated)
                return detail::about(made.path(), migrated.error());
        return made;
    }

    [[nodiscard]] result<reader> begin_read(const tenant_id& whose) {
        auto lent = parts_->database->lend_reader();
        if (!lent) return lent.error();
        return reader::begin(std::move(*lent), whose, parts_->cipher);
    }
    [[nodiscard]] result<writer> begin_write(const tenant_id& whose) {
        auto lent = parts_->database->lend_writer();
        if (!lent) return lent.error();
        return writer::begin(std::move(*lent), whose, parts_->cipher);
    }

    /// Brings the tables to the schema; `open` has done it, unless it was told not to.
    result<void> migrate() {
        return changing_tables([&](detail::connection& db) -> result<void> {
            auto done = sql::migrate<sql::sqlite, complete_schema<Schema>>(db, migrations());
            return done ? begin_history(db) : done;
        });
    }
    /// Takes the migrations by hand back that are newer. For another program's sake, which opens
    /// the file next: this store's schema no more fits.
    result<void> migrate_down(std::int64_t version) {
        return changing_tables([&](detail::connection& db) {
            return sql::migrate_down<sql::sqlite>(db, migrations(), version);
        });
    }
    [[nodiscard]] result<syncfw::migration_status> migration_status() {
        auto lent = parts_->database->lend_reader();
        if (!lent) return lent.error();
        return sql::status_of_migrations<sql::sqlite, complete_schema<Schema>>(**lent,
                                                                               migrations());
    }

    [[nodiscard]] result<store_identity> identity() {
        if (parts_->has_identity) return parts_->identity;
        auto lent = parts_->database->lend_reader();
        if (!lent) return lent.error();
        return detail::read_identity(**lent);
    }
    [[nodiscard]] result<std::optional<tenant_id>> tenant_after(
        const std::optional<tenant_id>& last) {
        auto lent = parts_->database->lend_reader();
        if (!lent) return lent.error();
        return detail::read_tenant_after(**lent, last);
    }
    /// Whether the file was found to be another one than it was, and so began a new history when
    /// it was opened: a restored backup, a copy, a file swapped for another.
    [[nodiscard]] bool history_changed() const noexcept { return parts_->history_changed; }

    /// Copies the database as it is now, while others read and write. The copy is looked through
    /// and on the disk when the call succeeds, and begins a new history when it is opened. Calls
    /// `progress(backup_progress)` now and then. An existing file is never replaced.
    template <class F>
    result<void> backup_to(const std::string& path, F&& progress) {
        auto lent = parts_->database->lend_reader();
        if (!lent) return lent.error();
        auto checked = detail::checked_path(path);
        if (!checked) return checked.error();
        // The transaction holds the moment while pages are copied.
        if (auto begun = (*lent)->execute("BEGIN"); !begun) return begun;
        if (auto begun = (*lent)->read_text("SELECT 1 FROM sqlite_master"); !begun)
            return begun.error();
        return detail::make_backup(**lent, *checked, progress);
    }
    result<void> backup_to(const std::string& path) {
        return backup_to(path, [](const backup_progress&) {});
    }

    /// Reads the whole file and gives what is wrong with it, in SQLite's words; nothing is good.
    [[nodiscard]] result<std::vector<std::string>> check_integrity() {
        auto lent = parts_->database->lend_reader();
        if (!lent) return lent.error();
        return detail::find_damage(**lent, false);
    }

    /// What an operator should know; log it at the start.
    [[nodiscard]] std::vector<std::string> warnings() const {
        if (sqlite3_libversion_number() >= 3'051'003 || !parts_->database->is_file()) return {};
        return {"SQLite " + std::string(sqlite3_libversion()) +
                " can damage a file that two programs write at once (mended in 3.51.3): programs "
                "with syncfw take turns; no other may write to " +
                path()};
    }
    [[nodiscard]] const std::string& path() const noexcept { return parts_->database->path(); }
    [[nodiscard]] bool keeps_unique() const noexcept { return parts_->database->settings().unique; }

    /// What a tenant's encrypted fields are sealed with. The store must outlive it.
    [[nodiscard]] syncfw::detail::cipher_in_use<Cipher> cipher_for(const tenant_id& whose) const {
        return {parts_->cipher, whose};
    }

  private:
    // Transactions point to these, so they stay where they are when the store is moved.
    struct parts {
        std::unique_ptr<detail::database> database;
        Cipher cipher;
        store_identity identity{};
        bool has_identity = false;
        bool history_changed = false;

        parts(std::unique_ptr<detail::database>&& opened, Cipher&& given)
            : database(std::move(opened)), cipher(std::move(given)) {}
    };

    explicit store(std::unique_ptr<parts>&& made) : parts_(std::move(made)) {}

    [[nodiscard]] sql::migration_options migrations() const {
        const options& wanted = parts_->database->settings();
        return {.checked = {.references = wanted.references, .unique = wanted.unique},
                .by_hand = wanted.migrations};
    }

    [[nodiscard]] result<void> check(integrity wanted) {
        auto lent = parts_->database->lend_reader();
        if (!lent) return lent.error();
        std::string names =
            "'syncfw_feed', 'syncfw_value', 'syncfw_store', 'syncfw_schema', "
            "'syncfw_migration', 'syncfw_file'";
        for (const entity_info& each : complete_schema<Schema>::entities)
            names += ", " + sql::detail::text_literal(each.name);
        if (auto plain = detail::check_tables(**lent, names); !plain) return plain;
        if (wanted == integrity::none) return {};
        return detail::refuse_damage(**lent, wanted == integrity::quick);
    }

    // Everything that f does is done or nothing of it. References are looked at behind it: within,
    // tables may have to be made anew.
    template <class F>
    result<void> changing_tables(F&& f) {
        auto lent = parts_->database->lend_writer();
        if (!lent) return lent.error();
        detail::connection& db = **lent;
        const bool checks = parts_->database->settings().references;
        if (auto off = db.execute("PRAGMA foreign_keys = OFF"); !off) return off;
        auto done = db.execute("BEGIN IMMEDIATE");
        const auto state = [&] {
            return db.read_text("PRAGMA schema_version").value_or({}).value_or("") + " " +
                   std::to_string(sqlite3_total_changes(db.handle()));
        };
        const std::string before = state();
        if (done) done = f(db);
        if (done && checks && state() != before) done = check_references(db);
        if (done) done = db.execute("COMMIT");
        db.roll_back();
        if (!checks) return done;
        auto on = db.execute("PRAGMA foreign_keys = ON");
        return done ? on : done;
    }
    [[nodiscard]] static result<void> check_references(detail::connection& db) {
        auto broken = db.read_text("PRAGMA foreign_key_check");
        if (!broken) return broken.error();
        if (!*broken) return {};
        return error{.code = errc::invalid_value,
                     .message = "rows reference others that are not there",
                     .entity = **broken};
    }

    [[nodiscard]] result<void> begin_history(detail::connection& db) {
        if (auto done = detail::claim(db); !done) return done;
        if (parts_->database->is_file()) {
            auto changed = detail::notice_copy(db, detail::lasting_mark(path()));
            if (!changed) return changed.error();
            parts_->history_changed = parts_->history_changed || *changed;
        }
        auto identity = detail::read_identity(db);
        if (!identity) return identity.error();
        parts_->identity = *identity;
        parts_->has_identity = true;
        return {};
    }

    std::unique_ptr<parts> parts_;
};

}  // namespace syncfw::sqlite
