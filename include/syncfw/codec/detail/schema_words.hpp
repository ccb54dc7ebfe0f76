// SPDX-License-Identifier: BSL-1.0
// One schema in the making, and what rules add to it.
#pragma once

#include <syncfw/codec/detail/json_object.hpp>
#include <syncfw/entity/rules.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw::detail::json {

struct schema_words {
    ordered_object words{};
    std::string notes{};  // The description, sentence by sentence.
    bool is_nullable = false;
    bool is_secret = false;    // Has no example.
    bool is_in_words = false;  // A rule in words or a pattern: no example is sure to keep it.

    void note(std::string_view sentence) {
        if (!notes.empty()) notes += ' ';
        (notes += sentence) += '.';
    }
    [[nodiscard]] std::string text() const;
};

[[nodiscard]] inline schema_words typed_words(std::string_view type, std::string_view format = {}) {
    schema_words out;
    out.words.set_text("type", type);
    if (!format.empty()) out.words.set_text("format", format);
    return out;
}

// What doesn't fill a format of JSON's world has its bounds told.
template <class V>
[[nodiscard]] schema_words integer_words() {
    schema_words out = typed_words(
        "integer", sizeof(V) == 8 || (sizeof(V) == 4 && V(-1) > V(0)) ? "int64" : "int32");
    if constexpr (sizeof(V) < 4 || std::is_unsigned_v<V>) {
        out.words.set("minimum", std::to_string(std::numeric_limits<V>::min()));
        out.words.set("maximum", std::to_string(std::numeric_limits<V>::max()));
    }
    return out;
}

template <class E>
[[nodiscard]] schema_words enum_words() {
    schema_words out = typed_words("string");
    std::vector<std::string> names;
    for (const auto& each : enumerators<E>) names.push_back(json::quoted(each.name));
    out.words.set("enum", array_text(names));
    return out;
}

// `[["0123456789abcdef",3],…]`, a replica and its numbers.
inline constexpr std::string_view dots_schema =
    R"({"type":"array","items":{"type":"array","prefixItems":[{"type":"string"}],)"
    R"("items":{"type":"integer","format":"int64"}}})";

[[nodiscard]] inline schema_words counter_words() {
    schema_words out = typed_words("object");
    out.words.set("properties", R"({"value":{"type":"integer","format":"int64"},"parts":)" +
                                    std::string(dots_schema) + "}");
    out.note("A number that several devices count at once; its value is the sum of the parts");
    return out;
}

[[nodiscard]] inline schema_words set_words(const std::string& element) {
    schema_words out = typed_words("object");
    out.words.set("properties", R"({"items":{"type":"array","items":)" + element +
                                    R"(},"dots":{"type":"array","items":)" +
                                    std::string(dots_schema) + R"(},"seen":)" +
                                    std::string(dots_schema) + "}");
    out.note("A set that several devices change at once; dots and seen say who added what");
    return out;
}

[[nodiscard]] inline schema_words ciphertext_words(encryption kind) {
    schema_words out = typed_words("string");
    out.words.set_text("contentEncoding", "base64");
    out.is_secret = true;
    out.note(kind == encryption::equality
                 ? "Encrypted: the base64 of a ciphertext, the same one for equal values"
                 : "Encrypted: the base64 of a ciphertext, another one each time");
    return out;
}

// --- what rules add ------------------------------------------------------------------------------

// A literal of a declaration, as JSON.
template <class V>
[[nodiscard]] std::string literal(const V& value) {
    if constexpr (std::is_integral_v<V> && !std::is_same_v<V, bool>)
        return std::to_string(value);
    else if constexpr (std::is_arithmetic_v<V> || has_value_traits<V>)
        return syncfw::json::encode_value(value);
    else
        return json::quoted(rule_text(value));
}

template <class V, std::size_t Min, std::size_t Max>
void add_rule(schema_words& out, const length_t<Min, Max>&) {
    constexpr auto shape = shape_v<written_t<V>>;
    if constexpr (shape == value_shape::text || shape == value_shape::vector) {
        constexpr bool is_text = shape == value_shape::text;
        if (Min > 0) out.words.set(is_text ? "minLength" : "minItems", std::to_string(Min));
        out.words.set(is_text ? "maxLength" : "maxItems", std::to_string(Max));
    } else {
        out.note("Has " + std::to_string(Min) + " to " + std::to_string(Max) + " " +
                 (shape == value_shape::bytes ? "bytes" : "elements"));
    }
}
template <class V, class Limit>
void add_rule(schema_words& out, const range_t<Limit>& limits) {
    if constexpr (std::is_arithmetic_v<Limit>) {
        out.words.set("minimum", literal(limits.min)).set("maximum", literal(limits.max));
    } else {
        out.note("From " + rule_text(limits.min) + " to " + rule_text(limits.max));
        out.is_in_words = true;
    }
}
template <class V, class Value, std::size_t N>
void add_rule(schema_words& out, const one_of_t<Value, N>& allowed) {
    std::vector<std::string> values;
    for (const Value& each : allowed.values) values.push_back(literal(each));
    out.words.set("enum", array_text(values));
}
template <class V>
void add_rule(schema_words& out, const email_t&) {
    out.words.set_text("format", "email");
}
template <class V, fixed_string Pattern>
void add_rule(schema_words& out, const pattern_t<Pattern>&) {
    out.words.set_text("pattern", "^(?:" + std::string(Pattern.view()) + ")$");
    out.is_in_words = true;
}
template <class V, class Rule>
void add_rule(schema_words& out, const satisfies_t<Rule>& rule) {
    out.note("Must " + std::string(rule.words));
    out.is_in_words = true;
}
template <class V>
void add_rule(schema_words& out, const required_t&) {
    constexpr auto shape = shape_v<written_t<V>>;
    out.is_nullable = false;
    if constexpr (shape == value_shape::text) {
        if (!out.words.has("minLength")) out.words.set("minLength", "1");
    } else if constexpr (shape == value_shape::vector) {
        if (!out.words.has("minItems")) out.words.set("minItems", "1");
    }
}

// --- defaults and examples -----------------------------------------------------------------------

// A value as a default; nothing where it says nothing: an empty text, a zero.
template <class V>
[[nodiscard]] std::string default_text(const V& value) {
    constexpr auto shape = shape_v<V>;
    if constexpr (shape == value_shape::optional) {
        return value ? default_text(*value) : std::string();
    } else if constexpr (shape == value_shape::enumeration) {
        const std::string_view name = enum_name(value);
        return name.empty() ? std::string() : json::quoted(name);
    } else if constexpr (shape == value_shape::boolean || shape == value_shape::integer ||
                         shape == value_shape::real || shape == value_shape::text) {
        return value == V{} ? std::string() : syncfw::json::encode_value(value);
    } else {
        return {};
    }
}

[[nodiscard]] inline std::size_t number_in(std::string_view text, std::size_t otherwise) {
    std::size_t number = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

[[nodiscard]] inline std::string example_text(const ordered_object& words) {
    const std::string_view format = words.get("format");
    if (format == R"("uuid")") return R"("0190a5c2-7f1e-7c3a-9b4d-2e6f80a1c3d5")";
    if (format == R"("date-time")") return R"("2026-01-31T12:00:00.000000Z")";
    if (words.has("contentEncoding")) return R"("c3luY2Z3")";
    std::string text = format == R"("email")" ? "someone@example.org" : "text";
    const std::size_t least = number_in(words.get("minLength"), 0);
    const std::size_t most = number_in(words.get("maxLength"), text.size());
    if (format.empty()) {
        while (text.size() < least) text += " text";
        if (text.size() > most) text.resize(most);
    }
    return text.size() < least || text.size() > most ? std::string() : json::quoted(text);
}

// A value that keeps the schema; nothing where none is sure to.
[[nodiscard]] inline std::string example_of(const schema_words& of_it) {
    const ordered_object& words = of_it.words;
    const std::string_view type = words.get("type");
    if (of_it.is_secret || of_it.is_in_words) return {};
    if (const std::string_view names = words.get("enum"); names.size() > 2) {
        // Up to the comma or bracket behind the first: names of enums have none inside.
        const std::size_t end =
            names[1] == '"' ? names.find('"', 2) + 1 : names.find_first_of(",]");
        return std::string(names.substr(1, end - 1));
    }
    if (type == R"("boolean")") return "true";
    if (type == R"("string")") return example_text(words);
    if (type != R"("integer")" && type != R"("number")") return {};
    if (words.has("default")) return std::string(words.get("default"));
    if (const auto least = words.get("minimum"); !least.empty() && least != "0")
        return std::string(least);
    const std::string_view most = words.get("maximum");
    if (most == "0" || most.starts_with('-') || most.starts_with("0.")) return std::string(most);
    return type == R"("integer")" || !most.empty() ? "1" : "1.5";
}

// Null is one more type, and one more value of an enum.
inline std::string schema_words::text() const {
    ordered_object out = words;
    if (is_nullable) {
        if (const std::string_view type = words.get("type"); !type.empty())
            out.set("type", joined({"[", type, R"(,"null"])"}));
        if (const std::string_view names = words.get("enum"); !names.empty())
            out.set("enum", joined({names.substr(0, names.size() - 1), ",null]"}));
        if (const std::string_view ref = words.get("$ref"); !ref.empty()) {
            out.erase("$ref");
            out.set("anyOf", joined({R"([{"$ref":)", ref, R"(},{"type":"null"}])"}));
        }
    }
    if (!notes.empty()) out.set_text("description", notes);
    return out.text();
}

}  // namespace syncfw::detail::json
