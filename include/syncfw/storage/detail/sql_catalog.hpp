// SPDX-License-Identifier: BSL-1.0
// What a database says of the tables that are there: one question a table, answered as one text,
// so that the same few operations serve every driver.
#pragma once

#include <syncfw/storage/detail/sql_schema.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw::sql {

/// A column as it is in the database.
struct column_found {
    std::string name{};
    std::string type{};
    bool is_nullable = false;
    bool has_default = false;
    bool is_key = false;
};

struct table_found {
    std::vector<column_found> columns{};
    std::vector<std::string> indexes{};
};

namespace detail {

// One line a column: name, type, nullable, has a default, in the key; with tabs between.
[[nodiscard]] inline std::string columns_question(sqlite, std::string_view table) {
    return "SELECT group_concat(name || char(9) || type || char(9) || (\"notnull\" = 0) || char(9) "
           "|| (dflt_value IS NOT NULL) || char(9) || (pk > 0), char(10)) FROM "
           "pragma_table_info(" +
           text_literal(table) + ")";
}
[[nodiscard]] inline std::string columns_question(postgres, std::string_view table) {
    // The catalogue has its own word for timestamptz.
    return "SELECT string_agg(a.attname || E'\\t' || replace(format_type(a.atttypid, a.atttypmod), "
           "'timestamp with time zone', 'timestamptz') || "
           "CASE WHEN c.collname = 'C' THEN ' COLLATE \"C\"' ELSE '' END || E'\\t' || "
           "CASE WHEN a.attnotnull THEN '0' ELSE '1' END || E'\\t' || "
           "CASE WHEN a.atthasdef THEN '1' ELSE '0' END || E'\\t' || "
           "CASE WHEN i.indrelid IS NULL THEN '0' ELSE '1' END, E'\\n' ORDER BY a.attnum) "
           "FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation "
           "LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary AND "
           "a.attnum = ANY(i.indkey) WHERE a.attrelid = to_regclass(" +
           text_literal(quote(table)) + ") AND a.attnum > 0 AND NOT a.attisdropped";
}

[[nodiscard]] inline std::string indexes_question(sqlite, std::string_view table) {
    return "SELECT group_concat(name, char(10)) FROM sqlite_master WHERE type = 'index' AND "
           "tbl_name = " +
           text_literal(table);
}
[[nodiscard]] inline std::string indexes_question(postgres, std::string_view table) {
    return "SELECT string_agg(c.relname, E'\\n') FROM pg_index i JOIN pg_class c ON "
           "c.oid = i.indexrelid WHERE i.indrelid = to_regclass(" +
           text_literal(quote(table)) + ")";
}

[[nodiscard]] inline std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        std::size_t end = text.find(at, begin);
        if (end == text.npos) end = text.size();
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

/// The table as it is, or nothing where there is none.
template <class D, class Database>
[[nodiscard]] result<std::optional<table_found>> find_table(Database& db, std::string_view name) {
    auto columns = db.read_text(columns_question(D{}, name));
    if (!columns) return columns.error();
    if (!*columns) return std::optional<table_found>();
    table_found found;
    for (const std::string_view line : split(**columns, '\n')) {
        const auto parts = split(line, '\t');
        if (parts.size() != 5)
            return error{.code = errc::internal,
                         .message = "the database's catalogue gave an unknown answer",
                         .entity = std::string(name)};
        found.columns.push_back({std::string(parts[0]), std::string(parts[1]), parts[2] == "1",
                                 parts[3] == "1", parts[4] == "1"});
    }
    auto indexes = db.read_text(indexes_question(D{}, name));
    if (!indexes) return indexes.error();
    if (*indexes)
        for (const std::string_view each : split(**indexes, '\n'))
            found.indexes.push_back(std::string(each));
    return std::optional<table_found>(std::move(found));
}

}  // namespace detail
}  // namespace syncfw::sql
