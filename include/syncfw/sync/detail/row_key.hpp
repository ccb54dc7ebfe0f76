// SPDX-License-Identifier: BSL-1.0
// How the engine's own rows name a user's row: by its key as a text that can be read back. A text,
// a uuid or a number is itself, anything else is JSON, and a composite key a JSON list:
// `[7,"draft"]`.
#pragma once

#include <syncfw/codec/json.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/entity/key.hpp>

#include <charconv>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace syncfw::detail {

template <class V>
inline constexpr bool is_plain_key = std::is_same_v<V, std::string> || std::is_same_v<V, uuid> ||
                                     (std::is_integral_v<V> && !std::is_same_v<V, bool>);

template <class V>
[[nodiscard]] std::string key_json(const V& part) {
    buffer out;
    out.set_end(json::put(out.room(json::bound(part)), part));
    return std::string(out.view());
}

template <class V>
[[nodiscard]] result<V> parse_key_part(std::string_view text) {
    if constexpr (std::is_same_v<V, std::string>) {
        return std::string(text);
    } else if constexpr (std::is_same_v<V, uuid>) {
        return uuid::parse(text);
    } else if constexpr (is_plain_key<V>) {
        V number{};
        const char* const end = text.data() + text.size();
        const auto read = std::from_chars(text.data(), end, number);
        if (read.ec == std::errc() && read.ptr == end) return number;
        return error{.code = errc::malformed, .message = "a key must be a number"};
    } else {
        return json::decode_value<V>(text, {}, "key");
    }
}

template <class V>
[[nodiscard]] std::string key_to_text(const V& key) {
    if constexpr (is_plain_key<V>)
        return key_part_text(key);
    else
        return key_json(key);
}
template <class... V>
[[nodiscard]] std::string key_to_text(const std::tuple<V...>& key) {
    std::string text = "[";
    std::apply([&](const V&... part) { ((text += key_json(part) + ","), ...); }, key);
    text.back() = ']';
    return text;
}

template <class V>
struct key_parser {
    static result<V> parse(std::string_view text) { return parse_key_part<V>(text); }
};
template <class... V>
struct key_parser<std::tuple<V...>> {
    static result<std::tuple<V...>> parse(std::string_view text) {
        auto list = syncfw::json::decode_document(text);
        if (!list) return list.error();
        const auto* const parts = list->elements();
        if (parts == nullptr || parts->size() != sizeof...(V))
            return error{.code = errc::malformed, .message = "a key must have all its parts"};
        std::tuple<V...> key;
        result<void> done;
        std::size_t place = 0;
        const auto read = [&](auto& to) {
            using part_type = std::remove_reference_t<decltype(to)>;
            if (!done) return;
            auto part =
                json::decode_value<part_type>(syncfw::json::encode((*parts)[place++]), {}, "key");
            if (part)
                to = std::move(*part);
            else
                done = part.error();
        };
        std::apply([&](V&... part) { (read(part), ...); }, key);
        if (!done) return done.error();
        return key;
    }
};

/// What a user's row is called in the engine's own rows.
template <class T>
[[nodiscard]] std::string row_key(const T& value) {
    return key_to_text(key(value));
}

/// The key that `row_key` wrote.
template <class T>
[[nodiscard]] result<key_of<T>> parse_row_key(std::string_view text) {
    auto key = key_parser<key_of<T>>::parse(text);
    if (key) return key;
    error e = key.error();
    e.code = errc::corrupted;
    e.entity = std::string(entity_of<T>.name);
    return e;
}

}  // namespace syncfw::detail
