// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/utf8.hpp>

namespace syncfw::detail {

/// Looks at a text that comes in pieces, which may end within a character. It refuses the first
/// byte that no UTF-8 can go on from, not only the character's last.
class utf8_stream {
  public:
    [[nodiscard]] bool take(const char* first, const char* last) noexcept {
        while (first != last && !is_complete())
            if (!take_byte(*first++)) return false;
        // Where it stops, the rest is a character that is cut, or bad within a few bytes.
        first = find_invalid_utf8(first, last);
        while (first != last)
            if (!take_byte(*first++)) return false;
        return true;
    }
    /// Whether the text may end here.
    [[nodiscard]] bool is_complete() const noexcept { return wanted_ == 0; }

  private:
    [[nodiscard]] bool take_byte(char given) noexcept {
        const auto byte = static_cast<unsigned char>(given);
        if (wanted_ == 0) return begin(byte);
        if (byte < low_ || byte > high_) return false;
        low_ = 0x80, high_ = 0xBF;
        --wanted_;
        return true;
    }
    /// The lead decides what the second byte may be: no overlong forms, no surrogates, nothing
    /// above U+10FFFF.
    [[nodiscard]] bool begin(unsigned char lead) noexcept {
        low_ = 0x80, high_ = 0xBF;
        if (lead < 0x80) return true;
        if (lead < 0xC2 || lead > 0xF4) return false;
        wanted_ = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        if (lead == 0xE0) low_ = 0xA0;
        if (lead == 0xED) high_ = 0x9F;
        if (lead == 0xF0) low_ = 0x90;
        if (lead == 0xF4) high_ = 0x8F;
        return true;
    }

    unsigned char wanted_ = 0;  ///< How many bytes the character still wants;
    unsigned char low_ = 0x80;  ///< the next one is from here
    unsigned char high_ = 0xBF;
};

}  // namespace syncfw::detail
