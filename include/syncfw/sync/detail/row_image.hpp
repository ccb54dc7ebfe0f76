// SPDX-License-Identifier: BSL-1.0
// A user's row within the engine's own.
#pragma once

#include <syncfw/codec/detail/wire.hpp>
#include <syncfw/storage/record_bytes.hpp>

namespace syncfw::detail {

template <class T>
[[nodiscard]] blob to_image(const record<T>& row) {
    return to_blob(record_bytes(row));
}
template <class T>
[[nodiscard]] result<record<T>> from_image(const blob& image) {
    return read_record<T>(to_view(image));
}

}  // namespace syncfw::detail
