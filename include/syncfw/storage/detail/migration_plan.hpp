// SPDX-License-Identifier: BSL-1.0
// The difference between a table that is wanted and one that is there: statements where it only
// adds, sentences where it doesn't.
#pragma once

#include <syncfw/storage/detail/sql_catalog.hpp>
#include <syncfw/storage/detail/sql_schema.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace syncfw::sql::detail {

/// The one of this name; null where there is none.
template <class V>
[[nodiscard]] const V* find_named(const std::vector<V>& all, std::string_view name) {
    for (const V& each : all)
        if (each.name == name) return &each;
    return nullptr;
}
[[nodiscard]] inline bool contains(const std::vector<std::string>& all, std::string_view name) {
    for (const std::string& each : all)
        if (each == name) return true;
    return false;
}

struct migration_plan {
    std::vector<std::string> statements{};
    std::vector<std::string> refused{};
    std::vector<std::string> new_tables{};
};

template <class D>
void add_table(migration_plan& plan, const table_plan& table) {
    plan.statements.push_back(create_table_text<D>(table));
    for (const table_part& each : table.indexes) plan.statements.push_back(each.text);
    plan.new_tables.push_back(table.name);
}

/// The references of new tables, when all tables are there. Those of tables that were there
/// already are left to a migration by hand: rows may break them.
inline void add_references(migration_plan& plan, const table_plan& table) {
    if (!contains(plan.new_tables, table.name)) return;
    for (const table_part& each : table.references)
        plan.statements.push_back("ALTER TABLE " + quote(table.name) + " ADD CONSTRAINT " +
                                  quote(each.name) + " " + each.text);
}

inline void compare_column(migration_plan& plan, const table_plan& table, const column_plan& wanted,
                           const column_found& found) {
    const std::string place = table.name + "." + wanted.name;
    if (found.type != wanted.type)
        plan.refused.push_back(place + " is " + found.type + " in the database and " + wanted.type +
                               " in the schema");
    if (found.is_nullable != wanted.is_nullable)
        plan.refused.push_back(place + (found.is_nullable ? " may be null in the database and not"
                                                            " in the schema"
                                                          : " may be null in the schema and not in"
                                                            " the database"));
    const bool is_key = contains(table.key, wanted.name);
    if (found.is_key != is_key)
        plan.refused.push_back(place + (is_key ? " belongs to the key in the schema and not in the"
                                                 " database"
                                               : " belongs to the key in the database and not in"
                                                 " the schema"));
}

inline void add_column(migration_plan& plan, const table_plan& table, const column_plan& wanted) {
    if (!wanted.is_nullable && wanted.fallback.empty())
        plan.refused.push_back(table.name + "." + wanted.name +
                               " is new, and rows that are there have no value for it (make it "
                               "std::optional, or give it a default_value)");
    else
        plan.statements.push_back("ALTER TABLE " + quote(table.name) + " ADD COLUMN " +
                                  column_text(wanted));
}

inline void compare_table(migration_plan& plan, const table_plan& wanted,
                          const table_found& found) {
    for (const column_plan& each : wanted.columns) {
        if (const column_found* at = find_named(found.columns, each.name))
            compare_column(plan, wanted, each, *at);
        else
            add_column(plan, wanted, each);
    }
    for (const column_found& each : found.columns) {
        const bool is_wanted = find_named(wanted.columns, each.name) != nullptr;
        if (!is_wanted && !each.is_nullable && !each.has_default)
            plan.refused.push_back(wanted.name + "." + each.name +
                                   " is in the database alone, and new rows would have no value "
                                   "for it");
    }
    for (const table_part& each : wanted.indexes)
        if (!contains(found.indexes, each.name)) plan.statements.push_back(each.text);
    for (const std::string& each : found.indexes) {
        const bool is_ours = each.starts_with(wanted.name + "_") && each.ends_with("_unique");
        const bool is_wanted = find_named(wanted.indexes, each) != nullptr;
        if (is_ours && !is_wanted)
            plan.refused.push_back(wanted.name + ": the index " + each +
                                   " still keeps values unique that need not be any more");
    }
}

}  // namespace syncfw::sql::detail
