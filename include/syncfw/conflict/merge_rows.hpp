// SPDX-License-Identifier: BSL-1.0
// The three-way merge for clients that send whole rows: `{...stored, ...sent}`, but what the
// client did not change stays as the other side has it.
//
// It differs from merge_fields in two things. Where both sides changed a field that goes by the
// later edit, what arrives is taken, whatever the clocks say. And a deletion is a change as any
// other: what only one side did is kept, so an edit does not undo a deletion, nor a deletion an
// edit. Without a base, all that arrives counts as changed.
#pragma once

#include <syncfw/conflict/merge_fields.hpp>

#include <cstddef>
#include <utility>

namespace syncfw {

struct merge_rows {
    template <class T>
    [[nodiscard]] decision<T> resolve(const conflict<T>& c) const;
};

// --- how it is done ------------------------------------------------------------------------------

template <class T>
decision<T> merge_rows::resolve(const conflict<T>& c) const {
    constexpr std::size_t place = detail::place_meaning_deleted<T>;
    record<T> mine = c.mine;
    // Apart from the field that says so, both are live or both deleted: the deletion comes last.
    if constexpr (place != no_field)
        detail::member_at<place>(mine.value) = detail::member_at<place>(c.theirs.value);
    else if (c.mine.is_deleted() != c.theirs.is_deleted() &&
             (c.base == nullptr || c.base->is_deleted() != c.mine.is_deleted()))
        return keep_mine<T>("merge_rows");  // A record's own deletion is no part of its value.
    else
        mine.beside.is_deleted = c.theirs.is_deleted();
    if (!is_mine_later(c))
        mine.set_written(stamp(c.theirs.written().value() + 1, c.mine.written().origin()));
    decision<T> made = merge_fields().resolve(conflict<T>{c.base, mine, c.theirs});
    made.rule = "merge_rows";
    if constexpr (place != no_field) {
        const auto& wanted = detail::member_at<place>(c.mine.value);
        const bool is_change =
            !detail::is_same_value(wanted, detail::member_at<place>(c.theirs.value)) &&
            (c.base == nullptr ||
             !detail::is_same_value(wanted, detail::member_at<place>(c.base->value)));
        if (is_change && made.made == outcome::theirs)
            made = take_merged<T>("merge_rows", c.theirs.value, {});
        if (is_change && made.made == outcome::merged) {
            detail::member_at<place>(*made.merged) = wanted;
            made.fields.set(place);
        }
    }
    return made;
}

}  // namespace syncfw
