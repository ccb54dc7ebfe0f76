// SPDX-License-Identifier: BSL-1.0
// What is to be done, decided by pure functions: from what is there and what arrives to what will
// be there. They are total (every input has an answer), read no clock and no store, and everything
// that the engine writes comes from them.
//
//     push_plan<book> planned = plan_push(operation, stored, policy);   // on the server
//     pull_plan<book> planned = plan_pull(here, arriving);              // on a replica
#pragma once

#include <syncfw/conflict/conflict.hpp>
#include <syncfw/sync/operation.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace syncfw {

/// How an operation ended; each ends once.
enum class push_outcome : unsigned char {
    applied,     ///< As it was meant.
    merged,      ///< With what had been written meanwhile.
    superseded,  ///< What was there stays; the device gets it.
    parked,      ///< A person decides.
    rejected,    ///< It broke a rule; the reason says which.
};

[[nodiscard]] constexpr std::string_view to_string(push_outcome outcome) noexcept {
    constexpr std::string_view names[] = {"applied", "merged", "superseded", "parked", "rejected"};
    return names[static_cast<std::size_t>(outcome)];
}

template <class T>
struct push_plan {
    push_outcome outcome = push_outcome::applied;
    std::optional<record<T>> row{};  ///< To be stored, with a new version; none: nothing changes.
    std::optional<decision<T>> decided{};  ///< What the policy said, where it was asked.
    std::string_view reason{};             ///< Why it was superseded or rejected.
};

/// The server's side of one operation. `stored` is the row as it is, null where there is none.
template <class T, class Policy>
[[nodiscard]] push_plan<T> plan_push(const operation<T>& op, const record<T>* stored,
                                     const Policy& policy);

/// What a replica has of a row.
template <class T>
struct row_here {
    const record<T>* row = nullptr;   ///< As the user sees it; null: none.
    const record<T>* base = nullptr;  ///< As both last agreed, where there is unsent work.
    bool is_pending = false;          ///< Whether there is unsent work.
    bool is_doubted = false;          ///< Of another history of the server: versions say nothing.
};

template <class T>
struct pull_plan {
    bool changes = false;             ///< Whether anything is to be written.
    std::optional<record<T>> row{};   ///< As the user will see it; none: it is taken away.
    std::optional<record<T>> base{};  ///< The new base, where work stays unsent.
};

/// A replica's side of one row that arrives: unsent work stays, and goes on from what arrived.
template <class T>
[[nodiscard]] pull_plan<T> plan_pull(const row_here<T>& here, const record<T>& arriving);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

/// The fields that no message has.
template <class T>
inline constexpr field_mask only_here =
    field_mask::first(entity_of<T>.fields.size()) - fields_on<T, route::to_client>;

/// The stored row with the operation's changes on it.
template <class T>
[[nodiscard]] record<T> with_changes(const operation<T>& op, const record<T>& stored) {
    record<T> row = stored;
    add_fields(row.value, op.after, op.changed);
    row.set_written(op.written);
    if (op.kind == operation_kind::remove) row.mark_deleted(op.written.moment());
    if (op.kind == operation_kind::restore) {
        bookkeeping live = read_bookkeeping(row);
        live.is_deleted = false;
        write_bookkeeping(row, live);
    }
    return row;
}

template <class T>
[[nodiscard]] record<T> new_row(const operation<T>& op) {
    record<T> row{.value = op.after};
    row.set_written(op.written);
    return row;
}

template <class T>
[[nodiscard]] push_plan<T> keep_stored(std::string_view reason) {
    return {.outcome = push_outcome::superseded, .reason = reason};
}

template <class T>
[[nodiscard]] push_plan<T> plan_without_row(const operation<T>& op) {
    if (op.kind == operation_kind::remove) return {};  // It is gone, as was meant.
    if (op.kind == operation_kind::put && op.base_version > 0)
        return keep_stored<T>("the row was deleted, and its tombstone is gone");
    return {.row = new_row(op)};
}

template <class T>
[[nodiscard]] push_plan<T> to_plan(const conflict<T>& c, decision<T> decided) {
    push_plan<T> plan{.decided = std::move(decided)};
    switch (plan.decided->made) {
        case outcome::mine: plan.outcome = push_outcome::applied; break;
        case outcome::merged: plan.outcome = push_outcome::merged; break;
        case outcome::theirs: plan.outcome = push_outcome::superseded; break;
        default: plan.outcome = push_outcome::parked;  // Undecided too: a person has to.
    }
    plan.reason = plan.decided->rule;
    // What stays as it is gets no new version; what the device did to counters and sets is news.
    if (plan.outcome == push_outcome::superseded) {
        if (unlike_members(c.mine.value, c.theirs.value).empty()) return plan;
        plan.outcome = push_outcome::merged;
    }
    plan.row = settle(c, *plan.decided);
    return plan;
}

/// The device's side of a conflict: its row, and what that goes back to; none: the row was new.
template <class T>
struct device_side {
    std::optional<record<T>> base{};
    record<T> mine{};
};

/// Both sides changed the row: its versions there, as far as the operation knows them.
template <class T>
[[nodiscard]] device_side<T> side_of_device(const operation<T>& op, const record<T>& stored) {
    record<T> base = stored;
    assign_fields(base.value, op.before, op.changed);
    record<T> mine = with_changes(op, stored);
    if (op.kind == operation_kind::put && stored.is_deleted()) {
        // The device's row was live when it was edited.
        bookkeeping live = read_bookkeeping(mine);
        live.is_deleted = false;
        write_bookkeeping(mine, live);
        write_bookkeeping(base, live);
    }
    if (op.base_version == 0 || !op.has_before) return {.mine = std::move(mine)};
    return {std::move(base), std::move(mine)};
}

template <class T, class Policy>
[[nodiscard]] push_plan<T> plan_conflict(const operation<T>& op, const record<T>& stored,
                                         const Policy& policy) {
    const device_side<T> device = side_of_device(op, stored);
    const conflict<T> c{device.base ? &*device.base : nullptr, device.mine, stored};
    return to_plan(c, policy.resolve(c));
}

}  // namespace detail

template <class T, class Policy>
push_plan<T> plan_push(const operation<T>& op, const record<T>* stored, const Policy& policy) {
    static_assert(conflict_policy<Policy, T>);
    if (stored == nullptr) return detail::plan_without_row(op);
    const bool is_as_known = stored->version() == op.base_version;
    if (op.kind == operation_kind::remove && stored->is_deleted()) return {};
    if (is_as_known && op.kind == operation_kind::put && stored->is_deleted())
        return detail::keep_stored<T>("the row is deleted; restore it to write it anew");
    if (is_as_known) return {.row = detail::with_changes(op, *stored)};
    return detail::plan_conflict(op, *stored, policy);
}

template <class T>
pull_plan<T> plan_pull(const row_here<T>& here, const record<T>& arriving) {
    const auto is_news = [&](const record<T>* known) {
        return here.is_doubted || known == nullptr || known->version() < arriving.version();
    };
    if (!here.is_pending) {
        if (!is_news(here.row)) return {};
        pull_plan<T> plan{.changes = true, .row = arriving};
        if (here.row != nullptr)
            detail::assign_fields(plan.row->value, here.row->value, detail::only_here<T>);
        return plan;
    }
    if (here.base != nullptr && !is_news(here.base)) return {};
    if (here.row == nullptr) return {.changes = true, .base = arriving};
    // The edit goes on from what arrived.
    pull_plan<T> plan{.changes = true, .row = *here.row, .base = arriving};
    field_mask edited = changed_fields(arriving.value, here.row->value);
    if (here.base != nullptr) edited = changed_fields(here.base->value, here.row->value);
    plan.row->value = arriving.value;
    detail::assign_fields(plan.row->value, here.row->value, detail::only_here<T>);
    detail::add_fields(plan.row->value, here.row->value, edited);
    bookkeeping kept = read_bookkeeping(*here.row);
    kept.version = arriving.version();
    write_bookkeeping(*plan.row, kept);
    return plan;
}

}  // namespace syncfw
