// SPDX-License-Identifier: BSL-1.0
// Values of fields that this program doesn't have, from JSON into the binary form and back, by what
// a layout says of their type.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/detail/binary_values.hpp>
#include <syncfw/codec/detail/foreign_type.hpp>
#include <syncfw/codec/detail/json_read.hpp>
#include <syncfw/codec/detail/row_plan.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail::json {

// --- types that are no list, set or structure ----------------------------------------------------

struct foreign_leaf {
    std::string_view type;
    const char* (*to_binary)(const char*, reader&, buffer&);
    const char* (*to_json)(const char*, binary::decoder&, buffer&);
};

template <class V>
const char* leaf_to_binary(const char* in, reader& r, buffer& out) {
    V v{};
    in = get(in, r, v);
    if (in != nullptr) out.set_end(binary::put(out.room(binary::bound(v)), v));
    return in;
}
template <class V>
const char* leaf_to_json(const char* in, binary::decoder& d, buffer& out) {
    V v{};
    in = binary::get(in, d, v);
    if (in != nullptr) out.set_end(put(out.room(bound(v)), v));
    return in;
}
template <class V>
constexpr foreign_leaf leaf_of(std::string_view type) {
    return {type, &leaf_to_binary<V>, &leaf_to_json<V>};
}

[[nodiscard]] inline const foreign_leaf* find_leaf(std::string_view type) {
    static constexpr foreign_leaf all[] = {leaf_of<std::string>("text"),
                                           leaf_of<blob>("bytes"),
                                           leaf_of<bool>("bool"),
                                           leaf_of<std::int8_t>("int8"),
                                           leaf_of<std::int16_t>("int16"),
                                           leaf_of<std::int32_t>("int32"),
                                           leaf_of<std::int64_t>("int64"),
                                           leaf_of<std::uint8_t>("uint8"),
                                           leaf_of<std::uint16_t>("uint16"),
                                           leaf_of<std::uint32_t>("uint32"),
                                           leaf_of<float>("float32"),
                                           leaf_of<double>("float64"),
                                           leaf_of<syncfw::uuid>("uuid"),
                                           leaf_of<syncfw::timestamp>("timestamp"),
                                           leaf_of<syncfw::counter>("counter"),
                                           leaf_of<syncfw::document>("document")};
    if (type.starts_with("enum(")) type = "text";
    for (const foreign_leaf& each : all)
        if (each.type == type) return &each;
    return nullptr;
}

// --- what a type's text is made of
// ----------------------------------------------------------------

enum class foreign_shape : unsigned char { leaf, optional, list, set, structure };

struct foreign_parts {
    foreign_shape shape = foreign_shape::leaf;
    std::string_view inside{};
};

[[nodiscard]] inline foreign_parts parts_of(std::string_view type) {
    if (type.ends_with('?')) return {foreign_shape::optional, type.substr(0, type.size() - 1)};
    if (type.starts_with('[')) return {foreign_shape::list, type.substr(1, type.size() - 2)};
    if (type.starts_with("set(")) return {foreign_shape::set, type.substr(4, type.size() - 5)};
    if (type.starts_with('{')) return {foreign_shape::structure, type.substr(1, type.size() - 2)};
    return {foreign_shape::leaf, type};
}

struct foreign_member {
    std::string_view name{};
    std::string_view type{};
};
[[nodiscard]] inline std::vector<foreign_member> members_in(std::string_view list) {
    std::vector<foreign_member> members;
    while (!list.empty()) {
        const std::string_view item = binary::take_item(list);
        const std::size_t colon = item.find(':');
        members.push_back({item.substr(0, colon), item.substr(colon + 1)});
    }
    return members;
}

inline void append_count(buffer& out, std::size_t count) {
    out.set_end(binary::put_varint(out.room(binary::varint_max), count));
}

// --- from JSON
// ------------------------------------------------------------------------------------

const char* foreign_to_binary(const char* in, reader& r, std::string_view type, buffer& out);

inline const char* foreign_list_to_binary(const char* in, reader& r, std::string_view type,
                                          buffer& out) {
    buffer elements;
    std::size_t count = 0;
    in = get_array(in, r, [&](const char* at, std::size_t i) {
        count = i + 1;
        return foreign_to_binary(at, r, type, elements);
    });
    append_count(out, count);
    out.append(elements.view());
    return in;
}

inline void append_dots(buffer& out, const std::vector<dot>& dots) {
    out.set_end(binary::put_dots(out.room(binary::bound_dots(dots)), dots));
}

inline const char* foreign_set_to_binary(const char* in, reader& r, std::string_view type,
                                         buffer& out) {
    const char* const start = in;
    std::vector<std::string> items;
    std::vector<std::vector<dot>> dots;
    std::vector<dot> seen;
    in = get_set_parts(in, r, dots, seen, [&](const char* at) {
        buffer item;
        at = foreign_to_binary(at, r, type, item);
        items.emplace_back(item.view());
        return at;
    });
    if (in == nullptr) return nullptr;
    if (dots.size() != items.size())
        return fail(r, start, errc::invalid_value, "a set needs as many dots as items");
    append_count(out, items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        out.append(items[i]);
        append_dots(out, dots[i]);
    }
    append_dots(out, seen);
    return in;
}

inline const char* foreign_structure_to_binary(const char* in, reader& r, std::string_view type,
                                               buffer& out) {
    const char* const start = in;
    const std::vector<foreign_member> members = members_in(type);
    std::vector<std::string> values(members.size());
    std::vector<bool> seen(members.size());
    in = get_each_member(in, r, [&](std::string_view name, const char* at, const char* member) {
        std::size_t i = 0;
        while (i < members.size() && members[i].name != name) ++i;
        if (i == members.size() || seen[i])
            return fail(r, member, errc::unknown_field, "its type has no such member, or only one");
        seen[i] = true;
        buffer value;
        at = foreign_to_binary(at, r, members[i].type, value);
        if (at == nullptr) return in_member(r, members[i].name);
        values[i] = value.view();
        return at;
    });
    if (in == nullptr) return nullptr;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (!seen[i]) return fail(r, start, errc::missing_field, "a member of its type is missing");
        out.append(values[i]);
    }
    return in;
}

// The type was looked through by a `foreign_type_reader`: its brackets fit, and its depth is known.
inline const char* foreign_to_binary(const char* in, reader& r, std::string_view type,
                                     buffer& out) {
    const auto [shape, inside] = parts_of(type);
    switch (shape) {
        case foreign_shape::optional: {
            const bool is_there = !take_word(in, r, "null");
            out.append(std::string_view(is_there ? "\1" : "\0", 1));
            return is_there ? foreign_to_binary(in, r, inside, out) : in;
        }
        case foreign_shape::list: return foreign_list_to_binary(in, r, inside, out);
        case foreign_shape::set: return foreign_set_to_binary(in, r, inside, out);
        case foreign_shape::structure: return foreign_structure_to_binary(in, r, inside, out);
        case foreign_shape::leaf: break;
    }
    const foreign_leaf* const leaf = find_leaf(inside);
    if (leaf == nullptr) return fail(r, in, errc::unsupported_format, "its type is unknown here");
    return leaf->to_binary(in, r, out);
}

// --- into JSON
// ------------------------------------------------------------------------------------

const char* foreign_to_json(const char* in, binary::decoder& d, std::string_view type, buffer& out);

inline const char* foreign_list_to_json(const char* in, binary::decoder& d, std::string_view type,
                                        buffer& out) {
    std::size_t count = 0;
    in = binary::get_size(in, d, count);
    out.append("[");
    for (std::size_t i = 0; in != nullptr && i < count; ++i) {
        if (i != 0) out.append(",");
        in = foreign_to_json(in, d, type, out);
    }
    out.append("]");
    return in;
}

inline void append_json_dots(buffer& out, const std::vector<dot>& dots) {
    out.set_end(put_dots(out.room(4 + dots.size() * dot_size_max), dots));
}

inline const char* foreign_set_to_json(const char* in, binary::decoder& d, std::string_view type,
                                       buffer& out) {
    std::size_t count = 0;
    in = binary::get_size(in, d, count);
    buffer all_dots;
    out.append(R"({"items":[)");
    for (std::size_t i = 0; in != nullptr && i < count; ++i) {
        if (i != 0) out.append(","), all_dots.append(",");
        in = foreign_to_json(in, d, type, out);
        std::vector<dot> dots;
        if (in != nullptr) in = binary::get_dots(in, d, dots);
        append_json_dots(all_dots, dots);
    }
    std::vector<dot> seen;
    if (in != nullptr) in = binary::get_dots(in, d, seen);
    out.append(R"(],"dots":[)");
    out.append(all_dots.view());
    out.append(R"(],"seen":)");
    append_json_dots(out, seen);
    out.append("}");
    return in;
}

inline const char* foreign_structure_to_json(const char* in, binary::decoder& d,
                                             std::string_view type, buffer& out) {
    bool is_first = true;
    out.append("{");
    for (const foreign_member& each : members_in(type)) {
        out.append(is_first ? "\"" : ",\"");
        out.append(each.name);
        out.append("\":");
        is_first = false;
        in = foreign_to_json(in, d, each.type, out);
        if (in == nullptr) return nullptr;
    }
    out.append("}");
    return in;
}

inline const char* foreign_to_json(const char* in, binary::decoder& d, std::string_view type,
                                   buffer& out) {
    const auto [shape, inside] = parts_of(type);
    switch (shape) {
        case foreign_shape::optional: {
            bool is_there = false;
            in = binary::get_flag(in, d, is_there);
            if (in != nullptr && is_there) return foreign_to_json(in, d, inside, out);
            out.append("null");
            return in;
        }
        case foreign_shape::list: return foreign_list_to_json(in, d, inside, out);
        case foreign_shape::set: return foreign_set_to_json(in, d, inside, out);
        case foreign_shape::structure: return foreign_structure_to_json(in, d, inside, out);
        case foreign_shape::leaf: break;
    }
    const foreign_leaf* const leaf = find_leaf(inside);
    if (leaf == nullptr) return nullptr;
    return leaf->to_json(in, d, out);
}

// --- whole values -----------------------------------------------------------------------------

// The type of a field's values; nothing where the text is none. Of encrypted ones that of their
// ciphertext.
[[nodiscard]] inline std::string_view foreign_type_in(std::string_view item) {
    binary::layout_item known;
    if (!known.read(item)) return {};
    binary::foreign_type_reader reader;
    if (!reader.read(known.type, known.is_sealed)) return {};
    if (known.is_sealed) return known.is_nullable ? "bytes?" : "bytes";
    return known.type;
}

// Appends the value, if JSON can say exactly what the bytes do.
[[nodiscard]] inline bool append_foreign(buffer& out, std::string_view item,
                                         std::string_view bytes) {
    const std::string_view type = foreign_type_in(item);
    if (type.empty()) return false;
    const std::size_t before = out.size();
    binary::decoder d{bytes.data(), bytes.data() + bytes.size()};
    if (foreign_to_json(bytes.data(), d, type, out) == d.end) {
        const std::string_view made = out.view().substr(before);
        const syncfw::json::options rules;
        reader r{.begin = made.data(), .end = made.data() + made.size(), .rules = rules};
        buffer again;
        if (foreign_to_binary(r.begin, r, type, again) == r.end && again.view() == bytes)
            return true;
    }
    out.truncate(before);
    return false;
}

}  // namespace syncfw::detail::json
