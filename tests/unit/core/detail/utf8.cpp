// SPDX-License-Identifier: BSL-1.0
// Goal: exactly RFC 3629's UTF-8 is taken, at every length and place. Method: a reference that
// decodes code point by code point, random and mutated bytes, and all short sequences.
#include <syncfw/core/detail/utf8.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <vector>

namespace {

namespace detail = syncfw::detail;

void append_code_point(std::string& text, std::uint32_t c) {
    const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F));
        put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
    }
}

/// Where the reference stops: decode by the lead byte's shape, then check the value's rules.
std::size_t reference(const std::string& text, bool refuse_nul, std::size_t* count = nullptr) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    std::size_t at = 0;
    while (at < text.size()) {
        const unsigned lead = byte(at);
        std::size_t size = 0;
        std::uint32_t value = 0;
        if (lead < 0x80) size = 1, value = lead;
        if ((lead & 0xE0) == 0xC0) size = 2, value = lead & 0x1F;
        if ((lead & 0xF0) == 0xE0) size = 3, value = lead & 0x0F;
        if ((lead & 0xF8) == 0xF0) size = 4, value = lead & 0x07;
        if (size == 0) return at;
        for (std::size_t i = 1; i < size; ++i) {
            if ((byte(at + i) & 0xC0) != 0x80) return at;
            value = value << 6 | (byte(at + i) & 0x3F);
        }
        constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (value < least[size] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
            return at;
        if (refuse_nul && value == 0) return at;
        at += size;
        if (count != nullptr) ++*count;
    }
    return at;
}

/// In an exactly sized heap block, so that a sanitizer sees a read beyond the end.
template <class Function>
std::size_t applied(Function function, const std::string& text) {
    const std::vector<char> block(text.begin(), text.end());
    const char* first = block.data();
    return static_cast<std::size_t>(function(first, first + block.size()) - first);
}

void compare(const std::string& text) {
    std::size_t count = 0;
    const std::size_t utf8_end = reference(text, false, &count);
    RC_ASSERT(applied(detail::find_invalid_utf8, text) == utf8_end);
    RC_ASSERT(applied(detail::find_invalid_text, text) == reference(text, true));
    if (utf8_end == text.size())
        RC_ASSERT(detail::count_code_points(text.data(), text.data() + text.size()) == count);
    bool is_ascii = true;
    for (const char c : text) is_ascii &= static_cast<unsigned char>(c) < 0x80;
    RC_ASSERT(detail::is_ascii(text.data(), text.data() + text.size()) == is_ascii);
}

std::string any_valid_text() {
    const auto code_point = rc::gen::weightedOneOf<std::uint32_t>(
        {{20, rc::gen::inRange<std::uint32_t>(0x20, 0x7F)},
         {2, rc::gen::inRange<std::uint32_t>(0, 0x800)},
         {2, rc::gen::inRange<std::uint32_t>(0x800, 0xD800)},
         {1, rc::gen::inRange<std::uint32_t>(0xE000, 0x10000)},
         {1, rc::gen::inRange<std::uint32_t>(0x10000, 0x110000)}});
    std::string text;
    for (const std::uint32_t c : *rc::gen::container<std::vector<std::uint32_t>>(code_point))
        append_code_point(text, c);
    return text;
}

TEST_CASE("utf8: takes valid text, and finds what a mutation broke") {
    CHECK(rc::check([] {
        std::string text = any_valid_text();
        compare(text);
        RC_ASSERT(applied(detail::find_invalid_utf8, text) == text.size());
        if (text.empty()) return;
        const auto place = *rc::gen::inRange<std::size_t>(0, text.size());
        text[place] = static_cast<char>(*rc::gen::inRange(0, 256));
        compare(text);
        text.resize(place);
        compare(text);
    }));
}

TEST_CASE("utf8: agrees with the reference on random bytes") {
    CHECK(rc::check([](const std::string& text) { compare(text); }));
}

TEST_CASE("utf8: agrees with the reference on every pair of lead and second byte") {
    for (int lead = 0; lead < 256; ++lead) {
        for (int second = 0; second < 256; ++second) {
            for (const char* tail : {"", "\x80", "\x80\x80", "\x80\xC0", "\xBF\xBF\xBF"}) {
                std::string text{static_cast<char>(lead), static_cast<char>(second)};
                text += tail;
                REQUIRE(applied(detail::find_invalid_utf8, text) == reference(text, false));
                REQUIRE(applied(detail::find_invalid_text, text) == reference(text, true));
            }
        }
    }
}

TEST_CASE("utf8: one odd byte is found at every place of every length") {
    for (std::size_t size = 1; size <= 100; ++size) {
        for (std::size_t place = 0; place < size; ++place) {
            std::string text(size, '\x01');
            REQUIRE(applied(detail::find_invalid_text, text) == size);
            text[place] = '\0';
            REQUIRE(applied(detail::find_invalid_text, text) == place);
            REQUIRE(applied(detail::find_invalid_utf8, text) == size);
            REQUIRE(detail::is_ascii(text.data(), text.data() + size));
            text[place] = '\x80';
            REQUIRE(applied(detail::find_invalid_text, text) == place);
            REQUIRE(applied(detail::find_invalid_utf8, text) == place);
            REQUIRE_FALSE(detail::is_ascii(text.data(), text.data() + size));
            text[place] = '\x7F';
            REQUIRE(applied(detail::find_invalid_text, text) == size);
        }
    }
}

TEST_CASE("utf8: an empty text is valid") {
    CHECK(detail::find_invalid_text(nullptr, nullptr) == nullptr);
    CHECK(detail::find_invalid_utf8(nullptr, nullptr) == nullptr);
    CHECK(detail::count_code_points(nullptr, nullptr) == 0);
}

}  // namespace
