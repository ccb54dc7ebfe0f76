// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>

namespace syncfw::detail {

/// What a shared secret must have: as many bytes as SHA-256 gives (RFC 7518 part 3.2).
inline constexpr std::size_t secret_bytes_min = 32;

// Parts of the secrets that stand in examples and in configurations that were never filled in. All
// are so long that no random secret has one of them.
inline constexpr std::string_view placeholder_parts[] = {
    "yoursecret",     "yoursecure",        "yourjwtsecret", "yoursupersecret", "yourtoken",
    "changeme",       "changethis",        "replaceme",     "replacethis",     "secretkeyhere",
    "secrethere",     "placeholder",       "password123",   "mysecretkey",     "mysupersecret",
    "supersecretkey", "developmentsecret", "donotuse",      "0123456789",      "1234567890",
    "abcdefghij",
};
inline constexpr std::string_view placeholders[] = {"secret", "password", "default", "test",
                                                    "admin"};

/// Why the secret is none; null when it will do. Nothing of the secret is said.
[[nodiscard]] inline const char* why_secret_is_weak(std::string_view secret) {
    std::string letters;  // without case, and without what joins words
    std::bitset<256> seen;
    for (const char c : secret) {
        seen.set(static_cast<unsigned char>(c));
        const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if ((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9')) letters += low;
    }
    bool is_placeholder = false;
    for (const std::string_view each : placeholder_parts)
        is_placeholder = is_placeholder || letters.find(each) != letters.npos;
    for (const std::string_view each : placeholders)
        is_placeholder = is_placeholder || letters == each;
    if (is_placeholder) return "is a placeholder from an example";
    if (secret.size() < secret_bytes_min) return "has less than 32 bytes";
    // 32 random bytes, as hexadecimal digits too, have more; a repeated word hasn't.
    constexpr std::size_t distinct_min = 8;
    if (seen.count() < distinct_min) return "repeats a few characters";
    return nullptr;
}

}  // namespace syncfw::detail
