// SPDX-License-Identifier: BSL-1.0
// The member names of one kind of JSON object, as compile-time constants: an entity's by its
// declaration and a route, a nested struct's by its members.
#pragma once

#include <syncfw/core/detail/text_sink.hpp>
#include <syncfw/entity/entity.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace syncfw::detail::json {

// Finds a name's place by its length and two characters; equal ones are chained.
template <std::size_t N>
struct name_table {
    static constexpr std::uint8_t none = 0xFF;

    std::array<std::string_view, N> names{};
    std::array<std::uint8_t, 64> heads{};
    std::array<std::uint8_t, N> next{};

    static constexpr std::size_t slot(std::string_view name) {
        if (name.empty()) return 0;
        const auto first = static_cast<unsigned char>(name.front());
        const auto middle = static_cast<unsigned char>(name[name.size() / 2]);
        return (name.size() * 7 + first * 5u + middle * 3u) % 64;
    }
    constexpr explicit name_table(const std::array<std::string_view, N>& all) : names(all) {
        heads.fill(none);
        for (std::size_t i = N; i-- > 0;) {
            next[i] = heads[slot(names[i])];
            heads[slot(names[i])] = static_cast<std::uint8_t>(i);
        }
    }
    [[nodiscard]] constexpr std::size_t find(std::string_view name) const {
        for (std::uint8_t i = heads[slot(name)]; i != none; i = next[i])
            if (names[i] == name) return i;
        return no_field;
    }
};

// The texts `,"name":` of all names, in one constant.
template <const auto& Names>
inline constexpr auto key_text_writer = [](text_sink& out) {
    for (std::string_view name : Names) out << ",\"" << name << "\":";
};

template <const auto& Names>
inline constexpr auto key_ends = [] {
    std::array<std::size_t, Names.size() + 1> ends{};
    for (std::size_t i = 0; i < Names.size(); ++i) ends[i + 1] = ends[i] + Names[i].size() + 4;
    return ends;
}();

// The text `,"name":` of one name.
template <const auto& Names>
constexpr std::string_view key_text(std::size_t i) {
    constexpr std::string_view all = static_text<key_text_writer<Names>>;
    return all.substr(key_ends<Names>[i], key_ends<Names>[i + 1] - key_ends<Names>[i]);
}

template <class T>
inline constexpr auto wire_names = [] {
    std::array<std::string_view, member_count<T>> names{};
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = entity_of<T>.fields[i].json;
    return names;
}();

// A nested struct.
template <class T>
struct plain_object {
    static constexpr const auto& names = member_names<T>;
    static constexpr field_mask travelling = field_mask::first(member_count<T>);
    static constexpr name_table<names.size()> table{names};

    static constexpr std::size_t find(std::string_view name) { return table.find(name); }
    static constexpr encryption cipher(std::size_t) { return encryption::none; }
};

// An entity on a route.
template <class T, route Way>
struct entity_object {
    static constexpr const auto& names = wire_names<T>;
    static constexpr field_mask travelling = entity_of<T>.on(Way);
    static constexpr name_table<names.size()> table{names};

    static constexpr std::size_t find(std::string_view name) {
        const std::size_t place = table.find(name);
        return place != no_field ? place : entity_of<T>.find(name);
    }
    static constexpr encryption cipher(std::size_t place) {
        return entity_of<T>.fields[place].cipher;
    }
};

}  // namespace syncfw::detail::json
