// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/codec/binary.hpp>
#include <syncfw/core/blob.hpp>
#include <syncfw/core/detail/siphash.hpp>
#include <syncfw/sync/detail/message_bytes.hpp>
#include <syncfw/sync/detail/row_key.hpp>
#include <syncfw/sync/operation.hpp>

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

namespace syncfw::detail {

/// What an operation asks, to know it by when it comes again: the same from a restored copy of the
/// store, and after the entity got more fields.
template <class T>
[[nodiscard]] blob request_mark(const operation<T>& op) {
    buffer asked;
    wire_writer writer(asked);
    writer.text(row_key(op.after));
    writer.number(static_cast<std::uint64_t>(op.kind));
    writer.signed_number(op.base_version);
    writer.fixed(op.written.value());
    append_ids(writer, op.resolves);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto append = [&]<std::size_t Place>(std::integral_constant<std::size_t, Place>) {
            if (!op.changed.test(Place)) return;
            writer.fixed(hash_of_line(entity_of<T>.fields[Place].name));
            const auto& given = member_at<Place>(op.after);
            asked.set_end(binary::put(asked.room(binary::bound(given)), given));
        };
        (append(std::integral_constant<std::size_t, I>()), ...);
    }(std::make_index_sequence<member_count<T>>());
    std::array<std::byte, 16> key{};
    std::memcpy(key.data(), op.id.bytes().data(), key.size());
    const auto mark = siphash(key).mark(asked.view());
    return blob(mark.begin(), mark.end());
}

}  // namespace syncfw::detail
