// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncfw::detail {

// Takes text in pieces, both in constant expressions and at run time. Without a place to write it
// only counts, so that a text is made in two passes and needs no allocation while compiling.
class text_sink {
  public:
    constexpr text_sink() = default;
    constexpr explicit text_sink(char* out) : out_(out) {}

    constexpr text_sink& operator<<(std::string_view text) {
        // Plain pointers: while compiling, each call and each check of an index would cost.
        const char* from = text.data();
        const std::size_t count = text.size();
        if (char* to = out_; to != nullptr) {
            to += size_;
            for (std::size_t i = 0; i < count; ++i) to[i] = from[i];
        }
        size_ += count;
        return *this;
    }
    constexpr text_sink& operator<<(char c) {
        if (out_ != nullptr) out_[size_] = c;
        ++size_;
        return *this;
    }
    constexpr text_sink& operator<<(std::uint64_t number) {
        char digits[20] = {};
        std::size_t first = sizeof digits;
        do {
            digits[--first] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        return *this << std::string_view(digits + first, sizeof digits - first);
    }

    [[nodiscard]] constexpr std::size_t size() const { return size_; }

  private:
    char* out_ = nullptr;
    std::size_t size_ = 0;
};

template <auto Writer>
consteval std::size_t static_text_size() {
    text_sink counting;
    Writer(counting);
    return counting.size();
}

template <auto Writer>
inline constexpr auto static_text_storage = [] {
    std::array<char, static_text_size<Writer>() + 1> text{};
    text_sink filling(text.data());
    Writer(filling);
    return text;
}();

// What `Writer(sink)` writes, as a compile-time constant that ends in a NUL.
template <auto Writer>
inline constexpr std::string_view static_text{static_text_storage<Writer>.data(),
                                              static_text_storage<Writer>.size() - 1};

// What `writer(sink)` writes, at run time.
template <class Writer>
[[nodiscard]] std::string make_text(const Writer& writer) {
    text_sink counting;
    writer(counting);
    std::string text(counting.size(), '\0');
    text_sink filling(text.data());
    writer(filling);
    return text;
}

}  // namespace syncfw::detail
