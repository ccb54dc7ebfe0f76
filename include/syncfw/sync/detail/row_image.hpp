// SPDX-License-Identifier: BSL-1.0
// A user's rows and values within the engine's own.
#pragma once

#include <syncfw/codec/detail/wire.hpp>
#include <syncfw/storage/record_bytes.hpp>

#include <string>

namespace syncfw::detail {

template <class T>
[[nodiscard]] blob to_image(const record<T>& row) {
    return to_blob(record_bytes(row));
}
template <class T>
[[nodiscard]] result<record<T>> from_image(const blob& image) {
    return read_record<T>(to_view(image));
}

/// One value, as the codec writes it.
template <class V>
[[nodiscard]] std::string value_bytes(const V& value) {
    buffer out;
    out.set_end(binary::put(out.room(binary::bound(value)), value));
    return std::string(out.view());
}

}  // namespace syncfw::detail
