// SPDX-License-Identifier: BSL-1.0
// SOCI as its manual advises for many rows: prepared statements, whole vectors in and out.
#include "peer.hpp"

#include <algorithm>
#include <memory>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <string>
#include <utility>
#include <vector>

namespace bench {
namespace {

struct columns {
    std::vector<std::string> id{}, tenant{}, title{}, author{}, status{};
    std::vector<long long> pages{}, version{}, updated{}, stamp{}, origin{}, sequence{};
    std::vector<double> rating{};
    std::vector<int> deleted{};

    void resize(std::size_t rows) {
        for (auto* each : {&id, &tenant, &title, &author, &status}) each->resize(rows);
        for (auto* each : {&pages, &version, &updated, &stamp, &origin, &sequence})
            each->resize(rows);
        rating.resize(rows);
        deleted.resize(rows);
    }
    void set(std::size_t at, const book_record& row) {
        const book& b = row.value;
        id[at] = b.id;
        tenant[at] = b.tenant_id;
        title[at] = b.title;
        author[at] = b.author;
        pages[at] = b.pages;
        rating[at] = b.rating;
        deleted[at] = b.is_deleted;
        version[at] = b.version;
        status[at] = to_string(b.sync_status);
        updated[at] = b.updated_at;
        stamp[at] = static_cast<long long>(row.written().value());
        origin[at] = static_cast<long long>(row.written().origin().value());
        sequence[at] = row.sequence();
    }
    [[nodiscard]] book take(std::size_t at) {
        book b{.id = std::move(id[at])};
        b.tenant_id = std::move(tenant[at]);
        b.title = std::move(title[at]);
        b.author = std::move(author[at]);
        b.pages = pages[at];
        b.rating = rating[at];
        b.is_deleted = deleted[at] != 0;
        b.version = version[at];
        (void)syncfw::parse_sync_status(status[at], b.sync_status);
        b.updated_at = updated[at];
        return b;
    }
};

class soci_store : public peer_store {
  public:
    soci_store(const soci::backend_factory& backend, const std::string& where,
               const std::string& table)
        : session_(backend, where), table_(table) {}

    void run(const std::string& sql) { session_ << sql; }

    void upsert(const std::vector<book_record>& records, std::size_t rows_each) override {
        columns all;
        all.resize(rows_each);
        using soci::use;
        soci::statement put =
            (session_.prepare << upsert_text(), use(all.id), use(all.tenant), use(all.title),
             use(all.author), use(all.pages), use(all.rating), use(all.deleted), use(all.version),
             use(all.status), use(all.updated), use(all.stamp), use(all.origin), use(all.sequence));
        for (std::size_t at = 0; at < records.size(); at += rows_each) {
            const std::size_t count = std::min(rows_each, records.size() - at);
            all.resize(count);
            for (std::size_t i = 0; i < count; ++i) all.set(i, records[at + i]);
            soci::transaction tx(session_);
            put.execute(true);
            tx.commit();
        }
    }

    std::vector<book> select() override {
        constexpr std::size_t rows_each = 1'000;
        columns all;
        all.resize(rows_each);
        using soci::into;
        const std::string whose = the_library.name();
        soci::statement get =
            (session_.prepare << "SELECT id, tenant_id, title, author, pages, rating, is_deleted, "
                                 "version, sync_status, updated_at FROM " +
                                     table_ + " WHERE tenant_id = :whose ORDER BY id",
             soci::use(whose), into(all.id), into(all.tenant), into(all.title), into(all.author),
             into(all.pages), into(all.rating), into(all.deleted), into(all.version),
             into(all.status), into(all.updated));
        std::vector<book> books;
        get.execute();
        while (get.fetch()) {
            for (std::size_t i = 0; i < all.id.size(); ++i) books.push_back(all.take(i));
            all.resize(rows_each);
        }
        return books;
    }

  private:
    [[nodiscard]] std::string upsert_text() const {
        return "INSERT INTO " + table_ +
               " VALUES (:id, :tenant, :title, :author, :pages, :rating, :deleted, :version, "
               ":status, :updated, :stamp, :origin, :sequence) ON CONFLICT (tenant_id, id) DO "
               "UPDATE SET title = excluded.title, author = excluded.author, pages = "
               "excluded.pages, rating = excluded.rating, is_deleted = excluded.is_deleted, "
               "version = excluded.version, sync_status = excluded.sync_status, updated_at = "
               "excluded.updated_at, _stamp = excluded._stamp, _origin = excluded._origin, "
               "_sequence = excluded._sequence";
    }

    soci::session session_;
    std::string table_;
};

std::string table_text(const std::string& table, const std::string& text,
                       const std::string& integer, const std::string& real,
                       const std::string& boolean) {
    const std::string texts = " " + text + " NOT NULL, ", integers = " " + integer + " NOT NULL, ";
    return "CREATE TABLE " + table + " (id" + texts + "tenant_id" + texts + "title" + texts +
           "author" + texts + "pages" + integers + "rating " + real + " NOT NULL, is_deleted " +
           boolean + " NOT NULL, version" + integers + "sync_status" + texts + "updated_at" +
           integers + "_stamp" + integers + "_origin" + integers + "_sequence" + integers +
           "PRIMARY KEY (tenant_id, id))";
}

std::unique_ptr<peer_store> open_sqlite(const std::string& path) {
    auto opened = std::make_unique<soci_store>(soci::sqlite3, "dbname=" + path, "book");
    opened->run(table_text("book", "TEXT", "INTEGER", "REAL", "INTEGER"));
    opened->run("CREATE UNIQUE INDEX feed ON book (tenant_id, _sequence) WHERE _sequence > 0");
    return opened;
}

// SOCI knows "host=… port=…", but no URLs.
std::string without_url(const std::string& url) {
    std::string words;
    PQconninfoOption* const parsed = PQconninfoParse(url.c_str(), nullptr);
    for (const PQconninfoOption* each = parsed; each != nullptr && each->keyword; ++each)
        if (each->val != nullptr) words += std::string(each->keyword) + '=' + each->val + ' ';
    PQconninfoFree(parsed);
    return words;
}

std::unique_ptr<peer_store> open_postgres(const std::string& url) {
    auto opened = std::make_unique<soci_store>(soci::postgresql, without_url(url), "soci_book");
    opened->run("SET client_min_messages = warning");
    opened->run("DROP TABLE IF EXISTS soci_book");
    opened->run(
        table_text("soci_book", "text COLLATE \"C\"", "bigint", "double precision", "boolean"));
    opened->run(
        "CREATE UNIQUE INDEX soci_feed ON soci_book (tenant_id, _sequence) WHERE _sequence > 0");
    return opened;
}

const registered_peer here{{"SOCI", open_sqlite, open_postgres}};

}  // namespace
}  // namespace bench
