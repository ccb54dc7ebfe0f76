// SPDX-License-Identifier: BSL-1.0
// The keys of encrypted fields, and their rotation.
//
//     auto keys = keyring::from_file("/run/secrets/fields");  // 1:BASE64, newest last
//     auto store = sqlite::open<library>("library.db", {}, *keys);
//     auto text = json::encode(row, keys->for_tenant(acme));
//
// All keys open, the newest seals. What is compared and synchronised is the plain content, so a new
// key changes nothing by itself; a row gets it when it is written again.
//
// A ciphertext is bound to its tenant, its field and its mode, so it opens in no other place. It is
// not bound to its row: whoever can write the database can put one row's ciphertext into another
// row of the same field and tenant. `encrypted_revealing_equality` also shows which rows have equal
// content, to whoever can read it. Lengths show in both modes.
//
// The bytes: format (1), key id (4, big-endian), nonce (12), AES-256-GCM ciphertext, tag (16).
#pragma once

#include <syncfw/codec/cipher.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/security/detail/field_keys.hpp>
#include <syncfw/security/secret_file.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

/// 32 random bytes, and the number that ciphertexts name them by. A number is never used again for
/// another key.
struct field_key {
    std::uint32_t id = 0;
    secret<std::array<unsigned char, 32>> bytes{};
};

/// A field that another program has too, under a name of its own: both bind their ciphertexts to
/// the shared name, so that each opens and finds what the other sealed.
struct shared_field {
    std::string entity{};
    std::string field{};  ///< As in JSON.
    std::string name{};   ///< Without one, a field's is `entity.field`.
};

struct keyring_options {
    std::vector<shared_field> shared{};
    /// Of the randomised mode with one key in this process. With 2^32 random nonces two may be
    /// the same with a chance of 2^-33, and no more is allowed (NIST SP 800-38D part 8.3).
    std::uint64_t seals_max = std::uint64_t{1} << 32;
};

class keyring_cipher;

/// Copies share the keys; threads may use it at the same time.
class keyring {
  public:
    static constexpr std::size_t keys_max = 64;

    /// The newest key is the last. Fails with `errc::invalid_value` for ids that are 0 or come
    /// twice, and for keys that come twice or are not random.
    [[nodiscard]] static result<keyring> of(const std::vector<field_key>& keys,
                                            keyring_options wanted = {});
    /// From `1:BASE64,2:BASE64`, or one a line; a line that begins with # is a remark.
    [[nodiscard]] static result<keyring> parse(const secret<std::string>& text,
                                               keyring_options wanted = {});
    /// The same from a file, which nobody else may read (see secret_file.hpp).
    [[nodiscard]] static result<keyring> from_file(const std::string& path,
                                                   keyring_options wanted = {});

    /// The cipher for one tenant's rows.
    [[nodiscard]] keyring_cipher for_tenant(const tenant_id& whose) const;

    [[nodiscard]] std::uint32_t newest() const noexcept { return held_->keys.back()->id; }
    /// The oldest first.
    [[nodiscard]] std::vector<std::uint32_t> ids() const {
        std::vector<std::uint32_t> all;
        for (const auto& each : held_->keys) all.push_back(each->id);
        return all;
    }

  private:
    friend class keyring_cipher;

    struct parts {
        keyring_options wanted{};
        std::vector<std::unique_ptr<const detail::field_key_set>> keys{};
    };
    explicit keyring(std::shared_ptr<const parts> held) : held_(std::move(held)) {}

    std::shared_ptr<const parts> held_;
};

/// A `field_cipher`: seals with the newest key, opens with the one that the ciphertext names.
class keyring_cipher {
  public:
    [[nodiscard]] result<void> seal(const sealed_field& field, std::string_view content,
                                    std::string& out) const;
    /// Fails with `errc::truncated`, `errc::unsupported_format`, `errc::not_found` for a key that
    /// is not in the ring, and `errc::corrupted` for what was changed, or belongs to another place.
    [[nodiscard]] result<void> open(const sealed_field& field, std::string_view sealed,
                                    std::string& out) const;

    /// What a content may look like in storage, the newest key's first: an equality search looks
    /// for all of them while rows of older keys are left. Only for fields that reveal equality.
    [[nodiscard]] result<std::vector<std::string>> ciphertexts_of(const sealed_field& field,
                                                                  std::string_view content) const;

  private:
    friend class keyring;

    keyring_cipher(std::shared_ptr<const keyring::parts> held, tenant_id whose)
        : held_(std::move(held)), whose_(std::move(whose)) {}

    [[nodiscard]] detail::sealed_place place_of(const sealed_field& field) const;
    [[nodiscard]] result<void> seal_with(const detail::field_key_set& key,
                                         const sealed_field& field, std::string_view content,
                                         std::string& out) const;

    std::shared_ptr<const keyring::parts> held_;
    tenant_id whose_;
};

/// Which key a ciphertext is under, so that a rewrite can find what is left of an old one.
[[nodiscard]] result<std::uint32_t> key_of_ciphertext(std::string_view sealed);

// --- how it is done ------------------------------------------------------------------------------

inline result<keyring> keyring::of(const std::vector<field_key>& keys, keyring_options wanted) {
    using namespace detail;
    if (keys.empty()) return bad_keyring("there is no key");
    if (keys.size() > keys_max) return bad_keyring("a keyring has at most 64 keys");
    auto made = std::make_shared<parts>();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const field_key& each = keys[i];
        if (each.id == 0) return bad_keyring("a key's number is 1 or more");
        if (!looks_random(each.bytes.reveal()))
            return bad_keyring("key " + std::to_string(each.id) +
                               " is not random; make one with: openssl rand -base64 32");
        for (std::size_t before = 0; before < i; ++before) {
            if (keys[before].id == each.id)
                return bad_keyring("two keys have the number " + std::to_string(each.id));
            if (keys[before].bytes == each.bytes)
                return bad_keyring("key " + std::to_string(each.id) + " is key " +
                                   std::to_string(keys[before].id) + " again");
        }
        auto derived = field_key_set::make(each.id, each.bytes.reveal());
        if (derived == nullptr) return crypto::failed("derive keys");
        made->keys.push_back(std::move(derived));
    }
    made->wanted = std::move(wanted);
    return keyring(std::move(made));
}

inline result<keyring> keyring::parse(const secret<std::string>& text, keyring_options wanted) {
    std::vector<field_key> keys;
    std::size_t number = 0;
    detail::key_lines lines{text.reveal()};
    for (std::string_view line; lines.next(line);) {
        ++number;
        field_key& made = keys.emplace_back();
        detail::crypto::aes_key bytes{};
        if (!detail::read_key_line(line, made.id, bytes))
            return detail::bad_keyring("key " + std::to_string(number) +
                                       " of the list is not number:base64 of 32 bytes; make one "
                                       "with: openssl rand -base64 32");
        made.bytes = secret(std::move(bytes));
    }
    return of(keys, std::move(wanted));
}

inline result<keyring> keyring::from_file(const std::string& path, keyring_options wanted) {
    auto text = read_secret_file(path);
    if (!text) return text.error();
    return parse(*text, std::move(wanted));
}

inline keyring_cipher keyring::for_tenant(const tenant_id& whose) const {
    return {held_, whose};
}

inline detail::sealed_place keyring_cipher::place_of(const sealed_field& field) const {
    for (const shared_field& each : held_->wanted.shared)
        if (each.entity == field.entity && each.field == field.field && !each.name.empty())
            return {each.name, whose_.name(), field.mode};
    return {std::string(field.entity).append(".").append(field.field), whose_.name(), field.mode};
}

inline result<void> keyring_cipher::seal_with(const detail::field_key_set& key,
                                              const sealed_field& field, std::string_view content,
                                              std::string& out) const {
    out.clear();
    if (content.size() > detail::sealed_content_max)
        return detail::no_seal(errc::too_large, field, "an encrypted field has at most 1 GiB");
    if (field.mode == encryption::randomised && !key.count_one(held_->wanted.seals_max))
        return detail::no_seal(errc::forbidden, field,
                               "key " + std::to_string(key.id) +
                                   " has sealed all that is safe; add a newer one to the keyring");
    if (key.seal(place_of(field), content, out)) return {};
    out.clear();
    return detail::crypto::failed("encrypt");
}

inline result<void> keyring_cipher::seal(const sealed_field& field, std::string_view content,
                                         std::string& out) const {
    return seal_with(*held_->keys.back(), field, content, out);
}

inline result<void> keyring_cipher::open(const sealed_field& field, std::string_view sealed,
                                         std::string& out) const {
    out.clear();
    const auto id = key_of_ciphertext(sealed);
    if (!id) return detail::no_seal(id.error().code, field, id.error().message);
    if (sealed[0] != detail::format_of(field.mode))
        return detail::no_seal(errc::corrupted, field,
                               "the ciphertext was made for the other mode of encryption");
    for (const auto& key : held_->keys) {
        if (key->id != *id) continue;
        if (key->open(place_of(field), sealed, out)) return {};
        return detail::no_seal(errc::corrupted, field,
                               "the ciphertext under key " + std::to_string(*id) +
                                   " was changed, or is another field's or tenant's");
    }
    return detail::no_seal(errc::not_found, field,
                           "the ciphertext is under key " + std::to_string(*id) +
                               ", which the keyring has not; put it back in");
}

inline result<std::vector<std::string>> keyring_cipher::ciphertexts_of(
    const sealed_field& field, std::string_view content) const {
    if (field.mode != encryption::equality)
        return detail::no_seal(errc::invalid_value, field,
                               "only encrypted_revealing_equality can be searched");
    std::vector<std::string> all;
    for (auto key = held_->keys.rbegin(); key != held_->keys.rend(); ++key)
        if (auto done = seal_with(**key, field, content, all.emplace_back()); !done)
            return done.error();
    return all;
}

inline result<std::uint32_t> key_of_ciphertext(std::string_view sealed) {
    if (sealed.size() < detail::sealed_size_min)
        return error{.code = errc::truncated,
                     .message = "a ciphertext has at least 33 bytes, this has " +
                                std::to_string(sealed.size())};
    if (sealed[0] != detail::format_of(encryption::randomised) &&
        sealed[0] != detail::format_of(encryption::equality))
        return error{.code = errc::unsupported_format,
                     .message = "the bytes are no ciphertext of a format that is known here"};
    return detail::get_number(sealed.substr(1));
}

static_assert(field_cipher<keyring_cipher> && tenant_ciphers<keyring>);

}  // namespace syncfw
