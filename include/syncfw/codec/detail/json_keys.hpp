// SPDX-License-Identifier: BSL-1.0
// The member names of one kind of JSON object, as compile-time constants: an entity's by its
// declaration and a route, a nested struct's by its members.
#pragma once

#include <syncfw/core/detail/text_sink.hpp>
#include <syncfw/entity/entity.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace syncfw::detail::json {

// The members of one kind of object, without its type.
struct object_info {
    static constexpr std::uint8_t none = 0xFF;
    static constexpr std::size_t slots = 64;

    std::span<const std::string_view> names{};
    std::span<const std::uint8_t> heads{};  // the first place of each slot
    std::span<const std::uint8_t> next{};   // the next place of the same slot
    field_mask travelling{};
    const entity_info* entity = nullptr;  // knows the aliases

    // By the length and two characters.
    static constexpr std::size_t slot(std::string_view name) {
        if (name.empty()) return 0;
        const auto first = static_cast<unsigned char>(name.front());
        const auto middle = static_cast<unsigned char>(name[name.size() / 2]);
        return (name.size() * 7 + first * 5u + middle * 3u) % slots;
    }
    [[nodiscard]] constexpr std::size_t find(std::string_view name) const {
        for (std::uint8_t i = heads[slot(name)]; i != none; i = next[i])
            if (names[i] == name) return i;
        return entity != nullptr ? entity->find(name) : no_field;
    }
};

constexpr void link_names(std::span<const std::string_view> names, std::span<std::uint8_t> heads,
                          std::span<std::uint8_t> next) {
    for (std::uint8_t& head : heads) head = object_info::none;
    for (std::size_t i = names.size(); i-- > 0;) {
        std::uint8_t& head = heads[object_info::slot(names[i])];
        next[i] = head;
        head = static_cast<std::uint8_t>(i);
    }
}

template <const auto& Names>
struct name_links {
    std::array<std::uint8_t, object_info::slots> heads{};
    std::array<std::uint8_t, Names.size()> next{};

    constexpr name_links() { link_names(Names, heads, next); }
};
template <const auto& Names>
inline constexpr name_links<Names> links;

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

template <const auto& Names>
constexpr object_info make_object_info(field_mask travelling, const entity_info* entity) {
    return {Names, links<Names>.heads, links<Names>.next, travelling, entity};
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
    static constexpr const auto& keys = key_texts<names>;
    static constexpr field_mask travelling = field_mask::first(member_count<T>);
    static constexpr object_info info = make_object_info<names>(travelling, nullptr);
    static constexpr bool has_sealed = false;
};

// An entity on a route.
template <class T, route Way>
struct entity_object {
    static constexpr const auto& names = wire_names<T>;
    static constexpr const auto& keys = key_texts<names>;
    static constexpr field_mask travelling = entity_of<T>.on(Way);
    static constexpr object_info info = make_object_info<names>(travelling, &entity_of<T>);
    static constexpr bool has_sealed = !entity_of<T>.all_with(meaning::encrypted).empty();
};

}  // namespace syncfw::detail::json
