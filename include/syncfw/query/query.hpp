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
inline constexpr field_mask key_of = entity_of<T>.all_with(meaning::primary_key);

/// The terms, and behind them those of the key that they lack.
template <class T, std::size_t Terms>
[[nodiscard]] consteval auto total_order(const std::array<order_term, Terms>& terms) {
    struct {
        std::array<order_term, Terms + key_of<T>.count()> terms{};
        std::size_t count = 0;
        std::size_t said = 0;
    } all;
    field_mask named;
    const auto add = [&](order_term term) {
        if (named.test(term.place)) return;
        named.set(term.place);
        all.terms[all.count++] = term;
    };
    for (const order_term& each : terms) add(each);
    all.said = all.count;
    for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i)
        if (key_of<T>.test(i)) add({static_cast<std::uint8_t>(i), false});
    return all;
}

/// What a query is at run time.
struct query_parts {
    std::vector<value> values{};
    std::vector<value> after{};
    std::uint64_t limit = 0;
};

template <class T, auto Program, order_term... Terms>
[[nodiscard]] consteval auto shape_with_order() {
    constexpr auto total = total_order<T, sizeof...(Terms)>({Terms...});
    query_shape<Program.view().size(), total.count> shape;
    shape.program = Program;
    for (std::size_t i = 0; i < total.count; ++i) shape.order[i] = total.terms[i];
    shape.said_orders = total.said;
    return shape;
}

template <auto Shape>
[[nodiscard]] consteval auto limited() {
    auto shape = Shape;
    shape.is_limited = true;
    return shape;
}

template <auto Shape>
[[nodiscard]] consteval auto paged() {
    auto shape = Shape;
    shape.is_paged = true;
    return shape;
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
        if (!key_of<T>.test(place) || place < last) return false;
        last = place;
    }
    return true;
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

    /// By these fields in this order; fields as they are ascend. Texts and enums are ordered by
    /// the bytes of their text; nulls come first ascending and last descending.
    template <class... Fields>
    [[nodiscard]] auto order_by(Fields...) const {
        static_assert(Shape.said_orders == 0, "syncfw: order_by is said once, with all its fields");
        static_assert(!Shape.is_paged, "syncfw: say order_by before after(…)");
        constexpr auto ordered = [] {
            auto all =
                detail::shape_with_order<T, Shape.program, detail::order_term_of<T, Fields>()...>();
            all.is_limited = Shape.is_limited;
            return all;
        }();
        return query<T, ordered>(parts_);
    }

    /// At most so many rows.
    [[nodiscard]] auto limit(std::uint64_t rows) const {
        return query<T, detail::limited<Shape>()>({parts_.values, parts_.after, rows});
    }

    /// Only what comes behind this row, which need not exist any more: the last one of a page.
    [[nodiscard]] auto after(const T& last) const {
        return behind(detail::values_at(detail::erased(last), {Shape.order, Shape.order_count}));
    }

    /// Only what comes behind the row of this key (all its fields, in declared order).
    template <class... Key>
        requires(sizeof...(Key) > 0)
    [[nodiscard]] auto after(const Key&... key) const {
        static_assert(detail::is_key_order<T, Shape>(),
                      "syncfw: after(key) goes on in the order of the key; with order_by give the "
                      "whole last row: after(row)");
        static_assert(sizeof...(Key) == detail::key_of<T>.count(),
                      "syncfw: after(key…) needs one value for each field of the primary key");
        std::vector<value> values;
        if constexpr (detail::is_key_order<T, Shape>() &&
                      sizeof...(Key) == detail::key_of<T>.count())
            add_key<0>(values, detail::member_types<T>{}, key...);
        return behind(std::move(values));
    }

    /// Borrows from this query.
    [[nodiscard]] query_view view() const& {
        query_view seen{.entity = entity_of<T>,
                        .nodes = Shape.program.view(),
                        .values = parts_.values,
                        .order = {Shape.order, Shape.order_count}};
        if constexpr (Shape.is_paged) seen.after = parts_.after;
        if constexpr (Shape.is_limited) seen.limit = parts_.limit;
        return seen;
    }
    query_view view() const&& = delete;

  private:
    template <class, auto>
    friend class query;
    template <class U, auto Program>
    friend auto where(condition<U, Program> wanted);
    template <class U>
    friend auto all();

    explicit query(detail::query_parts parts) : parts_(std::move(parts)) {}

    [[nodiscard]] auto behind(std::vector<value> values) const {
        return query<T, detail::paged<Shape>()>(
            detail::query_parts{parts_.values, std::move(values), parts_.limit});
    }

    template <std::size_t I, class... V, class First, class... Rest>
    static void add_key(std::vector<value>& values, detail::type_list<V...> types,
                        const First& first, const Rest&... rest) {
        constexpr std::size_t place = Shape.order[I].place;
        using held = std::tuple_element_t<place, std::tuple<V...>>;
        if constexpr (detail::require_value<First, detail::compared_t<held>>())
            values.push_back(detail::value_for<held>(first));
        if constexpr (sizeof...(Rest) > 0) add_key<I + 1>(values, types, rest...);
    }

    detail::query_parts parts_{};
};

/// The rows for which this is true.
template <class T, auto Program>
[[nodiscard]] auto where(condition<T, Program> wanted) {
    static_assert(Program.term_count() <= query_limits::terms,
                  "syncfw: a condition has at most 32 comparisons; use in(…) for many values");
    return query<T, detail::shape_with_order<T, Program>()>({std::move(wanted.values), {}, 0});
}

/// Every row.
template <class T>
[[nodiscard]] auto all() {
    return query<T, detail::shape_with_order<T, detail::node_list<0>{}>()>(detail::query_parts{});
}

}  // namespace syncfw
