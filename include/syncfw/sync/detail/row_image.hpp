// SPDX-License-Identifier: BSL-1.0
// A user's rows and values within the engine's own.
#pragma once

#include <syncfw/codec/cipher.hpp>
#include <syncfw/codec/detail/wire.hpp>
#include <syncfw/storage/record_bytes.hpp>

#include <string>

namespace syncfw::detail {

/// Sealed where the row has encrypted fields.
template <class T>
[[nodiscard]] result<blob> to_image(const record<T>& row, const cipher_view& keys) {
    if constexpr (has_encrypted_fields<T>) {
        auto bytes = record_bytes(row, keys);
        if (!bytes) return bytes.error();
        return to_blob(*bytes);
    } else {
        return to_blob(record_bytes(row));
    }
}
template <class T>
[[nodiscard]] result<record<T>> from_image(const blob& image, const cipher_view& keys) {
    return read_record<T>(to_view(image), cipher_of_row<T>(keys));
}

/// One value, as the codec writes it.
template <class V>
[[nodiscard]] std::string value_bytes(const V& value) {
    buffer out;
    out.set_end(binary::put(out.room(binary::bound(value)), value));
    return std::string(out.view());
}

}  // namespace syncfw::detail
