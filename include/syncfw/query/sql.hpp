// SPDX-License-Identifier: BSL-1.0
// A query as SQL: texts that are made while compiling, and the values to bind. No value is ever
// part of a text.
//
//     using query_type = decltype(late);
//     sql::where_text<sql::sqlite, query_type>   ("done" = ?1 AND "due" < ?2)
//     sql::order_text<sql::sqlite, query_type>   "due", "id"
//     sql::after_text<sql::sqlite, query_type>   (empty without after)
//     sql::tail_text<sql::sqlite, query_type>     WHERE … AND … ORDER BY … LIMIT ?3
//     sql::select_text<sql::sqlite, query_type>  SELECT "id", … FROM "task" WHERE …
//     sql::parameters<sql::sqlite>(late)         the values of ?1, ?2, ?3
//
// An adapter that puts parameters of its own in front gives the number of the query's first one:
// `sql::where_text<sql::postgres, query_type, 2>` begins with $2. For conditions that only run
// time knows, `sql::make_select_text<sql::sqlite>(view)` and its sisters give the same texts.
#pragma once

#include <syncfw/query/detail/sql_writer.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw::sql {

namespace detail {

enum class part : unsigned char { where, after, order, tail, select };

template <class D>
constexpr void write(text_sink& out, part wanted, const outline& asked) {
    writer<D> writing(out, asked);
    switch (wanted) {
        case part::where: return writing.write_where();
        case part::after: return writing.write_after();
        case part::order: return writing.write_order();
        case part::tail: return writing.write_tail();
        case part::select: return writing.write_select();
    }
}

template <class D, class T, auto Shape, part Part, std::uint64_t First>
inline constexpr auto text_writer =
    [](text_sink& out) { write<D>(out, Part, outline_for<T, Shape, First>); };

template <class D, class Q, part Part, std::uint64_t First>
inline constexpr std::string_view text =
    syncfw::detail::static_text<text_writer<D, typename Q::entity_type, Q::shape, Part, First>>;

template <class D>
[[nodiscard]] std::string make(part wanted, const query_view& asked, std::uint64_t first) {
    const outline seen = outline_of(asked, first);
    return syncfw::detail::make_text([&](text_sink& out) { write<D>(out, wanted, seen); });
}

}  // namespace detail

/// The condition alone: of one piece, so that it can stand beside others between ANDs. Empty
/// without a condition.
template <dialect D, class Query, std::uint64_t First = 1>
inline constexpr std::string_view where_text =
    detail::text<D, std::remove_const_t<Query>, detail::part::where, First>;

/// What `after` asks for, of one piece; empty without it.
template <dialect D, class Query, std::uint64_t First = 1>
inline constexpr std::string_view after_text =
    detail::text<D, std::remove_const_t<Query>, detail::part::after, First>;

/// What stands behind ORDER BY; never empty, since every query has a total order.
template <dialect D, class Query, std::uint64_t First = 1>
inline constexpr std::string_view order_text =
    detail::text<D, std::remove_const_t<Query>, detail::part::order, First>;

/// All that stands behind the table's name, beginning with a blank.
template <dialect D, class Query, std::uint64_t First = 1>
inline constexpr std::string_view tail_text =
    detail::text<D, std::remove_const_t<Query>, detail::part::tail, First>;

/// The whole statement, with every field's column in declared order.
template <dialect D, class Query, std::uint64_t First = 1>
inline constexpr std::string_view select_text =
    detail::text<D, std::remove_const_t<Query>, detail::part::select, First>;

template <dialect D>
[[nodiscard]] std::string make_where_text(const query_view& asked, std::uint64_t first = 1) {
    return detail::make<D>(detail::part::where, asked, first);
}
template <dialect D>
[[nodiscard]] std::string make_after_text(const query_view& asked, std::uint64_t first = 1) {
    return detail::make<D>(detail::part::after, asked, first);
}
template <dialect D>
[[nodiscard]] std::string make_order_text(const query_view& asked) {
    return detail::make<D>(detail::part::order, asked, 1);
}
template <dialect D>
[[nodiscard]] std::string make_tail_text(const query_view& asked, std::uint64_t first = 1) {
    return detail::make<D>(detail::part::tail, asked, first);
}
template <dialect D>
[[nodiscard]] std::string make_select_text(const query_view& asked, std::uint64_t first = 1) {
    return detail::make<D>(detail::part::select, asked, first);
}

/// The values in the order of their numbers: of the condition, of `after`, the limit.
template <dialect D>
[[nodiscard]] std::vector<parameter> parameters(const query_view& asked) {
    std::vector<parameter> all;
    all.reserve(asked.values.size() + asked.after.size() + 1);
    const auto add = [&](std::size_t place, query_op op, const value& given) {
        all.push_back(D::bind(asked.entity.fields[place], op, given));
        all.back().place = place;
    };
    for (const query_node& node : asked.nodes)
        for (const value& each : asked.values.subspan(node.first, node.count))
            add(node.place, node.op, each);
    for (std::size_t i = 0; i < asked.after.size(); ++i)
        add(asked.order[i].place, query_op::greater, asked.after[i]);
    if (asked.limit) {
        constexpr std::uint64_t most = INT64_MAX;
        const auto rows = *asked.limit < most ? *asked.limit : most;
        all.push_back({value::of(static_cast<std::int64_t>(rows))});
    }
    return all;
}

template <dialect D, class T, auto Shape>
[[nodiscard]] std::vector<parameter> parameters(const query<T, Shape>& asked) {
    return parameters<D>(asked.view());
}

}  // namespace syncfw::sql
