// SPDX-License-Identifier: BSL-1.0
// Rows of one entity: its fields' values in declared order, without tags. What they are is said
// once, by a layout before them; a layout that isn't ours is made into a plan.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/cipher.hpp>
#include <syncfw/codec/detail/binary_values.hpp>
#include <syncfw/entity/validation.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::detail::binary {

template <class T, route Way>
inline constexpr field_mask travelling = entity_of<T>.on(Way);

template <class T, std::size_t I>
constexpr sealed_field label_of() {
    return {entity_of<T>.name, entity_of<T>.fields[I].json, entity_of<T>.fields[I].cipher};
}

// --- writing -----------------------------------------------------------------------------------

// The content that a cipher gets: the text or bytes themselves. Only a type of the user's makes
// them anew.
template <class V>
auto content_of(const V& v) {
    if constexpr (shape_v<V> == value_shape::secret)
        return content_of(v.reveal());
    else if constexpr (shape_v<V> == value_shape::optional)
        return content_of(*v);
    else if constexpr (shape_v<V> == value_shape::custom)
        return std::string(content_of(value_traits<V>::to_storage(v)));
    else if constexpr (std::is_same_v<V, blob>)
        return std::string_view(reinterpret_cast<const char*>(v.data()), v.size());
    else
        return std::string_view(v);
}

template <class V, class Cipher>
result<void> append_sealed(buffer& out, const V& v, const sealed_field& label,
                           const Cipher& cipher) {
    if constexpr (is_nullable<V>) {
        char* const flag = out.room(1);
        *flag = v ? '\1' : '\0';
        out.set_end(flag + 1);
        if (!v) return {};
    }
    std::string sealed;
    if (auto done = cipher.seal(label, content_of(v), sealed); !done) return done;
    out.set_end(put_bytes(out.room(sealed.size() + varint_max), sealed.data(), sealed.size()));
    return {};
}

// One field at a time, for entities with encrypted fields.
template <class T, class Cipher>
result<void> append_sealed_fields(buffer& out, const T& row, field_mask which,
                                  const Cipher& cipher) {
    return with_members(row, [&](const auto&... m) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) -> result<void> {
            result<void> done;
            const auto append = [&]<std::size_t Place>(const auto& v) {
                if constexpr (entity_of<T>.fields[Place].cipher != encryption::none)
                    done = append_sealed(out, v, label_of<T, Place>(), cipher);
                else
                    out.set_end(put(out.room(bound(v)), v));
                return done.has_value();
            };
            (void)((!which.test(I) || append.template operator()<I>(m)) && ...);
            return done;
        }(std::make_index_sequence<sizeof...(m)>());
    });
}

// A whole row of an entity without encrypted fields: one check of the room, then plain writes.
template <class T, route Way>
void append_row(buffer& out, const T& row) {
    with_members(row, [&](const auto&... m) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            constexpr field_mask which = travelling<T, Way>;
            char* end = out.room((std::size_t{0} + ... + (which.test(I) ? bound(m) : 0)));
            ((end = which.test(I) ? put(end, m) : end), ...);
            out.set_end(end);
        }(std::make_index_sequence<sizeof...(m)>());
    });
}

// Some fields of a row.
template <class T>
void append_fields(buffer& out, const T& row, field_mask which) {
    with_members(row, [&](const auto&... m) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            char* end = out.room((std::size_t{0} + ... + (which.test(I) ? bound(m) : 0)));
            ((end = which.test(I) ? put(end, m) : end), ...);
            out.set_end(end);
        }(std::make_index_sequence<sizeof...(m)>());
    });
}

// --- reading ------------------------------------------------------------------------------------

// How a field of the sender becomes one of ours.
enum class reading : unsigned char { same, from_nullable, to_nullable };

// The other way: false when a text's content is no text, or is refused by the user's type.
template <class V>
bool take_content(std::string content, V& v) {
    if constexpr (shape_v<V> == value_shape::secret) {
        inner_t<V> plain{};
        if (!take_content(std::move(content), plain)) return false;
        v = V(std::move(plain));
    } else if constexpr (shape_v<V> == value_shape::custom) {
        typename value_traits<V>::storage_type stored{};
        if (!take_content(std::move(content), stored)) return false;
        auto made = value_traits<V>::from_storage(std::move(stored));
        if (!made) return false;
        v = std::move(*made);
    } else if constexpr (std::is_same_v<V, blob>) {
        const auto* const from = reinterpret_cast<const std::byte*>(content.data());
        v.assign(from, from + content.size());
    } else {
        const char* const end = content.data() + content.size();
        if (find_invalid_text(content.data(), end) != end) return false;
        v = std::move(content);
    }
    return true;
}

template <class V, class Cipher>
const char* get_sealed(const char* in, decoder& d, V& v, const sealed_field& label,
                       const Cipher& cipher) {
    const char* const start = in;
    if constexpr (is_nullable<V>) {
        bool there = false;
        in = get_flag(in, d, there);
        v.reset();
        if (in == nullptr || !there) return in;
        return get_sealed(in, d, v.emplace(), label, cipher);
    } else {
        std::size_t size = 0;
        in = get_size(in, d, size);
        if (in == nullptr) return nullptr;
        std::string content;
        if (!cipher.open(label, {in, size}, content))
            return fail(d, start, errc::invalid_value, "a ciphertext that opens");
        if (!take_content(std::move(content), v))
            return fail(d, start, errc::invalid_value, "a content that its field accepts");
        return in + size;
    }
}

template <class T, std::size_t I, class V, class Cipher>
const char* get_member(const char* in, decoder& d, V& v, const Cipher& cipher) {
    if constexpr (entity_of<T>.fields[I].cipher != encryption::none)
        return get_sealed(in, d, v, label_of<T, I>(), cipher);
    else
        return get(in, d, v);
}

// A whole row in our own layout. `place` is the field under way, for the error.
template <class T, route Way, class Cipher>
const char* get_row(const char* in, decoder& d, T& row, std::size_t& place, const Cipher& cipher) {
    return with_members(row, [&](auto&... m) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            constexpr field_mask which = travelling<T, Way>;
            const char* at = in;
            (void)((!which.test(I) || (at = get_member<T, I>(at, d, m, cipher)) != nullptr ||
                    (place = I, false)) &&
                   ...);
            return at;
        }(std::make_index_sequence<sizeof...(m)>());
    });
}

// One field by its place, as the sender wrote it. `there` becomes false for a null that ours
// can't hold.
template <class T, class Cipher>
const char* get_field(const char* in, decoder& d, T& row, std::size_t place, reading form,
                      bool& there, const Cipher& cipher) {
    there = true;
    if (form == reading::from_nullable) {
        in = get_flag(in, d, there);
        if (in == nullptr || !there) return in;
    }
    return with_members(row, [&](auto&... m) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            const char* at = nullptr;
            const auto read = [&]<std::size_t Place>(auto& v) {
                using V = std::remove_cvref_t<decltype(v)>;
                if constexpr (is_nullable<V>) {
                    if (form == reading::to_nullable) {
                        at = get_member<T, Place>(in, d, v.emplace(), cipher);
                        return;
                    }
                }
                at = get_member<T, Place>(in, d, v, cipher);
            };
            (void)((I == place ? (read.template operator()<I>(m), true) : false) || ...);
            return at;
        }(std::make_index_sequence<sizeof...(m)>());
    });
}

}  // namespace syncfw::detail::binary
