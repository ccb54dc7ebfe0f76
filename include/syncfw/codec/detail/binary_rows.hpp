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
inline constexpr const field_mask& travelling = fields_on<T, Way>;

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

// Without the fields' types.
struct putter {
    std::size_t (*bound)(const void*);
    char* (*put)(char*, const void*);
};
template <class V>
std::size_t bound_erased(const void* v) {
    return bound(*static_cast<const V*>(v));
}
template <class V>
char* put_erased(char* out, const void* v) {
    return put(out, *static_cast<const V*>(v));
}
template <class List>
inline constexpr int putters = 0;
template <class... V>
inline constexpr putter putters<type_list<V...>>[] { {&bound_erased<V>, &put_erased<V>}... };

inline void append_listed(buffer& out, field_mask which, const putter* putters_of,
                          const void* const* members) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < field_mask::fields_max; ++i)
        if (which.test(i)) size += putters_of[i].bound(members[i]);
    char* end = out.room(size);
    for (std::size_t i = 0; i < field_mask::fields_max; ++i)
        if (which.test(i)) end = putters_of[i].put(end, members[i]);
    out.set_end(end);
}

// A whole row of an entity without encrypted fields: one check of the room, then plain writes.
template <class T, route Way, bool IsOptimised = SYNCFW_OPTIMISED>
void append_row(buffer& out, const T& row) {
    if constexpr (IsOptimised) {
        with_placed_members(
            row, [&]<std::size_t... I>(std::index_sequence<I...>, const auto&... m) {
                constexpr field_mask which = travelling<T, Way>;
                char* end = out.room((std::size_t{0} + ... + (which.test(I) ? bound(m) : 0)));
                ((end = which.test(I) ? put(end, m) : end), ...);
                out.set_end(end);
            });
    } else {
        void* members[member_count<T> + 1];
        list_members(row, members);
        append_listed(out, travelling<T, Way>, putters<member_types<T>>, members);
    }
}

// Some fields of a row.
template <class T>
void append_fields(buffer& out, const T& row, field_mask which) {
    with_placed_members(row, [&]<std::size_t... I>(std::index_sequence<I...>, const auto&... m) {
        char* end = out.room((std::size_t{0} + ... + (which.test(I) ? bound(m) : 0)));
        ((end = which.test(I) ? put(end, m) : end), ...);
        out.set_end(end);
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
        if (auto opened = cipher.open(label, {in, size}, content); !opened) {
            d.why = opened.error().message;
            return fail(d, start, errc::invalid_value, "a ciphertext that opens");
        }
        if (!take_content(std::move(content), v))
            return fail(d, start, errc::invalid_value, "a content that its field accepts");
        return in + size;
    }
}

// Stands for an encrypted member while it is read.
template <class V, class Cipher>
struct sealed_member {
    V& value;
    sealed_field label;
    const Cipher& cipher;
};

template <class V>
SYNCFW_INLINE const char* get_value(const char* in, decoder& d, V& v) {
    if constexpr (std::is_same_v<V, std::string>)
        return get_string(in, d, v);
    else
        return get(in, d, v);
}
template <class V, class Cipher>
const char* get_value(const char* in, decoder& d, sealed_member<V, Cipher>& m) {
    return get_sealed(in, d, m.value, m.label, m.cipher);
}

// A value that the sender can't leave out, into a member that can be null.
template <class V>
const char* get_into_nullable(const char* in, decoder& d, V& v) {
    if constexpr (is_nullable<V>)
        return get(in, d, v.emplace());
    else
        return get(in, d, v);
}
template <class V, class Cipher>
const char* get_into_nullable(const char* in, decoder& d, sealed_member<V, Cipher>& m) {
    if constexpr (is_nullable<V>)
        return get_sealed(in, d, m.value.emplace(), m.label, m.cipher);
    else
        return get_sealed(in, d, m.value, m.label, m.cipher);
}

template <class V>
const char* get_as(const char* in, decoder& d, V& v, reading form) {
    return form == reading::to_nullable ? get_into_nullable(in, d, v) : get_value(in, d, v);
}

template <class V>
const char* get_erased(const char* in, decoder& d, void* v, reading form) {
    return get_as(in, d, *static_cast<V*>(v), form);
}
using getter = const char* (*)(const char*, decoder&, void*, reading);
template <class List>
inline constexpr int getters = 0;
template <class... V>
inline constexpr getter getters<type_list<V...>>[] { &get_erased<V>..., nullptr };

// Calls f with the places and all members, encrypted ones wrapped.
template <class T, class Cipher, class F>
void with_readable_members(T& row, const Cipher& cipher, F&& f) {
    if constexpr (!has_encrypted_fields<T>) {
        with_placed_members(row, f);
    } else {
        const auto wrap = [&]<std::size_t Place, class V>(V& v) -> decltype(auto) {
            if constexpr (entity_of<T>.fields[Place].cipher != encryption::none)
                return sealed_member<V, Cipher>{v, label_of<T, Place>(), cipher};
            else
                return (v);
        };
        with_placed_members(row,
                            [&]<std::size_t... I>(std::index_sequence<I...> places, auto&... m) {
                                f(places, wrap.template operator()<I>(m)...);
                            });
    }
}

// A whole row in our own layout. `place` is the field under way, for the error.
template <class T, route Way, class Cipher>
const char* get_row(const char* in, decoder& d, T& row, std::size_t& place, const Cipher& cipher) {
    with_readable_members(row, cipher,
                          [&]<std::size_t... I>(std::index_sequence<I...>, auto&&... m) {
                              constexpr field_mask which = travelling<T, Way>;
                              (void)((!which.test(I) || (in = get_value(in, d, m)) != nullptr ||
                                      (place = I, false)) &&
                                     ...);
                          });
    return in;
}

// The same by a table.
inline const char* get_listed(const char* in, decoder& d, field_mask which,
                              const getter* getters_of, void* const* members, std::size_t& place) {
    for (std::size_t i = 0; i < field_mask::fields_max; ++i) {
        if (!which.test(i)) continue;
        in = getters_of[i](in, d, members[i], reading::same);
        if (in == nullptr) {
            place = i;
            return nullptr;
        }
    }
    return in;
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
    if constexpr (!has_encrypted_fields<T>) {
        void* members[member_count<T> + 1];
        list_members(row, members);
        return getters<member_types<T>>[place](in, d, members[place], form);
    } else {
        with_readable_members(
            row, cipher, [&]<std::size_t... I>(std::index_sequence<I...>, auto&&... m) {
                (void)((I == place && ((in = get_as(in, d, m, form)), true)) || ...);
            });
        return in;
    }
}

}  // namespace syncfw::detail::binary
