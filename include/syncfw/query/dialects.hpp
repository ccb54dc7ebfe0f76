// SPDX-License-Identifier: BSL-1.0
// What SQLite and PostgreSQL write differently. Another engine's dialect is such a struct of its
// own; `sql::dialect` has what it needs.
//
// How a field is kept in a column, so that every condition means the same everywhere:
//
//     kind        SQLite                          PostgreSQL
//     boolean     INTEGER 0, 1                    boolean
//     integer     INTEGER                         bigint
//     real        REAL                            double precision
//     text, enum  TEXT                            text COLLATE "C" (ordered by its bytes)
//     bytes       BLOB                            bytea
//     uuid        TEXT, 36 lower-case characters  uuid
//     timestamp   INTEGER, microseconds           timestamptz
//     json        TEXT                            jsonb
//     encrypted   BLOB (the ciphertext)           bytea
//
// A list's JSON is an array of its elements, a set's an object whose "items" is such an array;
// elements that are uuids or timestamps stand there as their texts.
#pragma once

#include <syncfw/core/detail/text_sink.hpp>
#include <syncfw/query/detail/value_text.hpp>
#include <syncfw/query/node.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace syncfw::sql {

/// One term of a condition, as a dialect writes it.
struct term {
    std::string_view table{};
    const field_info& field;
    query_op op{};
    std::uint64_t parameter = 0;  ///< The first one's number.
};

/// A value to bind, in the form that the dialect wants.
struct parameter {
    value bound{};
    std::size_t place = no_field;  ///< Of its field: ciphertext is to be made of the value there.
    bool is_array = false;         ///< `bound.text` is an array literal of elements of its kind.
};

namespace detail {

using syncfw::detail::text_sink;

constexpr text_sink& operator<<(text_sink& out, const field_info& field) {
    return out << '"' << field.column << '"';
}

/// A null stays unknown where a subquery would say no.
constexpr void write_unless_null(text_sink& out, const field_info& field, const auto& write) {
    if (field.nullable) out << "CASE WHEN " << field << " IS NOT NULL THEN ";
    write();
    if (field.nullable) out << " END";
}

[[nodiscard]] constexpr bool is_in_list(const field_info& field, query_op op) {
    return op == query_op::contains && field.kind == value_kind::json;
}

}  // namespace detail

struct sqlite {
    static constexpr char mark = '?';
    static constexpr std::string_view same_or_both_null = "IS";
    static constexpr std::string_view nulls_first = "";
    static constexpr std::string_view nulls_last = "";

    [[nodiscard]] static constexpr std::string_view column_type(const field_info& field) {
        if (field.cipher != encryption::none) return "BLOB";
        switch (field.kind) {
            case value_kind::boolean:
            case value_kind::integer:
            case value_kind::timestamp: return "INTEGER";
            case value_kind::real: return "REAL";
            case value_kind::bytes: return "BLOB";
            default: return "TEXT";
        }
    }

    /// Writes the terms that have no common form.
    static constexpr void write_term(syncfw::detail::text_sink& out, const term& t) {
        using detail::operator<<;
        const auto parameter = [&]() -> auto& { return out << mark << t.parameter; };
        // Qualified, because json_each has columns that may be called like the field.
        const auto each_of = [&](std::string_view path) {
            out << "EXISTS (SELECT 1 FROM json_each(\"" << t.table << "\"." << t.field << path
                << ") WHERE json_each.";
        };
        switch (t.op) {
            case query_op::in_list:
                out << t.field << " IN (SELECT value FROM json_each(";
                parameter() << "))";
                return;
            case query_op::like:
                out << t.field << " GLOB ";
                parameter();
                return;
            case query_op::starts_with:
                out << "substr(" << t.field << ", 1, length(";
                parameter() << ")) = ";
                parameter();
                return;
            case query_op::ends_with:
                out << "substr(" << t.field << ", length(" << t.field << ") - length(";
                parameter() << ") + 1) = ";
                parameter();
                return;
            case query_op::contains:
                if (t.field.kind != value_kind::json) {
                    out << "instr(" << t.field << ", ";
                    parameter() << ") > 0";
                    return;
                }
                detail::write_unless_null(out, t.field, [&] {
                    each_of(t.field.shape == syncfw::detail::value_shape::set ? ", '$.items'" : "");
                    out << "value = ";
                    parameter() << ')';
                });
                return;
            default:
                detail::write_unless_null(out, t.field, [&] {
                    each_of("");
                    out << "key = ";
                    parameter() << ')';
                });
        }
    }

    /// The value as a column has it: uuids as text, patterns for GLOB, lists as JSON.
    [[nodiscard]] static parameter bind(const field_info& field, query_op op, const value& given) {
        namespace in = syncfw::detail;
        if (op == query_op::in_list)
            return {in::text_value(
                {.text = in::json_array(given.elements, field.kind == value_kind::integer ||
                                                            field.kind == value_kind::boolean ||
                                                            field.kind == value_kind::timestamp)})};
        if (op == query_op::like) return {in::text_value({.text = in::glob_of(given.text)})};
        if (detail::is_in_list(field, op) && given.kind == value_kind::timestamp)
            return {in::text_value(given.view())};
        if (given.kind == value_kind::uuid && !given.is_null) return {in::text_value(given.view())};
        return {given};
    }
};

struct postgres {
    static constexpr char mark = '$';
    static constexpr std::string_view same_or_both_null = "IS NOT DISTINCT FROM";
    static constexpr std::string_view nulls_first = " NULLS FIRST";
    static constexpr std::string_view nulls_last = " NULLS LAST";

    [[nodiscard]] static constexpr std::string_view column_type(const field_info& field) {
        if (field.cipher != encryption::none) return "bytea";
        switch (field.kind) {
            case value_kind::boolean: return "boolean";
            case value_kind::integer: return "bigint";
            case value_kind::real: return "double precision";
            case value_kind::text: return "text COLLATE \"C\"";
            case value_kind::bytes: return "bytea";
            case value_kind::uuid: return "uuid";
            case value_kind::timestamp: return "timestamptz";
            case value_kind::json: return "jsonb";
        }
        return "";
    }

    static constexpr void write_term(syncfw::detail::text_sink& out, const term& t) {
        using detail::operator<<;
        const auto parameter = [&]() -> auto& { return out << mark << t.parameter; };
        switch (t.op) {
            case query_op::in_list:
                out << t.field << " = ANY(";
                parameter() << ')';
                return;
            case query_op::like:
                out << t.field << " LIKE ";
                parameter();
                return;
            case query_op::starts_with:
                out << "starts_with(" << t.field << ", ";
                parameter() << ')';
                return;
            case query_op::ends_with:
                out << "right(" << t.field << ", length(";
                parameter() << ")) = ";
                parameter();
                return;
            case query_op::contains:
                if (t.field.kind != value_kind::json) {
                    out << "strpos(" << t.field << ", ";
                    parameter() << ") > 0";
                    return;
                }
                if (t.field.shape == syncfw::detail::value_shape::set)
                    out << '(' << t.field << " -> 'items') @> to_jsonb(";
                else
                    out << t.field << " @> to_jsonb(";
                parameter() << ')';
                return;
            default:
                // Alone, `?` would find a text that is an element of an array too.
                out << "(jsonb_typeof(" << t.field << ") = 'object' AND " << t.field << " ? ";
                parameter() << ')';
        }
    }

    /// The value of its own kind; patterns with a whole last escape, lists as array literals.
    [[nodiscard]] static parameter bind(const field_info& field, query_op op, const value& given) {
        namespace in = syncfw::detail;
        if (op == query_op::in_list) {
            parameter list{.is_array = true};
            list.bound.kind = given.kind;
            list.bound.is_null = false;
            list.bound.text = in::postgres_array(given);
            return list;
        }
        if (op == query_op::like) return {in::text_value({.text = in::like_of(given.text)})};
        if (detail::is_in_list(field, op) && given.kind != value_kind::integer &&
            given.kind != value_kind::boolean)
            return {in::text_value(given.view())};
        return {given};
    }
};

/// What an SQL engine's dialect says of itself.
template <class D>
concept dialect = requires(syncfw::detail::text_sink& out, const term& t, const field_info& field,
                           const value& given) {
    // What stands before a parameter's number.
    { D::mark } -> std::convertible_to<char>;
    // Between two values that are equal or both null.
    { D::same_or_both_null } -> std::convertible_to<std::string_view>;
    // After a nullable key of an order, where the engine does otherwise by itself.
    { D::nulls_first } -> std::convertible_to<std::string_view>;
    { D::nulls_last } -> std::convertible_to<std::string_view>;
    { D::column_type(field) } -> std::same_as<std::string_view>;
    // in_list, like, starts_with, ends_with, contains and has.
    D::write_term(out, t);
    { D::bind(field, query_op::equal, given) } -> std::same_as<parameter>;
};

/// The type of the field's column, without NOT NULL.
template <dialect D>
[[nodiscard]] constexpr std::string_view column_type(const field_info& field) {
    return D::column_type(field);
}

static_assert(dialect<sqlite> && dialect<postgres>);

}  // namespace syncfw::sql
