// SPDX-License-Identifier: BSL-1.0
// The statements for many rows at once: arrays of columns go in, one round trip for all.
#pragma once

#include <syncfw/storage/detail/sql_table.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace syncfw::postgres::detail {

/// Of one statement, so that its memory is bounded on both sides …
inline constexpr std::size_t rows_max = 5'000;
/// … and what its arrays may hold, unless a single row has more.
inline constexpr std::size_t bytes_max = std::size_t{4} << 20;

}  // namespace syncfw::postgres::detail

namespace syncfw::sql {

template <class T>
constexpr void for_each_own_key(auto&& f) {
    for (const field_info& each : entity_of<T>.fields)
        if (each.has(meaning::primary_key) && !each.has(meaning::tenant)) f(each);
}

/// The columns of T's key but for the tenant's.
template <class T>
inline constexpr std::size_t key_column_count = [] {
    std::size_t count = 0;
    for_each_own_key<T>([&](const field_info&) { ++count; });
    return count;
}();

namespace detail {

// `$2::uuid[], $3::bigint[]`
constexpr void write_array(text_sink& out, separator& comma, std::uint64_t number,
                           std::string_view type) {
    // A collation is no part of an array's type.
    out << comma.next() << '$' << number << "::" << type.substr(0, type.find(" COLLATE")) << "[]";
}

template <class T>
constexpr void write_key_arrays(text_sink& out) {
    separator comma(", ");
    std::uint64_t number = 1;
    for_each_own_key<T>([&](const field_info& each) {
        write_array(out, comma, ++number, postgres::column_type(each));
    });
}
template <class T>
constexpr void write_key_match(text_sink& out, std::string_view table) {
    out << quoted{table} << '.' << quoted{tenant_column(entity_of<T>)} << " = $1";
    std::uint64_t number = 0;
    for_each_own_key<T>([&](const field_info& each) {
        out << " AND " << quoted{table} << '.' << quoted{each.column} << " = wanted.k" << ++number;
    });
}
template <class T>
constexpr void write_wanted(text_sink& out, std::string_view ordinality) {
    out << "unnest(";
    write_key_arrays<T>(out);
    out << ')' << ordinality << " AS wanted(";
    for (std::uint64_t i = 1; i <= key_column_count<T>; ++i) out << (i == 1 ? "k" : ", k") << i;
    out << (ordinality.empty() ? ")" : ", place)");
}

template <class T>
inline constexpr auto get_many_writer = [](text_sink& out) {
    constexpr const entity_info& entity = entity_of<T>;
    out << "SELECT ";
    for_each_column(entity, [&](const field_info& column, const hidden_column*) {
        out << quoted{entity.name} << '.' << quoted{column.column} << ", ";
    });
    out << "wanted.place FROM ";
    write_wanted<T>(out, " WITH ORDINALITY");
    out << " JOIN " << quoted{entity.name} << " ON ";
    write_key_match<T>(out, entity.name);
};

template <class T>
inline constexpr auto erase_many_writer = [](text_sink& out) {
    constexpr const entity_info& entity = entity_of<T>;
    out << "DELETE FROM " << quoted{entity.name} << " USING ";
    write_wanted<T>(out, "");
    out << " WHERE ";
    write_key_match<T>(out, entity.name);
};

template <class T>
inline constexpr auto put_many_writer = [](text_sink& out) {
    constexpr const entity_info& entity = entity_of<T>;
    out << "INSERT INTO " << quoted{entity.name} << " (";
    write_column_names(out, entity);
    out << ") SELECT * FROM unnest(";
    separator comma(", ");
    std::uint64_t number = 0;
    for_each_column(entity, [&](const field_info& column, const hidden_column*) {
        write_array(out, comma, ++number, postgres::column_type(column));
    });
    out << ')';
    write_conflict(out, entity);
};

}  // namespace detail

/// The rows of many keys, each with the place of its key; parameters: the tenant, then an array
/// for each of the key's other fields.
template <class T>
inline constexpr std::string_view get_many_text =
    syncfw::detail::static_text<detail::get_many_writer<T>>;

template <class T>
inline constexpr std::string_view erase_many_text =
    syncfw::detail::static_text<detail::erase_many_writer<T>>;

/// The upsert of many rows; an array for each column.
template <class T>
inline constexpr std::string_view put_many_text =
    syncfw::detail::static_text<detail::put_many_writer<T>>;

}  // namespace syncfw::sql
