// SPDX-License-Identifier: BSL-1.0
// A row with its bookkeeping as bytes that a later version of the program can read: what the
// engine's own entities keep of users' rows.
#pragma once

#include <syncfw/codec/binary.hpp>
#include <syncfw/sync/detail/wire.hpp>

namespace syncfw::detail {

template <class T>
[[nodiscard]] blob to_image(const record<T>& row) {
    buffer out;
    wire_writer writer(out);
    writer.signed_number(row.version());
    writer.number(row.written().value());
    writer.fixed(row.written().origin().value());
    writer.number(row.is_deleted() ? 1 : 0);
    syncfw::binary::append_layout<T>(out);
    syncfw::binary::append_row(out, row.value);
    return to_blob(out.view());
}

template <class T>
[[nodiscard]] result<record<T>> from_image(const blob& image) {
    wire_reader in(to_view(image));
    bookkeeping all{.version = in.signed_number()};
    const std::uint64_t written = in.number();
    all.written = stamp(written, replica_id(in.fixed()));
    all.is_deleted = in.number_up_to(1) == 1;
    auto value = syncfw::binary::decode<T>(in.rest());
    if (!value || !in.is_good())
        return error{.code = errc::corrupted,
                     .message = "a row that the engine kept can't be read",
                     .entity = std::string(entity_of<T>.name),
                     .cause = value ? "" : to_string(value.error())};
    record<T> row{.value = std::move(*value)};
    row.set_version(all.version);
    row.set_written(all.written);
    if constexpr (!has_soft_delete<T>) row.beside.is_deleted = all.is_deleted;
    return row;
}

}  // namespace syncfw::detail
