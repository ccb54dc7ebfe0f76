// SPDX-License-Identifier: BSL-1.0
// What the engine itself has to remember: entities like the user's, declared with the same words
// and kept through the same stores, in tables whose names begin with `syncfw_`. They have no
// bookkeeping, because they are not synchronised. Rows of users' entities appear in them as
// `entity_name` and `row_key` and rows in their binary form, complete with layout,
// so that a later version of the program can read them.
#pragma once

#include <syncfw/core/blob.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/annotations.hpp>
#include <syncfw/entity/schema.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw {

/// Where an operation of the outbox stands.
enum class outbox_state : unsigned char { queued, in_flight, failed };
BOOST_DESCRIBE_ENUM(outbox_state, queued, in_flight, failed)

/// A write that the other side has not answered yet, or has refused. What it changed is what the
/// row now differs in from its base, so edits of a row that was not sent yet become one.
struct outbox_operation {
    uuid id{};                  ///< Of the operation, from the moment of the write.
    std::int64_t position = 0;  ///< Operations are sent in this order.
    uuid transaction{};         ///< What was written together travels and takes effect together.
    std::string entity_name{};
    std::string row_key{};
    std::optional<blob> base{};  ///< The row as both sides last agreed on it; none for a new row.
    outbox_state state{};
    uuid batch{};  ///< The push that it travels in.
    blob sent{};   ///< The operation as it was sent, so that it can be sent again unchanged.
    std::int32_t attempts = 0;
    timestamp written_at{};
    std::vector<uuid> resolves{};  ///< The parked conflicts that a person settled by it.
    std::string code{};            ///< Why it was refused: the error's name …
    std::string reason{};          ///< … and words.

    static constexpr auto sync_entity = entity<"syncfw_outbox">(
        annotations::field<&outbox_operation::id>(annotations::primary_key),
        annotations::field<&outbox_operation::position>(annotations::indexed),
        annotations::field<&outbox_operation::transaction>(annotations::indexed),
        annotations::field<&outbox_operation::row_key>(annotations::indexed),
        annotations::field<&outbox_operation::state>(annotations::indexed));
};
BOOST_DESCRIBE_STRUCT(outbox_operation, (),
                      (id, position, transaction, entity_name, row_key, base, state, batch, sent,
                       attempts, written_at, resolves, code, reason))

/// An operation that a server has answered, with the answer: it is given again when the operation
/// comes again.
struct applied_operation {
    uuid id{};
    std::string outcome{};
    std::string code{};
    std::string reason{};
    std::int64_t version = 0;
    blob request_hash{};  ///< Of what was asked: the same id with another body is refused.
    timestamp applied_at{};

    static constexpr auto sync_entity = entity<"syncfw_applied">(
        annotations::field<&applied_operation::id>(annotations::primary_key));
};
BOOST_DESCRIBE_STRUCT(applied_operation, (),
                      (id, outcome, code, reason, version, request_hash, applied_at))

/// A conflict that waits for a person, or was resolved by one.
struct parked_conflict {
    uuid id{};
    uuid operation{};
    std::string entity_name{};
    std::string row_key{};
    std::optional<blob> base{};
    blob mine{};
    blob theirs{};
    std::int64_t their_version = 0;
    std::string reason{};
    timestamp detected_at{};
    std::optional<timestamp> resolved_at{};
    std::string resolution{};

    static constexpr auto sync_entity = entity<"syncfw_conflict">(
        annotations::field<&parked_conflict::id>(annotations::primary_key),
        annotations::field<&parked_conflict::row_key>(annotations::indexed),
        annotations::field<&parked_conflict::detected_at>(annotations::indexed));
};
BOOST_DESCRIBE_STRUCT(parked_conflict, (),
                      (id, operation, entity_name, row_key, base, mine, theirs, their_version,
                       reason, detected_at, resolved_at, resolution))

/// What a device is doing with what comes from its server.
enum class pull_phase : unsigned char {
    steady,       ///< It takes what is new.
    doubting,     ///< The server's history is another one: rows are being marked as unconfirmed.
    renewing,     ///< All rows come again; what doesn't come is taken away at the end.
    backfilling,  ///< It wants other rows than before, and reads those that are new to it.
};
BOOST_DESCRIBE_ENUM(pull_phase, steady, doubting, renewing, backfilling)

/// How far this store has read a peer's feed.
struct feed_position {
    std::string peer{};
    std::string cursor{};
    uuid history{};                ///< The peer's: versions are of it.
    std::int64_t fresh_until = 0;  ///< Deletions up to this number are of rows never had here.
    pull_phase phase{};
    timestamp moved_at{};
    bool has_conflicts = false;      ///< Some that were parked here may be open.
    blob filters{};                  ///< What was wanted when it was read.
    std::int64_t seen_until = 0;     ///< All up to this number of the peer's feed is here,
    std::int64_t written_until = 0;  ///< and what was written here got no later one.

    static constexpr auto sync_entity =
        entity<"syncfw_cursor">(annotations::field<&feed_position::peer>(annotations::primary_key));
};
BOOST_DESCRIBE_STRUCT(feed_position, (),
                      (peer, cursor, history, fresh_until, phase, moved_at, has_conflicts, filters,
                       seen_until, written_until))

/// Who did what to which row.
struct audit_entry {
    uuid id{};
    timestamp at{};
    std::string subject{};
    std::string action{};
    std::string entity_name{};
    std::string row_key{};
    std::string details{};

    static constexpr auto sync_entity =
        entity<"syncfw_audit">(annotations::field<&audit_entry::id>(annotations::primary_key),
                               annotations::field<&audit_entry::at>(annotations::indexed),
                               annotations::field<&audit_entry::row_key>(annotations::indexed));
};
BOOST_DESCRIBE_STRUCT(audit_entry, (), (id, at, subject, action, entity_name, row_key, details))

/// What newer programs have written into fields of a row that this one doesn't know.
struct foreign_values {
    std::string entity_name{};
    std::string row_key{};
    blob fields{};

    static constexpr auto sync_entity = entity<"syncfw_foreign">(
        annotations::field<&foreign_values::entity_name>(annotations::primary_key),
        annotations::field<&foreign_values::row_key>(annotations::primary_key));
};
BOOST_DESCRIBE_STRUCT(foreign_values, (), (entity_name, row_key, fields))

/// A row as it was at a version, for merges with clients that say no more than that version.
struct row_version {
    std::string entity_name{};
    std::string row_key{};
    std::int64_t version = 0;
    blob image{};

    static constexpr auto sync_entity = entity<"syncfw_version">(
        annotations::field<&row_version::entity_name>(annotations::primary_key),
        annotations::field<&row_version::row_key>(annotations::primary_key),
        annotations::field<&row_version::version>(annotations::primary_key));
};
BOOST_DESCRIBE_STRUCT(row_version, (), (entity_name, row_key, version, image))

/// What every table of the engine's own begins with; no entity of a user's may.
inline constexpr std::string_view system_prefix = "syncfw_";

[[nodiscard]] constexpr bool is_system_entity(const entity_info& entity) noexcept {
    return entity.name.substr(0, system_prefix.size()) == system_prefix;
}

namespace detail {

template <class Schema>
struct completed;
template <class... Ts>
struct completed<schema<Ts...>> {
    using type = schema<Ts..., outbox_operation, applied_operation, parked_conflict, feed_position,
                        audit_entry, foreign_values, row_version>;
};

}  // namespace detail

/// The user's entities and the engine's: what a store keeps.
template <class Schema>
using complete_schema = typename detail::completed<Schema>::type;

}  // namespace syncfw
