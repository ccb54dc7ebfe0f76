// SPDX-License-Identifier: BSL-1.0
// The entities with which stores are tried: between them they have every type of field and every
// kind of key and bookkeeping.
#pragma once

#include <syncfw/core/blob.hpp>
#include <syncfw/core/counter.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/core/sync_status.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/annotations.hpp>
#include <syncfw/entity/schema.hpp>

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace syncfw::testing {

enum class mood : unsigned char { calm, merry, sad };
BOOST_DESCRIBE_ENUM(mood, calm, merry, sad)

/// Every type of field, present and absent. All its bookkeeping is hidden.
struct specimen {
    uuid id{};
    bool flag = false;
    std::int64_t whole = 0;
    std::uint32_t small = 0;
    double real = 0;
    std::string text{};
    mood how{};
    timestamp moment{};
    document json{};
    blob bytes{};
    counter counted{};
    set_of<std::string> words{};
    std::vector<std::int64_t> numbers{};
    std::optional<std::int64_t> maybe_whole{};
    std::optional<double> maybe_real{};
    std::optional<std::string> maybe_text{};
    std::optional<timestamp> maybe_moment{};
    std::optional<bool> maybe_flag{};
    std::optional<blob> maybe_bytes{};

    static constexpr auto sync_entity =
        entity<"specimen">(annotations::field<&specimen::id>(annotations::primary_key),
                           annotations::field<&specimen::whole>(annotations::indexed));
};

/// A composite key, and bookkeeping in fields of its own.
struct shelf_place {
    std::string shelf{};
    std::int64_t place = 0;
    std::string title{};
    std::optional<timestamp> removed_at{};
    std::int64_t version = 0;
    sync_status status = sync_status::pending;

    static constexpr auto sync_entity = entity<"shelf_place">(
        annotations::field<&shelf_place::shelf>(annotations::primary_key),
        annotations::field<&shelf_place::place>(annotations::primary_key),
        annotations::field<&shelf_place::removed_at>(annotations::soft_delete),
        annotations::field<&shelf_place::version>(annotations::is::version),
        annotations::field<&shelf_place::status>(annotations::sync_state));
};

/// A unique value, and the tenant in a field.
struct member {
    std::int64_t number = 0;
    std::string tenant{};
    std::optional<std::string> email{};
    bool is_deleted = false;

    static constexpr auto sync_entity =
        entity<"member">(annotations::field<&member::number>(annotations::primary_key),
                         annotations::field<&member::tenant>(annotations::tenant),
                         annotations::field<&member::email>(annotations::unique),
                         annotations::field<&member::is_deleted>(annotations::soft_delete));
};

using conformance_schema = schema<specimen, shelf_place, member>;

}  // namespace syncfw::testing
