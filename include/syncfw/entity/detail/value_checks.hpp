// SPDX-License-Identifier: BSL-1.0
// What holds for every value, whatever its field's annotations: texts are UTF-8 without NUL, reals
// are finite, enums have a name, also inside of optionals, lists, sets, documents and structs.
#pragma once

#include <syncfw/core/counter.hpp>
#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/entity/detail/reflect.hpp>
#include <syncfw/entity/value_traits.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

namespace syncfw::detail {

// What a value is wrong in.
enum class value_mistake : unsigned char { none, not_utf8, not_finite, no_enumerator, too_deep };

// As deep as the codecs go.
inline constexpr int document_nesting_max = 64;

// Where a value stands in its field: links on the stack, so that only a mistake needs a text.
struct value_path {
    const value_path* outer = nullptr;
    std::string_view member{};
    std::size_t element = 0;
};

inline std::string path_text(const value_path* last) {
    std::string text;
    for (; last != nullptr; last = last->outer)
        text.insert(0, last->member.empty() ? "[" + std::to_string(last->element) + "]"
                                            : "." + std::string(last->member));
    return text;
}

struct value_finding {
    value_mistake mistake = value_mistake::none;
    std::string path{};  // Below the field: `.city`, `[3]`.
};

// Whether some value of this type can be wrong at all.
template <class V>
consteval bool can_be_wrong() {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    if constexpr (shape == optional || shape == vector || shape == set || shape == secret)
        return can_be_wrong<inner_t<V>>();
    else if constexpr (shape == custom)
        return can_be_wrong<typename value_traits<V>::storage_type>();
    else if constexpr (shape == structure)
        return []<class... M>(type_list<M...>) {
            return (can_be_wrong<M>() || ... || false);
        }(member_types<V>{});
    else
        return shape == text || shape == real || shape == enumeration || shape == document;
}

inline bool is_valid_text(std::string_view text) noexcept {
    const char* const end = text.data() + text.size();
    return find_invalid_text(text.data(), end) == end;
}

template <class V>
constexpr bool is_finite(V number) noexcept {
    return number >= std::numeric_limits<V>::lowest() && number <= std::numeric_limits<V>::max();
}

inline bool set_mistake(value_finding& found, value_mistake mistake, const value_path* path) {
    found.mistake = mistake;
    found.path = path_text(path);
    return false;
}

inline bool check_document(const document& value, value_finding& found, const value_path* path,
                           int depth) {
    if (depth > document_nesting_max) return set_mistake(found, value_mistake::too_deep, nullptr);
    if (const std::string* text = value.text())
        return is_valid_text(*text) || set_mistake(found, value_mistake::not_utf8, path);
    if (const auto* elements = value.elements()) {
        value_path here{path};
        for (const document& each : *elements) {
            if (!check_document(each, found, &here, depth + 1)) return false;
            ++here.element;
        }
    }
    if (const auto* members = value.members())
        for (const auto& each : *members) {
            if (!is_valid_text(each.key)) return set_mistake(found, value_mistake::not_utf8, path);
            // Its key may be empty or long: the path has names of the declaration only.
            if (!check_document(each.value, found, path, depth + 1)) return false;
        }
    return true;
}

template <class V>
bool check_value(const V& value, value_finding& found, const value_path* path = nullptr);

template <class V>
bool check_elements(const V& values, value_finding& found, const value_path* path) {
    value_path here{path};
    for (const auto& each : values) {
        // A vector<bool>'s element is no reference, but bools are never wrong.
        if (!check_value<typename V::value_type>(each, found, &here)) return false;
        ++here.element;
    }
    return true;
}

template <class V>
bool check_structure(const V& value, value_finding& found, const value_path* path) {
    return with_members(value, [&](const auto&... members) {
        std::size_t i = 0;
        const auto check = [&](const auto& member) {
            const value_path here{path, member_names<V>[i++]};
            return check_value(member, found, &here);
        };
        return (check(members) && ... && true);
    });
}

// False, and the mistake found, if the value has one.
template <class V>
bool check_value(const V& value, value_finding& found, const value_path* path) {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    if constexpr (!can_be_wrong<V>())
        return true;
    else if constexpr (shape == text)
        return is_valid_text(value) || set_mistake(found, value_mistake::not_utf8, path);
    else if constexpr (shape == real)
        return is_finite(value) || set_mistake(found, value_mistake::not_finite, path);
    else if constexpr (shape == enumeration)
        return !enum_name(value).empty() || set_mistake(found, value_mistake::no_enumerator, path);
    else if constexpr (shape == optional)
        return !value.has_value() || check_value(*value, found, path);
    else if constexpr (shape == secret)
        return check_value(value.reveal(), found, path);
    else if constexpr (shape == custom)
        return check_value(value_traits<V>::to_storage(value), found, path);
    else if constexpr (shape == vector || shape == set)
        return check_elements(value, found, path);
    else if constexpr (shape == document)
        return check_document(value, found, path, 0);
    else
        return check_structure(value, found, path);
}

}  // namespace syncfw::detail
