// SPDX-License-Identifier: BSL-1.0
// Two writes of one row that did not know of each other, and what becomes of them.
//
//     /// A finished task stays finished; otherwise the later write wins.
//     struct done_wins {
//         decision<task> resolve(const conflict<task>& c) const {
//             if (c.mine.value.done == c.theirs.value.done) return last_write_wins().resolve(c);
//             return c.mine.value.done ? keep_mine<task>("done") : keep_theirs<task>("done");
//         }
//     };
//
// A policy is a value with one const function `resolve`. It sees the same two writes on every side
// and gets nothing else to look at: no clock, no database. The engine calls it only where both
// sides have changed the row since they last agreed.
//
// Counters and sets are no matter of a decision. Whatever is decided of the row, they know
// afterwards what was done to them on either side: `settle` merges them.
#pragma once

#include <syncfw/codec/detail/same_value.hpp>
#include <syncfw/entity/field_mask.hpp>
#include <syncfw/entity/key.hpp>
#include <syncfw/entity/record.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw {

template <class T>
struct conflict {
    const record<T>* base = nullptr;  ///< What both last agreed on; null: the row is new on both.
    const record<T>& mine;            ///< The write that arrives: a device's.
    const record<T>& theirs;          ///< What is there already: the server's.
};

enum class outcome : unsigned char {
    undecided,  ///< The policy leaves it to the next one.
    mine,
    theirs,
    merged,
    parked,  ///< Both sides are kept until a person decides.
};

[[nodiscard]] constexpr std::string_view to_string(outcome made) noexcept {
    constexpr std::string_view names[] = {"undecided", "mine", "theirs", "merged", "parked"};
    return names[static_cast<std::size_t>(made)];
}

/// What a policy made of a conflict. `rule` is its name, for people; it must be a literal.
template <class T>
struct decision {
    outcome made = outcome::undecided;
    std::string_view rule{};
    field_mask fields{};        ///< merged: those that mine gave; parked: those that clash.
    std::optional<T> merged{};  ///< Only of `outcome::merged`; of counters and sets see `settle`.
};

template <class T>
[[nodiscard]] constexpr decision<T> keep_mine(std::string_view rule) {
    return {.made = outcome::mine, .rule = rule};
}
template <class T>
[[nodiscard]] constexpr decision<T> keep_theirs(std::string_view rule) {
    return {.made = outcome::theirs, .rule = rule};
}
template <class T>
[[nodiscard]] decision<T> take_merged(std::string_view rule, T value, field_mask from_mine) {
    return {.made = outcome::merged, .rule = rule, .fields = from_mine, .merged = std::move(value)};
}
template <class T>
[[nodiscard]] decision<T> park_both(std::string_view rule, field_mask clashing = {}) {
    return {.made = outcome::parked, .rule = rule, .fields = clashing};
}

/// Whether P decides conflicts of T.
template <class P, class T>
concept conflict_policy = requires(const P& policy, const conflict<T>& c) {
    { policy.resolve(c) } -> std::same_as<decision<T>>;
};

/// Whether a policy says that the order in which writes meet makes no difference for T:
/// `static constexpr bool is_order_independent = true;` in the policy, or a specialisation of this
/// where it depends on the entity. `testing::check_policy_laws` holds it to that. Stores with equal
/// rights take no other.
template <class P, class T>
inline constexpr bool is_order_independent = requires { requires P::is_order_independent; };

/// Which write came later; of one write (the same stamp) theirs.
template <class T>
[[nodiscard]] constexpr bool is_mine_later(const conflict<T>& c) noexcept {
    return c.mine.written() > c.theirs.written();
}

namespace detail {

template <class T>
inline constexpr bool has_mergeable_members = [] {
    for (const field_info& each : entity_of<T>.fields)
        if (each.is_mergeable()) return true;
    return false;
}();

/// Calls f with the place of each counter and set, as a constant.
template <class T, class F>
constexpr void for_each_mergeable(F&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto call = [&]<std::size_t Place>(std::integral_constant<std::size_t, Place> place) {
            if constexpr (entity_of<T>.fields[Place].is_mergeable()) f(place);
        };
        (call(std::integral_constant<std::size_t, I>()), ...);
    }(std::make_index_sequence<member_count<T>>());
}

/// Counters and sets take over what the others know.
template <class T>
constexpr void merge_members(T& value, const T& other) {
    for_each_mergeable<T>(
        [&](auto place) { member_at<place>(value).merge(member_at<place>(other)); });
}

/// The counters and sets that know different things.
template <class T>
[[nodiscard]] constexpr field_mask unlike_members(const T& a, const T& b) {
    field_mask unlike;
    for_each_mergeable<T>([&](auto place) {
        if (!is_same_value(member_at<place>(a), member_at<place>(b))) unlike.set(place);
    });
    return unlike;
}

}  // namespace detail

/// The record that the decision leaves: the winner as it is, or what was merged with the later
/// stamp and the greater version of both; but for counters and sets, which are always merged.
/// Nothing where it was not decided.
template <class T>
[[nodiscard]] constexpr std::optional<record<T>> settle(const conflict<T>& c,
                                                        const decision<T>& decided) {
    if (decided.made == outcome::undecided || decided.made == outcome::parked) return {};
    std::optional<record<T>> row = decided.made == outcome::mine ? c.mine : c.theirs;
    if (decided.made == outcome::merged) {
        row->value = *decided.merged;
        if (is_mine_later(c)) row->set_written(c.mine.written());
        if (c.mine.version() > row->version()) row->set_version(c.mine.version());
    }
    if (decided.made != outcome::mine) detail::merge_members(row->value, c.mine.value);
    if (decided.made != outcome::theirs) detail::merge_members(row->value, c.theirs.value);
    return row;
}

namespace detail {

template <class T>
[[nodiscard]] std::string field_names(const field_mask& fields) {
    std::string names;
    for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i)
        if (fields.test(i))
            names.append(names.empty() ? "" : ", ").append(entity_of<T>.fields[i].name);
    return names;
}

template <class T>
[[nodiscard]] std::string write_in_words(const record<T>& row) {
    std::string words = to_string(row.written().moment());
    words += " by " + to_string(row.written().origin());
    return words + (row.is_deleted() ? " (a deletion)" : "");
}

}  // namespace detail

/// The decision as a sentence: `book[…]: merged by merge_fields, title from mine, likes of both;
/// mine was written … by …, theirs …`
template <class T>
[[nodiscard]] std::string in_words(const conflict<T>& c, const decision<T>& decided) {
    std::string words(entity_of<T>.name);
    words += "[" + key_text(key(c.theirs.value)) + "]: ";
    switch (decided.made) {
        case outcome::undecided: words += "not decided"; break;
        case outcome::mine: words += "mine wins"; break;
        case outcome::theirs: words += "theirs stays"; break;
        case outcome::merged: words += "merged"; break;
        case outcome::parked: words += "parked for a person"; break;
    }
    if (!decided.rule.empty()) words.append(" by ").append(decided.rule);
    const std::string fields = detail::field_names<T>(decided.fields);
    if (!fields.empty())
        words += decided.made == outcome::parked ? ", because of " + fields
                                                 : ", " + fields + " from mine";
    if (decided.made != outcome::undecided && decided.made != outcome::parked) {
        const field_mask unlike = detail::unlike_members(c.mine.value, c.theirs.value);
        if (!unlike.empty()) words += ", " + detail::field_names<T>(unlike) + " of both";
    }
    return words + "; mine was written " + detail::write_in_words(c.mine) + ", theirs " +
           detail::write_in_words(c.theirs);
}

}  // namespace syncfw
