// SPDX-License-Identifier: BSL-1.0
// The fields of a row as a person writes them on a command line.
//
//     book each;
//     auto done = set_field(each, "pages", "412");
//     if (!done) return refuse(done.error());   // book.pages is a whole number, and not 'many'
//
// | field                     | what is written                                                  |
// |---------------------------|------------------------------------------------------------------|
// | text, enum, uuid, bytes   | as it is, without quotes; bytes in base64                        |
// | number, yes or no         | `412`, `4.5`; `true`, `false`                                    |
// | time                      | `2026-05-01T10:00:00Z`                                           |
// | list, set                 | JSON: `["a","b"]`; or `+a` puts one in, and `-a` takes it away   |
// | counter                   | `12`; or `+3` and `-3`, to which others may add at the same time |
// | document, nested struct   | JSON                                                             |
// | optional                  | the same; nothing for none                                       |
#pragma once

#include <syncfw/app/settings.hpp>
#include <syncfw/codec/detail/json_object.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/entity/entity.hpp>
#include <syncfw/entity/key.hpp>
#include <syncfw/sync/detail/row_key.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw::app {

/// `title=Dune` → `title` and `Dune`. Fails with `errc::invalid_value` where there is no `=`.
[[nodiscard]] result<std::pair<std::string, std::string>> split_assignment(std::string_view word);

/// The place of the field that a person calls so: by its JSON name, an alias, or its member's name.
/// Fails with `errc::unknown_field`, and says which name is probably meant.
template <class T>
[[nodiscard]] result<std::size_t> find_field(std::string_view name);

/// Fails with `errc::invalid_value` where the text is no value of the field, and with
/// `errc::forbidden_field` where only the server sets it. `present`, where given, notes the field.
template <class T>
[[nodiscard]] result<void> set_field(T& row, std::string_view name, std::string_view text,
                                     field_mask* present = nullptr);

/// A row's key as lists print it: `0192f0c1-…`, `7`, or `[7,"draft"]` for a composite one.
template <class T>
[[nodiscard]] result<key_of<T>> read_key(std::string_view text);

// --- how it is done ------------------------------------------------------------------------------

inline result<std::pair<std::string, std::string>> split_assignment(std::string_view word) {
    const std::size_t equals = word.find('=');
    if (equals != std::string_view::npos && equals > 0)
        return std::pair(std::string(word.substr(0, equals)), std::string(word.substr(equals + 1)));
    return error{.code = errc::invalid_value,
                 .message = detail::shown(word) + " is no field=value"};
}

namespace detail {

using syncfw::detail::value_shape;

/// What a value of the type looks like, to people.
template <class V>
[[nodiscard]] std::string words_of_type() {
    using plain = syncfw::detail::written_t<V>;
    constexpr value_shape shape = syncfw::detail::shape_v<plain>;
    if constexpr (shape == value_shape::enumeration) {
        std::vector<std::string_view> names;
        for (const auto& each : syncfw::detail::enumerators<plain>) names.push_back(each.name);
        return syncfw::detail::in_a_row(names);
    }
    switch (shape) {
        case value_shape::boolean: return "true or false";
        case value_shape::integer: return "a whole number";
        case value_shape::real: return "a number";
        case value_shape::text: return "a text";
        case value_shape::bytes: return "bytes in base64";
        case value_shape::uuid: return "a uuid";
        case value_shape::timestamp: return "a time like 2026-05-01T10:00:00Z";
        case value_shape::counter: return "a whole number, or +1 or -1";
        case value_shape::vector:
        case value_shape::set: return R"(a list in JSON like ["a","b"], or +a or -a)";
        default: return "JSON";
    }
}

/// The value's JSON, which the decoder of the field then reads.
template <class V>
[[nodiscard]] std::string json_of_text(std::string_view text) {
    switch (syncfw::detail::kind_of<V>()) {
        case value_kind::boolean: {
            const auto read = yes_or_no(text);
            return read ? (*read ? "true" : "false") : std::string(text);
        }
        case value_kind::integer:
        case value_kind::real:
        case value_kind::json: return std::string(text);
        default: return syncfw::detail::json::quoted(text);
    }
}

template <class V>
[[nodiscard]] result<V> value_of_text(std::string_view text) {
    if constexpr (syncfw::detail::is_nullable<V>)
        if (text.empty()) return V{};
    return json::decode_value<V>(json_of_text<V>(text));
}

/// `+3` on a counter, `+a` or `-a` on a list. Nothing where the text is neither.
template <class V>
[[nodiscard]] std::optional<result<void>> change_by(V& value, std::string_view text) {
    constexpr value_shape shape = syncfw::detail::shape_v<V>;
    const bool adds = text.starts_with('+');
    if (!adds && !text.starts_with('-')) return {};
    if constexpr (shape == value_shape::counter) {
        const auto amount = whole_number(text.substr(adds ? 1 : 0));
        if (!amount) return result<void>(bad_setting({}));
        value += *amount;
        return result<void>();
    } else if constexpr (shape == value_shape::vector || shape == value_shape::set) {
        using element = syncfw::detail::inner_t<V>;
        auto each = value_of_text<element>(text.substr(1));
        if (!each) return result<void>(each.error());
        if constexpr (shape == value_shape::set) {
            (void)(adds ? value.insert(*each) : value.erase(*each));
        } else if (adds) {
            value.push_back(std::move(*each));
        } else if constexpr (std::equality_comparable<element>) {
            std::erase(value, *each);
        } else {
            return result<void>(bad_setting({}));
        }
        return result<void>();
    } else {
        return {};
    }
}

template <class V>
[[nodiscard]] result<void> set_value(V& value, std::string_view text) {
    if (auto changed = change_by(value, text)) return std::move(*changed);
    if constexpr (syncfw::detail::shape_v<V> == value_shape::counter) {
        const auto wanted = whole_number(text);
        if (!wanted) return bad_setting({});
        value += *wanted - value.value();
        return {};
    } else if constexpr (syncfw::detail::shape_v<V> == value_shape::set) {
        // Only what differs is done, so that what others do to the set at the same time stays.
        using element = syncfw::detail::inner_t<V>;
        auto wanted = json::decode_value<std::vector<element>>(text);
        if (!wanted) return wanted.error();
        const std::vector<element> here(value.begin(), value.end());
        for (const element& each : here)
            if (std::find(wanted->begin(), wanted->end(), each) == wanted->end())
                (void)value.erase(each);
        for (element& each : *wanted)
            if (!value.contains(each)) (void)value.insert(std::move(each));
        return {};
    } else {
        auto read = value_of_text<V>(text);
        if (!read) return read.error();
        value = std::move(*read);
        return {};
    }
}

/// What is wrong with the text, in the words of the field.
template <class V>
[[nodiscard]] error bad_value(const entity_info& entity, const field_info& field,
                              std::string_view text, const error& why) {
    const bool is_hidden = field.is_secret || field.cipher != encryption::none;
    std::string message = "is " + words_of_type<V>();
    if (!is_hidden) message += ", and not " + shown(text);
    if (why.code == errc::out_of_range || field.kind == value_kind::json)
        if (!why.message.empty() && !is_hidden) message += " (" + why.message + ")";
    return {.code = errc::invalid_value,
            .message = std::string(entity.name) + "." + std::string(field.json) + " " + message};
}

template <class T>
[[nodiscard]] std::vector<std::string_view> names_of_fields() {
    std::vector<std::string_view> names;
    for (const field_info& each : entity_of<T>.fields)
        if (!each.is_server_owned()) names.push_back(each.json);
    return names;
}

}  // namespace detail

template <class T>
result<std::size_t> find_field(std::string_view name) {
    const entity_info& entity = entity_of<T>;
    std::size_t place = entity.find(name);
    for (std::size_t i = 0; i < entity.fields.size() && place == no_field; ++i)
        if (entity.fields[i].name == name) place = i;
    if (place != no_field) return place;
    const auto names = detail::names_of_fields<T>();
    return error{.code = errc::unknown_field,
                 .message = std::string(entity.name) + " has no field " + detail::shown(name) +
                            syncfw::detail::or_meant(name, names) + " (it has " +
                            syncfw::detail::in_a_row(names, " and ") + ")"};
}

template <class T>
result<void> set_field(T& row, std::string_view name, std::string_view text, field_mask* present) {
    auto place = find_field<T>(name);
    if (!place) return place.error();
    const field_info& field = entity_of<T>.fields[*place];
    if (field.is_server_owned())
        return error{.code = errc::forbidden_field,
                     .message = std::string(entity_of<T>.name) + "." + std::string(field.json) +
                                " is set by the server alone"};
    result<void> done;
    std::size_t at = 0;
    syncfw::detail::with_members(row, [&](auto&... members) {
        const auto set = [&]<class V>(V& member) {
            if (at++ != *place) return;
            if constexpr (syncfw::detail::shape_v<V> != detail::value_shape::unsupported) {
                const auto how = detail::set_value(member, text);
                if (!how) done = detail::bad_value<V>(entity_of<T>, field, text, how.error());
            }
        };
        (set(members), ...);
    });
    if (done && present != nullptr) present->set(*place);
    return done;
}

template <class T>
result<key_of<T>> read_key(std::string_view text) {
    auto read = syncfw::detail::key_parser<key_of<T>>::parse(text);
    if (read) return read;
    return error{.code = errc::invalid_value,
                 .message = detail::shown(text) + " is no key of " +
                            std::string(entity_of<T>.name) + ": " + read.error().message};
}

}  // namespace syncfw::app
