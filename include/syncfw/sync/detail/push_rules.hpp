// SPDX-License-Identifier: BSL-1.0
// What every push on a server goes by, of whichever kind of client.
#pragma once

#include <syncfw/codec/detail/json_fields.hpp>
#include <syncfw/core/error.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/entity/fingerprint.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/entity/validation.hpp>
#include <syncfw/observe/events.hpp>
#include <syncfw/storage/system_entities.hpp>
#include <syncfw/sync/detail/engine_fields.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace syncfw::detail {

/// What a cursor's entities are known by: their names, so that a new field doesn't end it.
template <class Schema>
inline constexpr std::uint64_t entity_set = [] {
    std::uint64_t all = 0;
    for (const std::size_t i : Schema::by_name)
        all = join_fingerprint(all, hash_of_line(Schema::entities[i].name));
    return all;
}();

/// Reasons that are the data's, not the moment's: trying again would give the same. What the
/// database's own user may not do is no row's fault.
[[nodiscard]] inline bool is_about_data(const error& e) {
    return e.code == errc::already_exists || e.code == errc::invalid_value ||
           e.code == errc::out_of_range || e.code == errc::too_large;
}

/// Whether a push was refused for what it says, so that nobody but who wrote it can mend it. All
/// else is the server's to mend: its database, its program, what the token may do.
[[nodiscard]] constexpr bool is_fault_of_work(errc code) noexcept {
    switch (code) {
        case errc::malformed:
        case errc::truncated:
        case errc::too_deep:
        case errc::too_large:
        case errc::trailing_data:
        case errc::type_mismatch:
        case errc::out_of_range:
        case errc::invalid_value:
        case errc::missing_field:
        case errc::duplicate_field:
        case errc::unknown_field:
        case errc::unknown_entity:
        case errc::forbidden_field:
        case errc::not_found:
        case errc::already_exists:
        case errc::conflict: return true;
        default: return false;
    }
}

/// A row for a log: as JSON, without what is kept encrypted.
template <class T>
[[nodiscard]] std::string row_in_words(const record<T>& row) {
    if (row.is_deleted()) return "deleted";
    field_mask shown = told_fields<T>;
    for (std::size_t i = 0; i < entity_of<T>.fields.size(); ++i)
        if (entity_of<T>.fields[i].cipher != encryption::none) shown.reset(i);
    buffer out;
    json::append_fields<T, route::to_client>(out, row.value, shown);
    return std::string(out.view());
}

template <class T>
[[nodiscard]] events::conflict_parked parked_event(const tenant_id& whose,
                                                   const parked_conflict& parked,
                                                   const record<T>& mine, const record<T>& theirs) {
    return {.tenant = whose.name(),
            .conflict = to_string(parked.id),
            .entity = parked.entity_name,
            .key = parked.row_key,
            .reason = parked.reason,
            .mine = row_in_words(mine),
            .mine_written = to_string(mine.written().moment()),
            .theirs = row_in_words(theirs),
            .theirs_written = to_string(theirs.written().moment())};
}

/// Of a push that is none.
template <class T>
[[nodiscard]] error bad_push(const char* why) {
    return {.code = errc::malformed, .message = why, .entity = std::string(entity_of<T>.name)};
}

[[nodiscard]] inline std::string code_name(errc code) {
    return code == errc{} ? std::string() : std::string(describe(code).name);
}

/// What a server says of a push before it looks at it.
struct push_rules {
    const tenant_id& tenant;
    const std::string& subject;
    timestamp now{};
    bool all_or_nothing = false;
    bool audits = false;
    bool notes_times = false;  ///< Of each field.
    bool times_of_arrival = false;
    std::int64_t history_max = 0;
};

/// What a new row's first version stands above: what the declaration gives it by default.
template <class T>
[[nodiscard]] std::int64_t version_before_first() {
    record<T> row;
    row.set_version(0);
    apply_defaults(row.value, {});
    return row.version();
}

}  // namespace syncfw::detail
