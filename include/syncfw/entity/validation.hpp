// SPDX-License-Identifier: BSL-1.0
// Whether a value keeps the rules of its declaration.
//
// Rules are told in the order: first what holds for every value (texts are UTF-8 without NUL,
// reals are finite, enums have a name; also inside of lists and nested structs), then the rules of
// the fields as declared, then the checks of the whole entity. An optional without a value keeps
// every rule but `required`. Messages never repeat a text, and nothing at all of a value that is
// secret or encrypted.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/entity/detail/rule_checks.hpp>
#include <syncfw/entity/detail/value_checks.hpp>
#include <syncfw/entity/entity.hpp>
#include <syncfw/entity/field_mask.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace syncfw {

/// One rule that a value breaks.
struct violation {
    std::string field{};  ///< Its JSON name, with the path inside of it: `address.city`, `tags[2]`.
    /// `required`, `length`, `range`, `one_of`, `email`, `pattern`, `satisfies`, `check`, `utf8`,
    /// `finite`, `enumerator` or `depth`.
    std::string_view rule{};
    std::string words{};  ///< `title must have 1 to 200 characters, it has 0`

    friend bool operator==(const violation&, const violation&) = default;
};

namespace detail {

// Where violations go: all of them, or the first alone.
class violation_sink {
  public:
    explicit violation_sink(bool wants_all) : wants_all_(wants_all) {}

    [[nodiscard]] bool is_done() const { return !wants_all_ && !found_.empty(); }
    [[nodiscard]] std::vector<violation>& found() { return found_; }

    [[gnu::cold, gnu::noinline]] void add(const field_info& info, meaning rule,
                                          const std::string& words) {
        add(std::string(info.json), rule_name(rule), words);
    }
    [[gnu::cold, gnu::noinline]] void add(const field_info& info, const value_finding& finding) {
        constexpr std::string_view mistakes[][2] = {
            {"", ""},
            {"utf8", "must be valid UTF-8 without NUL"},
            {"finite", "must be a finite number"},
            {"enumerator", "must be one of the names of its enum"},
            {"depth", "must not be nested deeper than 64"},
        };
        const auto& [rule, words] = mistakes[static_cast<std::size_t>(finding.mistake)];
        add(std::string(info.json) + finding.path, rule, std::string(words));
    }
    [[gnu::cold, gnu::noinline]] void add_check(std::string_view words) {
        found_.push_back({.rule = "check", .words = std::string(words)});
    }

  private:
    void add(std::string field, std::string_view rule, const std::string& words) {
        std::string sentence = field + " " + words;
        found_.push_back({std::move(field), rule, std::move(sentence)});
    }
    static constexpr std::string_view rule_name(meaning rule) {
        switch (rule) {
            case meaning::required: return "required";
            case meaning::length: return "length";
            case meaning::range: return "range";
            case meaning::one_of: return "one_of";
            case meaning::email: return "email";
            case meaning::pattern: return "pattern";
            default: return "satisfies";
        }
    }

    bool wants_all_;
    std::vector<violation> found_{};
};

template <class T>
void check_values(const T& value, violation_sink& sink) {
    with_members(value, [&](const auto&... members) {
        std::size_t i = 0;
        const auto check = [&]<class V>(const V& member) {
            const std::size_t place = i++;
            if constexpr (can_be_wrong<V>()) {
                value_finding found;
                if (!check_value(member, found)) sink.add(field_infos<T>[place], found);
            }
            return !sink.is_done();
        };
        (void)(check(members) && ... && true);
    });
}

template <class T, auto Member, class A>
void check_rule(const T& value, const A& annotation, violation_sink& sink) {
    if (sink.is_done() || rule_check<A>::keeps(annotation, value.*Member)) return;
    constexpr const field_info& info = field_infos<T>[place_of_name<T>(raw_member_name<Member>)];
    constexpr bool is_secret = info.cipher != encryption::none || info.is_secret;
    sink.add(info, A::means, rule_check<A>::words(annotation, value.*Member, is_secret));
}

template <class T>
void check_rules(const T& value, violation_sink& sink) {
    declaration<T>.each([&]<class Field>(const Field& field) {
        field.each([&]<class A>(const A& annotation) {
            if constexpr (is_rule<A>) check_rule<T, Field::member>(value, annotation, sink);
        });
    });
    if constexpr (declaration_of<T>::has_checks)
        declaration<T>.each_check([&](const auto& check) {
            if (!sink.is_done() && !check.rule(value)) sink.add_check(check.words);
        });
}

template <class T>
void find_violations(const T& value, violation_sink& sink) {
    static_assert(require_entity<T>());
    if constexpr (entity_problem<T>() == declaration_problem::none) {
        check_values(value, sink);
        if (!sink.is_done()) check_rules(value, sink);
    }
}

// A default's value as the field's.
template <class V, class From>
V default_as(const From& from) {
    if constexpr (std::is_arithmetic_v<V> || std::is_same_v<V, From>)
        return static_cast<V>(from);
    else if constexpr (shape_v<V> == value_shape::optional || shape_v<V> == value_shape::secret)
        return V(default_as<inner_t<V>>(from));
    else
        return V(from);
}

}  // namespace detail

/// Every rule that the value breaks; nothing for a valid one, and then without any allocation.
template <class T>
[[nodiscard]] std::vector<violation> violations(const T& value) {
    detail::violation_sink sink(true);
    detail::find_violations(value, sink);
    return std::move(sink.found());
}

/// Fails with `errc::invalid_value` for the first rule that the value breaks.
template <class T>
[[nodiscard]] result<void> validate(const T& value) {
    detail::violation_sink sink(false);
    detail::find_violations(value, sink);
    if (sink.found().empty()) return {};
    violation& first = sink.found().front();
    return error{.code = errc::invalid_value,
                 .message = std::move(first.words),
                 .entity = std::string(detail::declared_name<T>),
                 .field = std::move(first.field)};
}

namespace detail {

template <class T>
inline constexpr bool has_defaults =
    (declaration_of<T>::meanings & bit_of(meaning::default_value)) != 0;

}  // namespace detail

/// Gives each field that has a default_value and is not in `present` its default.
template <class T>
void apply_defaults(T& value, field_mask present) {
    static_assert(detail::require_entity<T>());
    if constexpr (detail::has_defaults<T>)
        detail::declaration<T>.each([&]<class Field>(const Field& field) {
            field.each([&]<class A>(const A& annotation) {
                if constexpr (A::means == meaning::default_value) {
                    auto& member = value.*Field::member;
                    if (!present.test(detail::place_of_name<T>(field.note.name)))
                        member = detail::default_as<std::remove_cvref_t<decltype(member)>>(
                            annotation.value);
                }
            });
        });
}

}  // namespace syncfw
