// SPDX-License-Identifier: BSL-1.0
// Documents that are merged member by member, to any depth, and never clash: of a member that both
// sides changed, the later side's value stays.
//
//     field<&book::metadata>(merge(by::function(syncfw::later_members)))
//
// What only one side added, changed or took out is taken from there. Lists are values like numbers:
// the later one stays whole. Without a base nobody can tell what was taken out from what was never
// known, so the union stays. `by::document` is the stricter sibling: it parks such a row.
#pragma once

#include <syncfw/core/document.hpp>

#include <string>
#include <utility>
#include <vector>

namespace syncfw {

struct later_members_t {
    [[nodiscard]] document operator()(const document& base, const document& mine,
                                      const document& theirs, bool is_mine_later) const {
        if (mine == theirs || base == mine) return theirs;
        if (base == theirs) return mine;
        if (mine.members() == nullptr || theirs.members() == nullptr)
            return is_mine_later ? mine : theirs;
        std::vector<document::member> merged;
        const auto merge_member = [&](const std::string& key) {
            const document* const was = base.find(key);
            const document* const here = mine.find(key);
            const document* const there = theirs.find(key);
            if (here != nullptr && there != nullptr) {
                merged.push_back({key, was == nullptr
                                           ? both_new(*here, *there, is_mine_later)
                                           : (*this)(*was, *here, *there, is_mine_later)});
                return;
            }
            const document& left = here != nullptr ? *here : *there;
            const bool is_left_later = (here != nullptr) == is_mine_later;
            // The other side took it out: that stands, unless this side changed it later.
            if (was == nullptr || (*was != left && is_left_later)) merged.push_back({key, left});
        };
        for (const document::member& each : *theirs.members()) merge_member(each.key);
        for (const document::member& each : *mine.members())
            if (theirs.find(each.key) == nullptr) merge_member(each.key);
        return document::object_of(std::move(merged)).value();  // No key came twice.
    }

  private:
    // Neither began with it.
    [[nodiscard]] document both_new(const document& mine, const document& theirs,
                                    bool is_mine_later) const {
        if (mine.members() != nullptr && theirs.members() != nullptr)
            return (*this)(document(), mine, theirs, is_mine_later);
        return is_mine_later ? mine : theirs;
    }
};

inline constexpr later_members_t later_members{};

}  // namespace syncfw
