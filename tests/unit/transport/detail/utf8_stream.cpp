// SPDX-License-Identifier: BSL-1.0
// Goal: a text in pieces is judged as it is in one, and no later than at its first bad byte.
// Method: against the check of whole texts, over all cuts of random and of broken texts.
#include <syncfw/transport/detail/utf8_stream.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace {

bool is_utf8(const std::string& text) {
    const char* const last = text.data() + text.size();
    return syncfw::detail::find_invalid_utf8(text.data(), last) == last;
}

bool is_utf8_in_pieces(const std::string& text, std::size_t piece) {
    syncfw::detail::utf8_stream stream;
    for (std::size_t at = 0; at < text.size(); at += piece) {
        const std::string part = text.substr(at, piece);
        if (!stream.take(part.data(), part.data() + part.size())) return false;
    }
    return stream.is_complete();
}

/// After how many bytes the stream refuses; the size plus one when it never does.
std::size_t refused_after(const std::string& text) {
    syncfw::detail::utf8_stream stream;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (!stream.take(text.data() + i, text.data() + i + 1)) return i + 1;
    return text.size() + 1;
}

}  // namespace

TEST_CASE("utf8_stream: pieces of any size make no difference") {
    const auto holds = rc::check([] {
        const auto parts = *rc::gen::container<std::vector<std::string>>(
            rc::gen::element<std::string>("a", "é", "€", "🌍", "plain text, long enough for words",
                                          "\x80", "\xC3", "\xED\xA0\x80", "\xF4\x90", "\xF0\x9F"));
        std::string text;
        for (const auto& each : parts) text += each;
        const auto piece = *rc::gen::inRange<std::size_t>(1, 9);
        RC_ASSERT(is_utf8_in_pieces(text, piece) == is_utf8(text));
    });
    CHECK(holds);
}

TEST_CASE("utf8_stream: all pairs and all lead bytes are judged as whole texts are") {
    for (unsigned a = 0; a < 256; ++a)
        for (unsigned b = 0; b < 256; ++b) {
            const std::string tail = a < 0xE0 ? "" : a < 0xF0 ? "\x80" : "\x80\x80";
            const std::string text = std::string{static_cast<char>(a), static_cast<char>(b)} + tail;
            REQUIRE(is_utf8_in_pieces(text, 1) == is_utf8(text));
        }
}

TEST_CASE("utf8_stream: refuses at the first byte that no text goes on from") {
    CHECK(refused_after("ab\xFFz") == 3);
    CHECK(refused_after("\xC0\x80") == 1);
    CHECK(refused_after("\xED\xA0\x80") == 2);
    CHECK(refused_after("\xF4\x90\x80\x80") == 2);
    CHECK(refused_after("\xE2\x82z") == 3);
    CHECK(refused_after("\xE2\x82\xAC") == 4);
}
