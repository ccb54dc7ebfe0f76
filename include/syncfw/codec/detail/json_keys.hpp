// SPDX-License-Identifier: BSL-1.0
// The member names of one kind of JSON object, as compile-time constants: an entity's by its
// declaration and a route, a nested struct's by its members.
#pragma once

#include <syncfw/core/detail/text_sink.hpp>
#include <syncfw/entity/entity.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace syncfw::detail::json {

// The members of one kind of object, without its type.
struct object_info {
    std::span<const std::string_view> names{};
    field_mask travelling{};
    const entity_info* entity = nullptr;  // knows the aliases

    // One by one: few names have the same length, and the declared order needs no search at all.
    [[nodiscard]] constexpr std::size_t find(std::string_view name) const {
        for (std::size_t i = 0; i < names.size(); ++i)
            if (names[i] == name) return i;
        return entity != nullptr ? entity->find(name) : no_field;
    }
};

constexpr void write_keys(text_sink& out, std::span<const std::string_view> names) {
    for (std::string_view name : names) out << ",\"" << name << "\":";
}
template <const auto& Names>
inline constexpr auto keys_writer = [](text_sink& out) { write_keys(out, Names); };

constexpr void cut_keys(std::string_view all, std::span<const std::string_view> names,
                        std::span<std::string_view> keys) {
    for (std::size_t i = 0, at = 0; i < names.size(); at += keys[i++].size())
        keys[i] = all.substr(at, names[i].size() + 4);
}

// `,"name":` of each name, all in one constant.
template <const auto& Names>
inline constexpr auto key_texts = [] {
    std::array<std::string_view, Names.size()> keys{};
    cut_keys(static_text<keys_writer<Names>>, Names, keys);
    return keys;
}();

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
    static constexpr const auto& keys = key_texts<names>;
    static constexpr field_mask travelling = field_mask::first(member_count<T>);
    static constexpr object_info info = {names, travelling, nullptr};
    static constexpr bool has_sealed = false;
};

// An entity on a route.
template <class T, route Way>
struct entity_object {
    static constexpr const auto& names = wire_names<T>;
    static constexpr const auto& keys = key_texts<names>;
    static constexpr field_mask travelling = entity_of<T>.on(Way);
    static constexpr object_info info = {names, travelling, &entity_of<T>};
    static constexpr bool has_sealed = !entity_of<T>.all_with(meaning::encrypted).empty();
};

}  // namespace syncfw::detail::json
