// SPDX-License-Identifier: BSL-1.0
// What every condition is underneath, typed or not: a program of nodes and a list of values.
//
// The nodes stand in postfix order. A term compares one field with its values and gives a truth;
// `both` and `either` take the two truths before them, `negation` takes one:
//
//     field<&book::pages> > 300 && !field<&book::title>.starts_with("Du")
//     pages > ?0, title starts_with ?1, negation, both          values: 300, "Du"
//
// As in SQL there are three truths: what is compared with a null is unknown, the opposite of
// unknown is unknown, and only rows whose truth is yes are found. So `notes != "x"` and
// `!(notes == "x")` both leave out the rows without notes; `|| notes.is_null()` takes them in.
#pragma once

#include <syncfw/entity/entity_info.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace syncfw {

/// What a node does. The wire has the names of `query_op_names`.
enum class query_op : unsigned char {
    equal,
    not_equal,
    less,
    at_most,
    greater,
    at_least,
    in,       ///< One of its values.
    in_list,  ///< One of the elements of its one value, however many.
    between,  ///< Both ends included.
    like,     ///< `%` is any text, `_` one character, `\` makes the next one itself.
    starts_with,
    ends_with,
    contains,  ///< A text in a text, or a value in a list or set.
    is_null,
    is_not_null,
    has,  ///< A document that is an object with this member.
    both,
    either,
    negation,
};

inline constexpr std::string_view query_op_names[] = {
    "==",          "!=",      "<",    "<=",          ">",         ">=",       "in",
    "in",          "between", "like", "starts_with", "ends_with", "contains", "is_null",
    "is_not_null", "has",     "and",  "or",          "not",
};

[[nodiscard]] constexpr std::string_view to_string(query_op op) noexcept {
    return query_op_names[static_cast<std::size_t>(op)];
}

/// One step of a condition's program. Its values are `values[first, first + count)`.
struct query_node {
    query_op op = query_op::both;
    std::uint8_t place = 0;  ///< The field's, in its entity.
    std::uint16_t first = 0;
    std::uint16_t count = 0;

    [[nodiscard]] constexpr bool is_term() const noexcept { return op < query_op::both; }
    /// How many truths it takes.
    [[nodiscard]] constexpr std::size_t arity() const noexcept {
        return is_term() ? 0 : op == query_op::negation ? 1 : 2;
    }
    friend constexpr bool operator==(const query_node&, const query_node&) = default;
};

/// One key of an order. Nulls come first where it ascends and last where it descends.
struct order_term {
    std::uint8_t place = 0;
    bool is_descending = false;

    friend constexpr bool operator==(const order_term&, const order_term&) = default;
};

/// How much one condition may ask for; what comes from outside is refused beyond it.
struct query_limits {
    static constexpr std::size_t terms = 32;   ///< Comparisons in a condition.
    static constexpr std::size_t nodes = 128;  ///< With all that connects them.
    static constexpr std::size_t depth = 32;   ///< Truths that wait for an operator.
    static constexpr std::size_t list_values = 256;
    static constexpr std::size_t text_bytes = 64 * 1024;
    static constexpr std::size_t pattern_bytes = 256;
};

namespace detail {

/// A condition's program as a template argument.
template <std::size_t Size>
struct node_list {
    query_node nodes[Size == 0 ? 1 : Size]{};

    [[nodiscard]] constexpr std::span<const query_node> view() const { return {nodes, Size}; }
    [[nodiscard]] constexpr std::size_t value_count() const {
        std::size_t count = 0;
        for (const query_node& each : view()) count += each.count;
        return count;
    }
    [[nodiscard]] constexpr std::size_t term_count() const {
        std::size_t count = 0;
        for (const query_node& each : view()) count += each.is_term() ? 1 : 0;
        return count;
    }
};

/// Where the operand that ends at `last` begins.
[[nodiscard]] constexpr std::size_t operand_begin(std::span<const query_node> nodes,
                                                  std::size_t last) {
    for (std::size_t missing = 1;; --last) {
        missing = missing - 1 + nodes[last].arity();
        if (missing == 0) return last;
    }
}

}  // namespace detail
}  // namespace syncfw
