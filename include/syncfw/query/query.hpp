// SPDX-License-Identifier: BSL-1.0
// Which rows, in which order, and how many at a time.
//
//     const auto late = where(field<&task::done> == false && field<&task::due> < now)
//                           .order_by(field<&task::due>, descending(field<&task::priority>))
//                           .limit(50);
//     std::vector<task> page = …;
//     const auto next = late.after(page.back());
//
// Rows always come in one total order: the primary key is appended to what order_by says, and is
// the order alone without it. So `after` goes on exactly behind the last row seen, whatever was
// written in between. One query is read in four ways: SQL (sql.hpp), a predicate and an order in
// memory (matches.hpp), the wire's form (filter.hpp) and words (words.hpp).
#pragma once

#include <syncfw/query/conditions.hpp>
#include <syncfw/query/detail/row_view.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw {

/// Any query, without its types: what stores work on. It borrows everything.
struct query_view {
    entity_info entity{};
    std::span<const query_node> nodes{};  ///< None: every row.
    std::span<const value> values{};
    std::span<const order_term> order{};  ///< A total one, or none.
    std::span<const value> after{};       ///< One value for each term of the order, or none.
    std::optional<std::uint64_t> limit{};
};

namespace detail {

/// What is known of a query while compiling.
template <std::size_t Nodes, std::size_t Orders>
struct query_shape {
    node_list<Nodes> program{};
    order_term order[Orders == 0 ? 1 : Orders]{};
    std::size_t said_orders = 0;  ///< Those of order_by; the rest is the key's.
    bool is_limited = false;
    bool is_paged = false;

    static constexpr std::size_t order_count = Orders;
};

template <class T>
inline constexpr field_mask key_mask = entity_of<T>.all_with(meaning::primary_key);

/// A total order: the terms, and behind them those of the key that they lack.
template <std::size_t Orders>
struct total_order {
    order_term terms[Orders == 0 ? 1 : Orders]{};
    std::size_t count = 0;
    std::size_t said = 0;

    constexpr total_order(std::span<const order_term> wanted, const field_mask& key) {
        field_mask named;
        const auto add = [&](order_term term) {
            if (named.test(term.place)) return;
            named.set(term.place);
            terms[count++] = term;
        };
        for (const order_term& each : wanted) add(each);
        said = count;
        for (std::size_t i = 0; i < field_mask::fields_max; ++i)
            if (key.test(i)) add({static_cast<std::uint8_t>(i), false});
    }
};

template <class T>
inline constexpr total_order<key_mask<T>.count()> key_order{{}, key_mask<T>};

template <std::size_t Orders, std::size_t Nodes, std::size_t Terms>
[[nodiscard]] consteval auto make_shape(const node_list<Nodes>& program,
                                        const total_order<Terms>& order) {
    query_shape<Nodes, Orders> shape;
    shape.program = program;
    for (std::size_t i = 0; i < Orders; ++i) shape.order[i] = order.terms[i];
    shape.said_orders = order.said;
    return shape;
}

template <class T, std::size_t Nodes>
[[nodiscard]] consteval auto shape_by_key(const node_list<Nodes>& program) {
    return make_shape<key_mask<T>.count()>(program, key_order<T>);
}

template <class T, auto Program, bool IsLimited, order_term... Terms>
[[nodiscard]] consteval auto shape_with_order() {
    constexpr order_term wanted[] = {Terms...};
    constexpr total_order<sizeof...(Terms) + key_mask<T>.count()> order(wanted, key_mask<T>);
    auto shape = make_shape<order.count>(Program, order);
    shape.is_limited = IsLimited;
    return shape;
}

template <class Shape>
[[nodiscard]] consteval Shape limited(Shape shape) {
    shape.is_limited = true;
    return shape;
}
template <class Shape>
[[nodiscard]] consteval Shape paged(Shape shape) {
    shape.is_paged = true;
    return shape;
}

/// What a query is at run time.
struct query_parts {
    std::vector<value> values{};
    std::vector<value> after{};
    std::uint64_t limit = 0;
};

[[nodiscard]] inline query_parts with_limit(const query_parts& parts, std::uint64_t limit) {
    return {parts.values, parts.after, limit};
}
[[nodiscard]] inline query_parts with_after(const query_parts& parts, std::vector<value>&& after) {
    return {parts.values, std::move(after), parts.limit};
}
[[nodiscard]] inline query_view view_of(const entity_info& entity,
                                        std::span<const query_node> nodes,
                                        std::span<const order_term> order, bool is_limited,
                                        const query_parts& parts) {
    query_view seen{entity, nodes, parts.values, order, parts.after, {}};
    if (is_limited) seen.limit = parts.limit;
    return seen;
}

template <auto Member>
struct ascending_t {
    static constexpr auto member = Member;
    static constexpr bool is_descending = false;
};
template <auto Member>
struct descending_t {
    static constexpr auto member = Member;
    static constexpr bool is_descending = true;
};
template <class Given>
struct order_field {
    static_assert(sizeof(Given) == 0,
                  "syncfw: order_by takes field<&T::member> and descending(field<&T::member>)");
};
template <auto Member>
struct order_field<field_t<Member>> : ascending_t<Member> {};
template <auto Member>
struct order_field<descending_t<Member>> : descending_t<Member> {};

template <class T, class Given>
[[nodiscard]] consteval order_term order_term_of() {
    using term = order_field<Given>;
    static_assert(require_order_field<term, T>());
    return {static_cast<std::uint8_t>(place_of<term::member>), term::is_descending};
}

/// Whether the order is the key's own, in whichever directions.
template <class T, auto Shape>
[[nodiscard]] consteval bool is_key_order() {
    std::size_t last = 0;
    for (std::size_t i = 0; i < Shape.order_count; ++i) {
        const std::size_t place = Shape.order[i].place;
        if (!key_mask<T>.test(place) || place < last) return false;
        last = place;
    }
    return true;
}

template <auto Shape, std::size_t I, class... V, class First, class... Rest>
void add_key(std::vector<value>& values, type_list<V...> types, const First& first,
             const Rest&... rest) {
    using held = std::tuple_element_t<Shape.order[I].place, std::tuple<V...>>;
    if constexpr (require_value<First, compared_t<held>>())
        values.push_back(value_for<held>(first));
    if constexpr (sizeof...(Rest) > 0) add_key<Shape, I + 1>(values, types, rest...);
}

template <class T, auto Shape, class... Key>
[[nodiscard]] std::vector<value> key_values(const Key&... key) {
    constexpr bool is_in_order = is_key_order<T, Shape>();
    constexpr bool is_whole = sizeof...(Key) == key_mask<T>.count();
    static_assert(is_in_order,
                  "syncfw: after(key) goes on in the order of the key; with order_by give the "
                  "whole last row: after(row)");
    static_assert(is_whole,
                  "syncfw: after(key…) needs one value for each field of the primary key");
    std::vector<value> values;
    if constexpr (is_in_order && is_whole) add_key<Shape, 0>(values, member_types<T>{}, key...);
    return values;
}

}  // namespace detail

/// In `order_by`: from the greatest to the least.
template <auto Member>
[[nodiscard]] constexpr detail::descending_t<Member> descending(field_t<Member>) {
    return {};
}

/// A condition (or none), an order, and how many rows from where. Each member gives another
/// query. Its shape is part of the type; the values are its only contents.
template <class T, auto Shape>
class query {
  public:
    using entity_type = T;
    static constexpr auto shape = Shape;

    /// What `where` and `all` call.
    explicit query(detail::query_parts&& parts) : parts_(std::move(parts)) {}

    /// By these fields in this order; fields as they are ascend. Texts and enums are ordered by
    /// the bytes of their text; nulls come first ascending and last descending.
    template <class... Fields>
    [[nodiscard]] auto order_by(Fields...) const {
        static_assert(Shape.said_orders == 0, "syncfw: order_by is said once, with all its fields");
        static_assert(!Shape.is_paged, "syncfw: say order_by before after(…)");
        constexpr auto ordered = detail::shape_with_order<T, Shape.program, Shape.is_limited,
                                                          detail::order_term_of<T, Fields>()...>();
        return query<T, ordered>(detail::query_parts(parts_));
    }

    /// At most so many rows.
    [[nodiscard]] auto limit(std::uint64_t rows) const {
        return query<T, detail::limited(Shape)>(detail::with_limit(parts_, rows));
    }

    /// Only what comes behind this row, which need not exist any more: the last one of a page.
    [[nodiscard]] auto after(const T& last) const {
        return query<T, detail::paged(Shape)>(detail::with_after(
            parts_, detail::values_at(detail::erased(last), {Shape.order, Shape.order_count})));
    }

    /// Only what comes behind the row of this key (all its fields, in declared order).
    template <class... Key>
        requires(sizeof...(Key) > 0)
    [[nodiscard]] auto after(const Key&... key) const {
        return query<T, detail::paged(Shape)>(
            detail::with_after(parts_, detail::key_values<T, Shape>(key...)));
    }

    /// Borrows from this query.
    [[nodiscard]] query_view view() const& {
        return detail::view_of(entity_of<T>, Shape.program.view(), {Shape.order, Shape.order_count},
                               Shape.is_limited, parts_);
    }
    query_view view() const&& = delete;

  private:
    detail::query_parts parts_;
};

/// The rows for which this is true.
template <class T, auto Program>
[[nodiscard]] auto where(condition<T, Program> wanted) {
    static_assert(detail::require_program<T, Program>());
    return query<T, detail::shape_by_key<T>(Program)>(
        detail::query_parts{std::move(wanted.values), {}, 0});
}

/// Every row.
template <class T>
[[nodiscard]] auto all() {
    return query<T, detail::shape_by_key<T>(detail::node_list<0>{})>(detail::query_parts{});
}

}  // namespace syncfw
