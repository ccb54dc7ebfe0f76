// SPDX-License-Identifier: BSL-1.0
// Records and keys as bytes, for stores that keep bytes: key-value databases, files, the engine's
// own rows.
//
//     std::string at = key_bytes(key(row.value));
//     std::string bytes = record_bytes(row);
//     result<record<book>> back = read_record<book>(bytes);
//
// A record's bytes begin with its bookkeeping and have the layout of its fields, so a later version
// of the program reads them. The bytes of two keys are ordered as the keys' whole numbers and their
// texts are, part by part, and no two keys have the same.
#pragma once

#include <syncfw/codec/binary.hpp>
#include <syncfw/codec/detail/wire.hpp>
#include <syncfw/entity/key.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/entity/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace syncfw {

namespace detail {

template <class T>
void append_bookkeeping(buffer& out, const record<T>& row) {
    const bookkeeping all = read_bookkeeping(row);
    wire_writer writer(out);
    writer.signed_number(all.version);
    writer.number(all.written.value());
    writer.fixed(all.written.origin().value());
    writer.signed_number(all.sequence);
    writer.number(static_cast<std::uint64_t>(all.status) << 1 | (all.is_deleted ? 1U : 0U));
    syncfw::binary::append_layout<T>(out);
}

}  // namespace detail

template <class T>
[[nodiscard]] std::string record_bytes(const record<T>& row) {
    static_assert(detail::require_codec<T, detail::no_cipher>());
    buffer out;
    detail::append_bookkeeping(out, row);
    binary::append_row(out, row.value);
    return std::string(out.view());
}
/// The same of an entity with encrypted fields.
template <class T, field_cipher Cipher>
[[nodiscard]] result<std::string> record_bytes(const record<T>& row, const Cipher& cipher) {
    buffer out;
    detail::append_bookkeeping(out, row);
    if (auto done = binary::append_row(out, row.value, cipher); !done) return done.error();
    return std::string(out.view());
}

/// Fails with `errc::corrupted` for bytes that `record_bytes` did not write.
template <class T, class Cipher = detail::no_cipher>
[[nodiscard]] result<record<T>> read_record(std::string_view bytes, const Cipher& cipher = {}) {
    detail::wire_reader in(bytes);
    bookkeeping all{.version = in.signed_number()};
    const std::uint64_t written = in.number();
    all.written = stamp(written, replica_id(in.fixed()));
    all.sequence = in.signed_number();
    const std::uint64_t state = in.number_up_to(7);
    all.is_deleted = (state & 1) != 0;
    all.status = static_cast<sync_status>(state >> 1);
    auto value = binary::decode<T>(in.rest(), cipher);
    if (!value || !in.is_good())
        return error{.code = errc::corrupted,
                     .message = "a row that was kept can't be read",
                     .entity = std::string(entity_of<T>.name),
                     .cause = value ? "" : to_string(value.error())};
    record<T> row{.value = std::move(*value), .beside = all};
    return row;
}

namespace detail {

template <class V>
void append_key_part(std::string& out, const V& part) {
    visit_value(part, [&](const value_view& seen) {
        if (!seen.text.empty() || seen.kind == value_kind::text || seen.kind == value_kind::bytes) {
            // A zero within is told from the end, and still stands before everything else.
            for (const char each : seen.text) {
                out += each;
                if (each == '\0') out += '\xFF';
            }
            out.append(2, '\0');
            return;
        }
        const auto number = static_cast<std::uint64_t>(seen.integer) ^ std::uint64_t{1} << 63;
        for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
    });
}

}  // namespace detail

template <class V>
[[nodiscard]] std::string key_bytes(const V& key) {
    std::string bytes;
    detail::append_key_part(bytes, key);
    return bytes;
}
template <class... V>
[[nodiscard]] std::string key_bytes(const std::tuple<V...>& key) {
    std::string bytes;
    std::apply([&](const V&... part) { (detail::append_key_part(bytes, part), ...); }, key);
    return bytes;
}

}  // namespace syncfw
