// SPDX-License-Identifier: BSL-1.0
// Which operation fits which field: for the compiler's gates and for what comes from outside.
#pragma once

#include <syncfw/entity/value.hpp>
#include <syncfw/query/node.hpp>

#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw::detail {

[[nodiscard]] constexpr bool is_list(const field_info& field) {
    return field.shape == value_shape::vector || field.shape == value_shape::set;
}
[[nodiscard]] constexpr bool is_plain_text(const field_info& field) {
    return field.shape == value_shape::text;
}
/// Enums have names, and no order that three stores agree on; neither have yes and no.
[[nodiscard]] constexpr bool has_order(const field_info& field) {
    return field.kind != value_kind::json && field.kind != value_kind::boolean &&
           field.shape != value_shape::enumeration;
}
/// Elements whose JSON text every database reads back exactly.
[[nodiscard]] constexpr bool is_searchable_element(value_kind kind) {
    return kind != value_kind::json && kind != value_kind::real && kind != value_kind::bytes;
}

enum class term_problem : unsigned char {
    none,
    randomised,
    equality_only,
    not_comparable,
    no_order,
    not_text,
    not_searchable,
    not_document,
    never_null,
    inexact_list,
};

[[nodiscard]] constexpr bool is_equality(query_op op) {
    return op == query_op::equal || op == query_op::not_equal || op == query_op::in ||
           op == query_op::in_list;
}

/// Why this operation can't be asked of a field of this type.
[[nodiscard]] constexpr term_problem problem_of_type(const field_info& field, query_op op) {
    using enum query_op;
    using enum term_problem;
    if (op == is_null || op == is_not_null) return field.nullable ? none : never_null;
    if (op == has) return field.shape == value_shape::document ? none : not_document;
    if (op == contains)
        return is_plain_text(field) || (is_list(field) && is_searchable_element(field.element))
                   ? none
                   : not_searchable;
    if (op == like || op == starts_with || op == ends_with)
        return is_plain_text(field) ? none : not_text;
    if (field.kind == value_kind::json) return not_comparable;
    if (op == in_list && !is_searchable_element(field.kind)) return inexact_list;
    return is_equality(op) || has_order(field) ? none : no_order;
}

/// Why it can't be asked of this field.
[[nodiscard]] constexpr term_problem problem_of_term(const field_info& field, query_op op) {
    if (field.cipher == encryption::randomised) return term_problem::randomised;
    if (field.cipher == encryption::equality) {
        if (!is_equality(op)) return term_problem::equality_only;
        if (op == query_op::in_list) return term_problem::inexact_list;
    }
    return problem_of_type(field, op);
}

/// The sentences of the problems, for what comes from outside.
[[nodiscard]] constexpr std::string_view sentence_of(term_problem problem) {
    switch (problem) {
        case term_problem::none: return "";
        case term_problem::randomised: return "an encrypted field can't be queried";
        case term_problem::equality_only:
            return "this encrypted field can only be compared with ==, != and in";
        case term_problem::not_comparable:
            return "a list, set, counter, document or struct can't be compared";
        case term_problem::no_order: return "this field's values have no order";
        case term_problem::not_text: return "this is for texts";
        case term_problem::not_searchable:
            return "contains is for texts, and for lists and sets of texts, integers, booleans, "
                   "uuids and timestamps";
        case term_problem::not_document: return "has is for documents";
        case term_problem::never_null: return "this field is never null";
        case term_problem::inexact_list: return "this field takes no list as one value";
    }
    return "";
}

// --- values -----------------------------------------------------------------------------------

/// What a field is compared with: without its optional and secret.
template <class V>
struct compared {
    using type = V;
};
template <class V>
struct compared<std::optional<V>> : compared<V> {};
template <class V>
struct compared<syncfw::secret<V>> : compared<V> {};
template <class V>
using compared_t = typename compared<V>::type;

/// Numbers are compared as 64-bit integers or as doubles, so what fits into those without loss
/// fits. A float field takes no double: 0.1 is another number than 0.1f.
template <class V, class Field>
concept fits_without_loss =
    std::same_as<V, Field> || (exact_integer<V> && exact_integer<Field>) ||
    (std::floating_point<Field> && ((std::floating_point<V> && sizeof(V) <= sizeof(Field)) ||
                                    (exact_integer<V> && std::numeric_limits<V>::digits <= 53))) ||
    (std::same_as<Field, std::string> && std::convertible_to<const V&, std::string_view> &&
     !std::same_as<V, std::nullptr_t>);

/// The value of the field's type that V stands for.
template <class Field, class V>
[[nodiscard]] value value_for(const V& given) {
    using held = compared_t<Field>;
    if constexpr (std::same_as<held, std::string>) {
        return value(value_view{
            .kind = value_kind::text, .is_null = false, .text = std::string_view(given)});
    } else if constexpr (std::floating_point<held>) {
        const auto real = static_cast<double>(given);
        SYNCFW_ASSERT(real == real, "NaN is no value to compare with");
        return value(value_view{.kind = value_kind::real, .is_null = false, .real = real});
    } else {
        return value::of(given);
    }
}

// No templates of whole queries: what a query does at run time is compiled once for each type.

[[nodiscard]] inline std::vector<value> values_of(value&& a) {
    std::vector<value> all;
    all.push_back(std::move(a));
    return all;
}

template <class Field, class V>
[[nodiscard]] std::vector<value> values_for(const V& given) {
    return values_of(value_for<Field>(given));
}

}  // namespace syncfw::detail
