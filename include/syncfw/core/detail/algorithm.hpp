// SPDX-License-Identifier: BSL-1.0
// The five algorithms that the core needs. <algorithm> would bring half of <functional> and a
// tenth of the whole include cost with it.
#pragma once

#include <cstddef>
#include <utility>

namespace syncfw::detail {

template <class V>
[[nodiscard]] constexpr V smaller(V a, V b) noexcept {
    return b < a ? b : a;
}
template <class V>
[[nodiscard]] constexpr V larger(V a, V b) noexcept {
    return a < b ? b : a;
}

// The first element of a sorted range that is not less than the wanted one.
template <class Range, class Less>
[[nodiscard]] constexpr auto first_not(Range& range, Less&& is_less) {
    std::size_t first = 0, count = range.size();
    while (count != 0) {
        const std::size_t half = count / 2;
        if (is_less(range[first + half])) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return range.begin() + static_cast<std::ptrdiff_t>(first);
}

template <class Range, class Less>
[[nodiscard]] constexpr bool is_sorted_by(const Range& range, Less&& is_less) {
    for (std::size_t i = 1; i < range.size(); ++i)
        if (is_less(range[i], range[i - 1])) return false;
    return true;
}

// A heap sort: n log n whatever a stranger sends, in place, small.
template <class Range, class Less>
constexpr void sort_by(Range& range, Less&& is_less) {
    if (is_sorted_by(range, is_less)) return;
    const auto sift = [&](std::size_t root, std::size_t end) {
        for (std::size_t child = 2 * root + 1; child < end; child = 2 * root + 1) {
            if (child + 1 < end && is_less(range[child], range[child + 1])) ++child;
            if (!is_less(range[root], range[child])) return;
            std::swap(range[root], range[child]);
            root = child;
        }
    };
    for (std::size_t i = range.size() / 2; i-- > 0;) sift(i, range.size());
    for (std::size_t end = range.size(); end-- > 1;) {
        std::swap(range[0], range[end]);
        sift(0, end);
    }
}

}  // namespace syncfw::detail
