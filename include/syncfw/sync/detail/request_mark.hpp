// SPDX-License-Identifier: BSL-1.0
#pragma once

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
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// The places of an entity's fields in the order of their names.
template <class T>
inline constexpr auto places_by_name = [] {
    std::array<std::size_t, member_count<T>> places{};
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
    std::sort(places.begin(), places.end(), [](std::size_t a, std::size_t b) {
        return entity_of<T>.fields[a].json < entity_of<T>.fields[b].json;
    });
    return places;
}();

/// Marks what operations ask, to know them by when they come again: the same from a restored copy
/// of the store, and after this side has learned fields that were foreign.
class request_marker {
  public:
    using mark = std::array<std::byte, 16>;

    template <class T>
    [[nodiscard]] mark operator()(const operation<T>& op, const key_of<T>& at) {
        asked_.clear();
        wire_writer writer(asked_);
        if constexpr (std::is_same_v<key_of<T>, std::string>)
            writer.text(at);
        else
            writer.text(key_to_text(at));
        writer.number(static_cast<std::uint64_t>(op.kind));
        writer.signed_number(op.base_version);
        writer.fixed(op.written.value());
        append_ids(writer, op.resolves);
        append_changed(writer, op);
        mark key{};
        std::memcpy(key.data(), op.id.bytes().data(), key.size());
        return siphash(key).mark(asked_.view());
    }

  private:
    using named_bytes = std::pair<std::string_view, std::string_view>;

    // By their names, for their places are others in another program. What is encrypted has its
    // name alone: it is sealed anew each time, and a mark of few possible contents would tell which
    // it is.
    template <class T>
    void append_changed(wire_writer& writer, const operation<T>& op) {
        std::vector<named_bytes> foreign;
        for (const foreign_field& each : op.foreign)
            foreign.emplace_back(name_in(each.item), is_sealed_item(each.item)
                                                         ? std::string_view()
                                                         : std::string_view(each.bytes));
        std::sort(foreign.begin(), foreign.end());
        auto next = foreign.begin();
        const auto append = [&](const named_bytes& each) {
            writer.text(each.first);
            writer.text(each.second);
        };
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            const auto add = [&]<std::size_t Place>(std::integral_constant<std::size_t, Place>) {
                if (!op.changed.test(Place)) return;
                const named_bytes own(entity_of<T>.fields[Place].json, bytes_of<T, Place>(op));
                while (next != foreign.end() && *next < own) append(*next++);
                append(own);
            };
            (add(std::integral_constant<std::size_t, places_by_name<T>[I]>()), ...);
        }(std::make_index_sequence<member_count<T>>());
        while (next != foreign.end()) append(*next++);
    }

    template <class T, std::size_t Place>
    [[nodiscard]] std::string_view bytes_of(const operation<T>& op) {
        if constexpr (entity_of<T>.fields[Place].cipher != encryption::none) {
            return {};
        } else {
            const auto& value = member_at<Place>(op.after);
            value_.clear();
            value_.set_end(binary::put(value_.room(binary::bound(value)), value));
            return value_.view();
        }
    }

    buffer asked_{}, value_{};
};

}  // namespace syncfw::detail
