// SPDX-License-Identifier: BSL-1.0
// Where the engine gets the keys of encrypted fields from: from the store, which has them for its
// own columns. What the engine keeps and sends of such fields is sealed with the same keys.
#pragma once

#include <syncfw/codec/cipher.hpp>
#include <syncfw/core/tenant.hpp>

#include <utility>

namespace syncfw::detail {

/// The keys of the transaction's tenant, as long as it is there.
template <class Transaction>
[[nodiscard]] cipher_view keys_in(Transaction& tx) {
    if constexpr (requires { cipher_view(tx.native().cipher()); })
        return cipher_view(tx.native().cipher());
    else
        return {};
}

template <class Store>
concept has_keys = requires(const Store& store, const tenant_id& whose) {
    { *store.cipher_for(whose) } -> field_cipher;
};

/// A tenant's keys out of the store, where there is no transaction.
template <class Store>
class keys_of {
    static_assert(!has_encrypted_entities<typename Store::schema_type>,
                  "syncfw: entities with encrypted fields are synchronised by stores that have "
                  "their keys; open this one with a keyring");

  public:
    keys_of(const Store&, const tenant_id&) noexcept {}
    [[nodiscard]] cipher_view view() const noexcept { return {}; }
};
template <has_keys Store>
class keys_of<Store> {
  public:
    keys_of(const Store& store, const tenant_id& whose) : held_(store.cipher_for(whose)) {}
    keys_of(const keys_of&) = delete;
    keys_of& operator=(const keys_of&) = delete;
    [[nodiscard]] cipher_view view() const noexcept { return cipher_view(*held_); }

  private:
    decltype(std::declval<const Store&>().cipher_for(std::declval<const tenant_id&>())) held_;
};
template <class Store>
keys_of(const Store&, const tenant_id&) -> keys_of<Store>;

}  // namespace syncfw::detail
