// SPDX-License-Identifier: BSL-1.0
// What every binary value is made of: numbers of variable and of fixed size, and counted bytes.
#pragma once

#include <syncfw/core/detail/utf8.hpp>
#include <syncfw/core/error.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace syncfw::detail::binary {

inline constexpr std::size_t varint_max = 10;

struct decoder {
    const char* begin;
    const char* end;
    errc code = errc::malformed;
    const char* at = nullptr;
    const char* expected = "";
    int depth = 0;
    std::string why{};  // What a cipher said.
};

[[gnu::cold]] [[gnu::noinline]] inline const char* fail(decoder& d, const char* at, errc code,
                                                        const char* expected) {
    d.code = code;
    d.at = at;
    d.expected = expected;
    return nullptr;
}

inline constexpr std::uint64_t zigzag(std::int64_t v) {
    return static_cast<std::uint64_t>(v) << 1 ^ static_cast<std::uint64_t>(v >> 63);
}
inline constexpr std::int64_t unzigzag(std::uint64_t v) {
    return static_cast<std::int64_t>(v >> 1 ^ (~(v & 1) + 1));
}

inline char* put_varint(char* out, std::uint64_t v) {
    while (v >= 0x80) {
        *out++ = static_cast<char>(v | 0x80);
        v >>= 7;
    }
    *out++ = static_cast<char>(v);
    return out;
}

inline const char* get_long_varint(const char* in, decoder& d, std::uint64_t& v) {
    const char* const start = in;
    v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (in == d.end) return fail(d, start, errc::truncated, "the rest of a number");
        const auto byte = static_cast<unsigned char>(*in++);
        v |= std::uint64_t{byte & 0x7Fu} << shift;
        if (byte < 0x80) {
            if (shift == 63 && byte > 1) break;
            return in;
        }
    }
    return fail(d, start, errc::malformed, "a number of at most 64 bits");
}
// Numbers of up to 56 bits at once: the first byte without its high bit ends it, and what is left
// of the bytes moves together in three steps. Null for longer ones.
inline const char* get_varint_of_word(const char* in, std::uint64_t& v) {
    auto word = load_word<std::uint64_t>(in);
    const std::uint64_t stops = ~word & high_bits;
    if (stops == 0) return nullptr;
    word &= (stops ^ (stops - 1)) & ~high_bits;
    word = (word & 0x007F'007F'007F'007F) | (word & 0x7F00'7F00'7F00'7F00) >> 1;
    word = (word & 0x0000'3FFF'0000'3FFF) | (word & 0x3FFF'0000'3FFF'0000) >> 2;
    v = (word & 0x0FFF'FFFF) | (word & 0x0FFF'FFFF'0000'0000) >> 4;
    return in + std::countr_zero(stops) / 8 + 1;
}
inline const char* get_varint(const char* in, decoder& d, std::uint64_t& v) {
    if (in != d.end && static_cast<unsigned char>(*in) < 0x80) {
        v = static_cast<unsigned char>(*in);
        return in + 1;
    }
    if constexpr (std::endian::native == std::endian::little)
        if (d.end - in >= 8)
            if (const char* const after = get_varint_of_word(in, v)) return after;
    return get_long_varint(in, d, v);
}

template <std::size_t Half>
inline void copy_ends(char* out, const char* from, std::size_t size) {
    std::memcpy(out, from, Half);
    std::memcpy(out + size - Half, from + size - Half, Half);
}
// Most texts are short: two copies of fixed size that overlap cost less than a call.
inline void copy_short(char* out, const char* from, std::size_t size) {
    if (size < 8 || size > 64) {
        if (size != 0) std::memcpy(out, from, size);
    } else if (size > 32) {
        copy_ends<32>(out, from, size);
    } else if (size > 16) {
        copy_ends<16>(out, from, size);
    } else {
        copy_ends<8>(out, from, size);
    }
}

inline char* put_bytes(char* out, const void* from, std::size_t size) {
    out = put_varint(out, size);
    copy_short(out, static_cast<const char*>(from), size);
    return out + size;
}
// The length of what follows, never more than is there.
inline const char* get_size(const char* in, decoder& d, std::size_t& size) {
    std::uint64_t v = 0;
    const char* const start = in;
    in = get_varint(in, d, v);
    if (in == nullptr) return nullptr;
    if (v > static_cast<std::uint64_t>(d.end - in))
        return fail(d, start, errc::truncated, "as many bytes as the length says");
    size = static_cast<std::size_t>(v);
    return in;
}
inline const char* get_text(const char* in, decoder& d, std::string_view& text) {
    std::size_t size = 0;
    in = get_size(in, d, size);
    if (in == nullptr) return nullptr;
    if (const char* bad = find_invalid_text(in, in + size); bad != in + size)
        return fail(d, bad, errc::invalid_value, "UTF-8 without NUL");
    text = {in, size};
    return in + size;
}

template <class Word>
inline char* put_fixed(char* out, Word word) {
    if constexpr (std::endian::native == std::endian::little)
        std::memcpy(out, &word, sizeof word);
    else
        for (std::size_t i = 0; i < sizeof word; ++i)
            out[i] = static_cast<char>(word >> (8 * i) & 0xFF);
    return out + sizeof word;
}
template <class Word>
inline const char* get_fixed(const char* in, decoder& d, Word& word) {
    if (static_cast<std::size_t>(d.end - in) < sizeof word)
        return fail(d, in, errc::truncated, "a value of fixed size");
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(&word, in, sizeof word);
    } else {
        word = 0;
        for (std::size_t i = 0; i < sizeof word; ++i)
            word |=
                static_cast<Word>(static_cast<Word>(static_cast<unsigned char>(in[i])) << (8 * i));
    }
    return in + sizeof word;
}

}  // namespace syncfw::detail::binary
