// SPDX-License-Identifier: BSL-1.0
// The rules of single fields: whether a value keeps one, and the words for when it doesn't.
#pragma once

#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/entity/detail/annotation_rules.hpp>
#include <syncfw/entity/detail/email.hpp>
#include <syncfw/entity/detail/reflect.hpp>
#include <syncfw/entity/pattern.hpp>
#include <syncfw/entity/value_traits.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw::detail {

template <class A>
inline constexpr bool is_rule =
    A::means == meaning::required || A::means == meaning::length || A::means == meaning::range ||
    A::means == meaning::one_of || A::means == meaning::email || A::means == meaning::pattern ||
    A::means == meaning::satisfies;

// Calls f with what is written of a value: without optional, secret and a user's wrapping. True
// when there is nothing.
template <class V, class F>
constexpr bool with_written(const V& value, const F& f) {
    using enum value_shape;
    constexpr auto shape = shape_v<V>;
    if constexpr (shape == optional)
        return !value.has_value() || with_written(*value, f);
    else if constexpr (shape == secret)
        return with_written(value.reveal(), f);
    else if constexpr (shape == custom)
        return with_written(value_traits<V>::to_storage(value), f);
    else
        return f(value);
}

template <class V>
std::size_t length_of(const V& value) {
    if constexpr (shape_v<V> == value_shape::text)
        return count_code_points(value.data(), value.data() + value.size());
    else
        return value.size();
}

// What a number or time is in a message; texts are never repeated.
template <class V>
std::string rule_text(const V& value) {
    if constexpr (std::is_floating_point_v<V>) {
        std::string text = std::to_string(value);
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.') text.pop_back();
        return text;
    } else if constexpr (std::is_same_v<V, bool>) {
        return value ? "true" : "false";
    } else if constexpr (std::is_arithmetic_v<V>) {
        return std::to_string(value);
    } else if constexpr (std::is_enum_v<V>) {
        return std::string(enum_name(value));
    } else if constexpr (std::is_convertible_v<V, std::string_view>) {
        return std::string(std::string_view(value));
    } else if constexpr (requires { to_string(value); }) {
        return to_string(value);
    } else {
        return "?";
    }
}

template <class A, class B>
constexpr bool is_less(const A& a, const B& b) {
    if constexpr (std::is_integral_v<A> && std::is_integral_v<B>)
        return std::cmp_less(a, b);
    else
        return a < b;
}
template <class A, class B>
constexpr bool is_equal(const A& a, const B& b) {
    if constexpr (std::is_same_v<A, bool> || std::is_same_v<B, bool>)
        return a == b;
    else if constexpr (std::is_integral_v<A> && std::is_integral_v<B>)
        return std::cmp_equal(a, b);
    else
        return a == b;
}

// One rule: `keeps` is on the fast path; `words` only for what breaks it, with the value's own
// part left out for what is secret.
template <class A>
struct rule_check;

template <>
struct rule_check<required_t> {
    template <class V>
    static bool keeps(const required_t&, const V& value) {
        if constexpr (shape_v<V> == value_shape::optional) {
            if (!value.has_value()) return false;
        }
        return with_written(value, []<class W>(const W& written) {
            if constexpr (requires { written.empty(); })
                return !written.empty();
            else if constexpr (requires { written.is_nil(); })
                return !written.is_nil();
            else
                return true;
        });
    }
    template <class V>
    static std::string words(const required_t&, const V&, bool) {
        return "must have a value";
    }
};

inline std::string length_words(std::size_t min, std::size_t max, bool is_text, std::size_t has,
                                bool is_secret) {
    std::string text = "must have ";
    if (min == max)
        text += std::to_string(min);
    else if (min == 0)
        text += "at most " + std::to_string(max);
    else
        text += std::to_string(min) + " to " + std::to_string(max);
    text += is_text ? " character" : " element";
    text += max == 1 ? "" : "s";
    if (!is_secret) text += ", it has " + std::to_string(has);
    return text;
}

template <std::size_t Min, std::size_t Max>
struct rule_check<length_t<Min, Max>> {
    template <class V>
    static bool keeps(const length_t<Min, Max>&, const V& value) {
        return with_written(value, []<class W>(const W& written) {
            if constexpr (shape_v<W> == value_shape::text) {
                // A character has one to four bytes: mostly the size alone decides.
                if (written.size() <= Max && written.size() >= Min * 4) return true;
                if (written.size() < Min || written.size() > Max * 4) return false;
            }
            const std::size_t length = length_of(written);
            return length >= Min && length <= Max;
        });
    }
    template <class V>
    static std::string words(const length_t<Min, Max>&, const V& value, bool is_secret) {
        std::string text;
        with_written(value, [&]<class W>(const W& written) {
            text = length_words(Min, Max, shape_v<W> == value_shape::text, length_of(written),
                                is_secret);
            return true;
        });
        return text;
    }
};

template <class Limit>
struct rule_check<range_t<Limit>> {
    template <class V>
    static bool keeps(const range_t<Limit>& range, const V& value) {
        return with_written(value, [&](const auto& written) {
            return !is_less(written, range.min) && !is_less(range.max, written);
        });
    }
    template <class V>
    static std::string words(const range_t<Limit>& range, const V& value, bool is_secret) {
        std::string text = "must be from " + rule_text(range.min) + " to " + rule_text(range.max);
        if (!is_secret)
            with_written(value, [&](const auto& written) {
                text += ", it is " + rule_text(written);
                return true;
            });
        return text;
    }
};

template <class Value, std::size_t N>
struct rule_check<one_of_t<Value, N>> {
    template <class V>
    static bool keeps(const one_of_t<Value, N>& allowed, const V& value) {
        return with_written(value, [&](const auto& written) {
            for (const Value& each : allowed.values)
                if (is_equal(written, each)) return true;
            return false;
        });
    }
    template <class V>
    static std::string words(const one_of_t<Value, N>& allowed, const V&, bool) {
        std::string text = "must be one of ";
        for (std::size_t i = 0; i < N; ++i)
            text += (i == 0 ? "" : ", ") + rule_text(allowed.values[i]);
        return text;
    }
};

template <>
struct rule_check<email_t> {
    template <class V>
    static bool keeps(const email_t&, const V& value) {
        return with_written(value, [](const std::string& text) { return is_email(text); });
    }
    template <class V>
    static std::string words(const email_t&, const V&, bool) {
        return "must be an e-mail address";
    }
};

template <fixed_string Pattern>
struct rule_check<pattern_t<Pattern>> {
    template <class V>
    static bool keeps(const pattern_t<Pattern>&, const V& value) {
        return with_written(value, [](const std::string& text) {
            return matches(compiled_pattern<Pattern>, text);
        });
    }
    template <class V>
    static std::string words(const pattern_t<Pattern>&, const V&, bool) {
        return "must match " + std::string(Pattern.view());
    }
};

template <class Rule>
struct rule_check<satisfies_t<Rule>> {
    // The rule gets the field's value, out of its optional.
    template <class V>
    static bool keeps(const satisfies_t<Rule>& own, const V& value) {
        if constexpr (std::is_invocable_r_v<bool, const Rule&, const V&>)
            return is_empty_optional(value) || own.rule(value);
        else if constexpr (shape_v<V> == value_shape::optional)
            return !value.has_value() || keeps(own, *value);
        else
            return own.rule(value.reveal());
    }
    template <class V>
    static std::string words(const satisfies_t<Rule>& own, const V&, bool) {
        return "must " + std::string(own.words);
    }
    template <class V>
    static bool is_empty_optional(const V& value) {
        if constexpr (shape_v<V> == value_shape::optional) return !value.has_value();
        return false;
    }
};

}  // namespace syncfw::detail
