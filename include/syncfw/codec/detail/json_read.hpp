// SPDX-License-Identifier: BSL-1.0
// JSON into every field type, straight into the members, with no document in between.
#pragma once

#include <syncfw/codec/cipher.hpp>
#include <syncfw/codec/detail/json_keys.hpp>
#include <syncfw/codec/detail/json_scan.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail::json {

template <class V>
const char* get(const char* in, reader& r, V& v);

// `[a,b,…]`: calls `element(in, i)` at each element.
template <class Element>
const char* get_array(const char* in, reader& r, Element&& element) {
    if (in == r.end || *in != '[') return fail_expected(r, in, "an array", errc::type_mismatch);
    if (++r.depth > r.rules.depth_max)
        return fail(r, in, errc::too_deep, "the input is nested too deep");
    in = skip_space(in + 1, r.end);
    if (in != r.end && *in == ']') {
        --r.depth;
        return in + 1;
    }
    for (std::size_t i = 0;; ++i) {
        in = element(in, i);
        if (in == nullptr) return in_element(r, i);
        in = skip_space(in, r.end);
        if (in != r.end && *in == ']') break;
        in = expect(in, r, ',', "',' or ']'");
        if (in == nullptr) return nullptr;
        in = skip_space(in, r.end);
    }
    --r.depth;
    return in + 1;
}

// The name of a member and its colon; leaves the place of the value.
inline const char* get_name(const char* in, reader& r, std::string_view& name) {
    in = expect(in, r, '"', "a member's name");
    if (in != nullptr) in = get_text(in, r, name, r.scratch);
    if (in != nullptr) in = expect(skip_space(in, r.end), r, ':', "':'");
    return in == nullptr ? nullptr : skip_space(in, r.end);
}

// Behind a value: either another member (then the place of its name) or the end of the object.
inline const char* next_member(const char* in, reader& r, bool& done) {
    if (in == r.end || (*in != ',' && *in != '}')) in = skip_space(in, r.end);
    if (in != r.end && *in == '}') {
        done = true;
        return in + 1;
    }
    in = expect(in, r, ',', "',' or '}'");
    return in == nullptr ? nullptr : skip_space(in, r.end);
}

inline const char* begin_object(const char* in, reader& r, bool& done) {
    if (in == r.end || *in != '{') return fail_expected(r, in, "an object", errc::type_mismatch);
    if (++r.depth > r.rules.depth_max)
        return fail(r, in, errc::too_deep, "the input is nested too deep");
    in = skip_space(in + 1, r.end);
    done = in != r.end && *in == '}';
    return done ? in + 1 : in;
}

// --- documents and mergeable values --------------------------------------------------------------

const char* get_document(const char* in, reader& r, document& v);

inline const char* get_object(const char* in, reader& r, document& v) {
    const char* const start = in;
    std::vector<document::member> members;
    bool done = false;
    in = begin_object(in, r, done);
    while (in != nullptr && !done) {
        std::string_view name;
        in = get_name(in, r, name);
        if (in == nullptr) return nullptr;
        members.push_back({std::string(name), document()});
        in = get_document(in, r, members.back().value);
        if (in == nullptr) return in_member(r, members.back().key);
        in = next_member(in, r, done);
    }
    if (in == nullptr) return nullptr;
    --r.depth;
    auto object = document::object_of(std::move(members));
    if (!object) return fail(r, start, errc::duplicate_field, object.error().message);
    v = std::move(*object);
    return in;
}

// The digits of a number without sign, point, exponent and the zeros around them.
inline std::string significant_digits(std::string_view number) {
    std::string digits;
    for (const char c : number) {
        if (c == 'e' || c == 'E') break;
        if (c >= '0' && c <= '9' && (c != '0' || !digits.empty())) digits.push_back(c);
    }
    while (!digits.empty() && digits.back() == '0') digits.pop_back();
    return digits;
}

// A document's number is an integer if it is written as one. One beyond 64 bits is a real, but
// only if the real has the same digits: 10^22 (which PostgreSQL writes out) has, a large id has
// not, and would be changed.
inline const char* get_number(const char* in, reader& r, document& v) {
    const char* const start = in;
    bool is_integer = true;
    in = scan_number(in, r, is_integer);
    if (in == nullptr) return nullptr;
    std::int64_t integer = 0;
    if (is_integer && !(in - start == 2 && *start == '-' && start[1] == '0')) {
        const auto parsed = std::from_chars(start, in, integer);
        if (parsed.ec == std::errc() && parsed.ptr == in) {
            v = document(integer);
            return in;
        }
    }
    double real = 0;
    const auto parsed = std::from_chars(start, in, real);
    if (parsed.ec != std::errc() || parsed.ptr != in)
        return fail(r, start, errc::out_of_range, "the number is beyond what a real holds");
    if (is_integer) {
        char text[number_size_max];
        const char* const end = std::to_chars(text, text + sizeof text, real).ptr;
        if (significant_digits({start, static_cast<std::size_t>(in - start)}) !=
            significant_digits({text, static_cast<std::size_t>(end - text)}))
            return fail(r, start, errc::out_of_range, "an integer has at most 64 bits");
    }
    v = document(real);
    return in;
}

inline const char* get_document(const char* in, reader& r, document& v) {
    if (in == r.end) return fail_expected(r, in, "a value");
    if (*in == '{') return get_object(in, r, v);
    if (*in == '[') {
        std::vector<document> elements;
        in = get_array(in, r, [&](const char* at, std::size_t) {
            return get_document(at, r, elements.emplace_back());
        });
        if (in != nullptr) v = document::array_of(std::move(elements));
        return in;
    }
    if (*in == '"') {
        std::string_view text;
        std::string unescaped;
        in = get_text(in + 1, r, text, unescaped);
        if (in != nullptr) v = document(text);
        return in;
    }
    if (take_word(in, r, "null")) return v = document(), in;
    if (take_word(in, r, "true")) return v = document(true), in;
    if (take_word(in, r, "false")) return v = document(false), in;
    if (*in != '-' && (*in < '0' || *in > '9')) return fail_expected(r, in, "a value");
    return get_number(in, r, v);
}

inline const char* get_replica(const char* in, reader& r, replica_id& id) {
    const char* const start = in;
    std::string_view text;
    in = expect(in, r, '"', "a replica's 16 hexadecimal digits");
    if (in != nullptr) in = get_text(in, r, text, r.scratch);
    if (in != nullptr && !replica_id::parse(text, id))
        return fail_expected(r, start, "a replica's 16 hexadecimal digits", errc::invalid_value);
    return in;
}

// `["0123456789abcdef",1,…]`: a replica and its numbers.
inline const char* get_numbers_of(const char* in, reader& r, replica_id& replica,
                                  std::uint64_t* numbers, std::size_t count) {
    const char* const start = in;
    std::size_t found = 0;
    in = get_array(in, r, [&](const char* at, std::size_t i) {
        found = i + 1;
        if (i == 0) return get_replica(at, r, replica);
        if (i > count) return fail(r, at, errc::malformed, "one number too many");
        return get_integer(at, r, numbers[i - 1]);
    });
    if (in != nullptr && found != count + 1)
        return fail(r, start, errc::malformed, "a number is missing");
    return in;
}

inline const char* get_dots(const char* in, reader& r, std::vector<dot>& dots) {
    return get_array(in, r, [&](const char* at, std::size_t) {
        dot& each = dots.emplace_back();
        return get_numbers_of(at, r, each.replica, &each.number, 1);
    });
}

inline const char* get_counter(const char* in, reader& r, counter& v) {
    const char* const start = in;
    std::vector<counter_part> parts;
    bool done = false;
    in = begin_object(in, r, done);
    while (in != nullptr && !done) {
        std::string_view name;
        in = get_name(in, r, name);
        if (in == nullptr) return nullptr;
        if (name == "parts") {
            in = get_array(in, r, [&](const char* at, std::size_t) {
                counter_part& part = parts.emplace_back();
                std::uint64_t numbers[2] = {};
                at = get_numbers_of(at, r, part.replica, numbers, 2);
                part.added = numbers[0];
                part.removed = numbers[1];
                return at;
            });
        } else {
            in = skip_value(in, r);  // the value is the sum of the parts
        }
        if (in != nullptr) in = next_member(in, r, done);
    }
    if (in == nullptr) return nullptr;
    --r.depth;
    auto whole = counter::from_parts(std::move(parts));
    if (!whole) return fail(r, start, errc::invalid_value, whole.error().message);
    v = std::move(*whole);
    return in;
}

template <class E>
const char* get_set(const char* in, reader& r, set_of<E>& v) {
    const char* const start = in;
    typename set_of<E>::state_type state;
    std::vector<std::vector<dot>> dots;
    bool done = false;
    in = begin_object(in, r, done);
    while (in != nullptr && !done) {
        std::string_view name;
        in = get_name(in, r, name);
        if (in == nullptr) return nullptr;
        if (name == "items")
            in = get_array(in, r, [&](const char* at, std::size_t) {
                return get(at, r, state.elements.emplace_back().value);
            });
        else if (name == "dots")
            in = get_array(in, r, [&](const char* at, std::size_t) {
                return get_dots(at, r, dots.emplace_back());
            });
        else
            in = name == "seen" ? get_dots(in, r, state.seen) : skip_value(in, r);
        if (in != nullptr) in = next_member(in, r, done);
    }
    if (in == nullptr) return nullptr;
    --r.depth;
    if (dots.size() != state.elements.size())
        return fail(r, start, errc::invalid_value, "a set needs as many dots as items");
    for (std::size_t i = 0; i < dots.size(); ++i) state.elements[i].dots = std::move(dots[i]);
    auto set = set_of<E>::from_state(std::move(state));
    if (!set) return fail(r, start, errc::invalid_value, set.error().message);
    v = std::move(*set);
    return in;
}

// --- objects
// ---------------------------------------------------------------------------------------

// An object that is being read.
struct object_reader {
    const char* in;  // null after a failure
    reader& r;
    const object_info& info;
    field_mask& present;
    bool done = false;

    void got(std::size_t place, const char* after) {
        if (after == nullptr) {
            in = in_member(r, info.names[place]);
        } else {
            present.set(place);
            in = next_member(after, r, done);
        }
    }
};

SYNCFW_INLINE bool take_key(const char*& in, const reader& r, std::string_view key) {
    if (static_cast<std::size_t>(r.end - in) <= key.size() ||
        std::memcmp(in, key.data(), key.size()) != 0)
        return false;
    in += key.size();
    if (is_space(*in)) in = skip_space(in, r.end);
    return true;
}

// json_sealed.hpp has the one for what stands for an encrypted member.
template <class V>
SYNCFW_INLINE const char* get_value(const char* in, reader& r, V& v) {
    return get(in, r, v);
}

// Members in declared order are recognised by one comparison each.
template <class V>
SYNCFW_INLINE bool get_in_order(object_reader& o, std::size_t place, std::string_view key, V& v) {
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
        o.in = in_member(r, o.info.names[place]);
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
inline constexpr std::array<getter, sizeof...(V)> getters<type_list<V...>>{&get_erased<V>...};

template <class Keys, std::size_t... I, class... M>
SYNCFW_INLINE void get_members_in_order(object_reader& o, std::index_sequence<I...>, M&&... m) {
    (void)((!Keys::travelling.test(I) || get_in_order(o, I, Keys::keys[I], m)) && ...);
}

// `Sealed` reads the encrypted members.
template <class Keys, class T, class Sealed>
const char* get_members(const char* in, reader& r, T& v, field_mask& present,
                        const Sealed& sealed) {
    object_reader o{in, r, Keys::info, present};
    o.in = begin_object(in, r, o.done);
    if (o.in == nullptr) return nullptr;
    with_placed_members(v, [&]<std::size_t... I>(std::index_sequence<I...> places, auto&... m) {
        if constexpr (Keys::has_sealed)
            get_members_in_order<Keys>(o, places, sealed.template at<I>(m)...);
        else
            get_members_in_order<Keys>(o, places, m...);
    });
    while (o.in != nullptr && !o.done) {
        const std::size_t place = find_member(o);
        if (place == no_field) continue;
        if constexpr (Keys::has_sealed)
            o.got(place, sealed.get_at(o.in, r, v, place));
        else
            o.got(place, getters<member_types<T>>[place](o.in, r, member_address(v, place)));
    }
    --r.depth;
    return o.in;
}

struct no_seal {};

// --- every field type
// ----------------------------------------------------------------------------------

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
