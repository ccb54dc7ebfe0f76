// SPDX-License-Identifier: BSL-1.0
// What a server has let go, so that who needs it is told instead of being given the half of it.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/detail/wire.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/timestamp.hpp>

#include <cstdint>
#include <string_view>

namespace syncfw::detail {

struct retention_floor {
    std::int64_t deletions_until = 0;  ///< Deletions up to this number of the feed may be gone.
    std::int64_t versions_until = 0;   ///< None of these had a higher version.
    timestamp answers_until{};         ///< Answers to what was written before may be gone.
};

inline constexpr std::string_view floor_name = "syncfw.floor";

template <class Transaction>
[[nodiscard]] result<retention_floor> get_floor(Transaction& tx) {
    auto bytes = tx.get_value(floor_name);
    if (!bytes) return bytes.error();
    if (!*bytes) return retention_floor();
    wire_reader in(**bytes);
    retention_floor floor;
    floor.deletions_until = in.signed_number();
    floor.versions_until = in.signed_number();
    floor.answers_until = timestamp::from_microseconds(in.signed_number());
    return floor;
}
template <class Transaction>
[[nodiscard]] result<void> put_floor(Transaction& tx, const retention_floor& floor) {
    buffer out;
    wire_writer writer(out);
    writer.signed_number(floor.deletions_until);
    writer.signed_number(floor.versions_until);
    writer.signed_number(floor.answers_until.microseconds_since_epoch());
    return tx.put_value(floor_name, out.view());
}

}  // namespace syncfw::detail
