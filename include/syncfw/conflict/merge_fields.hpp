// SPDX-License-Identifier: BSL-1.0
// The three-way merge: what only one side changed is taken from there; what both changed goes by
// the field's `merge` annotation.
//
//     field<&book::notes>(merge(by::text)), field<&book::pages>(merge(by::maximum))
//                                                                // others: by::latest
//
// - A deletion wins over an edit, so that nothing comes back by accident.
// - Without a base (the row was made on both sides) fields that differ count as changed by both.
// - What only the server sets is the server's.
// - Counters and sets are left out: `settle` merges them, whatever is decided.
// - Texts whose same lines were changed on both sides, and documents of which the same member was,
//   can't be merged without losing one of them: the row is parked, and the decision names the
//   field.
#pragma once

#include <syncfw/codec/detail/same_value.hpp>
#include <syncfw/conflict/conflict.hpp>
#include <syncfw/conflict/detail/merge_values.hpp>

#include <cstddef>
#include <utility>

namespace syncfw {

struct merge_fields {
    template <class T>
    [[nodiscard]] decision<T> resolve(const conflict<T>& c) const;
};

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

template <class T>
struct field_merge {
    const conflict<T>& c;
    bool is_mine_later;
    T merged;
    field_mask from_mine{};
    field_mask clashing{};

    template <std::size_t I>
    void merge() {
        constexpr const field_info& field = entity_of<T>.fields[I];
        const auto& mine = member_at<I>(c.mine.value);
        const auto& theirs = member_at<I>(c.theirs.value);
        // The base is what the struct begins with where there is none.
        // Whether the row is deleted is decided before; what else such a field may say is a value.
        constexpr bool is_flag =
            field.has(meaning::soft_delete) && field.deletes != deletion::value;
        constexpr bool is_the_servers = field.is_server_owned() || is_flag;
        if constexpr (!(is_the_servers || field.has(meaning::primary_key) ||
                        field.is_mergeable())) {
            if (is_same_value(mine, theirs)) return;
            const auto* base = c.base == nullptr ? nullptr : &member_at<I>(c.base->value);
            if (base != nullptr && is_same_value(*base, mine)) return;
            if (base != nullptr && is_same_value(*base, theirs)) return take_mine<I>();
            if (!merge_value<T, I>(base, mine, theirs, is_mine_later, member_at<I>(merged)))
                clashing.set(I);
            else if (!is_same_value(member_at<I>(merged), theirs))
                from_mine.set(I);
        }
    }

    template <std::size_t I>
    void take_mine() {
        member_at<I>(merged) = member_at<I>(c.mine.value);
        from_mine.set(I);
    }

    template <std::size_t... I>
    void merge_all(std::index_sequence<I...>) {
        (merge<I>(), ...);
    }
};

}  // namespace detail

template <class T>
decision<T> merge_fields::resolve(const conflict<T>& c) const {
    if (c.mine.is_deleted() != c.theirs.is_deleted()) {
        constexpr std::string_view rule = "merge_fields: a deletion wins over an edit";
        return c.mine.is_deleted() ? keep_mine<T>(rule) : keep_theirs<T>(rule);
    }
    detail::field_merge<T> merge{c, is_mine_later(c), c.theirs.value};
    merge.merge_all(std::make_index_sequence<detail::member_count<T>>());
    if (!merge.clashing.empty()) return park_both<T>("merge_fields", merge.clashing);
    if (merge.from_mine.empty()) return keep_theirs<T>("merge_fields");
    return take_merged<T>("merge_fields", std::move(merge.merged), merge.from_mine);
}

}  // namespace syncfw
