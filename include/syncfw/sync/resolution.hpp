// SPDX-License-Identifier: BSL-1.0
// What a person makes of a conflict that was parked: both sides and their base are kept until then,
// on the server and on the device whose write it was.
//
//     for (const parked_conflict& each : *mine.conflicts()) {
//         auto sides = syncfw::read_conflict<task>(each);        // if each.entity_name == "task"
//         show(sides->base, sides->mine, sides->theirs, each.reason);
//         mine.resolve(each.id, syncfw::side::mine);              // or theirs, or a task of its
//         own
//     }
//
// A resolution is a write like any other: it travels, and can meet another conflict.
#pragma once

#include <syncfw/codec/cipher.hpp>
#include <syncfw/conflict/conflict.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/storage/system_entities.hpp>
#include <syncfw/sync/detail/engine_fields.hpp>
#include <syncfw/sync/detail/row_image.hpp>
#include <syncfw/sync/operation.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace syncfw {

/// Whose version is taken: the device's that could not be applied, or the server's.
enum class side : unsigned char { mine, theirs };

/// The row as the device had it, as the server had it, and as both had it before.
template <class T>
struct conflict_sides {
    std::optional<record<T>> base{};
    record<T> mine{};
    record<T> theirs{};
};

/// Reads the rows of a conflict of T. Where these have encrypted fields, it takes the cipher of
/// the tenant: `keys.for_tenant(whose)`.
template <class T>
[[nodiscard]] result<conflict_sides<T>> read_conflict(const parked_conflict& parked,
                                                      const cipher_view& keys = {}) {
    if (parked.entity_name != entity_of<T>.name)
        return error{.code = errc::unknown_entity,
                     .message = "the conflict is of another entity",
                     .entity = parked.entity_name};
    conflict_sides<T> sides;
    if (parked.base) {
        auto base = detail::from_image<T>(*parked.base, keys);
        if (!base) return base.error();
        sides.base = std::move(*base);
    }
    auto mine = detail::from_image<T>(parked.mine, keys);
    if (!mine) return mine.error();
    sides.mine = std::move(*mine);
    auto theirs = detail::from_image<T>(parked.theirs, keys);
    if (!theirs) return theirs.error();
    sides.theirs = std::move(*theirs);
    return sides;
}

namespace detail {

/// The row as it is now, with what the chosen side did to it. What was written since the conflict
/// was parked stays, but for the fields that both changed. Counters and sets are not chosen: what
/// the device did to them is done now.
template <class T>
[[nodiscard]] result<record<T>> resolved_row(const parked_conflict& parked, record<T> now,
                                             side taken, const cipher_view& keys) {
    auto sides = read_conflict<T>(parked, keys);
    if (!sides) return sides.error();
    const record<T>& mine = sides->mine;
    merge_members(now.value, mine.value);
    if (taken == side::theirs) return now;
    const field_mask changed =
        sides->base ? changed_fields(sides->base->value, mine.value) : writable_fields<T>;
    add_fields(now.value, mine.value, changed & writable_fields<T>);
    set_deleted(now, mine.is_deleted());
    return now;
}

/// Writes what `read_conflict` reads.
template <class T>
[[nodiscard]] result<void> keep_sides(parked_conflict& to, const record<T>* base,
                                      const record<T>& mine, const record<T>& theirs,
                                      const cipher_view& keys) {
    auto my_image = to_image(mine, keys), their_image = to_image(theirs, keys);
    if (!my_image) return my_image.error();
    if (!their_image) return their_image.error();
    to.mine = std::move(*my_image);
    to.theirs = std::move(*their_image);
    to.base.reset();
    if (base == nullptr) return {};
    auto base_image = to_image(*base, keys);
    if (!base_image) return base_image.error();
    to.base = std::move(*base_image);
    return {};
}

[[nodiscard]] inline error no_conflict() {
    return {.code = errc::not_found, .message = "there is no open conflict of this id"};
}

/// The oldest of the conflicts that wait for a person.
template <class Transaction>
[[nodiscard]] result<std::vector<record<parked_conflict>>> open_conflicts(Transaction& tx,
                                                                          std::uint64_t most) {
    using annotations::field;
    return tx.scan(where(field<&parked_conflict::resolved_at>.is_null())
                       .order_by(field<&parked_conflict::detected_at>)
                       .limit(most));
}

/// All conflicts of a row that were parked here, settled ones too.
template <class T, class Transaction>
[[nodiscard]] result<std::vector<record<parked_conflict>>> conflicts_of(
    Transaction& tx, const std::string& row_key) {
    using annotations::field;
    return tx.scan(where(field<&parked_conflict::row_key> == row_key &&
                         field<&parked_conflict::entity_name> == std::string(entity_of<T>.name)));
}

/// How a row without unsent work stands.
template <class T, class Transaction>
[[nodiscard]] result<sync_status> standing(Transaction& tx, const std::string& row_key) {
    auto all = conflicts_of<T>(tx, row_key);
    if (!all) return all.error();
    for (const record<parked_conflict>& each : *all)
        if (!each.value.resolved_at) return sync_status::conflict;
    return sync_status::synced;
}

/// Notes what became of a conflict. Nothing where it is unknown or was resolved before.
template <class Transaction>
[[nodiscard]] result<void> close_conflict(Transaction& tx, const uuid& id, std::string how,
                                          timestamp now) {
    auto found = tx.template get<parked_conflict>(id);
    if (!found) return found.error();
    if (!*found || (*found)->value.resolved_at) return {};
    (*found)->value.resolved_at = now;
    (*found)->value.resolution = std::move(how);
    return tx.put(**found);
}

}  // namespace detail
}  // namespace syncfw
