// SPDX-License-Identifier: BSL-1.0
// Rows for people and for programs.
#pragma once

#include <syncfw/app/field_values.hpp>
#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/detail/json_fields.hpp>
#include <syncfw/codec/detail/json_object.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/core/sync_status.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/entity/schema.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw::app::detail {

using json_object = syncfw::detail::json::ordered_object;
using syncfw::detail::json::array_text;
[[nodiscard]] inline std::string json_text(std::string_view text) {
    return syncfw::detail::json::quoted(text);
}

/// A value as a list of rows shows it. Texts stand as they are where nothing of them could be taken
/// for something else.
template <class V>
[[nodiscard]] std::string text_of_value(const V& value) {
    constexpr value_shape shape = syncfw::detail::shape_v<V>;
    if constexpr (shape == value_shape::counter) {
        return std::to_string(value.value());
    } else if constexpr (shape == value_shape::secret) {
        return "(hidden)";
    } else if constexpr (shape == value_shape::optional) {
        return value ? text_of_value(*value) : std::string();
    } else if constexpr (shape == value_shape::set) {
        std::vector<std::string> all;
        for (const auto& each : value) all.push_back(json::encode_value(each));
        return all.empty() ? std::string() : array_text(all);
    } else {
        std::string text = json::encode_value(value);
        if (text == "null" || text == "\"\"") return {};
        const bool is_plain = text.size() > 2 && text.front() == '"' &&
                              text.find_first_of(" \\=", 1) == std::string::npos;
        return is_plain ? text.substr(1, text.size() - 2) : text;
    }
}

/// Whether people want to see it among a row's fields: what the engine keeps for itself they don't.
[[nodiscard]] inline bool is_shown(const field_info& field) {
    return !field.is_server_owned() && !field.has(meaning::primary_key) &&
           field.deletes == deletion::none;
}

/// Calls f(field, text) for each field of the row that is shown and holds something.
template <class T, class F>
void for_each_shown(const T& row, F&& f) {
    std::size_t at = 0;
    syncfw::detail::with_members(row, [&](const auto&... members) {
        const auto show = [&]<class V>(const V& member) {
            const field_info& field = entity_of<T>.fields[at++];
            if constexpr (syncfw::detail::shape_v<V> != value_shape::unsupported)
                if (is_shown(field))
                    if (std::string text = text_of_value(member); !text.empty()) f(field, text);
        };
        (show(members), ...);
    });
}

/// `0192f0c1-…  title=Dune  pages=412  (pending)`
template <class T>
[[nodiscard]] std::string line_of_row(const record<T>& row) {
    std::string line = syncfw::detail::row_key(row.value);
    for_each_shown(row.value, [&](const field_info& field, const std::string& text) {
        line.append("  ").append(field.json).append("=").append(text);
    });
    if (row.status() != sync_status::synced)
        line.append("  (").append(to_string(row.status())).append(")");
    return line;
}

/// The same as JSON, with what encrypted fields hold: who has their keys reads it.
template <class T>
[[nodiscard]] std::string json_of_row(const T& row) {
    buffer out;
    syncfw::detail::json::append_fields<T, route::local>(
        out, row, field_mask::first(entity_of<T>.fields.size()));
    return std::string(out.view());
}

/// What differs between two versions of a row: `title: "mine", and "theirs" on the server`.
template <class T>
[[nodiscard]] std::vector<std::string> differences(const T& mine, const T& theirs) {
    std::vector<std::pair<std::string, std::string>> there;
    for_each_shown(theirs, [&](const field_info& field, const std::string& text) {
        there.emplace_back(field.json, text);
    });
    std::vector<std::string> found;
    const auto tell = [&](std::string_view name, std::string_view here, std::string_view other) {
        if (here != other)
            found.push_back(std::string(name) + ": mine " + std::string(here) + ", theirs " +
                            std::string(other));
    };
    for_each_shown(mine, [&](const field_info& field, const std::string& text) {
        std::string other = "(nothing)";
        std::erase_if(there, [&](auto& each) {
            if (each.first == field.json) return other = each.second, true;
            return false;
        });
        tell(field.json, text, other);
    });
    for (const auto& [name, text] : there) tell(name, "(nothing)", text);
    return found;
}

/// The key of a new row: a fresh uuid, where it is one or a text, and isn't given.
template <class T>
void give_key(T& row, const field_mask& present) {
    if constexpr (syncfw::detail::key_size<T> == 1) {
        constexpr std::size_t place = syncfw::detail::key_places<T>[0];
        if (present.test(place)) return;
        auto& key = syncfw::detail::member_at<place>(row);
        using V = std::remove_cvref_t<decltype(key)>;
        if constexpr (std::is_same_v<V, uuid>) key = new_uuid();
        if constexpr (std::is_same_v<V, std::string>)
            if (key.empty()) key = to_string(new_uuid());
    }
}

/// Fails where a part of the key isn't given, and can't be made up.
template <class T>
[[nodiscard]] result<void> require_key(const field_mask& present) {
    for (const std::size_t place : syncfw::detail::key_places<T>) {
        if (present.test(place)) continue;
        const field_info& field = entity_of<T>.fields[place];
        const bool is_made_up =
            syncfw::detail::key_size<T> == 1 &&
            (field.shape == value_shape::uuid || field.shape == value_shape::text);
        if (!is_made_up)
            return bad_setting(std::string(entity_of<T>.name) + "." + std::string(field.json) +
                               " is part of the key; give it");
    }
    return {};
}

/// The assignments, one after the other.
template <class T>
[[nodiscard]] result<void> set_fields(T& row, const std::vector<std::string>& words,
                                      std::size_t from, field_mask* present = nullptr) {
    for (std::size_t i = from; i < words.size(); ++i) {
        auto said = split_assignment(words[i]);
        if (!said) return said.error();
        if (auto done = set_field(row, said->first, said->second, present); !done) return done;
    }
    return {};
}

/// The place of the entity of this name in the schema.
template <class Schema>
[[nodiscard]] result<std::size_t> find_entity(std::string_view name) {
    if (const std::size_t place = Schema::find(name); place != no_field) return place;
    std::vector<std::string_view> names;
    for (const entity_info& each : Schema::entities) names.push_back(each.name);
    return error{.code = errc::unknown_entity,
                 .message = "there is no entity " + shown(name) +
                            syncfw::detail::or_meant(name, names) + " (there are " +
                            syncfw::detail::in_a_row(names, " and ") + ")"};
}

}  // namespace syncfw::app::detail
