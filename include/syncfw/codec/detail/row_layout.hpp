// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/text_sink.hpp>
#include <syncfw/entity/detail/layout.hpp>
#include <syncfw/entity/entity.hpp>

#include <string_view>

namespace syncfw::detail {

// What rows on one route consist of: unlike the entity's layout it has nothing of what fields
// mean, and just the fields that are in the row.
template <class T, route Way>
inline constexpr auto row_layout_writer = [](text_sink& out) {
    bool is_first = true;
    for (const field_info& each : entity_of<T>.fields) {
        if (!each.travels(Way)) continue;
        out << (is_first ? "" : ",");
        // A member's name is known to be plain.
        if (each.has(meaning::json))
            write_layout_name(out, each.json);
        else
            out << each.json;
        out << ":" << each.type;
        if (each.cipher != encryption::none) out << " encrypted";
        is_first = false;
    }
};

template <class T, route Way>
inline constexpr std::string_view row_layout = static_text<row_layout_writer<T, Way>>;

}  // namespace syncfw::detail
