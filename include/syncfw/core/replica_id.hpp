// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/entropy.hpp>
#include <syncfw/core/detail/hex.hpp>
#include <syncfw/core/result.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncfw {

/// Names one store that writes: a device, a service, a server. 64 bits of chance, given once and
/// kept with the store. Zero is no store: what carries it is not yet attributed to anybody.
///
///     const replica_id self = new_replica_id();
///     log(to_string(self));  // 00e1b2c3d4f50617
class replica_id {
  public:
    static constexpr std::size_t text_size = 16;

    constexpr replica_id() noexcept = default;
    constexpr explicit replica_id(std::uint64_t value) noexcept : value_(value) {}

    /// Accepts exactly 16 lower-case hexadecimal digits. Fails with `errc::malformed`, naming the
    /// character.
    [[nodiscard]] static result<replica_id> parse(std::string_view text);

    /// The same for decoders, without the reason. Leaves `out` alone when it returns false.
    [[nodiscard]] static constexpr bool parse(std::string_view text, replica_id& out) noexcept {
        if (text.size() != text_size || count_digits(text) != text_size) return false;
        out.value_ = 0;
        for (const char digit : text) out.value_ = out.value_ << 4 | detail::hex_value(digit);
        return true;
    }

    /// Writes exactly 16 characters, no terminating zero, and returns their end.
    constexpr char* write(char* out) const noexcept {
        for (int shift = 56; shift >= 0; shift -= 8)
            out = detail::write_hex(out, static_cast<std::uint8_t>(value_ >> shift));
        return out;
    }

    [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }
    /// Whether it names a store at all.
    [[nodiscard]] constexpr bool is_attributed() const noexcept { return value_ != 0; }

    friend constexpr auto operator<=>(const replica_id&, const replica_id&) = default;

  private:
    /// How many characters from the first are lower-case digits.
    [[nodiscard]] static constexpr std::size_t count_digits(std::string_view text) noexcept {
        std::size_t at = 0;
        while (at < text.size() && detail::hex_value(text[at]) <= 0x0F &&
               !(text[at] >= 'A' && text[at] <= 'F'))
            ++at;
        return at;
    }

    std::uint64_t value_ = 0;
};

[[nodiscard]] inline std::string to_string(replica_id id) {
    std::string text(replica_id::text_size, '\0');
    id.write(text.data());
    return text;
}

/// A new id from the operating system's entropy, never zero. Safe to call from any thread.
[[nodiscard]] inline replica_id new_replica_id() noexcept {
    std::uint64_t value = 0;
    while (value == 0) detail::fill_with_entropy(&value, sizeof value);
    return replica_id(value);
}

inline result<replica_id> replica_id::parse(std::string_view text) {
    replica_id id;
    if (parse(text, id)) return id;
    const std::size_t at = count_digits(text.substr(0, text_size));
    return error{.code = errc::malformed,
                 .message = std::string("expected ") +
                            (at < text_size ? "a lower-case hexadecimal digit" : "the end") +
                            " at character " + std::to_string(at + 1) +
                            " (a replica id is 16 of them)"};
}

}  // namespace syncfw

template <>
struct std::hash<syncfw::replica_id> {
    [[nodiscard]] std::size_t operator()(syncfw::replica_id id) const noexcept {
        const std::uint64_t mixed = (id.value() ^ id.value() >> 32) * 0x9E37'79B9'7F4A'7C15;
        return static_cast<std::size_t>(mixed ^ mixed >> 32);
    }
};
