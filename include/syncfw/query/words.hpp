// SPDX-License-Identifier: BSL-1.0
// A query in words, for people: logs, dashboards, `explain`.
//
//     in_words(late)   done is false and due is before 2026-11-20T21:34:00.000000Z,
//                      by due, then priority descending, at most 50
//
// Values of fields that are secret or encrypted are never shown.
#pragma once

#include <syncfw/query/detail/value_text.hpp>
#include <syncfw/query/filter.hpp>

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace syncfw {

namespace detail {

class words_writer {
  public:
    explicit words_writer(const query_view& asked) : asked_(asked) {}

    [[nodiscard]] std::string write() {
        if (asked_.nodes.empty())
            out_ = "every " + std::string(asked_.entity.name);
        else
            write_operand(asked_.nodes.size() - 1, query_op::negation);
        std::string_view before = ", by ";
        for (const order_term& each : asked_.order) {
            out_.append(before).append(asked_.entity.fields[each.place].name);
            if (each.is_descending) out_ += " descending";
            before = ", then ";
        }
        if (!asked_.after.empty()) out_ += ", after the last row seen";
        if (asked_.limit) out_ += ", at most " + std::to_string(*asked_.limit);
        return std::move(out_);
    }

  private:
    // What is inside of another connective is put in brackets.
    void write_operand(std::size_t last, query_op outer) {
        const query_node& node = asked_.nodes[last];
        if (node.is_term()) return write_term(node);
        if (node.op == query_op::negation) {
            out_ += "not (";
            write_operand(last - 1, node.op);
            out_ += ')';
            return;
        }
        const bool is_inside = outer != query_op::negation && outer != node.op;
        if (is_inside) out_ += '(';
        write_operand(operand_begin(asked_.nodes, last - 1) - 1, node.op);
        out_ += node.op == query_op::both ? " and " : " or ";
        write_operand(last - 1, node.op);
        if (is_inside) out_ += ')';
    }

    void write_term(const query_node& node) {
        const field_info& field = asked_.entity.fields[node.place];
        const auto own = asked_.values.subspan(node.first, node.count);
        const std::span<const value> all =
            node.op == query_op::in_list ? std::span<const value>(own[0].elements) : own;
        out_.append(field.name).append(phrase(node.op, field.kind));
        if (node.op == query_op::in || node.op == query_op::in_list)
            return write_list(field, all, " or ");
        write_list(field, all, " and ");
    }

    [[nodiscard]] static std::string_view phrase(query_op op, value_kind kind) {
        using enum query_op;
        const bool is_time = kind == value_kind::timestamp;
        const bool is_number = kind == value_kind::integer || kind == value_kind::real;
        switch (op) {
            case equal: return " is ";
            case not_equal: return " is not ";
            case less: return is_number ? " is less than " : is_time ? " is before " : " precedes ";
            case at_most: return is_time ? " is not after " : " is at most ";
            case greater:
                return is_number ? " is more than " : is_time ? " is after " : " follows ";
            case at_least: return is_time ? " is not before " : " is at least ";
            case in:
            case in_list: return " is one of ";
            case between: return " is between ";
            case like: return " is like ";
            case starts_with: return " starts with ";
            case ends_with: return " ends with ";
            case contains: return " contains ";
            case is_null: return " has no value";
            case is_not_null: return " has a value";
            case has: return " has the member ";
            default: return "";
        }
    }

    void write_list(const field_info& field, std::span<const value> values,
                    std::string_view last_word) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i > 0) out_ += i + 1 == values.size() ? last_word : ", ";
            if (field.is_secret || field.cipher != encryption::none)
                out_ += "(hidden)";
            else
                write_value(values[i], field.shape == value_shape::enumeration);
        }
        if (values.empty() && last_word == " or ") out_ += "nothing";
    }

    void write_value(const value& shown, bool is_name) {
        switch (shown.kind) {
            case value_kind::boolean: out_ += shown.integer != 0 ? "true" : "false"; return;
            case value_kind::integer: out_ += std::to_string(shown.integer); return;
            case value_kind::real: {
                char digits[32];
                const auto end = std::to_chars(digits, digits + sizeof digits, shown.real).ptr;
                out_.append(digits, end);
                return;
            }
            case value_kind::bytes: out_ += std::to_string(shown.text.size()) + " bytes"; return;
            case value_kind::text:
                if (is_name)
                    out_ += shown.text;
                else
                    append_quoted(out_, shown.text, true);
                return;
            default: out_ += text_of(shown.view());
        }
    }

    const query_view& asked_;
    std::string out_{};
};

}  // namespace detail

[[nodiscard]] inline std::string in_words(const query_view& asked) {
    return detail::words_writer(asked).write();
}

template <class T, auto Shape>
[[nodiscard]] std::string in_words(const query<T, Shape>& asked) {
    query_view seen = asked.view();
    // The key that makes the order total says nothing to people.
    seen.order = seen.order.first(Shape.said_orders);
    return in_words(seen);
}

[[nodiscard]] inline std::string in_words(const checked_filter& asked) {
    return in_words(asked.view());
}

}  // namespace syncfw
