// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/codec/delta.hpp>
#include <syncfw/core/stamp.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/field_mask.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace syncfw {

/// What an operation does to its row.
enum class operation_kind : unsigned char { put, remove, restore };

/// A value of a field that this side doesn't know: the other's program is newer.
struct foreign_field {
    std::string item{};  ///< Its name and type, as layouts write them.
    std::string bytes{};

    friend bool operator==(const foreign_field&, const foreign_field&) = default;
};

/// One write of a row on its way to the other side: only what was changed, and what it was changed
/// from, so that a three-way merge is possible there without the old version of the row.
template <class T>
struct operation {
    uuid id{};  ///< Given once, when the write is made: what comes twice is known by it.
    operation_kind kind = operation_kind::put;
    std::int64_t base_version = 0;  ///< Of the row that was changed; 0: of none.
    stamp written{};                ///< Zero: by a device without a clock; when it arrives, then.
    field_mask changed{};           ///< put: these fields; restore: all; remove: none.
    T before{};                     ///< The key, and the changed fields as they were.
    bool has_before = true;         ///< False: its device can't say how they were.
    T after{};                      ///< The key, and the changed fields as they are now.
    std::uint32_t group = 0;  ///< Those of one group of a push take effect together; 0: alone.
    std::vector<foreign_field> foreign{};  ///< What else is changed.
    std::vector<uuid> resolves{};          ///< The parked conflicts that a person settled by it.
};

namespace detail {

/// The fields of the mask are taken over.
template <class T>
void assign_fields(T& to, const T& from, const field_mask& which) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        ((which.test(I) ? void(member_at<I>(to) = member_at<I>(from)) : void()), ...);
    }(std::make_index_sequence<member_count<T>>());
}

/// The same, but counters and sets take part with what was done to them: work is added, never put
/// in the place of other work.
template <class T, std::size_t I>
void add_field(T& to, const T& from, const field_mask& which) {
    if (!which.test(I)) return;
    if constexpr (entity_of<T>.fields[I].is_mergeable())
        member_at<I>(to).merge(member_at<I>(from));
    else
        member_at<I>(to) = member_at<I>(from);
}
template <class T>
void add_fields(T& to, const T& from, const field_mask& which) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (add_field<T, I>(to, from, which), ...);
    }(std::make_index_sequence<member_count<T>>());
}

}  // namespace detail
}  // namespace syncfw
