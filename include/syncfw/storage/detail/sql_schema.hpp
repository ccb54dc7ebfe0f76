// SPDX-License-Identifier: BSL-1.0
// The tables of a schema as data: columns, keys, indexes and references, and the statements that
// make them.
#pragma once

#include <syncfw/core/detail/hex.hpp>
#include <syncfw/entity/validation.hpp>
#include <syncfw/storage/detail/columns.hpp>
#include <syncfw/storage/detail/sql_table.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw::sql {

struct column_plan {
    std::string name{};
    std::string type{};
    bool is_nullable = false;
    std::string fallback{};  ///< An SQL literal; empty where rows without a value can't be.
};

/// An index of a table, or its reference to another one's key.
struct table_part {
    std::string name{};
    std::string text{};  ///< The statement that makes the index, or `FOREIGN KEY (…) REFERENCES …`
};

struct table_plan {
    std::string name{};
    std::vector<column_plan> columns{};
    std::vector<std::string> key{};
    std::vector<table_part> indexes{};
    std::vector<table_part> references{};
};

namespace detail {

[[nodiscard]] inline std::string quote(std::string_view name) {
    return "\"" + std::string(name) + "\"";
}

/// `"a", "b"`
template <class Names>
[[nodiscard]] std::string quoted_list(const Names& names) {
    std::string list;
    for (const auto& each : names) list.append(list.empty() ? "" : ", ").append(quote(each));
    return list;
}

/// A name that no database cuts off.
[[nodiscard]] inline std::string short_name(std::string name) {
    constexpr std::size_t size_max = 63;
    if (name.size() <= size_max) return name;
    const std::uint64_t hash = fingerprint_of_layout(name);
    name.resize(size_max - 17);
    name += '_';
    for (int shift = 56; shift >= 0; shift -= 8) {
        char pair[2];
        syncfw::detail::write_hex(pair, static_cast<std::uint8_t>(hash >> shift));
        name.append(pair, 2);
    }
    return name;
}

[[nodiscard]] inline std::string text_literal(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
    return out + "'";
}

template <class D>
[[nodiscard]] std::string bytes_literal(std::string_view bytes) {
    std::string out = std::is_same_v<D, postgres> ? "'\\x" : "x'";
    for (const char each : bytes) {
        char pair[2];
        syncfw::detail::write_hex(pair, static_cast<std::uint8_t>(each));
        out.append(pair, 2);
    }
    return out + "'";
}

/// A value as the dialect writes it in a statement. Only what the declaration says comes here,
/// never what anybody sends.
template <class D>
[[nodiscard]] std::string literal(const value_view& seen) {
    constexpr bool is_postgres = std::is_same_v<D, postgres>;
    if (seen.is_null) return "NULL";
    switch (seen.kind) {
        case value_kind::boolean:
            return is_postgres ? (seen.integer != 0 ? "TRUE" : "FALSE")
                               : std::to_string(seen.integer);
        case value_kind::integer: return std::to_string(seen.integer);
        case value_kind::real: {
            if (!std::isfinite(seen.real)) return {};
            char text[32];
            const auto end = std::to_chars(text, text + sizeof text, seen.real).ptr;
            return std::string(text, end);
        }
        case value_kind::bytes: return bytes_literal<D>(seen.text);
        case value_kind::timestamp:
            if (!is_postgres) return std::to_string(seen.integer);
            [[fallthrough]];
        case value_kind::uuid: return text_literal(syncfw::detail::text_of(seen));
        default: return text_literal(seen.text);
    }
}

/// What of a plan only the entity's type knows.
struct entity_literals {
    std::vector<std::string> fallbacks{};  ///< One for each field; empty without default_value.
    std::string deleted{};                 ///< What a soft_delete(value) field holds then.
};

template <class D, class T>
[[nodiscard]] entity_literals literals_of() {
    constexpr const entity_info& entity = entity_of<T>;
    entity_literals made;
    made.fallbacks.resize(entity.fields.size());
    if constexpr (!entity.all_with(meaning::default_value).empty()) {
        T row{};
        apply_defaults(row, field_mask{});
        buffer scratch;
        std::size_t place = 0;
        syncfw::detail::with_members(row, [&](const auto&... members) {
            const auto add = [&](const auto& member) {
                const field_info& field = entity.fields[place];
                if (field.has(meaning::default_value) && field.cipher == encryption::none)
                    syncfw::detail::visit_column(member, scratch, [&](const value_view& seen) {
                        made.fallbacks[place] = literal<D>(seen);
                    });
                ++place;
            };
            (add(members), ...);
        });
    }
    if constexpr (has_soft_delete<T>) {
        constexpr std::size_t place = syncfw::detail::place_meaning_deleted<T>;
        if constexpr (entity.fields[place].deletes == deletion::value)
            syncfw::detail::visit_value(
                syncfw::detail::deleted_value<T>(),
                [&](const value_view& seen) { made.deleted = literal<D>(seen); });
    }
    return made;
}

[[nodiscard]] inline std::string unique_index_name(const entity_info& entity,
                                                   const field_info& field) {
    return short_name(std::string(entity.name) + "_" + std::string(field.column) + "_unique");
}

/// The condition that a row is not deleted; empty for entities that have no deletion.
template <class D>
[[nodiscard]] std::string live_condition(const entity_info& entity, const std::string& deleted) {
    const std::size_t place = entity.find(meaning::soft_delete);
    if (place == no_field)
        return has_hidden(entity, hidden::deleted) ? "NOT " + quote("_deleted") : "";
    const field_info& field = entity.fields[place];
    const std::string column = quote(field.column);
    switch (field.deletes) {
        case deletion::time: return column + " IS NULL";
        case deletion::value: return column + " <> " + deleted;
        default: return field.kind == value_kind::boolean ? "NOT " + column : column + " = 0";
    }
}

template <class D>
void add_indexes(table_plan& table, const entity_info& entity, const std::string& deleted,
                 bool keeps_unique) {
    const std::string head = " ON " + quote(table.name) + " (" + quote(tenant_column(entity));
    const auto add = [&](const std::string& name, bool is_unique, const std::string& rest) {
        const std::string whole = short_name(table.name + name);
        table.indexes.push_back(
            {whole, std::string(is_unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ") +
                        quote(whole) + head + rest});
    };
    if (has_hidden(entity, hidden::sequence))
        add("_feed", true, ", " + quote("_sequence") + ") WHERE " + quote("_sequence") + " > 0");
    for (const field_info& field : entity.fields) {
        const std::string column(field.column);
        if (field.has(meaning::tenant)) continue;
        if (field.has(meaning::unique) && keeps_unique) {
            // Nulls are no duplicates, so deleted rows have one in the last part. An index of the
            // live rows alone would be of no use to queries, which ask for the value only.
            const std::string live = live_condition<D>(entity, deleted);
            add("_" + column + "_unique", true,
                ", " + quote(column) + ", (CASE WHEN " + (live.empty() ? "1 = 1" : live) +
                    " THEN 1 END))");
        } else if (field.has(meaning::indexed) || field.has(meaning::unique) ||
                   field.refers_to.type != nullptr) {
            add("_" + column + "_index", false, ", " + quote(column) + ")");
        }
    }
}

template <class D>
[[nodiscard]] table_plan plan_table(const entity_info& entity, const entity_literals& literals,
                                    bool keeps_unique) {
    table_plan table{.name = std::string(entity.name)};
    std::size_t place = 0;
    for_each_column(entity, [&](const field_info& column, const hidden_column* part) {
        column_plan& made = table.columns.emplace_back();
        made.name = column.column;
        made.type = column_type<D>(column);
        made.is_nullable = column.nullable;
        if (part == nullptr)
            made.fallback = literals.fallbacks[place++];
        else
            made.fallback = part->part == hidden::deleted && !std::is_same_v<D, postgres>
                                ? std::string("0")
                                : std::string(part->fallback);
    });
    for_each_key_column(entity,
                        [&](std::string_view each) { table.key.push_back(std::string(each)); });
    add_indexes<D>(table, entity, literals.deleted, keeps_unique);
    return table;
}

/// The references that a database can hold: to a key of one field beside the tenant.
inline void add_reference(table_plan& table, const entity_info& from, const field_info& field,
                          const entity_info& to, const field_info& to_field, bool is_deferred) {
    if (to.all_with(meaning::primary_key).count() != 1) return;
    table.references.push_back(
        {short_name(table.name + "_" + std::string(field.column) + "_reference"),
         "FOREIGN KEY (" + quote(tenant_column(from)) + ", " + quote(field.column) +
             ") REFERENCES " + quote(to.name) + " (" + quote(tenant_column(to)) + ", " +
             quote(to_field.column) + ")" + (is_deferred ? " DEFERRABLE INITIALLY DEFERRED" : "")});
}

}  // namespace detail

/// What the database itself checks, beside the keys.
struct constraints {
    /// That what a row references is there. Only for stores that get all rows in the order of their
    /// references: a replica does not.
    bool references = false;
    /// That a `unique` value is. Not for a replica either: what the server sends next to each other
    /// was never there at one time, and unsent work may have a value that is taken elsewhere.
    bool unique = true;
};

/// The tables of all entities, those that others refer to first.
template <dialect D, class Schema>
[[nodiscard]] std::vector<table_plan> plan_tables(const constraints& checked) {
    std::vector<table_plan> planned;
    Schema::for_each([&]<class T>(of<T>) {
        planned.push_back(
            detail::plan_table<D>(entity_of<T>, detail::literals_of<D, T>(), checked.unique));
    });
    if (checked.references)
        for (const reference_info& each : Schema::references) {
            const entity_info& from = Schema::entities[each.from];
            const entity_info& to = Schema::entities[each.to];
            detail::add_reference(planned[each.from], from, from.fields[each.field], to,
                                  to.fields[each.to_field], each.is_deferred);
        }
    std::vector<table_plan> ordered;
    for (const std::size_t place : Schema::parents_first)
        ordered.push_back(std::move(planned[place]));
    return ordered;
}

[[nodiscard]] inline std::string column_text(const column_plan& column) {
    std::string text = detail::quote(column.name) + " " + column.type;
    if (!column.is_nullable) text += " NOT NULL";
    if (!column.fallback.empty()) text += " DEFAULT " + column.fallback;
    return text;
}

/// `CREATE TABLE`, with the references inside where the dialect can't add them later.
template <dialect D>
[[nodiscard]] std::string create_table_text(const table_plan& table) {
    // Many small rows, each written once and found by its key alone: one tree instead of a table
    // and its key's index. A table that is there already stays as it is.
    const bool is_one_tree =
        std::is_same_v<D, sqlite> && table.name == entity_of<applied_operation>.name;
    const auto is_of_key = [&](const column_plan& each) {
        for (const std::string& name : table.key)
            if (name == each.name) return true;
        return false;
    };
    std::string text = "CREATE TABLE " + detail::quote(table.name) + " (";
    // SQLite 3.40, when it checks such a tree, finds NULLs that aren't there unless the columns of
    // the key come first, in its order.
    if (is_one_tree)
        for (const std::string& name : table.key)
            for (const column_plan& each : table.columns)
                if (each.name == name) text += column_text(each) + ", ";
    for (const column_plan& each : table.columns)
        if (!is_one_tree || !is_of_key(each)) text += column_text(each) + ", ";
    text += "PRIMARY KEY (" + detail::quoted_list(table.key) + ")";
    if constexpr (std::is_same_v<D, sqlite>)
        for (const table_part& each : table.references) text += ", " + each.text;
    return text + (is_one_tree ? ") WITHOUT ROWID" : ")");
}

}  // namespace syncfw::sql
