// SPDX-License-Identifier: BSL-1.0
// The SQL of a query, by one writer for constants and for texts made at run time.
#pragma once

#include <syncfw/query/dialects.hpp>
#include <syncfw/query/query.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace syncfw::sql::detail {

/// What a text is made of: a query without its values.
struct outline {
    entity_info entity{};
    std::span<const query_node> nodes{};
    std::span<const order_term> order{};
    bool is_limited = false;
    bool is_paged = false;
    std::uint64_t first = 1;  ///< The number of the first parameter.

    [[nodiscard]] constexpr std::uint64_t value_count() const {
        std::uint64_t count = 0;
        for (const query_node& each : nodes) count += each.count;
        return count;
    }
    [[nodiscard]] constexpr std::uint64_t first_after() const { return first + value_count(); }
    [[nodiscard]] constexpr std::uint64_t limit_number() const {
        return first_after() + (is_paged ? order.size() : 0);
    }
};

template <class D>
class writer {
  public:
    constexpr writer(text_sink& sink, const outline& asked) : out(sink), query(asked) {}

    constexpr void write_columns() {
        std::string_view between = "";
        for (const field_info& each : query.entity.fields) {
            out << between << each;
            between = ", ";
        }
    }

    constexpr void write_where() {
        if (!query.nodes.empty()) write_operand(query.nodes.size() - 1);
    }

    /// What stands behind the last row seen.
    constexpr void write_after() {
        if (!query.is_paged) return;
        if (has_one_direction())
            write_row_after();
        else
            write_after(0);
    }

    constexpr void write_order() {
        std::string_view between = "";
        const bool hides_keys = orders_by_keys_alone() && has_indexed_value();
        for (const order_term& each : query.order) {
            const field_info& field = query.entity.fields[each.place];
            // Without statistics, SQLite prefers walking all keys in order to an index and sorting.
            const bool is_hidden = hides_keys && field.has(meaning::primary_key);
            out << between << (is_hidden ? "+" : "") << field
                << (each.is_descending ? " DESC" : "");
            if (field.nullable) out << (each.is_descending ? D::nulls_last : D::nulls_first);
            between = ", ";
        }
    }

    constexpr void write_tail() {
        const bool is_both = !query.nodes.empty() && query.is_paged;
        if (!query.nodes.empty() || query.is_paged) out << " WHERE ";
        write_where();
        out << (is_both ? " AND " : "");
        write_after();
        if (!query.order.empty()) out << " ORDER BY ";
        write_order();
        if (query.is_limited) out << " LIMIT " << D::mark << query.limit_number();
    }

    constexpr void write_select() {
        out << "SELECT ";
        write_columns();
        out << " FROM \"" << query.entity.name << '"';
        write_tail();
    }

  private:
    // A condition that names a value of an indexed field, and that every row found must fulfil.
    [[nodiscard]] constexpr bool is_indexed_value(const query_node& node) const {
        const bool is_value =
            node.op == query_op::equal || node.op == query_op::in || node.op == query_op::in_list;
        if (!is_value) return false;
        const field_info& field = query.entity.fields[node.place];
        return field.has(meaning::indexed) || field.has(meaning::unique) ||
               field.refers_to.type != nullptr;
    }
    [[nodiscard]] constexpr bool has_indexed_value() const {
        bool has = false;
        for (const query_node& each : query.nodes) {
            if (each.op == query_op::either || each.op == query_op::negation) return false;
            has = has || is_indexed_value(each);
        }
        return has;
    }
    // By the keys, or by what is one value anyway.
    [[nodiscard]] constexpr bool orders_by_keys_alone() const {
        if (!std::is_same_v<D, sqlite>) return false;
        for (const order_term& term : query.order) {
            if (query.entity.fields[term.place].has(meaning::primary_key)) continue;
            bool is_one_value = false;
            for (const query_node& each : query.nodes)
                is_one_value =
                    is_one_value || (each.op == query_op::equal && each.place == term.place);
            if (!is_one_value) return false;
        }
        return true;
    }

    constexpr text_sink& parameter(std::uint64_t number) { return out << D::mark << number; }

    constexpr void write_operand(std::size_t last) {
        const query_node& node = query.nodes[last];
        if (node.is_term()) return write_term(node);
        if (node.op == query_op::negation) {
            const bool is_joined = query.nodes[last - 1].arity() == 2;
            out << (is_joined ? "NOT " : "NOT (");
            write_operand(last - 1);
            out << (is_joined ? "" : ")");
            return;
        }
        out << '(';
        write_joined(last, node.op);
        out << ')';
    }

    // `a AND b AND c` needs no brackets of its own, however it was put together.
    constexpr void write_joined(std::size_t last, query_op op) {
        if (query.nodes[last].op != op) return write_operand(last);
        write_joined(syncfw::detail::operand_begin(query.nodes, last - 1) - 1, op);
        out << (op == query_op::both ? " AND " : " OR ");
        write_joined(last - 1, op);
    }

    constexpr void write_term(const query_node& node) {
        using enum query_op;
        const field_info& field = query.entity.fields[node.place];
        const std::uint64_t number = query.first + node.first;
        switch (node.op) {
            case equal: return write_comparison(field, " = ", number);
            case not_equal: return write_comparison(field, " <> ", number);
            case less: return write_comparison(field, " < ", number);
            case at_most: return write_comparison(field, " <= ", number);
            case greater: return write_comparison(field, " > ", number);
            case at_least: return write_comparison(field, " >= ", number);
            case is_null: out << field << " IS NULL"; return;
            case is_not_null: out << field << " IS NOT NULL"; return;
            case in: return write_in(field, number, node.count);
            case between:
                out << field << " BETWEEN ";
                parameter(number) << " AND ";
                parameter(number + 1);
                return;
            default: D::write_term(out, {query.entity.name, field, node.op, number});
        }
    }

    constexpr void write_comparison(const field_info& field, std::string_view sign,
                                    std::uint64_t number) {
        out << field << sign;
        parameter(number);
    }

    constexpr void write_in(const field_info& field, std::uint64_t number, std::uint64_t count) {
        if (count == 0) {
            out << "1 = 0";
            return;
        }
        out << field << " IN (";
        for (std::uint64_t i = 0; i < count; ++i) {
            out << (i == 0 ? "" : ", ");
            parameter(number + i);
        }
        out << ')';
    }

    [[nodiscard]] constexpr bool has_one_direction() const {
        for (const order_term& each : query.order)
            if (each.is_descending != query.order[0].is_descending ||
                query.entity.fields[each.place].nullable)
                return false;
        return true;
    }

    // Rows are compared as wholes, which is what an index over the keys can search for.
    constexpr void write_row_after() {
        const bool is_row = query.order.size() > 1;
        out << (is_row ? "(" : "");
        std::string_view between = "";
        for (const order_term& each : query.order) {
            out << between << query.entity.fields[each.place];
            between = ", ";
        }
        out << (is_row ? ")" : "") << (query.order[0].is_descending ? " < " : " > ")
            << (is_row ? "(" : "");
        for (std::size_t i = 0; i < query.order.size(); ++i) {
            out << (i == 0 ? "" : ", ");
            parameter(query.first_after() + i);
        }
        out << (is_row ? ")" : "");
    }

    // Behind by this key, or the same by this one and behind by the next ones.
    constexpr void write_after(std::size_t i) {
        const field_info& field = query.entity.fields[query.order[i].place];
        const bool is_descending = query.order[i].is_descending;
        const bool is_last = i + 1 == query.order.size();
        const std::uint64_t number = query.first_after() + i;
        if (is_last) return write_behind(field, is_descending, number);
        if (!field.nullable) {
            // The bound in front says it again, for an index.
            out << '(';
            write_comparison(field, is_descending ? " <= " : " >= ", number);
            out << " AND (";
            write_behind(field, is_descending, number);
            out << " OR ";
            write_after(i + 1);
            out << "))";
            return;
        }
        out << '(';
        write_behind(field, is_descending, number);
        out << " OR (" << field << ' ' << D::same_or_both_null << ' ';
        parameter(number) << " AND ";
        write_after(i + 1);
        out << "))";
    }

    constexpr void write_behind(const field_info& field, bool is_descending, std::uint64_t number) {
        if (!field.nullable) return write_comparison(field, is_descending ? " < " : " > ", number);
        out << '(';
        write_comparison(field, is_descending ? " < " : " > ", number);
        out << " OR (";
        parameter(number) << (is_descending ? " IS NOT NULL AND " : " IS NULL AND ") << field
                          << (is_descending ? " IS NULL))" : " IS NOT NULL))");
    }

    text_sink& out;
    const outline& query;
};

[[nodiscard]] constexpr outline outline_of(const query_view& asked, std::uint64_t first) {
    return {asked.entity,         asked.nodes, asked.order, asked.limit.has_value(),
            !asked.after.empty(), first};
}

template <class T, auto Shape, std::uint64_t First>
inline constexpr outline outline_for{
    entity_of<T>,     Shape.program.view(), {Shape.order, Shape.order_count},
    Shape.is_limited, Shape.is_paged,       First};

template <dialect D, class Q, std::uint64_t First>
inline constexpr outline outline_in = outline_for<typename Q::entity_type, Q::shape, First>;

}  // namespace syncfw::sql::detail
