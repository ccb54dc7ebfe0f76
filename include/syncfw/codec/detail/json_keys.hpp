// SPDX-License-Identifier: BSL-1.0
// The member names of one kind of JSON object, as compile-time constants: an entity's by its
// declaration and a route, a nested struct's by its members.
#pragma once

#include <syncfw/codec/cipher.hpp>
#include <syncfw/core/detail/text_sink.hpp>
#include <syncfw/entity/entity.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace syncfw::detail::json {

// The members of one kind of object, without its type: an entity's, or the names of a struct's.
struct object_info {
    std::size_t count = 0;
    field_mask travelling{};
    const entity_info* entity = nullptr;
    const std::string_view* names = nullptr;

    [[nodiscard]] constexpr std::string_view name(std::size_t i) const {
        return entity != nullptr ? entity->fields[i].json : names[i];
    }
    // One by one: few names have the same length, and the declared order needs no search at all.
    [[nodiscard]] constexpr std::size_t find(std::string_view wanted) const {
        for (std::size_t i = 0; i < count; ++i)
            if (name(i) == wanted) return i;
        return entity != nullptr ? entity->find(wanted) : no_field;  // knows the aliases
    }
};

constexpr void write_keys(text_sink& out, const object_info& object) {
    for (std::size_t i = 0; i < object.count; ++i) out << ",\"" << object.name(i) << "\":";
}
template <class Object>
inline constexpr auto keys_writer = [](text_sink& out) { write_keys(out, Object::info); };

constexpr void cut_keys(std::string_view all, const object_info& object,
                        std::span<std::string_view> keys) {
    for (std::size_t i = 0, at = 0; i < object.count; at += keys[i++].size())
        keys[i] = all.substr(at, object.name(i).size() + 4);
}

// `,"name":` of each name, all in one constant.
template <class Object>
inline constexpr auto key_texts = [] {
    std::array<std::string_view, Object::info.count> keys{};
    cut_keys(static_text<keys_writer<Object>>, Object::info, keys);
    return keys;
}();

// A nested struct.
template <class T>
struct plain_object {
    static constexpr field_mask travelling = field_mask::first(member_count<T>);
    static constexpr object_info info = {member_count<T>, travelling, nullptr,
                                         member_names<T>.data()};
    static constexpr bool has_sealed = false;
};

// An entity on a route.
template <class T, route Way>
struct entity_object {
    static constexpr field_mask travelling = fields_on<T, Way>;
    static constexpr object_info info = {member_count<T>, travelling, &entity_of<T>, nullptr};
    static constexpr bool has_sealed = has_encrypted_fields<T>;
};

}  // namespace syncfw::detail::json
