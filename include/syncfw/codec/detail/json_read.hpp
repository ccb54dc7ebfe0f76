// SPDX-License-Identifier: BSL-1.0
// JSON into every field type, straight into the members, with no document in between.
#pragma once

#include <syncfw/codec/cipher.hpp>
#include <syncfw/codec/detail/json_keys.hpp>
#include <syncfw/codec/detail/json_parts.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail::json {

// --- objects ------------------------------------------------------------------------------------

// An object that is being read.
struct object_reader {
    const char* in;  // null after a failure
    reader& r;
    const object_info& info;
    field_mask& present;
    bool done = false;

    void got(std::size_t place, const char* after) {
        if (after == nullptr) {
            in = in_member(r, info.name(place));
        } else {
            present.set(place);
            in = next_member(after, r, done);
        }
    }
};

// GCC 12 at -O1 takes a key inside of the constant of all keys for one character, and warns.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstringop-overread"
#endif
SYNCFW_INLINE bool take_key(const char*& in, const reader& r, std::string_view key) {
    if (static_cast<std::size_t>(r.end - in) <= key.size() ||
        std::memcmp(in, key.data(), key.size()) != 0)
        return false;
    in += key.size();
    if (is_space(*in)) in = skip_space(in, r.end);
    return true;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

// The same without a constant of the whole key.
inline bool take_name(const char*& in, const reader& r, std::string_view name) {
    if (static_cast<std::size_t>(r.end - in) <= name.size() + 3 || *in != '"' ||
        std::string_view(in + 1, name.size()) != name || in[name.size() + 1] != '"' ||
        in[name.size() + 2] != ':')
        return false;
    in = skip_space(in + name.size() + 3, r.end);
    return true;
}

// json_sealed.hpp has the one for what stands for an encrypted member.
template <class V>
SYNCFW_INLINE const char* get_value(const char* in, reader& r, V& v) {
    return get(in, r, v);
}

// Members in declared order are recognised by one comparison each.
template <class V>
SYNCFW_INLINE bool get_in_order(object_reader& o, std::size_t place, std::string_view key, V&& v) {
    if (o.done || !take_key(o.in, o.r, key.substr(1))) return true;
    o.got(place, get_value(o.in, o.r, v));
    return o.in != nullptr;
}

// From the first surprise on, members may come in any order, with any spelling of their names.
// Reads over those that aren't wanted; the place of one that is, with its value next, else
// `no_field`.
[[gnu::noinline]] inline std::size_t find_member(object_reader& o) {
    reader& r = o.r;
    const char* const start = o.in;
    std::string_view name;
    o.in = get_name(start, r, name);
    if (o.in == nullptr) return no_field;
    const std::size_t place = o.info.find(name);
    const bool is_unknown = place == no_field;
    if (is_unknown || !o.info.travelling.test(place)) {
        const auto rule = is_unknown ? r.rules.unknown : r.rules.forbidden;
        if (rule == syncfw::json::members::ignored) {
            o.in = skip_value(o.in, r);
            if (o.in != nullptr) o.in = next_member(o.in, r, o.done);
            return no_field;
        }
        const std::string shown(name);
        fail(r, start, is_unknown ? errc::unknown_field : errc::forbidden_field,
             is_unknown ? "there is no such field" : "this field can't be set from this side");
        o.in = in_member(r, shown);
        return no_field;
    }
    if (o.present.test(place) && r.rules.repeated == syncfw::json::duplicates::refused) {
        fail(r, start, errc::duplicate_field, "the member comes twice");
        o.in = in_member(r, o.info.name(place));
        return no_field;
    }
    return place;
}

template <class V>
const char* get_erased(const char* in, reader& r, void* v) {
    return get(in, r, *static_cast<V*>(v));
}

using getter = const char* (*)(const char*, reader&, void*);
template <class List>
inline constexpr int getters = 0;
template <class... V>
inline constexpr getter getters<type_list<V...>>[] { &get_erased<V>..., nullptr };

[[gnu::noinline]] inline void get_in_any_order(object_reader& o, const getter* getters_of,
                                               void* const* members) {
    while (o.in != nullptr && !o.done) {
        const std::size_t place = find_member(o);
        if (place != no_field) o.got(place, getters_of[place](o.in, o.r, members[place]));
    }
}

inline const char* get_listed(const char* in, reader& r, const object_info& info,
                              field_mask& present, const getter* getters_of, void* const* members) {
    object_reader o{in, r, info, present};
    o.in = begin_object(in, r, o.done);
    for (std::size_t i = 0; i < info.count && o.in != nullptr && !o.done; ++i)
        if (info.travelling.test(i) && take_name(o.in, r, info.name(i)))
            o.got(i, getters_of[i](o.in, r, members[i]));
    get_in_any_order(o, getters_of, members);
    if (o.in != nullptr) --r.depth;
    return o.in;
}

// `Sealed` reads the encrypted members.
template <class Keys, bool IsOptimised = SYNCFW_OPTIMISED, class T, class Sealed>
const char* get_members(const char* in, reader& r, T& v, field_mask& present,
                        const Sealed& sealed) {
    if constexpr (!IsOptimised && !Keys::has_sealed) {
        void* members[member_count<T> + 1];
        list_members(v, members);
        return get_listed(in, r, Keys::info, present, getters<member_types<T>>, members);
    } else {
        object_reader o{in, r, Keys::info, present};
        o.in = begin_object(in, r, o.done);
        if (o.in == nullptr) return nullptr;
        with_placed_members(v, [&]<std::size_t... I>(std::index_sequence<I...>, auto&... m) {
            if constexpr (Keys::has_sealed)
                (void)((!Keys::travelling.test(I) ||
                        get_in_order(o, I, key_texts<Keys>[I], sealed.template at<I>(m))) &&
                       ...);
            else
                (void)((!Keys::travelling.test(I) || get_in_order(o, I, key_texts<Keys>[I], m)) &&
                       ...);
        });
        if constexpr (Keys::has_sealed) {
            while (o.in != nullptr && !o.done) {
                const std::size_t place = find_member(o);
                if (place != no_field) o.got(place, sealed.get_at(o.in, r, v, place));
            }
        } else if (o.in != nullptr && !o.done) {
            void* members[member_count<T> + 1];
            list_members(v, members);
            get_in_any_order(o, getters<member_types<T>>, members);
        }
        --r.depth;
        return o.in;
    }
}

struct no_seal {};

// --- every field type ---------------------------------------------------------------------------

template <class V>
const char* get_vector(const char* in, reader& r, V& v) {
    v.clear();
    return get_array(in, r, [&](const char* at, std::size_t) {
        if constexpr (std::is_same_v<inner_t<V>, bool>) {
            bool flag = false;
            at = get(at, r, flag);
            v.push_back(flag);
            return at;
        } else {
            return get(at, r, v.emplace_back());
        }
    });
}

// A text that stands for something else; `parse(view)` says whether it does.
template <class Parse>
const char* get_parsed(const char* in, reader& r, const char* what, Parse&& parse) {
    const char* const start = in;
    std::string_view text;
    if (in == r.end || *in != '"') return fail_expected(r, in, what, errc::type_mismatch);
    in = get_text(in + 1, r, text, r.scratch);
    if (in != nullptr && !parse(text)) return fail_expected(r, start, what, errc::invalid_value);
    return in;
}

template <class V>
[[gnu::cold]] [[gnu::noinline]] std::string names_of_enum() {
    std::string names = "one of";
    for (const auto& each : enumerators<V>) names.append(" \"").append(each.name).append("\"");
    return names;
}

template <class V>
const char* get_enum(const char* in, reader& r, V& v) {
    const char* const start = in;
    std::string_view text;
    if (in != r.end && *in == '"') {
        in = get_text(in + 1, r, text, r.scratch);
        if (in == nullptr || enum_from_name(text, v)) return in;
    }
    return fail_expected(r, start, names_of_enum<V>().c_str(), errc::invalid_value);
}

template <class V>
const char* get_custom(const char* in, reader& r, V& v) {
    const char* const start = in;
    typename value_traits<V>::storage_type stored{};
    in = get(in, r, stored);
    if (in == nullptr) return nullptr;
    auto made = value_traits<V>::from_storage(std::move(stored));
    if (!made) return fail(r, start, errc::invalid_value, made.error().message);
    v = std::move(*made);
    return in;
}

inline const char* get_string(const char* in, reader& r, std::string& v) {
    if (in == r.end || *in != '"') return fail_expected(r, in, "a text", errc::type_mismatch);
    const char* const start = ++in;
    bool plain = true;
    in = scan_text(in, r, plain);
    if (in != r.end && *in == '"') {
        if (!plain && !is_valid_piece(start, in, r)) return nullptr;
        v.assign(start, in);
        return in + 1;
    }
    v.clear();
    return get_escaped_text(start, r, v);
}

inline const char* get_boolean(const char* in, reader& r, bool& v) {
    if (take_word(in, r, "true"))
        v = true;
    else if (take_word(in, r, "false"))
        v = false;
    else
        return fail_expected(r, in, "true or false", errc::type_mismatch);
    return in;
}

template <class V>
const char* get(const char* in, reader& r, V& v) {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    if constexpr (shape == boolean) {
        return get_boolean(in, r, v);
    } else if constexpr (shape == integer) {
        return get_integer(in, r, v);
    } else if constexpr (shape == real) {
        return get_real(in, r, v);
    } else if constexpr (shape == text) {
        return get_string(in, r, v);
    } else if constexpr (shape == bytes) {
        return get_parsed(in, r, "base64", [&](std::string_view t) {
            v.clear();
            return read_base64(t, v);
        });
    } else if constexpr (shape == uuid) {
        return get_parsed(in, r, "a uuid", [&](auto t) { return syncfw::uuid::parse(t, v); });
    } else if constexpr (shape == timestamp) {
        return get_parsed(in, r, "a time as 2026-11-20T21:34:00Z (RFC 3339, microseconds at most)",
                          [&](auto t) { return syncfw::timestamp::parse(t, v); });
    } else if constexpr (shape == enumeration) {
        return get_enum(in, r, v);
    } else if constexpr (shape == optional) {
        if (take_word(in, r, "null")) {
            v.reset();
            return in;
        }
        if (!v) v.emplace();
        return get(in, r, *v);
    } else if constexpr (shape == vector) {
        return get_vector(in, r, v);
    } else if constexpr (shape == set) {
        return get_set(in, r, v);
    } else if constexpr (shape == counter) {
        return get_counter(in, r, v);
    } else if constexpr (shape == document) {
        return get_document(in, r, v);
    } else if constexpr (shape == secret) {
        inner_t<V> plain{};
        in = get(in, r, plain);
        v = V(std::move(plain));
        return in;
    } else if constexpr (shape == custom) {
        return get_custom(in, r, v);
    } else {
        field_mask present;
        v = V{};
        return get_members<plain_object<V>>(in, r, v, present, no_seal{});
    }
}

}  // namespace syncfw::detail::json
