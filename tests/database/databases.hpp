// SPDX-License-Identifier: BSL-1.0
// A SQLite and a PostgreSQL to try SQL in: just what a test needs to fill a table and ask it.
#pragma once

#include <syncfw/query/sql.hpp>

#include <doctest/doctest.h>
#include <libpq-fe.h>
#include <sqlite3.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace databases {

using syncfw::value_kind;
using parameters = std::vector<syncfw::sql::parameter>;

/// In memory, gone with the object.
class sqlite {
  public:
    using dialect = syncfw::sql::sqlite;

    sqlite() {
        sqlite3* opened = nullptr;
        REQUIRE(sqlite3_open(":memory:", &opened) == SQLITE_OK);
        database_.reset(opened);
    }

    void run(const std::string& text) { (void)ids(text, {}); }

    /// The first column of each row, which is an integer.
    std::vector<std::int64_t> ids(const std::string& text, const parameters& given) {
        sqlite3_stmt* const statement = prepared(text);
        for (std::size_t i = 0; i < given.size(); ++i)
            bind(statement, static_cast<int>(i + 1), given[i].bound);
        std::vector<std::int64_t> found;
        int code = SQLITE_ROW;
        while ((code = sqlite3_step(statement)) == SQLITE_ROW)
            found.push_back(sqlite3_column_int64(statement, 0));
        if (code != SQLITE_DONE) FAIL(text << ": " << sqlite3_errmsg(database_.get()));
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
        return found;
    }

  private:
    struct closer {
        void operator()(sqlite3* open) const { sqlite3_close_v2(open); }
        void operator()(sqlite3_stmt* open) const { sqlite3_finalize(open); }
    };

    sqlite3_stmt* prepared(const std::string& text) {
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v2(database_.get(), text.data(), static_cast<int>(text.size()),
                               &statement, nullptr) != SQLITE_OK)
            FAIL(text << ": " << sqlite3_errmsg(database_.get()));
        statement_.reset(statement);
        return statement;
    }

    static void bind(sqlite3_stmt* statement, int place, const syncfw::value& given) {
        const auto size = static_cast<int>(given.text.size());
        if (given.is_null)
            sqlite3_bind_null(statement, place);
        else if (given.kind == value_kind::real)
            sqlite3_bind_double(statement, place, given.real);
        else if (given.kind == value_kind::text)
            sqlite3_bind_text(statement, place, given.text.data(), size, SQLITE_TRANSIENT);
        else if (given.kind == value_kind::bytes)
            sqlite3_bind_blob(statement, place, given.text.data(), size, SQLITE_TRANSIENT);
        else
            sqlite3_bind_int64(statement, place, given.integer);
    }

    std::unique_ptr<sqlite3, closer> database_{};
    std::unique_ptr<sqlite3_stmt, closer> statement_{};
};

/// The one that SYNCFW_TEST_POSTGRES names, in a schema of its own that goes with the object.
class postgres {
  public:
    using dialect = syncfw::sql::postgres;

    /// None, with a message, where there is no PostgreSQL to try; SYNCFW_REQUIRE=all forbids that.
    static std::unique_ptr<postgres> open() {
        const char* const url = std::getenv("SYNCFW_TEST_POSTGRES");
        if (url == nullptr) {
            const char* const required = std::getenv("SYNCFW_REQUIRE");
            if (required != nullptr && std::string_view(required) == "all")
                FAIL("SYNCFW_TEST_POSTGRES is not set");
            MESSAGE("skipped: PostgreSQL: SYNCFW_TEST_POSTGRES is not set");
            return nullptr;
        }
        return std::make_unique<postgres>(url);
    }

    explicit postgres(const char* url) : connection_(PQconnectdb(url)) {
        if (PQstatus(connection_.get()) != CONNECTION_OK) FAIL(PQerrorMessage(connection_.get()));
        run("SET client_min_messages = warning");
        const std::string schema = "test_" + std::to_string(PQbackendPID(connection_.get()));
        run("DROP SCHEMA IF EXISTS " + schema + " CASCADE");
        run("CREATE SCHEMA " + schema);
        run("SET search_path = " + schema);
        drop_ = "DROP SCHEMA " + schema + " CASCADE";
    }
    ~postgres() {
        if (!drop_.empty()) PQclear(PQexec(connection_.get(), drop_.c_str()));
    }
    postgres(const postgres&) = delete;
    postgres& operator=(const postgres&) = delete;

    void run(const std::string& text) { (void)ids(text, {}); }

    std::vector<std::int64_t> ids(const std::string& text, const parameters& given) {
        std::vector<Oid> types;
        std::vector<std::optional<std::string>> texts;
        std::vector<const char*> values;
        for (const auto& each : given) {
            types.push_back(type_of(each));
            texts.push_back(text_of(each));
        }
        for (const auto& each : texts) values.push_back(each ? each->c_str() : nullptr);
        const std::unique_ptr<PGresult, closer> answer(
            PQexecParams(connection_.get(), text.c_str(), static_cast<int>(given.size()),
                         types.data(), values.data(), nullptr, nullptr, 0));
        const ExecStatusType status = PQresultStatus(answer.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            FAIL(text << ": " << PQresultErrorMessage(answer.get()));
        std::vector<std::int64_t> found;
        for (int i = 0; i < PQntuples(answer.get()); ++i)
            found.push_back(std::strtoll(PQgetvalue(answer.get(), i, 0), nullptr, 10));
        return found;
    }

  private:
    struct closer {
        void operator()(PGconn* open) const { PQfinish(open); }
        void operator()(PGresult* open) const { PQclear(open); }
    };

    static Oid type_of(const syncfw::sql::parameter& given) {
        switch (given.bound.kind) {
            case value_kind::boolean: return given.is_array ? 1000 : 16;
            case value_kind::integer: return given.is_array ? 1016 : 20;
            case value_kind::real: return 701;
            case value_kind::text: return given.is_array ? 1009 : 25;
            case value_kind::bytes: return 17;
            case value_kind::uuid: return given.is_array ? 2951 : 2950;
            case value_kind::timestamp: return given.is_array ? 1185 : 1184;
            case value_kind::json: return 3802;
        }
        return 0;
    }

    static std::optional<std::string> text_of(const syncfw::sql::parameter& given) {
        const syncfw::value& v = given.bound;
        if (v.is_null) return std::nullopt;
        if (given.is_array) return v.text;
        switch (v.kind) {
            case value_kind::boolean: return v.integer != 0 ? "t" : "f";
            case value_kind::integer: return std::to_string(v.integer);
            case value_kind::real: {
                char digits[32];
                return std::string(digits, std::to_chars(digits, digits + 32, v.real).ptr);
            }
            case value_kind::bytes: {
                std::string hex = "\\x";
                for (const char c : v.text) {
                    const std::size_t place = std::size_t{static_cast<unsigned char>(c)} * 2;
                    hex.append(&syncfw::detail::hex_pairs[place], 2);
                }
                return hex;
            }
            default: return syncfw::detail::text_of(v.view());
        }
    }

    std::unique_ptr<PGconn, closer> connection_;
    std::string drop_{};
};

}  // namespace databases
