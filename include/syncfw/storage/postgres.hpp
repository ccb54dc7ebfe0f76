// SPDX-License-Identifier: BSL-1.0
// Records in PostgreSQL: what servers use.
//
//     auto store = syncfw::postgres::open<library>("postgresql://books@db1,db2/library");
//     if (!store) return report(store.error());
//     auto tx = begin_write(*store, tenant_id("acme"));
//
// The call connects, and brings the tables to the schema. The tables are ordinary ones, one an
// entity, which any program may read. The address is libpq's, with its TLS, its password files and
// its lists of hosts; the transactions go to the one that takes writes. A transaction that failed
// with `errc::busy` (it met another one) or `errc::unavailable` (the server went away) had no
// effect and is to be run again, whole: storage/transact.hpp does that.
//
// Nothing but plain SQL is used, and no state of a session, so it works behind a pooler and on
// engines that speak PostgreSQL's language; docs/guide/postgres.md has what differs.
#pragma once

#include <syncfw/storage/postgres/options.hpp>
#include <syncfw/storage/postgres/writer.hpp>
#include <syncfw/storage/storage.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::postgres {

template <class Schema, class Cipher = syncfw::detail::no_cipher>
class store;

/// Connects to a server. Fails with `errc::unavailable` where there is none, with
/// `errc::unauthorized` where it lets nobody in, with `errc::schema_mismatch` where its tables need
/// a hand; they are unchanged then. Entities with encrypted fields need the cipher, or the
/// `tenant_ciphers` that have one for each tenant.
template <class Schema, class Cipher = syncfw::detail::no_cipher>
[[nodiscard]] result<store<Schema, Cipher>> open(std::string url, const options& wanted = {},
                                                 Cipher cipher = {}) {
    return store<Schema, Cipher>::open(std::move(url), wanted, std::move(cipher));
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
    using reader = postgres::reader<Cipher>;
    using writer = postgres::writer<Cipher>;

    [[nodiscard]] static result<store> open(std::string url, const options& wanted = {},
                                            Cipher cipher = {}) {
        store made(std::make_unique<parts>(std::move(url), wanted, std::move(cipher)));
        if (wanted.migrate) {
            if (auto migrated = made.migrate(); !migrated) return migrated.error();
        } else if (auto lent = made.parts_->connections.lend(reader::begin_text); !lent) {
            return lent.error();
        }
        return made;
    }

    [[nodiscard]] result<reader> begin_read(const tenant_id& whose) {
        auto lent = parts_->connections.lend(reader::begin_text);
        if (!lent) return lent.error();
        return reader::begin(std::move(*lent), whose, parts_->cipher, tells_tenant());
    }
    [[nodiscard]] result<writer> begin_write(const tenant_id& whose) {
        auto lent = parts_->connections.lend(parts_->begin_write.c_str());
        if (!lent) return lent.error();
        return writer::begin(std::move(*lent), whose, parts_->cipher, tells_tenant());
    }

    /// Brings the tables to the schema; `open` has done it, unless it was told not to. Of several
    /// processes that do it at once, one does and the others find it done.
    result<void> migrate() {
        return changing_tables([&](detail::connection& db) -> result<void> {
            auto done = sql::migrate<sql::postgres, complete_schema<Schema>>(db, migrations());
            return done && tells_tenant() ? set_policies(db) : done;
        });
    }
    /// Takes the migrations by hand back that are newer.
    result<void> migrate_down(std::int64_t version) {
        return changing_tables([&](detail::connection& db) {
            return sql::migrate_down<sql::postgres>(db, migrations(), version);
        });
    }
    [[nodiscard]] result<syncfw::migration_status> migration_status() {
        auto lent = parts_->connections.lend(reader::begin_text);
        if (!lent) return lent.error();
        return sql::status_of_migrations<sql::postgres, complete_schema<Schema>>(**lent,
                                                                                 migrations());
    }

    [[nodiscard]] result<store_identity> identity() {
        auto lent = parts_->connections.lend(reader::begin_text);
        if (!lent) return lent.error();
        detail::parameters none;
        const detail::answer found =
            (*lent)->run("SELECT \"history\", \"cursor_key\" FROM \"syncfw_store\"", none);
        if (!detail::is_good(found)) return (*lent)->why(found);
        store_identity made;
        if (PQntuples(found.get()) == 1) {
            const auto history = detail::column_of(found.get(), 0, 0, value_kind::text);
            const auto key = detail::column_of(found.get(), 0, 1, value_kind::bytes);
            if (uuid::parse(history.text, made.history) &&
                key.text.size() == made.cursor_key.size()) {
                std::memcpy(made.cursor_key.data(), key.text.data(), key.text.size());
                return made;
            }
        }
        return error{.code = errc::corrupted,
                     .message = "the database does not say whose it is; call migrate()"};
    }
    [[nodiscard]] result<std::optional<tenant_id>> tenant_after(
        const std::optional<tenant_id>& last) {
        auto lent = parts_->connections.lend(reader::begin_text);
        if (!lent) return lent.error();
        detail::parameters given;
        if (last) given.add_text(last->name());
        const detail::answer found =
            (*lent)->run(last ? "SELECT \"_tenant\" FROM \"syncfw_feed\" WHERE \"_tenant\" > $1 "
                                "ORDER BY 1 LIMIT 1"
                              : "SELECT \"_tenant\" FROM \"syncfw_feed\" ORDER BY 1 LIMIT 1",
                         given);
        if (!detail::is_good(found)) return (*lent)->why(found);
        if (PQntuples(found.get()) == 0) return std::optional<tenant_id>();
        auto whose = tenant_id::make(detail::column_of(found.get(), 0, 0, value_kind::text).text);
        return whose ? result<std::optional<tenant_id>>(std::move(*whose)) : whose.error();
    }
    [[nodiscard]] bool keeps_unique() const noexcept {
        return parts_->connections.settings().unique;
    }

    /// What a tenant's encrypted fields are sealed with. The store must outlive it.
    [[nodiscard]] syncfw::detail::cipher_in_use<Cipher> cipher_for(const tenant_id& whose) const {
        return {parts_->cipher, whose};
    }

  private:
    // Transactions point to these, so they stay where they are when the store is moved.
    struct parts {
        detail::pool connections;
        Cipher cipher;
        std::string begin_write;

        parts(std::string&& url, const options& wanted, Cipher&& given)
            : connections(std::move(url), wanted), cipher(std::move(given)) {
            const auto limit = [](const char* name, std::chrono::milliseconds most) {
                return most.count() == 0 ? std::string()
                                         : std::string("; SET LOCAL ") + name + " = " +
                                               std::to_string(most.count());
            };
            begin_write = "BEGIN READ WRITE" + limit("lock_timeout", wanted.lock_timeout) +
                          limit("statement_timeout", wanted.statement_timeout);
        }
    };

    explicit store(std::unique_ptr<parts>&& made) : parts_(std::move(made)) {}

    [[nodiscard]] bool tells_tenant() const noexcept {
        return parts_->connections.settings().row_level_security;
    }
    [[nodiscard]] sql::migration_options migrations() const {
        const options& wanted = parts_->connections.settings();
        return {.checked = {.references = wanted.references, .unique = wanted.unique},
                .by_hand = wanted.migrations};
    }

    // One at a time, by a table of ours that is locked: a lock that every engine has. Two that make
    // it at once are one too many, and one of them begins again.
    template <class F>
    result<void> changing_tables(F&& f) {
        result<void> done;
        for (int attempt = 0; attempt < 5; ++attempt) {
            auto lent = parts_->connections.lend("BEGIN READ WRITE");
            if (!lent) return lent.error();
            done = (*lent)->execute(
                "CREATE TABLE IF NOT EXISTS \"syncfw_lock\" (\"id\" bigint PRIMARY KEY)");
            if (done)
                done = (*lent)->execute(
                    "INSERT INTO \"syncfw_lock\" (\"id\") VALUES (1) ON "
                    "CONFLICT (\"id\") DO NOTHING");
            if (done) done = (*lent)->execute("COMMIT; BEGIN READ WRITE");
            if (done)
                done = (*lent)->execute(
                    "SELECT \"id\" FROM \"syncfw_lock\" WHERE \"id\" = 1 FOR "
                    "UPDATE");
            const bool has_lock = done.has_value();
            if (done) done = f(**lent);
            if (done) done = (*lent)->execute("COMMIT");
            // What was done is found done, so a lost answer does no harm either.
            const bool is_worth_another = !done && (done.error().code == errc::busy ||
                                                    done.error().code == errc::unavailable ||
                                                    (!has_lock && is_race(done.error())));
            if (!is_worth_another) return done;
        }
        return done;
    }
    // A table that another one makes at the same moment is there already as a table, as its row
    // type, or as a row of the catalogue.
    [[nodiscard]] static bool is_race(const error& e) noexcept {
        const std::string_view state = std::string_view(e.cause).substr(0, 5);
        return e.code == errc::already_exists || state == "42P07" || state == "42710" ||
               state == "XX000";
    }

    [[nodiscard]] static result<void> set_policies(detail::connection& db) {
        result<void> done;
        complete_schema<Schema>::for_each([&]<class T>(of<T>) {
            const std::string table = '"' + std::string(entity_of<T>.name) + '"';
            const std::string tenant = '"' + std::string(sql::tenant_column(entity_of<T>)) + '"';
            for (const std::string& each :
                 {"ALTER TABLE " + table + " ENABLE ROW LEVEL SECURITY",
                  "ALTER TABLE " + table + " FORCE ROW LEVEL SECURITY",
                  "DROP POLICY IF EXISTS \"syncfw_tenant\" ON " + table,
                  "CREATE POLICY \"syncfw_tenant\" ON " + table + " USING (" + tenant +
                      "::text = current_setting('syncfw.tenant', true))"})
                if (done) done = db.execute(each);
        });
        return done;
    }

    std::unique_ptr<parts> parts_;
};

}  // namespace syncfw::postgres
