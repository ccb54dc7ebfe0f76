// SPDX-License-Identifier: BSL-1.0
// What the processes of a chaos run share: the rows, and the words of a device's journal.
#pragma once

#include <syncfw/conflict/merge_fields.hpp>
#include <syncfw/core/counter.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/annotations.hpp>
#include <syncfw/entity/schema.hpp>
#include <syncfw/query/query.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace chaos {

using namespace syncfw::annotations;

/// Made by one device, and deleted by nobody else.
struct item {
    syncfw::uuid id{};
    std::string maker{};
    std::string text{};
    bool is_deleted = false;
    static constexpr auto sync_entity =
        entity<"item">(field<&item::id>(primary_key), field<&item::is_deleted>(soft_delete));
};
/// All count on these few, at the same time.
struct tally {
    std::int64_t id = 0;
    syncfw::counter count{};
    static constexpr auto sync_entity = entity<"tally">(field<&tally::id>(primary_key));
};
using rows = syncfw::schema<item, tally>;

inline constexpr std::int64_t tallies = 4;

/// All that a replica has, as text: equal for equal replicas.
template <class Replica>
[[nodiscard]] std::string dump_of(Replica& mine) {
    std::vector<std::string> lines;
    for (const item& each : mine.find(syncfw::all<item>()).value())
        lines.push_back("item " + to_string(each.id) + " " + each.maker + " " + each.text);
    for (const tally& each : mine.find(syncfw::all<tally>()).value())
        lines.push_back("tally " + std::to_string(each.id) + " " +
                        std::to_string(each.count.value()));
    std::sort(lines.begin(), lines.end());
    std::string all;
    for (const std::string& each : lines) all += each + "\n";
    return all;
}

/// The programs beside the one that drives.
int serve(const std::string& database, unsigned short port);
int live(const std::string& address, const std::string& folder, const std::string& name,
         std::uint64_t seed, const std::string& tenant);

}  // namespace chaos
