// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/blob.hpp>
#include <syncfw/core/detail/siphash.hpp>
#include <syncfw/sync/detail/foreign_fields.hpp>
#include <syncfw/sync/detail/message_bytes.hpp>
#include <syncfw/sync/detail/row_key.hpp>
#include <syncfw/sync/operation.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// What an operation asks, to know it by when it comes again: the same from a restored copy of the
/// store, and after this side has learned fields that were foreign.
template <class T>
[[nodiscard]] blob request_mark(const operation<T>& op) {
    buffer asked;
    wire_writer writer(asked);
    writer.text(row_key(op.after));
    writer.number(static_cast<std::uint64_t>(op.kind));
    writer.signed_number(op.base_version);
    writer.fixed(op.written.value());
    append_ids(writer, op.resolves);
    // By their names, for their places are others in another program.
    std::vector<std::pair<std::string_view, std::string>> changed;
    // What is encrypted has its name alone: it is sealed anew each time, and a mark of few possible
    // contents would tell which it is.
    for (const foreign_field& each : op.foreign)
        changed.emplace_back(name_in(each.item), is_sealed_item(each.item) ? "" : each.bytes);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto add = [&]<std::size_t Place>(std::integral_constant<std::size_t, Place>) {
            if (!op.changed.test(Place)) return;
            if constexpr (entity_of<T>.fields[Place].cipher != encryption::none)
                changed.emplace_back(entity_of<T>.fields[Place].json, "");
            else
                changed.emplace_back(entity_of<T>.fields[Place].json,
                                     value_bytes(member_at<Place>(op.after)));
        };
        (add(std::integral_constant<std::size_t, I>()), ...);
    }(std::make_index_sequence<member_count<T>>());
    std::sort(changed.begin(), changed.end());
    for (const auto& [name, bytes] : changed) {
        writer.text(name);
        writer.text(bytes);
    }
    std::array<std::byte, 16> key{};
    std::memcpy(key.data(), op.id.bytes().data(), key.size());
    const auto mark = siphash(key).mark(asked.view());
    return blob(mark.begin(), mark.end());
}

}  // namespace syncfw::detail
