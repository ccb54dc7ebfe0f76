// SPDX-License-Identifier: BSL-1.0
// What both hand-written codecs stand on. Nothing of syncfw's is used here: its codecs are
// measured against this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace bench::hand {

inline constexpr std::uint64_t ones = 0x0101'0101'0101'0101;
inline constexpr std::uint64_t highs = 0x8080'8080'8080'8080;

inline std::uint64_t load8(const char* from) {
    std::uint64_t word;
    std::memcpy(&word, from, 8);
    return word;
}

inline std::uint32_t load4(const char* from) {
    std::uint32_t word;
    std::memcpy(&word, from, 4);
    return word;
}

inline char* put(char* to, std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
}

/// The same for texts of a few dozen bytes, which a call of memcpy would double in cost: pieces
/// of fixed sizes, of which the last two overlap.
inline char* put_short(char* to, std::string_view text) {
    const char* const from = text.data();
    const std::size_t size = text.size();
    if (size > 64 || size < 4) return put(to, text);
    if (size > 32) {
        std::memcpy(to, from, 32);
        std::memcpy(to + size - 32, from + size - 32, 32);
    } else if (size >= 16) {
        std::memcpy(to, from, 16);
        std::memcpy(to + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
        std::memcpy(to, from, 8);
        std::memcpy(to + size - 8, from + size - 8, 8);
    } else {
        std::memcpy(to, from, 4);
        std::memcpy(to + size - 4, from + size - 4, 4);
    }
    return to + size;
}

/// Bytes that grow without being cleared first, written through a bare pointer.
class byte_buffer {
  public:
    void clear() { size_ = 0; }
    [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }

    /// Where the next `count` bytes may be written; `commit` says where they ended.
    char* room(std::size_t count) {
        if (capacity_ - size_ < count) grow(count);
        return data_.get() + size_;
    }
    void commit(const char* end) { size_ = static_cast<std::size_t>(end - data_.get()); }

  private:
    [[gnu::noinline]] void grow(std::size_t count) {
        capacity_ = (size_ + count) * 2;
        std::unique_ptr<char[]> larger(new char[capacity_]);
        if (size_ != 0) std::memcpy(larger.get(), data_.get(), size_);
        data_ = std::move(larger);
    }

    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace bench::hand
