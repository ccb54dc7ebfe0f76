// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::detail {

/// How many letters must be put in, taken away, replaced or swapped with the next one to make one
/// word of the other.
[[nodiscard]] inline std::size_t letters_between(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::swap(before, above);
        std::swap(above, row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0);
            row[j] = std::min({replaced, row[j - 1] + 1, above[j] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
    }
    return row.back();
}

/// What was probably meant; empty where no name is like it.
template <class Names>
[[nodiscard]] std::string nearest_name(std::string_view word, const Names& names) {
    // Long words are nobody's slip, and looking at them costs the square of their length.
    if (word.size() > 64) return {};
    std::string found;
    std::size_t least = std::max<std::size_t>(word.size() / 3, 1) + 1;
    for (const auto& each : names) {
        const std::string_view name(each);
        const bool is_begun = word.size() >= 3 && name.starts_with(word);
        const std::size_t apart = is_begun ? 1 : letters_between(word, name);
        if (apart < least) found = name, least = apart;
    }
    return found;
}

/// `; did you mean NAME?`, or nothing.
template <class Names>
[[nodiscard]] std::string or_meant(std::string_view word, const Names& names,
                                   std::string_view before = {}) {
    const std::string found = nearest_name(word, names);
    if (found.empty()) return {};
    return "; did you mean " + std::string(before) + found + "?";
}

/// `a, b or c`
template <class Names>
[[nodiscard]] std::string in_a_row(const Names& names, std::string_view last = " or ") {
    std::string text;
    std::size_t left = names.size();
    for (const auto& each : names) {
        text += each;
        if (--left > 0) text += left == 1 ? std::string(last) : std::string(", ");
    }
    return text;
}

}  // namespace syncfw::detail
