// SPDX-License-Identifier: BSL-1.0
// An entity as a table, and the statements on it, for any SQL dialect. The columns are the fields
// in declared order, and behind them the bookkeeping that the struct has no field for: hidden
// columns, whose names begin with an underscore. Every key begins with the tenant.
#pragma once

#include <syncfw/query/sql.hpp>
#include <syncfw/storage/system_entities.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncfw::sql {

/// A part of the bookkeeping that has a column of its own where no field means it.
enum class hidden : unsigned char { tenant, version, stamp, origin, sequence, deleted, status };

struct hidden_column {
    hidden part;
    std::string_view name;
    value_kind kind;
    std::string_view fallback;  ///< Of rows that were there before the column.
};

inline constexpr hidden_column hidden_columns[] = {
    {hidden::tenant, "_tenant", value_kind::text, "''"},
    {hidden::version, "_version", value_kind::integer, "0"},
    {hidden::stamp, "_stamp", value_kind::integer, "0"},
    {hidden::origin, "_origin", value_kind::integer, "0"},
    {hidden::sequence, "_sequence", value_kind::integer, "0"},
    {hidden::deleted, "_deleted", value_kind::boolean, "FALSE"},
    {hidden::status, "_status", value_kind::integer, "0"},
};

/// Whether the entity's table has this hidden column.
[[nodiscard]] constexpr bool has_hidden(const entity_info& entity, hidden part) noexcept {
    if (part == hidden::tenant) return entity.find(meaning::tenant) == no_field;
    if (is_system_entity(entity)) return false;
    switch (part) {
        case hidden::version: return entity.find(meaning::version) == no_field;
        case hidden::deleted: return entity.find(meaning::soft_delete) == no_field;
        case hidden::status: return entity.find(meaning::sync_state) == no_field;
        default: return true;
    }
}

[[nodiscard]] constexpr std::size_t column_count(const entity_info& entity) noexcept {
    std::size_t count = entity.fields.size();
    for (const hidden_column& each : hidden_columns) count += has_hidden(entity, each.part);
    return count;
}

/// The column that holds the tenant.
[[nodiscard]] constexpr std::string_view tenant_column(const entity_info& entity) noexcept {
    const std::size_t place = entity.find(meaning::tenant);
    return place == no_field ? hidden_columns[0].name : entity.fields[place].column;
}

/// A hidden column as a field, so that dialects name its type as they name any.
[[nodiscard]] constexpr field_info as_field(const hidden_column& column) noexcept {
    return {.name = column.name, .column = column.name, .json = column.name, .kind = column.kind};
}

/// Calls f with each column's field_info, in order, and its hidden_column or null.
template <class F>
constexpr void for_each_column(const entity_info& entity, F&& f) {
    for (const field_info& each : entity.fields) f(each, nullptr);
    for (const hidden_column& each : hidden_columns)
        if (has_hidden(entity, each.part)) f(as_field(each), &each);
}

/// Calls f with the columns of the primary key: the tenant's, then the key's.
template <class F>
constexpr void for_each_key_column(const entity_info& entity, F&& f) {
    f(tenant_column(entity));
    for (const field_info& each : entity.fields)
        if (each.has(meaning::primary_key) && !each.has(meaning::tenant)) f(each.column);
}

[[nodiscard]] constexpr bool is_key_column(const entity_info& entity, std::string_view name) {
    bool is_key = false;
    for_each_key_column(entity, [&](std::string_view each) { is_key = is_key || each == name; });
    return is_key;
}

namespace detail {

struct quoted {
    std::string_view name;
};
constexpr text_sink& operator<<(text_sink& out, quoted q) {
    return out << '"' << q.name << '"';
}

/// Puts `between` before all but the first.
class separator {
  public:
    constexpr explicit separator(std::string_view between) : between_(between) {}
    constexpr std::string_view next() {
        const std::string_view now = is_first_ ? std::string_view() : between_;
        is_first_ = false;
        return now;
    }

  private:
    std::string_view between_;
    bool is_first_ = true;
};

constexpr void write_column_names(text_sink& out, const entity_info& entity) {
    separator comma(", ");
    for_each_column(entity, [&](const field_info& column, const hidden_column*) {
        out << comma.next() << quoted{column.column};
    });
}

/// `"_tenant" = ?1 AND "id" = ?2`
template <class D>
constexpr void write_key_condition(text_sink& out, const entity_info& entity) {
    separator between(" AND ");
    std::uint64_t number = 0;
    for_each_key_column(entity, [&](std::string_view column) {
        out << between.next() << quoted{column} << " = " << D::mark << ++number;
    });
}

constexpr void write_conflict(text_sink& out, const entity_info& entity) {
    out << " ON CONFLICT (";
    separator key_comma(", ");
    for_each_key_column(entity,
                        [&](std::string_view each) { out << key_comma.next() << quoted{each}; });
    out << ") DO ";
    separator comma(", ");
    bool has_any = false;
    for_each_column(entity, [&](const field_info& each, const hidden_column*) {
        if (is_key_column(entity, each.column)) return;
        if (!has_any) out << "UPDATE SET ";
        has_any = true;
        out << comma.next() << quoted{each.column} << " = excluded." << quoted{each.column};
    });
    if (!has_any) out << "NOTHING";
}

template <class D, class T>
inline constexpr auto upsert_writer = [](text_sink& out) {
    constexpr const entity_info& entity = entity_of<T>;
    out << "INSERT INTO " << quoted{entity.name} << " (";
    write_column_names(out, entity);
    out << ") VALUES (";
    separator comma(", ");
    for (std::uint64_t i = 1; i <= column_count(entity); ++i) out << comma.next() << D::mark << i;
    out << ')';
    write_conflict(out, entity);
};

// Without a look at pointers, which GCC's undefined-behaviour sanitizer makes no constants of.
[[nodiscard]] constexpr std::string_view version_column(const entity_info& entity) {
    for (const hidden_column& each : hidden_columns)
        if (each.part == hidden::version && has_hidden(entity, each.part)) return each.name;
    const std::size_t place = entity.find(meaning::version);
    return place == no_field ? std::string_view() : entity.fields[place].column;
}

template <class D, class T>
inline constexpr auto upsert_newer_writer = [](text_sink& out) {
    constexpr const entity_info& entity = entity_of<T>;
    upsert_writer<D, T>(out);
    out << " WHERE excluded." << quoted{version_column(entity)} << " > " << quoted{entity.name}
        << '.' << quoted{version_column(entity)};
};

constexpr void write_select_head(text_sink& out, const entity_info& entity) {
    out << "SELECT ";
    write_column_names(out, entity);
    out << " FROM " << quoted{entity.name} << " WHERE ";
}

template <class D, class T>
inline constexpr auto get_writer = [](text_sink& out) {
    write_select_head(out, entity_of<T>);
    write_key_condition<D>(out, entity_of<T>);
};

template <class D, class T>
inline constexpr auto erase_writer = [](text_sink& out) {
    out << "DELETE FROM " << quoted{entity_of<T>.name} << " WHERE ";
    write_key_condition<D>(out, entity_of<T>);
};

template <class D, class T>
inline constexpr auto changes_writer = [](text_sink& out) {
    write_select_head(out, entity_of<T>);
    // `> 0` lets the engine take the feed's index, which has only rows that are in the feed. It
    // must stand last: SQLite begins the walk at the first lower bound that it meets.
    out << quoted{tenant_column(entity_of<T>)} << " = " << D::mark << std::uint64_t{1}
        << " AND \"_sequence\" > " << D::mark << std::uint64_t{2}
        << " AND \"_sequence\" <= " << D::mark << std::uint64_t{3}
        << " AND \"_sequence\" > 0 ORDER BY \"_sequence\" LIMIT " << D::mark << std::uint64_t{4};
};

/// The tenant is the first parameter, those of the query follow.
template <class D>
constexpr void write_scan(text_sink& out, const outline& asked) {
    writer<D> query(out, asked);
    write_select_head(out, asked.entity);
    out << quoted{tenant_column(asked.entity)} << " = " << D::mark << std::uint64_t{1};
    if (!asked.nodes.empty()) {
        out << " AND ";
        query.write_where();
    }
    if (asked.is_paged) {
        out << " AND ";
        query.write_after();
    }
    out << " ORDER BY ";
    query.write_order();
    if (asked.is_limited) out << " LIMIT " << D::mark << asked.limit_number();
}

template <class D>
constexpr void write_count(text_sink& out, const outline& asked) {
    writer<D> query(out, asked);
    out << "SELECT count(*) FROM (SELECT 1 AS one FROM " << quoted{asked.entity.name} << " WHERE "
        << quoted{tenant_column(asked.entity)} << " = " << D::mark << std::uint64_t{1};
    if (!asked.nodes.empty()) {
        out << " AND ";
        query.write_where();
    }
    if (asked.is_paged) {
        out << " AND ";
        query.write_after();
    }
    if (asked.is_limited) out << " LIMIT " << D::mark << asked.limit_number();
    out << ") AS counted";
}

template <class D, class T, auto Shape>
inline constexpr auto scan_writer =
    [](text_sink& out) { write_scan<D>(out, outline_for<T, Shape, 2>); };

}  // namespace detail

/// `INSERT … ON CONFLICT … DO UPDATE …` of one row, with a parameter for each column in order.
template <dialect D, class T>
inline constexpr std::string_view upsert_text =
    syncfw::detail::static_text<detail::upsert_writer<D, T>>;

/// The same where the row that is there has a lower version.
template <dialect D, class T>
inline constexpr std::string_view upsert_newer_text =
    syncfw::detail::static_text<detail::upsert_newer_writer<D, T>>;

/// All columns of the row of a key; parameters: the tenant, then the key's other fields.
template <dialect D, class T>
inline constexpr std::string_view get_text = syncfw::detail::static_text<detail::get_writer<D, T>>;

template <dialect D, class T>
inline constexpr std::string_view erase_text =
    syncfw::detail::static_text<detail::erase_writer<D, T>>;

/// The rows of the feed in their order; parameters: the tenant, after, until, limit.
template <dialect D, class T>
inline constexpr std::string_view changes_text =
    syncfw::detail::static_text<detail::changes_writer<D, T>>;

/// The rows of a query; parameters: the tenant, then those of the query (`parameters<D>(query)`).
template <dialect D, class Query>
inline constexpr std::string_view scan_text =
    syncfw::detail::static_text<detail::scan_writer<D, typename Query::entity_type, Query::shape>>;

template <dialect D>
[[nodiscard]] std::string make_scan_text(const query_view& asked) {
    const detail::outline seen = detail::outline_of(asked, 2);
    return syncfw::detail::make_text(
        [&](detail::text_sink& out) { detail::write_scan<D>(out, seen); });
}
template <dialect D>
[[nodiscard]] std::string make_count_text(const query_view& asked) {
    const detail::outline seen = detail::outline_of(asked, 2);
    return syncfw::detail::make_text(
        [&](detail::text_sink& out) { detail::write_count<D>(out, seen); });
}

}  // namespace syncfw::sql
