// SPDX-License-Identifier: BSL-1.0
// A JSON writer by hand for this one struct: texts go eight bytes at a time until one of them
// needs an escape, numbers by std::to_chars. There is no reader.
#include "hand.hpp"
#include "peer.hpp"

#include <charconv>

namespace bench {
namespace {

// The high bit of each byte that is a control character, a quote or a backslash. A borrow can
// mark wrongly only what follows a rightly marked byte; the one by one copy then looks again.
std::uint64_t escapes(std::uint64_t word) {
    const std::uint64_t controls = word - hand::ones * 0x20;
    const std::uint64_t quotes = (word ^ (hand::ones * '"')) - hand::ones;
    const std::uint64_t backslashes = (word ^ (hand::ones * '\\')) - hand::ones;
    return (controls | quotes | backslashes) & ~word & hand::highs;
}

char* put_escaped(char* to, char c) {
    *to++ = '\\';
    switch (c) {
        case '"':
        case '\\': *to++ = c; return to;
        case '\b': *to++ = 'b'; return to;
        case '\f': *to++ = 'f'; return to;
        case '\n': *to++ = 'n'; return to;
        case '\r': *to++ = 'r'; return to;
        case '\t': *to++ = 't'; return to;
        default: break;
    }
    to = hand::put(to, "u00");
    *to++ = "0123456789abcdef"[c >> 4];
    *to++ = "0123456789abcdef"[c & 15];
    return to;
}

char* put_one_by_one(char* to, const char* first, const char* last) {
    for (; first != last; ++first) {
        if (static_cast<unsigned char>(*first) < 0x20 || *first == '"' || *first == '\\') {
            to = put_escaped(to, *first);
        } else {
            *to++ = *first;
        }
    }
    return to;
}

// The last few bytes as the end of the text's last word, where it has one.
char* put_rest(char* to, std::string_view text, std::ptrdiff_t count) {
    const char* const end = text.data() + text.size();
    if (count == 0) return to;
    if (text.size() < 8) return put_one_by_one(to, end - count, end);
    const auto others = static_cast<unsigned>(8 - count) * 8;
    const std::uint64_t word = hand::load8(end - 8);
    if (escapes(word) >> others != 0) return put_one_by_one(to, end - count, end);
    const std::uint64_t rest = word >> others;
    std::memcpy(to, &rest, 8);
    return to + count;
}

char* put_text(char* to, std::string_view text) {
    *to++ = '"';
    const char* at = text.data();
    const char* const end = at + text.size();
    for (; end - at >= 8; at += 8) {
        const std::uint64_t word = hand::load8(at);
        if (escapes(word) == 0) {
            std::memcpy(to, &word, 8);
            to += 8;
        } else {
            to = put_one_by_one(to, at, at + 8);
        }
    }
    to = put_rest(to, text, end - at);
    *to++ = '"';
    return to;
}

template <class Number>
char* put_number(char* to, Number value) {
    constexpr std::size_t longest = 32;
    return std::to_chars(to, to + longest, value).ptr;
}

void append(hand::byte_buffer& out, const book& b) {
    constexpr std::size_t keys_and_numbers = 256;
    constexpr std::size_t longest_escape = 6;
    const std::size_t texts =
        b.id.size() + b.tenant_id.size() + b.title.size() + b.author.size() + 8;
    char* to = out.room(keys_and_numbers + longest_escape * texts);
    to = put_text(hand::put(to, R"({"id":)"), b.id);
    to = put_text(hand::put(to, R"(,"tenant_id":)"), b.tenant_id);
    to = put_text(hand::put(to, R"(,"title":)"), b.title);
    to = put_text(hand::put(to, R"(,"author":)"), b.author);
    to = put_number(hand::put(to, R"(,"pages":)"), b.pages);
    to = put_number(hand::put(to, R"(,"rating":)"), b.rating);
    to = hand::put(to, b.is_deleted ? R"(,"is_deleted":true)" : R"(,"is_deleted":false)");
    to = put_number(hand::put(to, R"(,"version":)"), b.version);
    to = hand::put(hand::put(to, R"(,"sync_status":")"), to_string(b.sync_status));
    to = put_number(hand::put(to, R"(","updated_at":)"), b.updated_at);
    *to++ = '}';
    out.commit(to);
}

std::string_view encode_all(std::span<const book> books) {
    static hand::byte_buffer out;
    out.clear();
    for (const book& b : books) {
        const std::string_view separator = out.view().empty() ? "[" : ",\n";
        char* to = out.room(separator.size());
        out.commit(hand::put(to, separator));
        append(out, b);
    }
    char* to = out.room(1);
    out.commit(hand::put(to, "]"));
    return out.view();
}

const registered hand_json{{.name = "hand JSON", .encode_all = encode_all}};

}  // namespace
}  // namespace bench
