// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string_view>

namespace syncfw {

/// A string literal as a template argument: `entity<"book">` is one type per text. `Size` counts
/// the characters without the terminating zero.
template <std::size_t Size>
struct fixed_string {
    consteval fixed_string(const char (&literal)[Size + 1]) noexcept {
        for (std::size_t i = 0; i < Size; ++i) characters[i] = literal[i];
    }

    [[nodiscard]] constexpr std::string_view view() const noexcept { return {characters, Size}; }
    [[nodiscard]] static constexpr std::size_t size() noexcept { return Size; }
    [[nodiscard]] static constexpr bool empty() noexcept { return Size == 0; }

    template <std::size_t Other>
    [[nodiscard]] friend constexpr bool operator==(const fixed_string& left,
                                                   const fixed_string<Other>& right) noexcept {
        return left.view() == right.view();
    }

    char characters[Size + 1]{};  ///< Public, because a template argument's parts must be.
};

template <std::size_t SizeWithZero>
fixed_string(const char (&)[SizeWithZero]) -> fixed_string<SizeWithZero - 1>;

}  // namespace syncfw
