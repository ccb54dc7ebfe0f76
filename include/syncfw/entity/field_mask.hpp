// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace syncfw {

/// A set of an entity's fields, by their places in the declaration (at most 128).
class field_mask {
  public:
    static constexpr std::size_t fields_max = 128;

    constexpr field_mask() = default;
    /// The first `count` fields.
    [[nodiscard]] static constexpr field_mask first(std::size_t count) {
        field_mask all;
        for (std::size_t i = 0; i < count; ++i) all.set(i);
        return all;
    }

    constexpr void set(std::size_t i) { words_[i / 64] |= std::uint64_t{1} << (i % 64); }
    constexpr void reset(std::size_t i) { words_[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }
    [[nodiscard]] constexpr bool test(std::size_t i) const {
        return (words_[i / 64] >> (i % 64) & 1) != 0;
    }

    [[nodiscard]] constexpr bool empty() const { return (words_[0] | words_[1]) == 0; }
    [[nodiscard]] constexpr std::size_t count() const {
        return static_cast<std::size_t>(std::popcount(words_[0]) + std::popcount(words_[1]));
    }
    /// The eight fields from `8 * i` on, as one byte.
    [[nodiscard]] constexpr std::uint8_t byte(std::size_t i) const {
        return static_cast<std::uint8_t>(words_[i / 8] >> (i % 8 * 8));
    }
    constexpr void set_byte(std::size_t i, std::uint8_t bits) {
        words_[i / 8] |= std::uint64_t{bits} << (i % 8 * 8);
    }

    friend constexpr field_mask operator&(field_mask a, field_mask b) {
        return {a.words_[0] & b.words_[0], a.words_[1] & b.words_[1]};
    }
    friend constexpr field_mask operator|(field_mask a, field_mask b) {
        return {a.words_[0] | b.words_[0], a.words_[1] | b.words_[1]};
    }
    /// The fields of `a` that are not in `b`.
    friend constexpr field_mask operator-(field_mask a, field_mask b) {
        return {a.words_[0] & ~b.words_[0], a.words_[1] & ~b.words_[1]};
    }
    friend constexpr bool operator==(const field_mask&, const field_mask&) = default;

  private:
    constexpr field_mask(std::uint64_t low, std::uint64_t high) : words_{low, high} {}
    std::uint64_t words_[2]{};
};

}  // namespace syncfw
