// SPDX-License-Identifier: BSL-1.0
// Which fields of an entity the engine itself gives their values, and how.
#pragma once

#include <syncfw/core/stamp.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/entity/field_mask.hpp>
#include <syncfw/entity/key.hpp>
#include <syncfw/entity/record.hpp>

#include <charconv>
#include <string>
#include <type_traits>

namespace syncfw::detail {

/// Fields that each side derives from the write itself, so that they need not be told: its times,
/// and the flag or time of a deletion, which the operation's kind says.
template <class T>
inline constexpr field_mask derived_fields = [] {
    field_mask mask =
        entity_of<T>.all_with(meaning::created_at) | entity_of<T>.all_with(meaning::updated_at);
    const std::size_t deletion_place = entity_of<T>.find(meaning::soft_delete);
    if (deletion_place != no_field &&
        entity_of<T>.fields[deletion_place].deletes != deletion::value)
        mask.set(deletion_place);
    return mask;
}();

/// What a device may change.
template <class T>
inline constexpr field_mask writable_fields =
    fields_on<T, route::to_server> - entity_of<T>.all_with(meaning::primary_key) -
    derived_fields<T>;

/// What no two living rows may have in common. Of encrypted ones only the server's store knows.
template <class T>
inline constexpr field_mask unique_fields = [] {
    field_mask mask = entity_of<T>.all_with(meaning::unique);
    for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i)
        if (entity_of<T>.fields[i].cipher != encryption::none) mask.reset(i);
    return mask;
}();

/// Whether the store itself refuses rows whose `unique` value is taken. One that doesn't say does.
template <class Storage>
[[nodiscard]] bool keeps_unique(const Storage& store) {
    if constexpr (requires { store.keeps_unique(); })
        return store.keeps_unique();
    else
        return true;
}

template <class Schema>
inline constexpr bool has_unique_fields = [] {
    bool has = false;
    Schema::for_each([&]<class T>(of<T>) { has |= !unique_fields<T>.empty(); });
    return has;
}();

/// What each store says for itself: where the row stands, and the version, which travels apart.
template <class T>
inline constexpr field_mask standing_fields =
    entity_of<T>.all_with(meaning::version) | entity_of<T>.all_with(meaning::sync_state) |
    entity_of<T>.all_with(meaning::server_synced) | entity_of<T>.all_with(meaning::last_sync_at);

/// What a server tells of its rows.
template <class T>
inline constexpr field_mask told_fields = fields_on<T, route::to_client> - standing_fields<T>;

/// A row that is written gets its times from the write, so that both sides give it the same.
template <class T>
void set_times(record<T>& row, bool is_new) {
    const timestamp at = row.written().moment();
    if (is_new) set_created_at(row.value, at);
    set_updated_at(row.value, at);
}

/// When a device's write was made, as far as that can be: what has no time was made when it came.
[[nodiscard]] constexpr stamp accepted_stamp(const stamp& written, timestamp now,
                                             hybrid_clock& clock) {
    if (written.value() != 0) return clock.observe(written, now).accepted;
    return stamp(clock.tick(now).value(), written.origin());
}

/// The field that says whose a row is, if it has one. It never travels with an operation: each side
/// knows it.
template <class T>
inline constexpr field_mask tenant_field = [] {
    field_mask mask;
    if (entity_of<T>.find(meaning::tenant) != no_field)
        mask.set(entity_of<T>.find(meaning::tenant));
    return mask;
}();

/// The row says whose it is, where it has a field for that.
template <class T>
void set_tenant(T& value, const tenant_id& whose) {
    constexpr std::size_t place = entity_of<T>.find(meaning::tenant);
    if constexpr (place != no_field) {
        auto& field = member_at<place>(value);
        using V = std::remove_cvref_t<decltype(field)>;
        const std::string& name = whose.name();
        if constexpr (std::is_same_v<V, uuid>)
            (void)uuid::parse(name, field);
        else if constexpr (std::is_integral_v<V>)
            (void)std::from_chars(name.data(), name.data() + name.size(), field);
        else
            field = V(name);
    }
}

/// Counters and sets learn what the stored row knows, and what was added here gets its author.
template <class T>
void attribute_fields(T& value, const T* stored, replica_id self) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto attribute = [&]<std::size_t Place>(std::integral_constant<std::size_t, Place>) {
            auto& field = member_at<Place>(value);
            if constexpr (requires { field.attribute_to(self); }) {
                if (stored != nullptr) field.merge(member_at<Place>(*stored));
                field.attribute_to(self);
            }
        };
        (attribute(std::integral_constant<std::size_t, I>()), ...);
    }(std::make_index_sequence<member_count<T>>());
}

/// Live or deleted, as said, with the other bookkeeping as it is.
template <class T>
void set_deleted(record<T>& row, bool is_deleted) {
    bookkeeping all = read_bookkeeping(row);
    all.is_deleted = is_deleted;
    write_bookkeeping(row, all);
}

}  // namespace syncfw::detail
