// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/entity/entity.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace syncfw {

/// Which field is sealed: a cipher binds the ciphertext to it.
struct sealed_field {
    std::string_view entity{};
    std::string_view field{};
    encryption mode = encryption::randomised;
};

/// Turns the plain content of `encrypted` fields into ciphertext and back. Codecs of an entity
/// with such fields take one, so that no plaintext can leave by being forgotten.
template <class C>
concept field_cipher = requires(const C& cipher, const sealed_field& field,
                                std::string_view content, std::string& out) {
    // Replaces `out` by the ciphertext of `content`.
    { cipher.seal(field, content, out) } -> std::same_as<result<void>>;
    // Replaces `out` by the content; an error when the ciphertext was tampered with.
    { cipher.open(field, content, out) } -> std::same_as<result<void>>;
};

namespace detail {

struct no_cipher {};

template <class T>
inline constexpr bool has_encrypted_fields =
    (declaration_of<T>::meanings & bit_of(meaning::encrypted)) != 0;

// The gate of every encoder and decoder.
template <class T, class Cipher>
consteval bool require_codec() {
    static_assert(require_entity<T>());
    if constexpr (entity_problem<T>() == declaration_problem::none)
        static_assert(!has_encrypted_fields<T> || field_cipher<Cipher>,
                      "syncfw: this entity has encrypted fields; give the codec a cipher as its "
                      "last argument");
    return true;
}

}  // namespace detail
}  // namespace syncfw
