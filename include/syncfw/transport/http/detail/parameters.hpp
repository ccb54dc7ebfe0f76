// SPDX-License-Identifier: BSL-1.0
// Structs out of what stands in a request's target: the parts of its path, and its query.
#pragma once

#include <syncfw/codec/detail/json_object.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/entity/rules.hpp>
#include <syncfw/transport/http/detail/query_parts.hpp>
#include <syncfw/transport/http/message.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

[[nodiscard]] inline result<std::string> json_of(std::string_view text, bool is_quoted) {
    const char* const end = text.data() + text.size();
    if (syncfw::detail::find_invalid_utf8(text.data(), end) != end)
        return error{.code = errc::invalid_value, .message = "expected UTF-8"};
    if (is_quoted) return syncfw::detail::json::quoted(text);
    if (text.find_first_of(" \t\r\n") != std::string_view::npos)
        return error{.code = errc::invalid_value, .message = "expected a value without spaces"};
    return std::string(text);
}
// A place in JSON says nothing to who wrote none.
[[nodiscard]] inline error without_place(const error& why) {
    return {.code = why.code, .message = why.message};
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
        auto json = json_of(text, is_quoted<V>());
        if (!json) return json.error();
        auto read = syncfw::json::decode_value<V>(*json);
        if (!read) return without_place(read.error());
        value = std::move(*read);
        return {};
    }
}

// A struct without its type: its members' names, and what reads a text into one of them.
struct readable {
    void* object;
    result<void> (*read)(void* object, std::size_t place, std::string_view text);
    const std::string_view* names;
    std::size_t count;

    // The place of this name; `count` where there is none.
    [[nodiscard]] std::size_t find(std::string_view name) const {
        return static_cast<std::size_t>(std::find(names, names + count, name) - names);
    }
};

template <class T>
[[nodiscard]] result<void> read_at(void* object, std::size_t place, std::string_view text) {
    result<void> done;
    syncfw::detail::with_members(*static_cast<T*>(object), [&](auto&... members) {
        std::size_t i = 0;
        (void)((i++ == place && (done = read_text(text, members), true)) || ...);
    });
    return done;
}
template <class T>
[[nodiscard]] readable readable_of(T& object) {
    return {&object, &read_at<T>, syncfw::detail::member_names<T>.data(),
            syncfw::detail::member_count<T>};
}

[[nodiscard]] inline error unknown_parameter(std::string name, const readable& known) {
    std::string words = "there is no such parameter; there are: ";
    for (std::size_t i = 0; i < known.count; ++i) (words += i == 0 ? "" : ", ") += known.names[i];
    return {.code = errc::unknown_field, .message = std::move(words), .field = std::move(name)};
}

[[nodiscard]] inline result<void> read_parameters(std::string_view text, const readable& into) {
    auto parameters = split_query(text);
    if (!parameters) return parameters.error();
    for (const auto& [name, value] : *parameters) {
        const std::size_t place = into.find(name);
        if (place == into.count) return unknown_parameter(name, into);
        if (const auto done = into.read(into.object, place, value); !done) {
            error why = done.error();
            why.field = name;
            return why;
        }
    }
    return {};
}

// Whether all parts that the struct has a member for are of their types.
[[nodiscard]] inline bool read_parts(const std::vector<std::pair<std::string, std::string>>& parts,
                                     const readable& into) {
    for (const auto& [name, text] : parts)
        if (const std::size_t place = into.find(name); place != into.count)
            if (!into.read(into.object, place, text)) return false;
    return true;
}

}  // namespace syncfw::http::detail
