// SPDX-License-Identifier: BSL-1.0
// What every push on a server goes by, of whichever kind of client.
#pragma once

#include <syncfw/core/error.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/entity/fingerprint.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/entity/validation.hpp>
#include <syncfw/storage/tenant.hpp>

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

/// Reasons that are the data's, not the moment's: trying again would give the same.
[[nodiscard]] inline bool is_about_data(const error& e) {
    return e.code == errc::already_exists || e.code == errc::invalid_value ||
           e.code == errc::out_of_range || e.code == errc::forbidden || e.code == errc::too_large;
}

/// What a server says of a push before it looks at it.
struct push_rules {
    const tenant_id& tenant;
    const std::string& subject;
    timestamp now{};
    bool all_or_nothing = false;
    bool audits = false;
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
