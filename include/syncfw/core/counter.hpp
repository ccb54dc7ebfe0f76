// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/config.hpp>
#include <syncfw/core/detail/algorithm.hpp>
#include <syncfw/core/replica_id.hpp>
#include <syncfw/core/result.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace syncfw {

/// What one replica added to a counter and took from it, ever.
struct counter_part {
    replica_id replica{};
    std::uint64_t added = 0;
    std::uint64_t removed = 0;

    friend bool operator==(const counter_part&, const counter_part&) = default;
};

/// A number that several replicas may add to and take from at the same time, and none of it is
/// lost: each replica counts for itself, and a merge keeps the greater counts of each.
///
///     post.likes += 1;                   // nobody's yet: kept under replica zero
///     post.likes.merge(stored.likes);    // what the engine does when the row is written:
///     post.likes.attribute_to(self);     // first the stored value, then its own name
///     show(post.likes.value());
///
/// Sums stop at the ends of their types instead of going round.
class counter {
  public:
    counter() noexcept = default;

    /// Takes parts as `parts()` gives them: sorted by replica, unique, none of zeros. Fails with
    /// `errc::invalid_value`.
    [[nodiscard]] static result<counter> from_parts(std::vector<counter_part> parts);

    /// All that was added less all that was removed, not yet attributed parts included.
    [[nodiscard]] std::int64_t value() const noexcept;

    counter& operator+=(std::int64_t amount) {
        add(replica_id{}, amount);
        return *this;
    }
    counter& operator-=(std::int64_t amount) {
        take(replica_id{}, amount > 0, magnitude(amount));
        return *this;
    }
    void add(replica_id replica, std::int64_t amount) {
        take(replica, amount < 0, magnitude(amount));
    }

    /// Whether `+=` or `-=` were used since the last `attribute_to`.
    [[nodiscard]] bool has_unattributed() const noexcept {
        return !parts_.empty() && !parts_.front().replica.is_attributed();
    }
    /// Gives what is nobody's yet to `replica`. One replica's counts must only ever rise: when
    /// the stored value may have more of them than this one, merge with it first.
    void attribute_to(replica_id replica);

    /// Takes over what `other` knows and this doesn't. Commutative, associative and idempotent
    /// over attributed parts. What is not attributed is not shared yet: this one keeps its own
    /// and takes none of the other's.
    void merge(const counter& other);

    /// Sorted by replica; the not yet attributed part, replica zero, stands first.
    [[nodiscard]] const std::vector<counter_part>& parts() const noexcept { return parts_; }

    /// Same parts, not only the same value: two equal counters behave alike in every merge.
    friend bool operator==(const counter&, const counter&) = default;

  private:
    [[nodiscard]] static constexpr std::uint64_t magnitude(std::int64_t amount) noexcept {
        const auto bits = static_cast<std::uint64_t>(amount);
        return amount < 0 ? 0 - bits : bits;
    }
    static constexpr void raise(std::uint64_t& sum, std::uint64_t by) noexcept {
        sum = by > UINT64_MAX - sum ? UINT64_MAX : sum + by;
    }

    void take(replica_id replica, bool is_removal, std::uint64_t amount) {
        if (amount == 0) return;
        counter_part& part = part_of(replica);
        raise(is_removal ? part.removed : part.added, amount);
    }
    [[nodiscard]] counter_part& part_of(replica_id replica);

    std::vector<counter_part> parts_{};
};

inline counter_part& counter::part_of(replica_id replica) {
    auto at =
        detail::first_not(parts_, [&](const counter_part& each) { return each.replica < replica; });
    if (at == parts_.end() || at->replica != replica)
        at = parts_.insert(at, counter_part{.replica = replica});
    return *at;
}

inline std::int64_t counter::value() const noexcept {
    // The two sums as 128 bits each: `high` counts how often `low` went round.
    struct wide {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
        void add(std::uint64_t by) noexcept { high += (low += by) < by ? 1 : 0; }
        auto operator<=>(const wide&) const = default;
    };
    wide added;
    wide removed;
    for (const counter_part& part : parts_) {
        added.add(part.added);
        removed.add(part.removed);
    }
    const bool is_negative = added < removed;
    if (is_negative) std::swap(added, removed);
    const std::uint64_t low = added.low - removed.low;
    const std::uint64_t high = added.high - removed.high - (added.low < removed.low ? 1 : 0);
    constexpr auto top = static_cast<std::uint64_t>(INT64_MAX);
    if (high != 0 || low > top) return is_negative ? INT64_MIN : INT64_MAX;
    return is_negative ? -static_cast<std::int64_t>(low) : static_cast<std::int64_t>(low);
}

inline void counter::attribute_to(replica_id replica) {
    SYNCFW_ASSERT(replica.is_attributed(), "a counter can only be attributed to a real replica");
    if (!has_unattributed()) return;
    const counter_part open = parts_.front();
    parts_.erase(parts_.begin());
    counter_part& part = part_of(replica);
    raise(part.added, open.added);
    raise(part.removed, open.removed);
}

inline void counter::merge(const counter& other) {
    std::vector<counter_part> merged;
    merged.reserve(parts_.size() + other.parts_.size());
    auto mine = parts_.begin();
    auto theirs = other.parts_.begin() + (other.has_unattributed() ? 1 : 0);
    while (mine != parts_.end() && theirs != other.parts_.end()) {
        if (mine->replica < theirs->replica) {
            merged.push_back(*mine++);
        } else if (theirs->replica < mine->replica) {
            merged.push_back(*theirs++);
        } else {
            merged.push_back({.replica = mine->replica,
                              .added = detail::larger(mine->added, theirs->added),
                              .removed = detail::larger(mine->removed, theirs->removed)});
            ++mine;
            ++theirs;
        }
    }
    merged.insert(merged.end(), mine, parts_.end());
    merged.insert(merged.end(), theirs, other.parts_.end());
    parts_ = std::move(merged);
}

inline result<counter> counter::from_parts(std::vector<counter_part> parts) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const char* mistake = nullptr;
        if (i > 0 && parts[i].replica <= parts[i - 1].replica)
            mistake = " must name a greater replica than the one before it";
        else if (parts[i].added == 0 && parts[i].removed == 0)
            mistake = " counts nothing: leave it out";
        if (mistake != nullptr)
            return error{.code = errc::invalid_value,
                         .message = "the counter's part " + std::to_string(i + 1) + mistake};
    }
    counter made;
    made.parts_ = std::move(parts);
    return made;
}

}  // namespace syncfw
