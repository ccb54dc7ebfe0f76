// SPDX-License-Identifier: BSL-1.0
// The binary form of every field type; docs/reference/binary-format.md says it in prose.
//
// Encoding makes two passes over a row, an upper bound of the size and then the bytes, so that the
// second writes without a check. Decoding hands a pointer on and returns null on failure, with
// the reason in the decoder, so that the pointer stays in a register.
#pragma once

#include <syncfw/codec/detail/binary_numbers.hpp>
#include <syncfw/core/blob.hpp>
#include <syncfw/core/counter.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/error.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/entity/detail/reflect.hpp>
#include <syncfw/entity/value_traits.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

namespace syncfw::detail::binary {

inline constexpr int document_depth_max = 64;

template <class V>
std::size_t bound(const V& v);
template <class V>
char* put(char* out, const V& v);
template <class V>
const char* get(const char* in, decoder& d, V& v);

// Types whose values all need about the same room.
template <class V>
constexpr std::size_t fixed_bound() {
    using enum value_shape;
    switch (shape_v<V>) {
        case boolean: return 1;
        case integer: return sizeof(V) * 8 / 7 + 1;
        case real: return sizeof(V);
        case uuid: return 16;
        case timestamp: return varint_max;
        default: return 0;
    }
}

// --- documents ------------------------------------------------------------------------------

inline std::size_t bound_document(const document& v) {
    std::size_t size = 1 + varint_max;
    if (const auto* text = v.text()) size += text->size();
    if (const auto* elements = v.elements())
        for (const document& each : *elements) size += bound_document(each);
    if (const auto* members = v.members())
        for (const auto& each : *members)
            size += varint_max + each.key.size() + bound_document(each.value);
    return size;
}

inline char* put_document(char* out, const document& v) {
    *out++ = static_cast<char>(v.kind());
    switch (v.kind()) {
        case document_kind::null: break;
        case document_kind::boolean: *out++ = *v.boolean() ? '\1' : '\0'; break;
        case document_kind::integer: out = put_varint(out, zigzag(*v.integer())); break;
        case document_kind::real:
            out = put_fixed(out, std::bit_cast<std::uint64_t>(*v.real()));
            break;
        case document_kind::text: out = put_bytes(out, v.text()->data(), v.text()->size()); break;
        case document_kind::array:
            out = put_varint(out, v.elements()->size());
            for (const document& each : *v.elements()) out = put_document(out, each);
            break;
        case document_kind::object:
            out = put_varint(out, v.members()->size());
            for (const auto& each : *v.members()) {
                out = put_bytes(out, each.key.data(), each.key.size());
                out = put_document(out, each.value);
            }
            break;
    }
    return out;
}

const char* get_document(const char* in, decoder& d, document& v);

inline const char* get_array(const char* in, decoder& d, document& v) {
    std::size_t count = 0;
    in = get_size(in, d, count);
    std::vector<document> elements;
    for (std::size_t i = 0; in != nullptr && i < count; ++i)
        in = get_document(in, d, elements.emplace_back());
    if (in != nullptr) v = document::array_of(std::move(elements));
    return in;
}

inline const char* get_object(const char* in, decoder& d, document& v) {
    const char* const start = in;
    std::size_t count = 0;
    in = get_size(in, d, count);
    std::vector<document::member> members;
    for (std::size_t i = 0; in != nullptr && i < count; ++i) {
        std::string_view key;
        in = get_text(in, d, key);
        if (in == nullptr) break;
        members.push_back({std::string(key), document()});
        in = get_document(in, d, members.back().value);
    }
    if (in == nullptr) return nullptr;
    auto object = document::object_of(std::move(members));
    if (!object) return fail(d, start, errc::duplicate_field, "each member once");
    v = std::move(*object);
    return in;
}

inline const char* get_document(const char* in, decoder& d, document& v) {
    if (in == d.end) return fail(d, in, errc::truncated, "a document");
    const char* const start = in;
    std::uint64_t word = 0;
    std::string_view text;
    switch (static_cast<document_kind>(*in++)) {
        case document_kind::null: v = document(); return in;
        case document_kind::boolean:
            if (in == d.end || static_cast<unsigned char>(*in) > 1) break;
            v = document(*in == 1);
            return in + 1;
        case document_kind::integer:
            in = get_varint(in, d, word);
            if (in != nullptr) v = document(unzigzag(word));
            return in;
        case document_kind::real: {
            in = get_fixed(in, d, word);
            if (in == nullptr) return nullptr;
            const auto real = std::bit_cast<double>(word);
            if (!(real - real == 0.0)) break;
            v = document(real);
            return in;
        }
        case document_kind::text:
            in = get_text(in, d, text);
            if (in != nullptr) v = document(text);
            return in;
        case document_kind::array:
        case document_kind::object: {
            if (++d.depth > document_depth_max)
                return fail(d, start, errc::too_deep, "a document at most 64 deep");
            in = static_cast<document_kind>(*start) == document_kind::array ? get_array(in, d, v)
                                                                            : get_object(in, d, v);
            --d.depth;
            return in;
        }
    }
    return fail(d, start, errc::malformed, "a document");
}

// --- mergeable values -------------------------------------------------------------------------

inline char* put_dots(char* out, const std::vector<dot>& dots) {
    out = put_varint(out, dots.size());
    for (const dot& each : dots)
        out = put_varint(put_fixed(out, each.replica.value()), each.number);
    return out;
}
inline const char* get_dots(const char* in, decoder& d, std::vector<dot>& dots) {
    std::size_t count = 0;
    in = get_size(in, d, count);
    for (std::size_t i = 0; in != nullptr && i < count; ++i) {
        std::uint64_t replica = 0, number = 0;
        in = get_fixed(in, d, replica);
        if (in != nullptr) in = get_varint(in, d, number);
        if (in != nullptr) dots.push_back({replica_id(replica), number});
    }
    return in;
}
inline std::size_t bound_dots(const std::vector<dot>& dots) {
    return varint_max + dots.size() * (8 + varint_max);
}

template <class E>
std::size_t bound_set(const set_of<E>& v) {
    std::size_t size = varint_max + bound_dots(v.state().seen);
    for (const auto& each : v.state().elements) size += bound(each.value) + bound_dots(each.dots);
    return size;
}
template <class E>
char* put_set(char* out, const set_of<E>& v) {
    out = put_varint(out, v.state().elements.size());
    for (const auto& each : v.state().elements) out = put_dots(put(out, each.value), each.dots);
    return put_dots(out, v.state().seen);
}
template <class E>
const char* get_set(const char* in, decoder& d, set_of<E>& v) {
    const char* const start = in;
    typename set_of<E>::state_type state;
    std::size_t count = 0;
    in = get_size(in, d, count);
    for (std::size_t i = 0; in != nullptr && i < count; ++i) {
        auto& element = state.elements.emplace_back();
        in = get(in, d, element.value);
        if (in != nullptr) in = get_dots(in, d, element.dots);
    }
    if (in != nullptr) in = get_dots(in, d, state.seen);
    if (in == nullptr) return nullptr;
    auto set = set_of<E>::from_state(std::move(state));
    if (!set) return fail(d, start, errc::invalid_value, "a set in order, each insertion seen");
    v = std::move(*set);
    return in;
}

inline char* put_counter(char* out, const counter& v) {
    out = put_varint(out, v.parts().size());
    for (const counter_part& each : v.parts()) {
        out = put_fixed(out, each.replica.value());
        out = put_varint(put_varint(out, each.added), each.removed);
    }
    return out;
}
inline const char* get_counter(const char* in, decoder& d, counter& v) {
    const char* const start = in;
    std::vector<counter_part> parts;
    std::size_t count = 0;
    in = get_size(in, d, count);
    for (std::size_t i = 0; in != nullptr && i < count; ++i) {
        std::uint64_t replica = 0;
        counter_part part;
        in = get_fixed(in, d, replica);
        if (in != nullptr) in = get_varint(in, d, part.added);
        if (in != nullptr) in = get_varint(in, d, part.removed);
        part.replica = replica_id(replica);
        parts.push_back(part);
    }
    if (in == nullptr) return nullptr;
    auto whole = counter::from_parts(std::move(parts));
    if (!whole) return fail(d, start, errc::invalid_value, "a counter's parts in order");
    v = std::move(*whole);
    return in;
}

// --- every field type ---------------------------------------------------------------------------

template <class V>
std::size_t bound(const V& v) {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    if constexpr (fixed_bound<V>() != 0) {
        return fixed_bound<V>();
    } else if constexpr (shape == text || shape == bytes) {
        return varint_max + v.size();
    } else if constexpr (shape == enumeration) {
        return varint_max + enum_name(v).size();
    } else if constexpr (shape == optional) {
        return v ? 1 + bound(*v) : 1;
    } else if constexpr (shape == vector) {
        std::size_t size = varint_max;
        for (const auto& each : v) size += bound<inner_t<V>>(each);
        return size;
    } else if constexpr (shape == set) {
        return bound_set(v);
    } else if constexpr (shape == counter) {
        return varint_max + v.parts().size() * (8 + 2 * varint_max);
    } else if constexpr (shape == document) {
        return bound_document(v);
    } else if constexpr (shape == secret) {
        return bound(v.reveal());
    } else if constexpr (shape == custom) {
        return bound<typename value_traits<V>::storage_type>(value_traits<V>::to_storage(v));
    } else {
        return with_members(v, [](const auto&... m) { return (std::size_t{0} + ... + bound(m)); });
    }
}

template <class V>
char* put(char* out, const V& v) {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    if constexpr (shape == boolean) {
        *out = v ? '\1' : '\0';
        return out + 1;
    } else if constexpr (shape == integer && std::is_signed_v<V>) {
        return put_varint(out, zigzag(v));
    } else if constexpr (shape == integer) {
        return put_varint(out, v);
    } else if constexpr (shape == real) {
        using word = std::conditional_t<sizeof(V) == 4, std::uint32_t, std::uint64_t>;
        return put_fixed(out, std::bit_cast<word>(v));
    } else if constexpr (shape == text || shape == bytes) {
        return put_bytes(out, v.data(), v.size());
    } else if constexpr (shape == uuid) {
        std::memcpy(out, v.bytes().data(), 16);
        return out + 16;
    } else if constexpr (shape == timestamp) {
        return put_varint(out, zigzag(v.microseconds_since_epoch()));
    } else if constexpr (shape == enumeration) {
        const std::string_view name = enum_name(v);
        SYNCFW_ASSERT(!name.empty(), "an enum field holds a value that has no name");
        return put_bytes(out, name.data(), name.size());
    } else if constexpr (shape == optional) {
        *out++ = v ? '\1' : '\0';
        return v ? put(out, *v) : out;
    } else if constexpr (shape == vector) {
        out = put_varint(out, v.size());
        for (const auto& each : v) out = put<inner_t<V>>(out, each);
        return out;
    } else if constexpr (shape == set) {
        return put_set(out, v);
    } else if constexpr (shape == counter) {
        return put_counter(out, v);
    } else if constexpr (shape == document) {
        return put_document(out, v);
    } else if constexpr (shape == secret) {
        return put(out, v.reveal());
    } else if constexpr (shape == custom) {
        return put<typename value_traits<V>::storage_type>(out, value_traits<V>::to_storage(v));
    } else {
        return with_members(v, [out](const auto&... m) mutable {
            ((out = put(out, m)), ...);
            return out;
        });
    }
}

// Texts are most of what rows consist of: the usual ones are read without a call.
SYNCFW_INLINE const char* get_string(const char* in, decoder& d, std::string& v) {
    std::size_t size = 0;
    in = get_size(in, d, size);
    if (in == nullptr) return nullptr;
    if (!is_plain<true>(in, size)) [[unlikely]]
        if (const char* bad = find_odd_text<true>(in, in + size); bad != in + size)
            return fail(d, bad, errc::invalid_value, "UTF-8 without NUL");
    v.assign(in, size);
    return in + size;
}

template <class V>
const char* get_integer(const char* in, decoder& d, V& v) {
    const char* const start = in;
    std::uint64_t word = 0;
    in = get_varint(in, d, word);
    if (in == nullptr) return nullptr;
    if constexpr (std::is_signed_v<V>) {
        const std::int64_t number = unzigzag(word);
        if (number < std::numeric_limits<V>::min() || number > std::numeric_limits<V>::max())
            return fail(d, start, errc::out_of_range, "a smaller integer");
        v = static_cast<V>(number);
    } else {
        if (word > std::numeric_limits<V>::max())
            return fail(d, start, errc::out_of_range, "a smaller integer");
        v = static_cast<V>(word);
    }
    return in;
}

inline const char* get_flag(const char* in, decoder& d, bool& v) {
    if (in == d.end) return fail(d, in, errc::truncated, "a boolean");
    if (static_cast<unsigned char>(*in) > 1) return fail(d, in, errc::malformed, "a boolean");
    v = *in == 1;
    return in + 1;
}

template <class V>
const char* get_vector(const char* in, decoder& d, V& v) {
    std::size_t count = 0;  // as each element takes a byte or more, no count is a lie that costs
    in = get_size(in, d, count);
    v.clear();
    for (std::size_t i = 0; in != nullptr && i < count; ++i) {
        if constexpr (std::is_same_v<inner_t<V>, bool>) {
            bool flag = false;
            in = get_flag(in, d, flag);
            v.push_back(flag);
        } else {
            in = get(in, d, v.emplace_back());
        }
    }
    return in;
}

template <class V>
const char* get_custom(const char* in, decoder& d, V& v) {
    const char* const start = in;
    typename value_traits<V>::storage_type stored{};
    in = get(in, d, stored);
    if (in == nullptr) return nullptr;
    auto made = value_traits<V>::from_storage(std::move(stored));
    if (!made) return fail(d, start, errc::invalid_value, "a value that its type accepts");
    v = std::move(*made);
    return in;
}

inline const char* get_timestamp(const char* in, decoder& d, syncfw::timestamp& v) {
    const char* const start = in;
    std::int64_t number = 0;
    in = get_integer(in, d, number);
    if (in == nullptr) return nullptr;
    v = syncfw::timestamp::from_microseconds(number);
    if (v.microseconds_since_epoch() != number)
        return fail(d, start, errc::out_of_range, "a time between the years 1 and 9999");
    return in;
}

template <class V>
const char* get(const char* in, decoder& d, V& v) {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    if constexpr (shape == boolean) {
        return get_flag(in, d, v);
    } else if constexpr (shape == integer) {
        return get_integer(in, d, v);
    } else if constexpr (shape == real) {
        std::conditional_t<sizeof(V) == 4, std::uint32_t, std::uint64_t> word{};
        in = get_fixed(in, d, word);
        v = std::bit_cast<V>(word);
        return in;
    } else if constexpr (shape == text) {
        return get_string(in, d, v);
    } else if constexpr (shape == bytes) {
        std::size_t size = 0;
        in = get_size(in, d, size);
        if (in == nullptr) return nullptr;
        v.resize(size);
        if (size != 0) std::memcpy(v.data(), in, size);
        return in + size;
    } else if constexpr (shape == uuid) {
        std::array<std::uint8_t, 16> id{};
        if (d.end - in < 16) return fail(d, in, errc::truncated, "a uuid");
        std::memcpy(id.data(), in, 16);
        v = syncfw::uuid(id);
        return in + 16;
    } else if constexpr (shape == timestamp) {
        return get_timestamp(in, d, v);
    } else if constexpr (shape == enumeration) {
        const char* const start = in;
        std::size_t size = 0;
        in = get_size(in, d, size);
        if (in == nullptr) return nullptr;
        if (!enum_from_name({in, size}, v))
            return fail(d, start, errc::invalid_value, "the name of an enumerator");
        return in + size;
    } else if constexpr (shape == optional) {
        bool there = false;
        in = get_flag(in, d, there);
        if (!there) v.reset();
        if (in == nullptr || !there) return in;
        if (!v) v.emplace();
        return get(in, d, *v);
    } else if constexpr (shape == vector) {
        return get_vector(in, d, v);
    } else if constexpr (shape == set) {
        return get_set(in, d, v);
    } else if constexpr (shape == counter) {
        return get_counter(in, d, v);
    } else if constexpr (shape == document) {
        return get_document(in, d, v);
    } else if constexpr (shape == secret) {
        inner_t<V> plain{};
        in = get(in, d, plain);
        v = V(std::move(plain));
        return in;
    } else if constexpr (shape == custom) {
        return get_custom(in, d, v);
    } else {
        return with_members(v, [in, &d](auto&... m) mutable {
            (void)(((in = get(in, d, m)) != nullptr) && ...);
            return in;
        });
    }
}

}  // namespace syncfw::detail::binary
