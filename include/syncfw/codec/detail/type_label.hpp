// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/entity/detail/names.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace syncfw::detail {

template <class T>
consteval raw_text type_signature() {
    return {__PRETTY_FUNCTION__, sizeof __PRETTY_FUNCTION__ - 1};
}

// Where the bracket at this place ends, behind it.
inline std::size_t skip_brackets(std::string_view text, std::size_t at) {
    int depth = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == '(' || text[at] == '{') ++depth;
        if ((text[at] == ')' || text[at] == '}') && --depth == 0) return at + 1;
    }
    return at;
}

// `ns::page_of<ns::book>` → `page_of_book`: of each name the last part, and what stands between
// them as a line.
inline std::string short_type_name(std::string_view text) {
    std::string out;
    std::size_t begin = 0;  // Of the name that goes on.
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '(' || c == '{') {
            at = skip_brackets(text, at);
        } else if (c == ':') {
            out.resize(begin);  // What came was a namespace, or a struct around it.
            ++at;
        } else {
            if (is_name_character(c)) {
                out += c;
            } else if (c != ' ' && c != '>') {
                if (!out.empty() && out.back() != '_') out += '_';
                begin = out.size();
            }
            ++at;
        }
    }
    while (!out.empty() && out.back() == '_') out.pop_back();
    return out.empty() ? "unnamed" : out;
}

// GCC writes `[with T = ns::book]`, Clang `[T = ns::book]`.
[[nodiscard]] inline std::string label_in(const raw_text& signature) {
    std::string_view name(signature.data, signature.size);
    name.remove_prefix(name.find("T = ") + 4);
    name.remove_suffix(1);
    if (const std::size_t more = name.find("; "); more != std::string_view::npos)
        name = name.substr(0, more);
    return short_type_name(name);
}
template <class T>
[[nodiscard]] std::string type_label() {
    static constexpr raw_text signature = type_signature<T>();
    return label_in(signature);
}

}  // namespace syncfw::detail
