// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::http {

namespace detail {

/// Letters and digits, and what else may stand somewhere.
class letter_set {
  public:
    explicit constexpr letter_set(std::string_view others) noexcept {
        for (const std::string_view part : {std::string_view("abcdefghijklmnopqrstuvwxyz"),
                                            std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
                                            std::string_view("0123456789"), others})
            for (const char c : part) has_[static_cast<unsigned char>(c)] = true;
    }
    [[nodiscard]] constexpr bool has(char c) const noexcept {
        return has_[static_cast<unsigned char>(c)];
    }
    [[nodiscard]] constexpr bool has_all(std::string_view text) const noexcept {
        for (const char c : text)
            if (!has(c)) return false;
        return true;
    }

  private:
    std::array<bool, 256> has_{};
};

/// Of tokens, which are names of fields and methods; of paths with their queries; of hosts.
inline constexpr letter_set token_letters("!#$%&'*+-.^_`|~");
inline constexpr letter_set target_letters("!$%&'()*+,-./:;=?@[]_~");
inline constexpr letter_set host_letters("-._~%!$&'()*+,;=:[]");

[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
    return !text.empty() && token_letters.has_all(text);
}
/// No control character but the tab, so that nobody can begin a line of their own.
[[nodiscard]] constexpr bool is_field_value(std::string_view text) noexcept {
    for (const char c : text)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return false;
    return true;
}
[[nodiscard]] constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] constexpr bool equal_without_case(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}
/// Calls f(element) for the elements of a list, `a, b;q=1`, until it gives false.
template <class F>
constexpr void for_each_element(std::string_view list, F&& f) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        const std::string_view element = trimmed(list.substr(0, comma));
        if (!element.empty() && !f(element)) return;
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

}  // namespace detail

/// The header fields of a message, in their order. Names are compared without regard to case.
class fields {
  public:
    /// The value of the first of this name.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept {
        for (const place& each : places_)
            if (detail::equal_without_case(name_at(each), name)) return value_at(each);
        return {};
    }
    [[nodiscard]] std::size_t count(std::string_view name) const noexcept {
        std::size_t found = 0;
        for (const place& each : places_) found += detail::equal_without_case(name_at(each), name);
        return found;
    }
    /// Whether a list, over all fields of this name, has the word: `Connection: close, upgrade`.
    [[nodiscard]] bool lists(std::string_view name, std::string_view word) const noexcept {
        bool found = false;
        for (const place& each : places_) {
            if (!detail::equal_without_case(name_at(each), name)) continue;
            detail::for_each_element(value_at(each), [&](std::string_view element) {
                found = found || detail::equal_without_case(element, word);
                return !found;
            });
        }
        return found;
    }

    /// Appends one. A name that is no token, or a value with a line break, never comes from a
    /// program that means well: nothing is added, and it gives false.
    bool add(std::string_view name, std::string_view value) {
        if (!detail::is_token(name) || !detail::is_field_value(value)) return false;
        if (places_.empty()) {
            // Most heads fit into this, and so are read without growing it again and again.
            text_.reserve(240);
            places_.reserve(8);
        }
        const auto at = static_cast<std::uint32_t>(text_.size());
        text_.append(name).append(value);
        places_.push_back({at, static_cast<std::uint32_t>(name.size()),
                           static_cast<std::uint32_t>(value.size())});
        return true;
    }

    /// Takes all of this name away.
    void remove(std::string_view name) {
        for (auto at = places_.begin(); at != places_.end();)
            at = detail::equal_without_case(name_at(*at), name) ? places_.erase(at) : at + 1;
    }

    [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
    /// Calls f(name, value) for each.
    template <class F>
    void for_each(F&& f) const {
        for (const place& each : places_) f(name_at(each), value_at(each));
    }

  private:
    struct place {
        std::uint32_t at = 0;
        std::uint32_t name = 0;
        std::uint32_t value = 0;
    };
    [[nodiscard]] std::string_view name_at(const place& p) const noexcept {
        return std::string_view(text_).substr(p.at, p.name);
    }
    [[nodiscard]] std::string_view value_at(const place& p) const noexcept {
        return std::string_view(text_).substr(p.at + p.name, p.value);
    }

    std::string text_{};  // All names and values, one behind the other.
    std::vector<place> places_{};
};

}  // namespace syncfw::http
