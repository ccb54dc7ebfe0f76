// SPDX-License-Identifier: BSL-1.0
// Entities for messages, as the fuzz targets and their seeds use them.
#pragma once

#include <syncfw/core/blob.hpp>
#include <syncfw/core/counter.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/annotations.hpp>
#include <syncfw/entity/schema.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace tests::synced {

using namespace syncfw::annotations;

struct task {
    syncfw::uuid id{};
    std::string title{};
    std::optional<std::int64_t> rank{};
    syncfw::counter votes{};
    bool is_deleted = false;
    static constexpr auto sync_entity =
        entity<"task">(field<&task::id>(primary_key), field<&task::is_deleted>(soft_delete));
};
struct tag {
    std::string list{};
    std::int64_t number = 0;
    syncfw::set_of<std::string> words{};
    static constexpr auto sync_entity =
        entity<"tag">(field<&tag::list>(primary_key), field<&tag::number>(primary_key));
};
using board = syncfw::schema<task, tag>;

}  // namespace tests::synced
