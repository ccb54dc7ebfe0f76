// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/entropy.hpp>
#include <syncfw/core/detail/hex.hpp>
#include <syncfw/core/detail/system_time.hpp>
#include <syncfw/core/result.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncfw {

/// A universally unique id (RFC 9562): 16 bytes, most significant first, so that the order of
/// ids is the order of their texts and of a database's 16 bytes. Starts as the nil id.
///
///     book dune{.id = syncfw::new_uuid()};
///     auto parsed = syncfw::uuid::parse("0192f0c1-7a3b-7c4d-8e5f-60718293a4b5");
class uuid {
  public:
    static constexpr std::size_t text_size = 36;

    constexpr uuid() noexcept = default;
    constexpr explicit uuid(const std::array<std::uint8_t, 16>& bytes) noexcept : bytes_(bytes) {}

    /// Accepts 8-4-4-4-12 hexadecimal digits of either case, and nothing else: no braces, no
    /// blanks, no `urn:uuid:`. Fails with `errc::malformed`, naming the character.
    [[nodiscard]] static result<uuid> parse(std::string_view text);

    /// The same for decoders, without the reason. Leaves `out` alone when it returns false.
    [[nodiscard]] static constexpr bool parse(std::string_view text, uuid& out) noexcept;

    /// Writes exactly 36 lower-case characters, no terminating zero, and returns their end.
    constexpr char* write(char* out) const noexcept;

    [[nodiscard]] constexpr const std::array<std::uint8_t, 16>& bytes() const noexcept {
        return bytes_;
    }
    [[nodiscard]] constexpr bool is_nil() const noexcept { return *this == uuid{}; }
    [[nodiscard]] constexpr int version() const noexcept { return bytes_[6] >> 4; }

    friend constexpr auto operator<=>(const uuid&, const uuid&) = default;

  private:
    std::array<std::uint8_t, 16> bytes_{};
};

[[nodiscard]] inline std::string to_string(const uuid& id) {
    std::string text(uuid::text_size, '\0');
    id.write(text.data());
    return text;
}

/// A new id of time and chance (version 7): later ids are greater, within the whole process and
/// whatever the system's clock does. Safe to call from any thread and after a fork(). Each call
/// asks the operating system for entropy; ids of other processes are not predictable from it.
[[nodiscard]] uuid new_uuid() noexcept;

/// An id of chance alone (version 4), out of the caller's 16 random bytes.
[[nodiscard]] constexpr uuid make_uuid_v4(std::array<std::uint8_t, 16> entropy) noexcept {
    entropy[6] = static_cast<std::uint8_t>(0x40 | (entropy[6] & 0x0F));
    entropy[8] = static_cast<std::uint8_t>(0x80 | (entropy[8] & 0x3F));
    return uuid(entropy);
}

namespace detail {

/// What rises from one version 7 id to the next: 48 bits of milliseconds, 16 bits of counter.
/// Each new millisecond seeds the counter at random, in its lower half; within one (and after
/// the clock went back) it rises by a random step. A full counter carries into the milliseconds.
[[nodiscard]] constexpr std::uint64_t next_uuid_v7_prefix(
    std::uint64_t last, std::int64_t milliseconds,
    const std::array<std::uint8_t, 10>& entropy) noexcept {
    // The year 9999: it leaves 890 years of carry before the 48 bits are full.
    constexpr std::int64_t milliseconds_max = 253'402'300'799'999;
    if (milliseconds < 0) milliseconds = 0;
    if (milliseconds > milliseconds_max) milliseconds = milliseconds_max;
    const auto now = static_cast<std::uint64_t>(milliseconds);
    const std::uint64_t chance = std::uint64_t{entropy[0]} << 8 | entropy[1];
    if (now > last >> 16) return now << 16 | (chance & 0x7FFF);
    SYNCFW_ASSERT(last <= UINT64_MAX - 16, "uuid v7: the 48 bits of time are used up");
    return last + 1 + (chance & 0x0F);
}

[[nodiscard]] constexpr uuid make_uuid_v7(std::uint64_t prefix,
                                          const std::array<std::uint8_t, 10>& entropy) noexcept {
    std::array<std::uint8_t, 16> id{};
    for (std::size_t i = 0; i < 6; ++i) id[i] = static_cast<std::uint8_t>(prefix >> (56 - 8 * i));
    id[6] = static_cast<std::uint8_t>(0x70 | (prefix >> 12 & 0x0F));
    id[7] = static_cast<std::uint8_t>(prefix >> 4);
    id[8] = static_cast<std::uint8_t>(0x80 | (prefix & 0x0F) << 2 | (entropy[2] & 0x03));
    for (std::size_t i = 9; i < 16; ++i) id[i] = entropy[i - 6];
    return uuid(id);
}

constexpr std::size_t uuid_hyphens[] = {8, 13, 18, 23};
/// Where the two digits of each byte stand.
constexpr std::size_t uuid_places[] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

}  // namespace detail

/// Version 7 ids out of the caller's clock and chance, for code that may read neither itself.
/// Each id is greater than the one before, whatever the clock does. Not for several threads.
///
///     uuid_v7_generator ids;
///     uuid id = ids.next(environment.milliseconds(), environment.ten_random_bytes());
class uuid_v7_generator {
  public:
    [[nodiscard]] constexpr uuid next(std::int64_t milliseconds,
                                      const std::array<std::uint8_t, 10>& entropy) noexcept {
        last_ = detail::next_uuid_v7_prefix(last_, milliseconds, entropy);
        return detail::make_uuid_v7(last_, entropy);
    }

  private:
    std::uint64_t last_ = 0;
};

inline uuid new_uuid() noexcept {
    // One lock-free word instead of a lock: a fork() in the middle can't leave it locked.
    static std::atomic<std::uint64_t> last{0};
    std::array<std::uint8_t, 10> entropy;
    detail::fill_with_entropy(entropy.data(), entropy.size());
    const std::int64_t now = detail::system_microseconds() / 1'000;

    std::uint64_t seen = last.load(std::memory_order_relaxed);
    std::uint64_t prefix = 0;
    do prefix = detail::next_uuid_v7_prefix(seen, now, entropy);
    while (!last.compare_exchange_weak(seen, prefix, std::memory_order_relaxed));
    return detail::make_uuid_v7(prefix, entropy);
}

constexpr char* uuid::write(char* out) const noexcept {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (detail::write_hex(out + detail::uuid_places[I], bytes_[I]), ...);
    }(std::make_index_sequence<16>{});
    for (const std::size_t at : detail::uuid_hyphens) out[at] = '-';
    return out + text_size;
}

namespace detail {

[[nodiscard]] constexpr bool parse_uuid_bytewise(const char* text,
                                                 std::array<std::uint8_t, 16>& bytes) noexcept {
    unsigned digits = 0;
    for (std::size_t i = 0; i < 16; ++i) {
        const unsigned high = hex_value(text[uuid_places[i]]);
        const unsigned low = hex_value(text[uuid_places[i] + 1]);
        digits |= high | low;
        bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return digits <= 0x0F;
}

[[nodiscard]] inline bool parse_uuid_lanes(const char* text,
                                           std::array<std::uint8_t, 16>& bytes) noexcept {
    const auto eight = [text](std::size_t first, std::size_t second) noexcept {
        std::uint32_t halves[2];
        std::memcpy(&halves[0], text + first, 4);
        std::memcpy(&halves[1], text + second, 4);
        return std::uint64_t{halves[1]} << 32 | halves[0];
    };
    const hex_lanes head{eight(0, 4), eight(9, 14)};
    const hex_lanes tail{eight(19, 24), eight(28, 32)};
    const hex_lanes digits = hex_digits_in(head) & hex_digits_in(tail);
    if ((digits[0] & digits[1]) != every_byte * 0x80) return false;
    const hex_lanes parts[] = {hex_bytes_of(head), hex_bytes_of(tail)};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto part = static_cast<std::uint32_t>(parts[i / 2][i % 2]);
        std::memcpy(bytes.data() + 4 * i, &part, 4);
    }
    return true;
}

}  // namespace detail

constexpr bool uuid::parse(std::string_view text, uuid& out) noexcept {
    if (text.size() != text_size) return false;
    for (const std::size_t at : detail::uuid_hyphens)
        if (text[at] != '-') return false;
    std::array<std::uint8_t, 16> bytes{};
    if (std::is_constant_evaluated() || std::endian::native != std::endian::little) {
        if (!detail::parse_uuid_bytewise(text.data(), bytes)) return false;
    } else {
        if (!detail::parse_uuid_lanes(text.data(), bytes)) return false;
    }
    out = uuid(bytes);
    return true;
}

inline result<uuid> uuid::parse(std::string_view text) {
    uuid id;
    if (parse(text, id)) return id;

    const std::string_view form = "00000000-0000-0000-0000-000000000000";
    std::size_t at = 0;
    const auto fits = [&] {
        return form[at] == '-' ? text[at] == '-' : detail::hex_value(text[at]) <= 0x0F;
    };
    while (at < text.size() && at < form.size() && fits()) ++at;
    const char* expected = "the end of the UUID";
    if (at < form.size()) expected = form[at] == '-' ? "'-'" : "a hexadecimal digit";
    return error{.code = errc::malformed,
                 .message = std::string("expected ") + expected + " at character " +
                            std::to_string(at + 1) + " (a UUID is 8-4-4-4-12 hexadecimal digits)"};
}

namespace detail {
// Not constexpr, so that the compiler names it when a literal is wrong.
inline void a_uuid_literal_has_8_4_4_4_12_hexadecimal_digits() {}
}  // namespace detail

inline namespace literals {

/// `"0192f0c1-7a3b-7c4d-8e5f-60718293a4b5"_uuid`; a wrong one does not compile.
[[nodiscard]] consteval uuid operator""_uuid(const char* text, std::size_t size) {
    uuid id;
    if (!uuid::parse(std::string_view(text, size), id))
        detail::a_uuid_literal_has_8_4_4_4_12_hexadecimal_digits();
    return id;
}

}  // namespace literals
}  // namespace syncfw

template <>
struct std::hash<syncfw::uuid> {
    [[nodiscard]] std::size_t operator()(const syncfw::uuid& id) const noexcept {
        std::uint64_t halves[2];
        std::memcpy(halves, id.bytes().data(), sizeof halves);
        std::uint64_t mixed = (halves[0] ^ 0x9E37'79B9'7F4A'7C15) * 0xBF58'476D'1CE4'E5B9;
        mixed = (mixed ^ mixed >> 32 ^ halves[1]) * 0x94D0'49BB'1331'11EB;
        return static_cast<std::size_t>(mixed ^ mixed >> 29);
    }
};
