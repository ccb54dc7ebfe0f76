// SPDX-License-Identifier: BSL-1.0
// One key of a keyring at work. From its 32 bytes three keys are derived, for randomised fields,
// for searchable ones and for the latters' nonces, so that no use of one says anything of another.
//
// A searchable field's nonce is made of its content and its place: the same content gives the same
// ciphertext, and different ones the same nonce with a chance of 2^-96 a pair. The nonce is made
// again after decryption and compared, so what opens is exactly what this key sealed.
#pragma once

#include <syncfw/codec/cipher.hpp>
#include <syncfw/core/detail/base64.hpp>
#include <syncfw/core/detail/wipe.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/security/detail/openssl.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bitset>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::detail {

inline constexpr std::size_t sealed_head = 1 + 4;  // format, key id
inline constexpr std::size_t sealed_size_min =
    sealed_head + crypto::gcm_nonce_size + crypto::gcm_tag_size;
inline constexpr std::size_t sealed_content_max = crypto::gcm_content_max - 1024;

/// Format 1; the mode is part of it, so that no ciphertext is read in the mode that it isn't of.
[[nodiscard]] constexpr char format_of(encryption mode) noexcept {
    return mode == encryption::equality ? '\x12' : '\x11';
}

inline void put_number(std::string& out, std::uint64_t number, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        out += static_cast<char>(number >> shift & 0xFF);
}
[[nodiscard]] inline std::uint32_t get_number(std::string_view from) noexcept {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(from[i]);
    return number;
}

[[nodiscard]] inline error bad_keyring(std::string why) {
    return {.code = errc::invalid_value, .message = std::move(why), .field = "keyring"};
}
[[nodiscard]] inline error no_seal(errc code, const sealed_field& field, std::string why) {
    return {.code = code,
            .message = std::move(why),
            .entity = std::string(field.entity),
            .field = std::string(field.field)};
}

/// Where a ciphertext belongs.
struct sealed_place {
    std::string name{};
    std::string_view tenant{};
    encryption mode = encryption::randomised;

    /// What is authenticated beside the content: format, key, field and tenant, with their sizes,
    /// so that no two places have one text.
    [[nodiscard]] std::string bound_to(std::uint32_t key) const {
        std::string text(1, format_of(mode));
        put_number(text, key, 4);
        put_number(text, name.size(), 4);
        text += name;
        put_number(text, tenant.size(), 4);
        text += tenant;
        return text;
    }
};

class field_key_set {
  public:
    const std::uint32_t id;

    /// Null where OpenSSL fails.
    [[nodiscard]] static std::unique_ptr<const field_key_set> make(std::uint32_t id,
                                                                   const crypto::aes_key& bytes);

    field_key_set(const field_key_set&) = delete;
    field_key_set& operator=(const field_key_set&) = delete;

    /// False when there were so many already.
    [[nodiscard]] bool count_one(std::uint64_t most) const noexcept {
        return sealed_.fetch_add(1, std::memory_order_relaxed) < most;
    }

    [[nodiscard]] bool seal(const sealed_place& place, std::string_view content,
                            std::string& out) const;
    /// `out` stays empty on failure.
    [[nodiscard]] bool open(const sealed_place& place, std::string_view sealed,
                            std::string& out) const;

  private:
    explicit field_key_set(std::uint32_t number) : id(number) {}

    [[nodiscard]] const crypto::aes_key& key_of(encryption mode) const noexcept {
        return mode == encryption::equality ? search_key_.reveal() : random_key_.reveal();
    }
    [[nodiscard]] bool make_nonce(std::string_view bound, std::string_view content,
                                  crypto::gcm_nonce& out) const;

    secret<crypto::aes_key> random_key_{};
    secret<crypto::aes_key> search_key_{};
    crypto::hmac_sha256 nonce_key_{};
    mutable std::atomic<std::uint64_t> sealed_{0};
};

inline std::unique_ptr<const field_key_set> field_key_set::make(std::uint32_t id,
                                                                const crypto::aes_key& bytes) {
    std::unique_ptr<field_key_set> made(new field_key_set(id));
    const std::string_view given(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    crypto::aes_key random{}, search{}, nonce{};
    const auto derive = [&](std::string_view purpose, crypto::aes_key& out) {
        return crypto::hkdf_sha256(given, "syncfw field encryption 1", purpose, out.data(),
                                   out.size());
    };
    const bool done =
        derive("randomised", random) && derive("searchable", search) &&
        derive("searchable nonce", nonce) &&
        made->nonce_key_.prepare({reinterpret_cast<const char*>(nonce.data()), nonce.size()});
    made->random_key_ = secret(std::move(random));
    made->search_key_ = secret(std::move(search));
    wipe_memory(nonce.data(), nonce.size());
    if (!done) return nullptr;
    return made;
}

inline bool field_key_set::make_nonce(std::string_view bound, std::string_view content,
                                      crypto::gcm_nonce& out) const {
    std::string size;
    put_number(size, content.size(), 8);
    crypto::digest made{};
    if (!nonce_key_.make({bound, size, content}, made)) return false;
    std::memcpy(out.data(), made.data(), out.size());
    return true;
}

inline bool field_key_set::seal(const sealed_place& place, std::string_view content,
                                std::string& out) const {
    const std::string bound = place.bound_to(id);
    crypto::gcm_nonce nonce{};
    const bool has_nonce = place.mode == encryption::equality
                               ? make_nonce(bound, content, nonce)
                               : crypto::random_bytes(nonce.data(), nonce.size());
    if (!has_nonce) return false;
    out.assign(bound, 0, sealed_head);
    out.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
    const std::size_t head = out.size();
    out.resize(head + content.size() + crypto::gcm_tag_size);
    return crypto::gcm_seal({key_of(place.mode), nonce, bound}, content,
                            reinterpret_cast<unsigned char*>(out.data() + head));
}

inline bool field_key_set::open(const sealed_place& place, std::string_view sealed,
                                std::string& out) const {
    const std::string bound = place.bound_to(id);
    crypto::gcm_nonce nonce{}, expected{};
    std::memcpy(nonce.data(), sealed.data() + sealed_head, nonce.size());
    const std::string_view body = sealed.substr(sealed_head + nonce.size());
    out.resize(body.size() - crypto::gcm_tag_size);
    bool opens = crypto::gcm_open({key_of(place.mode), nonce, bound}, body,
                                  reinterpret_cast<unsigned char*>(out.data()));
    if (opens && place.mode == encryption::equality)
        opens = make_nonce(bound, out, expected) &&
                equal_in_constant_time(nonce.data(), expected.data(), nonce.size());
    if (opens) return true;
    wipe_memory(out.data(), out.size());
    out.clear();
    return false;
}

// --- reading keys -------------------------------------------------------------------------------

/// 32 random bytes have more different ones.
[[nodiscard]] inline bool looks_random(const crypto::aes_key& key) {
    std::bitset<256> seen;
    for (const unsigned char each : key) seen.set(each);
    constexpr std::size_t distinct_min = 16;
    return seen.count() >= distinct_min;
}

/// The entries of a list of keys, without white space and remarks.
struct key_lines {
    std::string_view rest{};

    [[nodiscard]] bool next(std::string_view& line) {
        while (!rest.empty()) {
            rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r"), rest.size()));
            // A remark goes to the end of its line, commas and all.
            const char* const ends = rest.starts_with('#') ? "\n" : ",\n";
            const std::size_t end = rest.find_first_of(ends);
            line = rest.substr(0, end);
            rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
            if (line.empty() || line.front() == '#') continue;
            line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
            return true;
        }
        return false;
    }
};

/// `7:BASE64`.
[[nodiscard]] inline bool read_key_line(std::string_view line, std::uint32_t& id,
                                        crypto::aes_key& bytes) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos) return false;
    const char* const end = line.data() + colon;
    const auto parsed = std::from_chars(line.data(), end, id);
    if (parsed.ec != std::errc() || parsed.ptr != end) return false;
    std::string read;
    const bool is_key = read_base64(line.substr(colon + 1), read) && read.size() == bytes.size();
    if (is_key) std::memcpy(bytes.data(), read.data(), bytes.size());
    wipe_memory(read.data(), read.size());
    return is_key;
}

}  // namespace syncfw::detail
