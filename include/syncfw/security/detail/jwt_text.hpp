// SPDX-License-Identifier: BSL-1.0
// The parts of a token (RFC 7515, RFC 7519) and what is asked of each. A function returns why the
// token is refused, or null; the words say nothing of the token's own.
#pragma once

#include <syncfw/codec/json.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/security/detail/base64url.hpp>
#include <syncfw/security/jwt_keys.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace syncfw::detail {

inline constexpr std::size_t token_bytes_max = 8 * 1024;

/// header.payload.signature, each in base64url.
struct jwt_text {
    std::string_view header{};
    std::string_view payload{};
    std::string_view signature{};
    std::string_view is_signed{};  ///< What the signature is of: the first two with their dot.

    [[nodiscard]] bool split(std::string_view token) {
        const std::size_t first = token.find('.');
        if (first == token.npos) return false;
        const std::size_t second = token.find('.', first + 1);
        if (second == token.npos || token.find('.', second + 1) != token.npos) return false;
        header = token.substr(0, first);
        payload = token.substr(first + 1, second - first - 1);
        signature = token.substr(second + 1);
        is_signed = token.substr(0, second);
        return true;
    }
};

/// What a header may decide: which key. All else it only may agree with.
struct jwt_header {
    std::string algorithm{};
    std::string key_id{};
};

/// An object in base64url. Members that come twice are refused, as everything that some other
/// reader could understand in another way.
[[nodiscard]] inline std::optional<document> read_object(std::string_view part) {
    std::string text;
    if (!read_base64url(part, text)) return {};
    syncfw::json::options rules;
    rules.depth_max = 16;
    rules.size_max = token_bytes_max;
    auto read = syncfw::json::decode_document(text, rules);
    if (!read || read->members() == nullptr) return {};
    return std::move(*read);
}

[[nodiscard]] inline bool is_jwt_type(std::string_view type) {
    return type.size() == 3 && (type[0] | 0x20) == 'j' && (type[1] | 0x20) == 'w' &&
           (type[2] | 0x20) == 't';
}

[[nodiscard]] inline const char* read_header(std::string_view part, jwt_header& out) {
    const auto header = read_object(part);
    if (!header) return "the header is no JSON object in base64url";
    // What it lists must be understood, and nothing of the kind is.
    if (header->find("crit") != nullptr) return "the header has critical members";
    if (header->find("typ") != nullptr && !is_jwt_type(text_of(*header, "typ")))
        return "the type is not JWT";
    out.algorithm = text_of(*header, "alg");
    if (out.algorithm.empty()) return "the header names no algorithm";
    out.key_id = text_of(*header, "kid");
    // Keys are looked up by it, and nothing else is done with it. Members that carry keys or say
    // where some are (jwk, jku, x5c, x5u) are not looked at.
    if (header->find("kid") != nullptr && out.key_id.empty()) return "the key id is no text";
    if (out.key_id.size() > jwt_key::id_bytes_max) return "the key id is too long";
    return nullptr;
}

/// Seconds since 1970, with a fraction or without. Moments outside of the calendar are its ends.
[[nodiscard]] inline bool read_moment(const document& value, timestamp& out) {
    constexpr std::int64_t far = 1'000'000'000'000;  // seconds: beyond any timestamp
    std::int64_t microseconds = 0;
    if (const std::int64_t* const whole = value.integer(); whole != nullptr) {
        const std::int64_t seconds = *whole > far ? far : *whole < -far ? -far : *whole;
        microseconds = seconds * 1'000'000;
    } else if (const double* const real = value.real(); real != nullptr) {
        constexpr auto limit = static_cast<double>(far);
        const double seconds = *real > limit ? limit : *real < -limit ? -limit : *real;
        microseconds = static_cast<std::int64_t>(seconds * 1e6);
    } else {
        return false;
    }
    out = timestamp::from_microseconds(microseconds);
    return true;
}

}  // namespace syncfw::detail
