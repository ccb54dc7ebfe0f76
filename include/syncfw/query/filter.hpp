// SPDX-License-Identifier: BSL-1.0
// A condition that travels: what a device subscribes to, what a request asks for.
//
//     filter wanted = to_filter(where(field<&book::pages> > 300 &&
//                                     field<&book::title>.starts_with("Du")));
//     result<checked_filter> ours = check<book>(received);
//     if (!ours) return ours.error();
//     send(matches(*ours, row));
//
// A filter is a list of steps, as node.hpp has them, with the wire's names for fields and
// operations. In JSON:
//
//     {"entity": "book",
//      "steps": [{"field": "pages", "op": ">", "values": [300]},
//                {"field": "title", "op": "starts_with", "values": ["Du"]},
//                {"op": "and"}]}
//
// The operations are == != < <= > >= in between like starts_with ends_with contains is_null
// is_not_null has; and, or, not. A decoder that doesn't know the fields gives uuids and times as
// texts and may give an integer for a real: `check` makes the field's own kind of them.
#pragma once

#include <syncfw/query/matches.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

struct filter_step {
    std::string op{};
    std::string field{};  ///< By its wire name; none for and, or, not.
    std::vector<value> values{};

    friend bool operator==(const filter_step&, const filter_step&) = default;
};

/// As it came or as it goes: nothing of it is checked.
struct filter {
    std::string entity{};
    std::vector<filter_step> steps{};  ///< None: every row.

    friend bool operator==(const filter&, const filter&) = default;
};

/// A filter that fits its entity, within the limits. Only `check` makes one. It is read like a
/// query: `matches(f, row)`, `sql::make_where_text<D>(f.view())`, `in_words(f)`.
class checked_filter {
  public:
    [[nodiscard]] const entity_info& entity() const noexcept { return entity_; }
    /// Borrows from this filter.
    [[nodiscard]] query_view view() const& noexcept {
        return {.entity = entity_, .nodes = nodes_, .values = values_};
    }
    query_view view() const&& = delete;

  private:
    friend class filter_checker;
    checked_filter() = default;

    entity_info entity_{};
    std::vector<query_node> nodes_{};
    std::vector<value> values_{};
};

/// Takes a stranger's filter, or says what is wrong with it. Refused are: another entity, unknown
/// fields and operations, operations and values that don't fit their field, fields that are
/// encrypted or local_only, programs that don't end in one truth, and whatever goes beyond
/// `query_limits`.
[[nodiscard]] result<checked_filter> check(const entity_info& entity, const filter& given);

template <class T>
[[nodiscard]] result<checked_filter> check(const filter& given) {
    return check(entity_of<T>, given);
}

/// Whether the row is one of those that the filter names.
template <class T>
[[nodiscard]] bool matches(const checked_filter& asked, const T& row) {
    SYNCFW_ASSERT(asked.entity().fields.data() == entity_of<T>.fields.data(),
                  "the filter was checked for another entity");
    return matches(asked.view(), row);
}

namespace detail {

template <class T, auto Program>
consteval bool require_travelling_fields() {
    constexpr bool all_travel = [] {
        for (const query_node& each : Program.view()) {
            const field_info& field = entity_of<T>.fields[each.place];
            if (each.is_term() &&
                (!field.travels(route::to_client) || field.cipher != encryption::none))
                return false;
        }
        return true;
    }();
    static_assert(all_travel,
                  "syncfw: a filter travels, so it can't ask for local_only or encrypted fields");
    return true;
}

[[nodiscard]] inline filter to_filter(const query_view& asked) {
    filter made{.entity = std::string(asked.entity.name)};
    made.steps.reserve(asked.nodes.size());
    for (const query_node& node : asked.nodes) {
        filter_step& step = made.steps.emplace_back();
        step.op = to_string(node.op);
        if (!node.is_term()) continue;
        step.field = asked.entity.fields[node.place].json;
        const auto own = asked.values.subspan(node.first, node.count);
        step.values.assign(own.begin(), own.end());
        if (node.op == query_op::in_list) {
            std::vector<value> elements = std::move(step.values[0].elements);
            step.values = std::move(elements);
        }
    }
    return made;
}

}  // namespace detail

/// The wire form of a query's condition. Its order, limit and place don't travel with it.
template <class T, auto Shape>
[[nodiscard]] filter to_filter(const query<T, Shape>& asked) {
    static_assert(detail::require_travelling_fields<T, Shape.program>());
    return detail::to_filter(asked.view());
}

}  // namespace syncfw

#include <syncfw/query/detail/filter_checker.hpp>
