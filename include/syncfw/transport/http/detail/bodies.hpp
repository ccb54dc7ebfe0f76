// SPDX-License-Identifier: BSL-1.0
// Bodies in JSON: plain structs as they are, and entities in them by their declaration, on the way
// that they go. So no answer holds what is local_only, and no body sets what the server owns.
#pragma once

#include <syncfw/codec/json.hpp>
#include <syncfw/entity/rules.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::http::detail {

namespace codec = syncfw::detail::json;
using syncfw::detail::has_declaration;
using syncfw::detail::inner_t;
using syncfw::detail::shape_v;
using syncfw::detail::value_shape;

enum class wanted : unsigned char { entity, secret };

// Whether a value of this type may hold one. Structs that hold lists of themselves have no end.
template <wanted What, class V, int Depth = 0>
consteval bool holds() {
    constexpr auto shape = shape_v<V>;
    if constexpr (Depth > 8)
        return false;
    else if constexpr (shape == value_shape::secret)
        return What == wanted::secret;
    else if constexpr (shape == value_shape::optional || shape == value_shape::vector)
        return holds<What, inner_t<V>, Depth + 1>();
    else if constexpr (shape == value_shape::structure && has_declaration<V>)
        return What == wanted::entity;  // Its own gates see to its secrets.
    else if constexpr (shape == value_shape::structure)
        return []<class... M>(syncfw::detail::type_list<M...>) {
            return (holds<What, M, Depth + 1>() || ... || false);
        }(syncfw::detail::member_types<V>{});
    else
        return false;
}

template <class V>
inline constexpr bool holds_entity = holds<wanted::entity, V>();

// --- out -----------------------------------------------------------------------------------------

template <class V>
void append_value(buffer& out, const V& value) {
    constexpr auto shape = shape_v<V>;
    if constexpr (!holds_entity<V>) {
        out.set_end(codec::put(out.room(codec::bound(value)), value));
    } else if constexpr (shape == value_shape::optional) {
        if (value)
            append_value(out, *value);
        else
            out.append("null");
    } else if constexpr (shape == value_shape::vector) {
        std::string_view between = "[";
        for (const auto& each : value) {
            out.append(between);
            append_value<inner_t<V>>(out, each);
            between = ",";
        }
        out.append(value.empty() ? "[]" : "]");
    } else if constexpr (has_declaration<V>) {
        syncfw::json::append<to_client>(out, value);
    } else {
        syncfw::detail::with_members(value, [&](const auto&... members) {
            std::size_t i = 0;
            const auto append = [&](const auto& member) {
                const auto name = syncfw::detail::member_names<V>[i];
                out.append(i++ == 0 ? "{\"" : ",\"");
                out.append(name);
                out.append("\":");
                append_value(out, member);
            };
            (append(members), ...);
        });
        out.append("}");
    }
}

template <class V>
[[nodiscard]] std::string to_json(const V& value) {
    buffer out;
    append_value(out, value);
    return std::string(out.view());
}

// --- in ------------------------------------------------------------------------------------------

template <class V>
const char* get_body(const char* in, codec::reader& r, V& value);

// Stands for a member of a body while it is read; the codec finds the function beside it.
template <class V>
struct body_member {
    V& value;
};
template <class V>
const char* get_value(const char* in, codec::reader& r, body_member<V>& member) {
    return get_body(in, r, member.value);
}

// Tells the codec to read the members through body_member.
template <class T>
struct body_object : codec::plain_object<T> {
    static constexpr bool has_sealed = true;
};
template <class T>
struct through_body_member {
    template <std::size_t I, class V>
    body_member<V> at(V& value) const {
        return {value};
    }
    const char* get_at(const char* in, codec::reader& r, T& object, std::size_t place) const {
        syncfw::detail::with_members(object, [&](auto&... members) {
            std::size_t i = 0;
            const auto read = [&](auto& member) {
                if (i++ == place) in = get_body(in, r, member);
            };
            (read(members), ...);
        });
        return in;
    }
};

template <class V>
const char* get_body(const char* in, codec::reader& r, V& value) {
    constexpr auto shape = shape_v<V>;
    if constexpr (!holds_entity<V>) {
        return codec::get(in, r, value);
    } else if constexpr (shape == value_shape::optional) {
        value.reset();
        if (codec::take_word(in, r, "null")) return in;
        return get_body(in, r, value.emplace());
    } else if constexpr (shape == value_shape::vector) {
        value.clear();
        return codec::get_array(in, r, [&](const char* at, std::size_t) {
            return get_body(at, r, value.emplace_back());
        });
    } else if constexpr (has_declaration<V>) {
        static_assert(syncfw::detail::require_codec<V, syncfw::detail::no_cipher>());
        field_mask present;
        in = codec::get_members<codec::entity_object<V, to_server>>(in, r, value, present,
                                                                    codec::no_seal{});
        if (in != nullptr) apply_defaults(value, present);
        return in;
    } else {
        field_mask present;
        return codec::get_members<body_object<V>>(in, r, value, present, through_body_member<V>{});
    }
}

/// Reads a body. Members that nobody knows are refused; what an entity's client may not set is
/// left alone.
template <class V>
[[nodiscard]] result<V> from_json(std::string_view text) {
    const syncfw::json::options rules{.unknown = syncfw::json::members::refused};
    if constexpr (!holds_entity<V>) {
        return syncfw::json::decode_value<V>(text, rules);
    } else {
        codec::reader r = codec::make_reader(text, rules);
        V value{};
        const char* in = codec::begin_input(r);
        if (in != nullptr) in = codec::end_input(get_body(in, r, value), r);
        if (in == nullptr) return codec::to_error(r, {});
        return value;
    }
}

}  // namespace syncfw::http::detail
