// SPDX-License-Identifier: BSL-1.0
// A condition's truth about one row, whatever their types.
#pragma once

#include <syncfw/core/detail/algorithm.hpp>
#include <syncfw/query/detail/row_view.hpp>
#include <syncfw/query/node.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace syncfw::detail {

/// In this order `both` is the least of two, `either` the greatest.
enum class truth : unsigned char { no, unknown, yes };

[[nodiscard]] constexpr truth truth_of(bool holds) noexcept {
    return holds ? truth::yes : truth::no;
}
[[nodiscard]] constexpr truth opposite(truth t) noexcept {
    return static_cast<truth>(2 - static_cast<int>(t));
}

[[nodiscard]] constexpr std::size_t character_size(std::string_view text, std::size_t at) noexcept {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) ++end;
    return end - at;
}

/// Whether the whole text is like the pattern. Only the last `%` is ever gone back to: what an
/// earlier one could take besides, the last one can.
[[nodiscard]] constexpr bool is_like(std::string_view text, std::string_view pattern) noexcept {
    std::size_t t = 0;
    std::size_t p = 0;
    std::size_t retry_pattern = std::string_view::npos;
    std::size_t retry_text = 0;
    while (t < text.size() || p < pattern.size()) {
        if (p < pattern.size() && pattern[p] == '%') {
            if (++p == pattern.size()) return true;
            retry_pattern = p;
            retry_text = t;
            continue;
        }
        if (p < pattern.size() && t < text.size()) {
            if (pattern[p] == '_') {
                t += character_size(text, t);
                ++p;
                continue;
            }
            // A backslash at the very end is itself.
            const std::size_t literal = pattern[p] == '\\' && p + 1 < pattern.size() ? p + 1 : p;
            if (pattern[literal] == text[t]) {
                p = literal + 1;
                ++t;
                continue;
            }
        }
        if (retry_pattern == std::string_view::npos || retry_text >= text.size()) return false;
        retry_text += character_size(text, retry_text);
        t = retry_text;
        p = retry_pattern;
    }
    return true;
}

[[nodiscard]] inline bool is_one_of(const value_view& seen, std::span<const value> values) {
    for (const value& each : values)
        if (compare(seen, each.view()) == 0) return true;
    return false;
}

/// A term about one field's value; not contains of a list and not has.
[[nodiscard]] inline truth truth_of_term(query_op op, const value_view& seen,
                                         std::span<const value> values) {
    using enum query_op;
    if (op == is_null || op == is_not_null) return truth_of(seen.is_null == (op == is_null));
    if (op == in_list) values = values[0].elements;
    // As in SQL, nothing is in an empty list, not even the unknown.
    if ((op == in || op == in_list) && values.empty()) return truth::no;
    if (seen.is_null) return truth::unknown;
    switch (op) {
        case equal: return truth_of(compare(seen, values[0].view()) == 0);
        case not_equal: return truth_of(compare(seen, values[0].view()) != 0);
        case less: return truth_of(compare(seen, values[0].view()) < 0);
        case at_most: return truth_of(compare(seen, values[0].view()) <= 0);
        case greater: return truth_of(compare(seen, values[0].view()) > 0);
        case at_least: return truth_of(compare(seen, values[0].view()) >= 0);
        case between:
            return truth_of(compare(seen, values[0].view()) >= 0 &&
                            compare(seen, values[1].view()) <= 0);
        case in:
        case in_list: return truth_of(is_one_of(seen, values));
        case like: return truth_of(is_like(seen.text, values[0].text));
        case starts_with: return truth_of(seen.text.starts_with(values[0].text));
        case ends_with: return truth_of(seen.text.ends_with(values[0].text));
        case contains: return truth_of(seen.text.find(values[0].text) != std::string_view::npos);
        default: return truth::unknown;
    }
}

[[nodiscard]] inline truth truth_of_term(const query_node& node, std::span<const value> values,
                                         const row_view& row) {
    const auto own = values.subspan(node.first, node.count);
    truth found = truth::unknown;
    bool has_elements = false;
    const auto ask = [&](const value_view& seen) {
        has_elements = seen.kind == value_kind::json && !seen.is_null &&
                       (node.op == query_op::contains || node.op == query_op::has);
        if (!has_elements) found = truth_of_term(node.op, seen, own);
        return true;
    };
    row.field(row.row, node.place, borrowed(ask));
    if (!has_elements) return found;
    found = truth::no;
    const auto look = [&](const value_view& seen) {
        if (!seen.is_null && compare(seen, own[0].view()) == 0) found = truth::yes;
        return found == truth::no;
    };
    row.elements(row.row, node.place, borrowed(look));
    return found;
}

/// The program keeps its limits: `where` and `check` see to that.
[[nodiscard]] inline truth evaluate(std::span<const query_node> nodes,
                                    std::span<const value> values, const row_view& row) {
    std::array<truth, query_limits::depth> waiting;
    std::size_t count = 0;
    for (const query_node& node : nodes) {
        if (node.is_term()) {
            waiting[count++] = truth_of_term(node, values, row);
            continue;
        }
        truth& last = waiting[count - 1];
        if (node.op == query_op::negation) {
            last = opposite(last);
            continue;
        }
        truth& before = waiting[--count - 1];
        before = node.op == query_op::both ? smaller(before, last) : larger(before, last);
    }
    return count == 0 ? truth::yes : waiting[0];
}

[[nodiscard]] inline std::weak_ordering compare_nulls_first(const value_view& a,
                                                            const value_view& b) {
    if (a.is_null || b.is_null) return b.is_null <=> a.is_null;
    return compare(a, b);
}

/// Where the row stands to these values in the order.
[[nodiscard]] inline std::weak_ordering compare_with(std::span<const order_term> order,
                                                     const row_view& row,
                                                     std::span<const value> values) {
    for (std::size_t i = 0; i < order.size(); ++i) {
        std::weak_ordering found = std::weak_ordering::equivalent;
        const auto ask = [&](const value_view& seen) {
            found = compare_nulls_first(seen, values[i].view());
            return true;
        };
        row.field(row.row, order[i].place, borrowed(ask));
        if (found != 0) return order[i].is_descending ? 0 <=> found : found;
    }
    return std::weak_ordering::equivalent;
}

[[nodiscard]] inline bool is_less(std::span<const order_term> order, const row_view& a,
                                  const row_view& b) {
    for (const order_term& term : order) {
        std::weak_ordering found = std::weak_ordering::equivalent;
        const auto ask = [&](const value_view& mine) {
            const auto against = [&](const value_view& theirs) {
                found = compare_nulls_first(mine, theirs);
                return true;
            };
            b.field(b.row, term.place, borrowed(against));
            return true;
        };
        a.field(a.row, term.place, borrowed(ask));
        if (found != 0) return (found < 0) != term.is_descending;
    }
    return false;
}

}  // namespace syncfw::detail
