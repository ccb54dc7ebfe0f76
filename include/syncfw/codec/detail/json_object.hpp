// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/codec/json.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail::json {

// Call it by its namespace: where <iomanip> is included, std::quoted fits a std::string better.
[[nodiscard]] inline std::string quoted(std::string_view text) {
    return syncfw::json::encode_value(std::string(text));
}

[[nodiscard]] [[gnu::noinline]] inline std::string joined(
    std::initializer_list<std::string_view> texts) {
    std::string out;
    for (const std::string_view each : texts) out += each;
    return out;
}

// An object in the making, whose members are JSON already and stay in the order in which they came:
// what people read is best in the order in which it was declared.
//
// What it does is never quick work, so it isn't spread over its callers, which are many.
class ordered_object {
  public:
    // Adds a member, or replaces it in its place.
    [[gnu::noinline]] ordered_object& set(std::string_view key, std::string_view json) {
        for (auto& [known, value] : members_)
            if (known == key) return value = json, *this;
        members_.emplace_back(key, json);
        return *this;
    }
    [[gnu::noinline]] ordered_object& set_text(std::string_view key, std::string_view text) {
        return set(key, json::quoted(text));
    }
    // The member's JSON, or nothing.
    [[nodiscard]] std::string_view get(std::string_view key) const {
        for (const auto& [known, value] : members_)
            if (known == key) return value;
        return {};
    }
    [[nodiscard]] bool has(std::string_view key) const { return !get(key).empty(); }
    [[gnu::noinline]] void erase(std::string_view key) {
        std::erase_if(members_, [&](const auto& each) { return each.first == key; });
    }
    [[nodiscard]] bool is_empty() const { return members_.empty(); }

    [[nodiscard]] [[gnu::noinline]] std::string text() const {
        std::string out = "{";
        for (const auto& [key, value] : members_)
            out += joined({out.size() > 1 ? "," : "", json::quoted(key), ":", value});
        return out += '}';
    }

  private:
    std::vector<std::pair<std::string, std::string>> members_{};
};

// `[a,b]` of what is JSON already.
[[nodiscard]] inline std::string array_text(const std::vector<std::string>& elements) {
    std::string out = "[";
    for (const std::string& each : elements) {
        if (out.size() > 1) out += ',';
        out += each;
    }
    return out += ']';
}

}  // namespace syncfw::detail::json
