// SPDX-License-Identifier: BSL-1.0
// Books in PostgreSQL as one would write it by hand with libpq, for this struct alone: binary
// parameters, arrays for many rows.
#pragma once

#include "entity.hpp"

#include <libpq-fe.h>

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

class raw_postgres {
  public:
    explicit raw_postgres(const std::string& url) : open_(PQconnectdb(url.c_str())) {
        run("SET client_min_messages = warning");
        run("DROP TABLE IF EXISTS raw_book");
        run("CREATE TABLE raw_book (id text COLLATE \"C\" NOT NULL, tenant_id text COLLATE \"C\" "
            "NOT NULL, title text COLLATE \"C\" NOT NULL, author text COLLATE \"C\" NOT NULL, "
            "pages bigint NOT NULL, rating double precision NOT NULL, is_deleted boolean NOT NULL, "
            "version bigint NOT NULL, sync_status text COLLATE \"C\" NOT NULL, updated_at bigint "
            "NOT NULL, _stamp bigint NOT NULL, _origin bigint NOT NULL, _sequence bigint NOT NULL, "
            "PRIMARY KEY (tenant_id, id))");
        run("CREATE UNIQUE INDEX raw_feed ON raw_book (tenant_id, _sequence) WHERE _sequence > 0");
        const std::string update =
            " ON CONFLICT (tenant_id, id) DO UPDATE SET title = excluded.title, author = "
            "excluded.author, pages = excluded.pages, rating = excluded.rating, is_deleted = "
            "excluded.is_deleted, version = excluded.version, sync_status = excluded.sync_status, "
            "updated_at = excluded.updated_at, _stamp = excluded._stamp, _origin = "
            "excluded._origin, _sequence = excluded._sequence";
        prepare("many",
                "INSERT INTO raw_book SELECT * FROM unnest($1::text[], $2::text[], $3::text[], "
                "$4::text[], $5::bigint[], $6::double precision[], $7::boolean[], $8::bigint[], "
                "$9::text[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[])" +
                    update);
        prepare("one",
                "INSERT INTO raw_book VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
                "$12, $13)" +
                    update);
        prepare("all", "SELECT * FROM raw_book WHERE tenant_id = $1 ORDER BY id");
    }
    ~raw_postgres() { PQfinish(open_); }
    raw_postgres(const raw_postgres&) = delete;
    raw_postgres& operator=(const raw_postgres&) = delete;

    void run(const char* sql) { check(PQexec(open_, sql)); }

    /// All in one transaction, in arrays of so many rows.
    void upsert(const std::vector<book_record>& records, std::size_t rows_each) {
        run("BEGIN");
        for (std::size_t at = 0; at < records.size(); at += rows_each) {
            std::vector<std::string> arrays(13);
            const std::size_t count = std::min(rows_each, records.size() - at);
            static constexpr std::uint32_t types[] = {25, 25, 25, 25, 20, 701, 16,
                                                      20, 25, 20, 20, 20, 20};
            for (std::size_t c = 0; c < 13; ++c)
                for (const std::uint32_t each :
                     {1U, 0U, types[c], static_cast<std::uint32_t>(count), 1U})
                    number(arrays[c], each);
            for (std::size_t i = at; i < at + count; ++i)
                each_column(records[i], [&](std::size_t c, std::string_view bytes) {
                    number(arrays[c], static_cast<std::uint32_t>(bytes.size()));
                    arrays[c] += bytes;
                });
            send("many", arrays);
        }
        run("COMMIT");
    }
    /// A statement and a round trip for each row.
    void upsert_one_by_one(const std::vector<book_record>& records) {
        run("BEGIN");
        std::vector<std::string> values(13);
        for (const book_record& each : records) {
            each_column(each, [&](std::size_t c, std::string_view bytes) { values[c] = bytes; });
            send("one", values);
        }
        run("COMMIT");
    }
    std::vector<book> select() {
        const std::string whose = the_library.name();
        const char* value = whose.data();
        const int length = static_cast<int>(whose.size()), format = 1;
        PGresult* const found = PQexecPrepared(open_, "all", 1, &value, &length, &format, 1);
        std::vector<book> books(static_cast<std::size_t>(PQntuples(found)));
        for (int i = 0; i < PQntuples(found); ++i) {
            book& b = books[static_cast<std::size_t>(i)];
            b.id = text(found, i, 0);
            b.tenant_id = text(found, i, 1);
            b.title = text(found, i, 2);
            b.author = text(found, i, 3);
            b.pages = static_cast<std::int64_t>(word(found, i, 4));
            b.rating = std::bit_cast<double>(word(found, i, 5));
            b.is_deleted = text(found, i, 6)[0] != 0;
            b.version = static_cast<std::int64_t>(word(found, i, 7));
            (void)syncfw::parse_sync_status(text(found, i, 8), b.sync_status);
            b.updated_at = static_cast<std::int64_t>(word(found, i, 9));
        }
        PQclear(found);
        return books;
    }

  private:
    template <class N>
    static void number(std::string& out, N n) {
        for (int shift = static_cast<int>(sizeof n) * 8 - 8; shift >= 0; shift -= 8)
            out += static_cast<char>(n >> shift);
    }
    template <class F>
    static void each_column(const book_record& row, F&& f) {
        const book& b = row.value;
        std::string scratch;
        const auto integer = [&](std::int64_t n) {
            scratch.clear();
            number(scratch, static_cast<std::uint64_t>(n));
            return std::string_view(scratch);
        };
        f(0, b.id);
        f(1, b.tenant_id);
        f(2, b.title);
        f(3, b.author);
        f(4, integer(b.pages));
        f(5, integer(std::bit_cast<std::int64_t>(b.rating)));
        f(6, std::string_view(b.is_deleted ? "\1" : "\0", 1));
        f(7, integer(b.version));
        f(8, to_string(b.sync_status));
        f(9, integer(b.updated_at));
        f(10, integer(static_cast<std::int64_t>(row.written().value())));
        f(11, integer(static_cast<std::int64_t>(row.written().origin().value())));
        f(12, integer(row.sequence()));
    }
    void prepare(const char* name, const std::string& sql) {
        check(PQprepare(open_, name, sql.c_str(), 0, nullptr));
    }
    void send(const char* name, const std::vector<std::string>& parameters) {
        const char* values[13];
        int lengths[13], formats[13];
        for (std::size_t i = 0; i < 13; ++i) {
            values[i] = parameters[i].data();
            lengths[i] = static_cast<int>(parameters[i].size());
            formats[i] = 1;
        }
        check(PQexecPrepared(open_, name, 13, values, lengths, formats, 1));
    }
    void check(PGresult* done) {
        const ExecStatusType status = PQresultStatus(done);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            std::fprintf(stderr, "raw PostgreSQL: %s\n", PQerrorMessage(open_));
            std::exit(1);
        }
        PQclear(done);
    }
    static std::string_view text(const PGresult* from, int row, int column) {
        return {PQgetvalue(from, row, column),
                static_cast<std::size_t>(PQgetlength(from, row, column))};
    }
    static std::uint64_t word(const PGresult* from, int row, int column) {
        std::uint64_t n = 0;
        for (const char byte : text(from, row, column))
            n = n << 8 | static_cast<unsigned char>(byte);
        return n;
    }

    PGconn* open_;
};

}  // namespace bench
