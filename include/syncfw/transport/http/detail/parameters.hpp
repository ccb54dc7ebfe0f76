// SPDX-License-Identifier: BSL-1.0
// Structs out of what stands in a request's target: the parts of its path, and its query.
#pragma once

#include <syncfw/codec/detail/json_object.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/entity/rules.hpp>
#include <syncfw/transport/http/detail/query_parts.hpp>
#include <syncfw/transport/http/message.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::http::detail {

// Written without quotes in a target, with them in JSON.
template <class V>
consteval bool is_quoted() {
    using enum syncfw::detail::value_shape;
    constexpr auto shape = syncfw::detail::shape_v<syncfw::detail::written_t<V>>;
    static_assert(shape == boolean || shape == integer || shape == real || shape == text ||
                      shape == bytes || shape == uuid || shape == timestamp || shape == enumeration,
                  "syncfw: a path or query holds texts, numbers, flags, enums, uuids, times, and "
                  "lists of these");
    return shape != boolean && shape != integer && shape != real;
}

template <class V>
[[nodiscard]] result<void> read_text(std::string_view text, V& value) {
    using syncfw::detail::inner_t;
    if constexpr (syncfw::detail::shape_v<V> == syncfw::detail::value_shape::optional) {
        return read_text(text, value.emplace());
    } else if constexpr (syncfw::detail::shape_v<V> == syncfw::detail::value_shape::vector) {
        value.clear();
        for (bool has_more = !text.empty(); has_more;) {
            const std::size_t end = text.find(',');
            inner_t<V> element{};
            if (auto done = read_text(text.substr(0, end), element); !done) return done;
            value.push_back(std::move(element));
            has_more = end != std::string_view::npos;
            text.remove_prefix(has_more ? end + 1 : text.size());
        }
        return {};
    } else {
        const char* const end = text.data() + text.size();
        if (syncfw::detail::find_invalid_utf8(text.data(), end) != end)
            return error{.code = errc::invalid_value, .message = "expected UTF-8"};
        std::string json(text);
        if constexpr (is_quoted<V>()) {
            json = syncfw::detail::json::quoted(text);
        } else if (text.find_first_of(" \t\r\n") != std::string_view::npos) {
            return error{.code = errc::invalid_value, .message = "expected a value without spaces"};
        }
        auto read = syncfw::json::decode_value<V>(json);
        if (!read) return error{.code = read.error().code, .message = read.error().message};
        value = std::move(*read);
        return {};
    }
}

// Reads the text into the member of this name; false where there is none.
template <class T>
[[nodiscard]] result<bool> read_member(T& object, std::string_view name, std::string_view text) {
    result<bool> done = false;
    syncfw::detail::with_members(object, [&](auto&... members) {
        std::size_t i = 0;
        const auto read = [&](auto& member) {
            if (syncfw::detail::member_names<T>[i++] != name) return;
            const auto is_read = read_text(text, member);
            done = is_read ? result<bool>(true) : is_read.error();
        };
        (read(members), ...);
    });
    if (!done) {
        error why = done.error();
        why.field = name;
        return why;
    }
    return done;
}

[[nodiscard]] inline error unknown_parameter(std::string name, const std::string_view* names,
                                             std::size_t count) {
    std::string words = "there is no such parameter; there are: ";
    for (std::size_t i = 0; i < count; ++i) (words += i == 0 ? "" : ", ") += names[i];
    return {.code = errc::unknown_field, .message = std::move(words), .field = std::move(name)};
}

template <class Q>
[[nodiscard]] result<void> read_query(std::string_view text, Q& into) {
    auto parameters = split_query(text);
    if (!parameters) return parameters.error();
    for (const auto& [name, value] : *parameters) {
        const auto known = read_member(into, name, value);
        if (!known) return known.error();
        if (!*known)
            return unknown_parameter(name, syncfw::detail::member_names<Q>.data(),
                                     syncfw::detail::member_count<Q>);
    }
    return keep_rules(into);
}

}  // namespace syncfw::http::detail
