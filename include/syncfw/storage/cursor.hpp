// SPDX-License-Identifier: BSL-1.0
// A place in a feed, as its holder keeps it: a text that says nothing to anybody but the store that
// gave it.
//
//     std::string text = write_cursor({whose, library::fingerprint, store.identity()}, 4711);
//     result<std::int64_t> after = read_cursor(scope, text, last_sequence);
//
// It is never a time. It is bound to the tenant, to the set of entities and to the store's history,
// and authenticated, so that a made-up one is refused. One of another history, of other entities,
// or from beyond the feed's end (the store went back in time) gives `errc::resynchronise`: never
// "nothing new".
#pragma once

#include <syncfw/core/detail/hex.hpp>
#include <syncfw/core/detail/siphash.hpp>
#include <syncfw/storage/storage.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace syncfw {

/// What a cursor is bound to.
struct cursor_scope {
    const tenant_id& tenant;
    std::uint64_t entities = 0;  ///< The fingerprint of what is pulled.
    const store_identity& identity;
};

namespace detail {

inline constexpr char cursor_version = 1;
// version, history, entities, sequence, mark
inline constexpr std::size_t cursor_bytes = 1 + 16 + 8 + 8 + 16;

[[nodiscard]] inline std::array<char, cursor_bytes> pack_cursor(const cursor_scope& scope,
                                                                std::int64_t sequence) {
    std::array<char, cursor_bytes> bytes{};
    bytes[0] = cursor_version;
    std::memcpy(bytes.data() + 1, scope.identity.history.bytes().data(), 16);
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[17 + i] = static_cast<char>(scope.entities >> (8 * i));
        bytes[25 + i] = static_cast<char>(static_cast<std::uint64_t>(sequence) >> (8 * i));
    }
    constexpr std::size_t signed_bytes = cursor_bytes - 16;
    std::string message(bytes.data(), signed_bytes);
    message += scope.tenant.name();
    const auto mark = siphash_128(scope.identity.cursor_key, message);
    std::memcpy(bytes.data() + signed_bytes, mark.data(), mark.size());
    return bytes;
}

}  // namespace detail

/// The cursor of a holder who has seen everything up to this number.
[[nodiscard]] inline std::string write_cursor(const cursor_scope& scope, std::int64_t sequence) {
    std::string text;
    for (const char byte : detail::pack_cursor(scope, sequence)) {
        char pair[2];
        detail::write_hex(pair, static_cast<std::uint8_t>(byte));
        text.append(pair, 2);
    }
    return text;
}

/// The number in a cursor that `write_cursor` made; an empty text is the feed's beginning. Fails
/// with `errc::malformed` where it is none of this tenant's, and with `errc::resynchronise` where
/// the feed can't go on from it.
[[nodiscard]] inline result<std::int64_t> read_cursor(const cursor_scope& scope,
                                                      std::string_view text,
                                                      std::int64_t last_sequence) {
    if (text.empty()) return std::int64_t{0};
    const error foreign{.code = errc::malformed, .message = "the cursor was not given out here"};
    std::array<char, detail::cursor_bytes> bytes{};
    if (text.size() != 2 * bytes.size()) return foreign;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const unsigned high = detail::hex_value(text[2 * i]);
        const unsigned low = detail::hex_value(text[2 * i + 1]);
        if (high > 0x0F || low > 0x0F) return foreign;
        bytes[i] = static_cast<char>(high << 4 | low);
    }
    if (bytes[0] != detail::cursor_version) return foreign;
    const auto resynchronise = [](const char* why) {
        return error{.code = errc::resynchronise, .message = why};
    };
    // What another history or another schema signed can't be checked here.
    if (std::memcmp(bytes.data() + 1, scope.identity.history.bytes().data(), 16) != 0)
        return resynchronise("the store's history is another one than the cursor's");
    std::uint64_t entities = 0, sequence = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        entities |= std::uint64_t{static_cast<unsigned char>(bytes[17 + i])} << (8 * i);
        sequence |= std::uint64_t{static_cast<unsigned char>(bytes[25 + i])} << (8 * i);
    }
    if (entities != scope.entities)
        return resynchronise("the cursor was given out for another set of entities");
    const auto place = static_cast<std::int64_t>(sequence);
    const auto expected = detail::pack_cursor(scope, place);
    unsigned difference = 0;  // Every byte is looked at, so that the time tells nothing.
    for (std::size_t i = 0; i < bytes.size(); ++i)
        difference |= static_cast<unsigned>(static_cast<unsigned char>(bytes[i] ^ expected[i]));
    if (difference != 0 || place < 0) return foreign;
    if (place > last_sequence)
        return resynchronise("the cursor lies beyond the feed's end: the store went back in time");
    return place;
}

}  // namespace syncfw
