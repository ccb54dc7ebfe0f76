// SPDX-License-Identifier: BSL-1.0
// Reads what JSON is made of: arrays, the members of objects, documents, and the mergeable values.
#pragma once

#include <syncfw/codec/detail/json_scan.hpp>

#include <cstddef>
#include <initializer_list>
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

// `{"a":…,"b":…}`: calls `member(name, in, start)` at each value; `start` is the place of its name,
// which is gone once something else is read. It gives the value's end, or null where it failed.
template <class Member>
const char* get_each_member(const char* in, reader& r, Member&& member) {
    bool done = false;
    in = begin_object(in, r, done);
    while (in != nullptr && !done) {
        const char* const start = in;
        std::string_view name;
        in = get_name(in, r, name);
        if (in != nullptr) in = member(name, in, start);
        if (in != nullptr) in = next_member(in, r, done);
    }
    if (in != nullptr) --r.depth;
    return in;
}

// --- documents and mergeable values --------------------------------------------------------------

const char* get_document(const char* in, reader& r, document& v);

inline const char* get_object(const char* in, reader& r, document& v) {
    const char* const start = in;
    std::vector<document::member> members;
    in = get_each_member(in, r, [&](std::string_view name, const char* at, const char*) {
        members.push_back({std::string(name), document()});
        at = get_document(at, r, members.back().value);
        return at != nullptr ? at : in_member(r, members.back().key);
    });
    if (in == nullptr) return nullptr;
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

// One of the names, as a constant: what was read may stand in memory that is used again.
inline std::string_view known_part(std::string_view name,
                                   std::initializer_list<std::string_view> known) {
    for (const std::string_view each : known)
        if (name == each) return each;
    return {};
}
inline const char* in_known_member(reader& r, std::string_view part) {
    return part.empty() ? nullptr : in_member(r, part);
}

inline const char* get_counter(const char* in, reader& r, counter& v) {
    const char* const start = in;
    std::vector<counter_part> parts;
    in = get_each_member(in, r, [&](std::string_view name, const char* value, const char*) {
        const std::string_view known = known_part(name, {"parts"});
        // The value is the sum of the parts.
        if (known.empty()) return skip_value(value, r);
        value = get_array(value, r, [&](const char* at, std::size_t) {
            counter_part& part = parts.emplace_back();
            std::uint64_t numbers[2] = {};
            at = get_numbers_of(at, r, part.replica, numbers, 2);
            part.added = numbers[0];
            part.removed = numbers[1];
            return at;
        });
        return value != nullptr ? value : in_known_member(r, known);
    });
    if (in == nullptr) return nullptr;
    auto whole = counter::from_parts(std::move(parts));
    if (!whole) return fail(r, start, errc::invalid_value, whole.error().message);
    v = std::move(*whole);
    return in;
}

// A set's parts; `item` reads each of its elements.
template <class Item>
const char* get_set_parts(const char* in, reader& r, std::vector<std::vector<dot>>& dots,
                          std::vector<dot>& seen, Item&& item) {
    return get_each_member(in, r, [&](std::string_view name, const char* value, const char*) {
        const std::string_view part = known_part(name, {"items", "dots", "seen"});
        if (part == "items")
            value = get_array(value, r, [&](const char* at, std::size_t) { return item(at); });
        else if (part == "dots")
            value = get_array(value, r, [&](const char* at, std::size_t) {
                return get_dots(at, r, dots.emplace_back());
            });
        else
            value = part == "seen" ? get_dots(value, r, seen) : skip_value(value, r);
        return value != nullptr ? value : in_known_member(r, part);
    });
}

template <class E>
const char* get_set(const char* in, reader& r, set_of<E>& v) {
    const char* const start = in;
    typename set_of<E>::state_type state;
    std::vector<std::vector<dot>> dots;
    in = get_set_parts(in, r, dots, state.seen, [&](const char* at) {
        return get(at, r, state.elements.emplace_back().value);
    });
    if (in == nullptr) return nullptr;
    if (dots.size() != state.elements.size())
        return fail(r, start, errc::invalid_value, "a set needs as many dots as items");
    for (std::size_t i = 0; i < dots.size(); ++i) state.elements[i].dots = std::move(dots[i]);
    auto set = set_of<E>::from_state(std::move(state));
    if (!set) return fail(r, start, errc::invalid_value, set.error().message);
    v = std::move(*set);
    return in;
}

}  // namespace syncfw::detail::json
