// SPDX-License-Identifier: BSL-1.0
// A record is an entity's value and its bookkeeping. Where the struct has a field for a part of
// it (version, soft_delete, sync_state), that part *is* the field: there is one place for it, in
// memory and in the table. What the struct has no field for is kept beside the value.
#pragma once

#include <syncfw/core/stamp.hpp>
#include <syncfw/core/sync_status.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/entity/entity.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw {

/// What the engine knows of a row, apart from its value.
struct bookkeeping {
    std::int64_t version = 0;   ///< Raised by the server with each change; 0: it has none yet.
    stamp written{};            ///< When and by whom it was last written.
    std::int64_t sequence = 0;  ///< Its last change's place in the feed; 0: in none yet.
    bool is_deleted = false;
    sync_status status = sync_status::pending;

    friend bool operator==(const bookkeeping&, const bookkeeping&) = default;
};

namespace detail {

template <class T>
inline constexpr std::size_t place_meaning_version = entity_of<T>.find(meaning::version);
template <class T>
inline constexpr std::size_t place_meaning_status = entity_of<T>.find(meaning::sync_state);
template <class T>
inline constexpr std::size_t place_meaning_deleted = entity_of<T>.find(meaning::soft_delete);

// The value that says "deleted", for soft_delete(value).
template <class T>
constexpr auto deleted_value() {
    using V = member_at_t<T, place_meaning_deleted<T>>;
    V deleted{};
    declaration<T>.each([&](const auto& field) {
        field.each([&]<class A>(const A& annotation) {
            if constexpr (A::means == meaning::soft_delete && !std::is_same_v<A, soft_delete_t>)
                deleted = V(annotation.value);
        });
    });
    return deleted;
}

template <meaning Means, class T>
void set_time(T& value, timestamp now) {
    constexpr std::size_t place = entity_of<T>.find(Means);
    if constexpr (place != no_field) member_at<place>(value) = now;
}

}  // namespace detail

/// Whether the entity has a field that says what is deleted.
template <class T>
inline constexpr bool has_soft_delete = detail::place_meaning_deleted<T> != no_field;

/// Whether the value's soft_delete field says deleted; false without such a field.
template <class T>
[[nodiscard]] bool is_deleted(const T& value) {
    constexpr std::size_t place = detail::place_meaning_deleted<T>;
    if constexpr (place == no_field) {
        return false;
    } else {
        constexpr deletion form = entity_of<T>.fields[place].deletes;
        const auto& field = detail::member_at<place>(value);
        if constexpr (form == deletion::flag)
            return field != 0;
        else if constexpr (form == deletion::time)
            return field.has_value();
        else
            return field == detail::deleted_value<T>();
    }
}

/// Makes the value's soft_delete field say deleted: true or 1, the time, or the declared value. A
/// time of deletion that is there stays. Does nothing without such a field.
template <class T>
void mark_deleted(T& value, timestamp now) {
    constexpr std::size_t place = detail::place_meaning_deleted<T>;
    if constexpr (place != no_field) {
        constexpr deletion form = entity_of<T>.fields[place].deletes;
        auto& field = detail::member_at<place>(value);
        if constexpr (form == deletion::flag)
            field = 1 != 0;
        else if constexpr (form == deletion::time)
            field = field.has_value() ? *field : now;
        else
            field = detail::deleted_value<T>();
    }
}

/// Set the fields so annotated, if there are any.
template <class T>
void set_created_at(T& value, timestamp now) {
    detail::set_time<meaning::created_at>(value, now);
}
template <class T>
void set_updated_at(T& value, timestamp now) {
    detail::set_time<meaning::updated_at>(value, now);
}
template <class T>
void set_last_sync_at(T& value, timestamp now) {
    detail::set_time<meaning::last_sync_at>(value, now);
}

/// A value and its bookkeeping. Read and write the latter by the functions only: they go to the
/// struct's own fields where it has them.
///
///     record<book> row{dune};
///     row.set_version(row.version() + 1);
///     if (!row.is_deleted()) show(row.value);
template <class T>
struct record {
    static_assert(detail::require_entity<T>());

    T value{};
    bookkeeping beside{};  ///< The parts that the struct has no field for.

    [[nodiscard]] constexpr std::int64_t version() const {
        if constexpr (constexpr auto place = detail::place_meaning_version<T>; place != no_field)
            return detail::member_at<place>(value);
        else
            return beside.version;
    }
    constexpr void set_version(std::int64_t version) {
        if constexpr (constexpr auto place = detail::place_meaning_version<T>; place != no_field)
            detail::member_at<place>(value) = version;
        else
            beside.version = version;
    }

    [[nodiscard]] sync_status status() const {
        if constexpr (constexpr auto place = detail::place_meaning_status<T>; place != no_field)
            return detail::member_at<place>(value);
        else
            return beside.status;
    }
    /// A server_synced field follows it: true when the server has the row as it is here.
    void set_status(sync_status status) {
        if constexpr (constexpr auto place = detail::place_meaning_status<T>; place != no_field)
            detail::member_at<place>(value) = status;
        else
            beside.status = status;
        constexpr std::size_t synced = entity_of<T>.find(meaning::server_synced);
        if constexpr (synced != no_field)
            detail::member_at<synced>(value) = status == sync_status::synced;
    }

    [[nodiscard]] bool is_deleted() const {
        if constexpr (has_soft_delete<T>)
            return syncfw::is_deleted(value);
        else
            return beside.is_deleted;
    }
    void mark_deleted(timestamp now) {
        if constexpr (has_soft_delete<T>)
            syncfw::mark_deleted(value, now);
        else
            beside.is_deleted = true;
    }

    [[nodiscard]] constexpr stamp written() const { return beside.written; }
    constexpr void set_written(stamp written) { beside.written = written; }
    [[nodiscard]] std::int64_t sequence() const { return beside.sequence; }
    void set_sequence(std::int64_t sequence) { beside.sequence = sequence; }

    friend bool operator==(const record&, const record&)
        requires std::equality_comparable<T>
    = default;
};

/// All of a record's bookkeeping, from wherever it is.
template <class T>
[[nodiscard]] bookkeeping read_bookkeeping(const record<T>& row) {
    return {.version = row.version(),
            .written = row.written(),
            .sequence = row.sequence(),
            .is_deleted = row.is_deleted(),
            .status = row.status()};
}

/// Puts all of it where it belongs. A row that becomes deleted gets the time of its stamp; one
/// that is no more deleted loses its flag or time, but a `soft_delete(value)` field keeps what it
/// has, because only the user knows its other values.
template <class T>
void write_bookkeeping(record<T>& row, const bookkeeping& all) {
    row.set_version(all.version);
    row.set_written(all.written);
    row.set_sequence(all.sequence);
    row.set_status(all.status);
    if (all.is_deleted) {
        row.mark_deleted(all.written.moment());
    } else if constexpr (!has_soft_delete<T>) {
        row.beside.is_deleted = false;
    } else {
        constexpr std::size_t place = detail::place_meaning_deleted<T>;
        if constexpr (entity_of<T>.fields[place].deletes != deletion::value)
            detail::member_at<place>(row.value) = {};
    }
}

namespace detail {

/// The values alone.
template <class T>
[[nodiscard]] std::vector<T> values_of(std::vector<record<T>>&& rows) {
    std::vector<T> values;
    values.reserve(rows.size());
    for (record<T>& each : rows) values.push_back(std::move(each.value));
    return values;
}

}  // namespace detail
}  // namespace syncfw
