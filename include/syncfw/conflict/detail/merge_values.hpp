// SPDX-License-Identifier: BSL-1.0
// How one field that both sides changed becomes one value, by each merge rule.
#pragma once

#include <syncfw/codec/detail/same_value.hpp>
#include <syncfw/conflict/detail/merge_text.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/entity/entity.hpp>
#include <syncfw/entity/value.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw::detail {

/// Null is less than every value. The two are not the same.
template <class V>
[[nodiscard]] bool is_less_value(const V& a, const V& b) {
    bool is_less = false;
    visit_value(a, [&](const value_view& left) {
        visit_value(b, [&](const value_view& right) {
            is_less = left.is_null || (!right.is_null && compare(left, right) < 0);
        });
    });
    return is_less;
}

template <class V>
[[nodiscard]] bool has_element(const V& list, const typename V::value_type& wanted) {
    for (const auto& each : list)
        if (is_same_value<typename V::value_type>(each, wanted)) return true;
    return false;
}

/// What is in either list, less what either side took out of the base's.
template <class V>
[[nodiscard]] V merge_lists(const V* base, const V& first, const V& second) {
    V merged;
    const auto was_there = [&](const auto& each) {
        return base != nullptr && has_element(*base, each);
    };
    for (const auto& each : first)
        if (!has_element(merged, each) && (has_element(second, each) || !was_there(each)))
            merged.push_back(each);
    for (const auto& each : second)
        if (!has_element(merged, each) && !was_there(each)) merged.push_back(each);
    return merged;
}

/// Member by member, to any depth. False where both changed the same member to different values.
[[nodiscard]] inline bool merge_documents(const document* base, const document& mine,
                                          const document& theirs, document& merged) {
    if (mine == theirs || (base != nullptr && *base == mine)) {
        merged = theirs;
        return true;
    }
    if (base != nullptr && *base == theirs) {
        merged = mine;
        return true;
    }
    if (mine.members() == nullptr || theirs.members() == nullptr) return false;
    std::vector<document::member> members;
    const auto merge_member = [&](std::string_view key) {
        const document* const in_base = base == nullptr ? nullptr : base->find(key);
        const document* const in_mine = mine.find(key);
        const document* const in_theirs = theirs.find(key);
        if (in_mine != nullptr && in_theirs != nullptr) {
            document value;
            if (!merge_documents(in_base, *in_mine, *in_theirs, value)) return false;
            members.push_back({std::string(key), std::move(value)});
            return true;
        }
        // One side has it not: it took it out, or the other put it in.
        const document* const there = in_mine != nullptr ? in_mine : in_theirs;
        if (in_base == nullptr) members.push_back({std::string(key), *there});
        return in_base == nullptr || *in_base == *there;
    };
    for (const auto& each : *theirs.members())
        if (!merge_member(each.key)) return false;
    for (const auto& each : *mine.members())
        if (theirs.find(each.key) == nullptr && !merge_member(each.key)) return false;
    merged = document::object_of(std::move(members)).value();  // No key came twice.
    return true;
}

/// Calls the function of merge(by::function(f)); it may ask as well which side came later.
template <class T, std::size_t I, class V>
[[nodiscard]] V merge_by_function(const V* base, const V& mine, const V& theirs,
                                  bool is_mine_later) {
    V merged = theirs;
    static const V none{};
    declaration<T>.each([&]<class Field>(const Field& field) {
        if (place_of_name<T>(field.note.name) != I) return;
        field.each([&]<class A>(const A& annotation) {
            if constexpr (A::means == meaning::merge) {
                if constexpr (A::rule == merge_rule::function) {
                    const V& from = base == nullptr ? none : *base;
                    if constexpr (requires { V(annotation.function(from, mine, theirs, true)); })
                        merged = annotation.function(from, mine, theirs, is_mine_later);
                    else if constexpr (requires { V(annotation.function(from, mine, theirs)); })
                        merged = annotation.function(from, mine, theirs);
                }
            }
        });
    });
    return merged;
}

/// Sets `merged`. False where one of the values would be lost without anybody's wish.
template <class T, std::size_t I, class V>
[[nodiscard]] bool merge_value(const V* base, const V& mine, const V& theirs, bool is_mine_later,
                               V& merged) {
    constexpr merge_rule rule = entity_of<T>.fields[I].merge;
    constexpr bool looks_inside =
        rule == merge_rule::text || rule == merge_rule::document || rule == merge_rule::all;
    if constexpr (looks_inside && requires { mine.has_value(); }) {
        // One side took the value away and the other changed it: there is nothing to merge.
        if (!mine || !theirs) return false;
        using inner = typename V::value_type;
        const inner* const from = base != nullptr && *base ? &**base : nullptr;
        return merge_value<T, I, inner>(from, *mine, *theirs, is_mine_later, merged.emplace());
    } else if constexpr (rule == merge_rule::maximum) {
        merged = is_less_value(theirs, mine) ? mine : theirs;
    } else if constexpr (rule == merge_rule::minimum) {
        merged = is_less_value(mine, theirs) ? mine : theirs;
    } else if constexpr (entity_of<T>.fields[I].is_mergeable()) {
        merged = theirs;
        merged.merge(mine);
    } else if constexpr (rule == merge_rule::document) {
        return merge_documents(base, mine, theirs, merged);
    } else if constexpr (rule == merge_rule::text) {
        return merge_text(base == nullptr ? std::string_view() : std::string_view(*base), mine,
                          theirs, is_mine_later, merged);
    } else if constexpr (rule == merge_rule::all) {
        merged = is_mine_later ? merge_lists(base, theirs, mine) : merge_lists(base, mine, theirs);
    } else if constexpr (rule == merge_rule::function) {
        merged = merge_by_function<T, I>(base, mine, theirs, is_mine_later);
    } else {
        merged = is_mine_later ? mine : theirs;
    }
    return true;
}

}  // namespace syncfw::detail
