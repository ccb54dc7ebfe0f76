// SPDX-License-Identifier: BSL-1.0
// What a server has let go, so that who needs it is told instead of being given the half of it.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/codec/detail/wire.hpp>
#include <syncfw/core/replica_id.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/storage/cursor.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncfw::detail {

/// How far somebody has read the feed. Deletions up to `fresh_until` are of rows that were gone
/// before he began.
struct feed_place {
    std::int64_t until = 0;
    std::int64_t fresh_until = 0;
};

/// The place as its holder keeps it.
[[nodiscard]] inline std::string write_place(const cursor_scope& scope, const feed_place& at) {
    return write_cursor(scope, at.until) +
           to_string(replica_id(static_cast<std::uint64_t>(at.fresh_until)));
}
[[nodiscard]] inline result<feed_place> read_place(const cursor_scope& scope, std::string_view text,
                                                   std::int64_t last_sequence) {
    constexpr std::size_t size = 2 * cursor_bytes;
    replica_id fresh;
    const bool is_whole = text.size() <= size || replica_id::parse(text.substr(size), fresh);
    auto until = read_cursor(scope, text.substr(0, is_whole ? size : 0), last_sequence);
    if (!until) return until.error();
    if (!is_whole || text.empty())
        return error{.code = errc::malformed, .message = "the cursor was not given out here"};
    return feed_place{*until, static_cast<std::int64_t>(fresh.value())};
}

struct retention_floor {
    std::int64_t deletions_until = 0;  ///< Deletions up to this number of the feed may be gone.
    std::int64_t versions_until = 0;   ///< None of these had a higher version.
    timestamp answers_until{};         ///< Answers to what was written before may be gone.
    timestamp deletions_at{};          ///< None of the deletions that are gone has a later time.

    /// Whether a deletion behind the place may be gone, of a row that its holder may have.
    [[nodiscard]] bool is_above(const feed_place& at) const noexcept {
        return at.until < deletions_until && at.fresh_until < deletions_until;
    }
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
    if (!in.is_at_end()) floor.deletions_at = timestamp::from_microseconds(in.signed_number());
    return floor;
}
template <class Transaction>
[[nodiscard]] result<void> put_floor(Transaction& tx, const retention_floor& floor) {
    buffer out;
    wire_writer writer(out);
    writer.signed_number(floor.deletions_until);
    writer.signed_number(floor.versions_until);
    writer.signed_number(floor.answers_until.microseconds_since_epoch());
    writer.signed_number(floor.deletions_at.microseconds_since_epoch());
    return tx.put_value(floor_name, out.view());
}

/// For who may have rows of which the deletion is gone: `field` is what he said of his place.
[[nodiscard]] inline error was_away_too_long(std::string_view field = {}) {
    return {.code = errc::resynchronise,
            .message = "the device was away longer than deletions are kept; begin anew",
            .field = std::string(field)};
}

}  // namespace syncfw::detail
