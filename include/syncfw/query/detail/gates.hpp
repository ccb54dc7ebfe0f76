// SPDX-License-Identifier: BSL-1.0
// The gates of a query's verbs: the first unmet rule, as one sentence. The compiler names the
// field in the lines below it.
#pragma once

#include <syncfw/query/detail/rules.hpp>

#include <cstddef>
#include <type_traits>

namespace syncfw::detail {

template <auto Member>
using entity_with = typename field_t<Member>::entity_type;

// Apart, so that the sentences are only looked at where one is needed.
template <class Held, query_op Op, term_problem problem>
consteval void explain_type() {
    static_assert(problem != term_problem::not_comparable,
                  "syncfw: a list, set, counter, document or nested struct can't be compared; "
                  "lists and sets have contains(value), documents has(\"member\")");
    static_assert(problem != term_problem::no_order,
                  "syncfw: between needs a field whose values have an order: a number, a text, "
                  "bytes, a uuid or a timestamp");
    static_assert(problem != term_problem::not_text,
                  "syncfw: like, starts_with and ends_with are for texts");
    static_assert(problem != term_problem::not_searchable,
                  "syncfw: contains is for texts, and for vectors and sets of texts, integers, "
                  "booleans, enums, uuids or timestamps");
    static_assert(problem != term_problem::not_document,
                  "syncfw: has(\"member\") is for syncfw::document fields");
    static_assert(problem != term_problem::never_null,
                  "syncfw: is_null and is_not_null are for std::optional fields; this one is never "
                  "null");
    static_assert(problem != term_problem::inexact_list,
                  "syncfw: a field of reals or bytes takes no list of any length; name the values: "
                  "in(a, b, c)");
}

/// Asked of the field's type, once for all fields of it.
template <class Held, query_op Op>
consteval bool require_type() {
    constexpr term_problem problem = problem_of_type(plain_field<Held>({}), Op);
    if constexpr (problem != term_problem::none) explain_type<Held, Op, problem>();
    return problem == term_problem::none;
}

template <class V, class Field>
consteval bool require_value() {
    static_assert(fits_without_loss<V, Field>,
                  "syncfw: the value must have the type of the field, or fit it without loss");
    return fits_without_loss<V, Field>;
}

[[nodiscard]] constexpr term_problem problem_of_cipher(std::span<const query_node> nodes,
                                                       const entity_info& entity) {
    for (const query_node& each : nodes)
        if (each.is_term() && entity.fields[each.place].cipher != encryption::none) {
            const auto problem = problem_of_term(entity.fields[each.place], each.op);
            if (problem != term_problem::none) return problem;
        }
    return term_problem::none;
}

template <class T, auto Program>
consteval bool require_program() {
    static_assert(Program.term_count() <= query_limits::terms,
                  "syncfw: a condition has at most 32 comparisons; use in(…) for many values");
    constexpr term_problem problem = problem_of_cipher(Program.view(), entity_of<T>);
    static_assert(problem != term_problem::randomised,
                  "syncfw: an encrypted field can't be queried, because its ciphertext is another "
                  "one each time; encrypted_revealing_equality allows ==, != and in");
    static_assert(problem != term_problem::equality_only,
                  "syncfw: encrypted_revealing_equality reveals equality alone; such a field can "
                  "be compared with ==, != and in");
    static_assert(problem != term_problem::inexact_list,
                  "syncfw: an encrypted field takes no list of any length; name the values: "
                  "in(a, b, c)");
    return true;
}

template <class Given, class T>
consteval bool require_order_field() {
    using field = Given;
    constexpr const field_info& info =
        entity_of<entity_with<field::member>>.fields[place_of<field::member>];
    static_assert(std::is_same_v<entity_with<field::member>, T>,
                  "syncfw: order_by takes fields of the query's entity");
    static_assert(info.kind != value_kind::json,
                  "syncfw: order_by needs fields whose values have an order; a list, set, counter, "
                  "document or nested struct has none");
    static_assert(info.cipher == encryption::none,
                  "syncfw: order_by can't look into an encrypted field");
    return true;
}

}  // namespace syncfw::detail
