// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/entity/entity.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

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

/// Any cipher, without its type. The cipher must outlive it.
class cipher_view {
  public:
    /// Nobody's: it can neither seal nor open.
    cipher_view() = default;
    template <class C>
        requires(!std::same_as<C, cipher_view> && field_cipher<C>)
    cipher_view(const C& of) noexcept
        : of_(&of),
          seal_([](const void* cipher, const sealed_field& field, std::string_view content,
                   std::string& out) {
              return static_cast<const C*>(cipher)->seal(field, content, out);
          }),
          open_([](const void* cipher, const sealed_field& field, std::string_view content,
                   std::string& out) {
              return static_cast<const C*>(cipher)->open(field, content, out);
          }) {}

    [[nodiscard]] result<void> seal(const sealed_field& field, std::string_view content,
                                    std::string& out) const {
        return of_ == nullptr ? no_keys(field) : seal_(of_, field, content, out);
    }
    [[nodiscard]] result<void> open(const sealed_field& field, std::string_view content,
                                    std::string& out) const {
        return of_ == nullptr ? no_keys(field) : open_(of_, field, content, out);
    }

  private:
    using function = result<void>(const void*, const sealed_field&, std::string_view, std::string&);
    [[nodiscard]] static result<void> no_keys(const sealed_field& field) {
        return error{.code = errc::invalid_value,
                     .message = "the field is encrypted, and no cipher was given",
                     .entity = std::string(field.entity),
                     .field = std::string(field.field)};
    }

    const void* of_ = nullptr;
    function* seal_ = nullptr;
    function* open_ = nullptr;
};

/// Keys whose ciphertexts are bound to a tenant. A store takes it in place of a cipher, and asks it
/// for the one of each transaction's tenant.
template <class C>
concept tenant_ciphers = requires(const C& ciphers, const tenant_id& whose) {
    { ciphers.for_tenant(whose) } -> field_cipher;
};

namespace detail {

struct no_cipher {};

/// What a transaction seals and opens with, looked at like a pointer.
template <class C>
class cipher_in_use {
  public:
    using type = C;
    cipher_in_use(const C& given, const tenant_id&) noexcept : given_(&given) {}
    [[nodiscard]] const type& operator*() const noexcept { return *given_; }
    [[nodiscard]] const type* operator->() const noexcept { return given_; }

  private:
    const C* given_;
};
template <tenant_ciphers C>
class cipher_in_use<C> {
  public:
    using type = decltype(std::declval<const C&>().for_tenant(std::declval<const tenant_id&>()));
    cipher_in_use(const C& given, const tenant_id& whose) : bound_(given.for_tenant(whose)) {}
    [[nodiscard]] const type& operator*() const noexcept { return bound_; }
    [[nodiscard]] const type* operator->() const noexcept { return &bound_; }

  private:
    type bound_;
};
template <class C>
using cipher_used = typename cipher_in_use<C>::type;

template <class T>
inline constexpr bool has_encrypted_fields =
    (declaration_of<T>::meanings & bit_of(meaning::encrypted)) != 0;

template <class Schema>
inline constexpr bool has_encrypted_entities = [] {
    bool has = false;
    Schema::for_each([&]<class T>(of<T>) { has |= has_encrypted_fields<T>; });
    return has;
}();

/// What rows of T are sealed with: nothing where nothing is to be sealed.
template <class T>
using cipher_of_rows = std::conditional_t<has_encrypted_fields<T>, cipher_view, no_cipher>;
template <class T>
[[nodiscard]] cipher_of_rows<T> cipher_of_row(const cipher_view& given) noexcept {
    if constexpr (has_encrypted_fields<T>)
        return given;
    else
        return {};
}

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
