// SPDX-License-Identifier: BSL-1.0
// What a service lets go of: once a day, of each tenant that its store knows, or of each that asks
// where the store can't list them. Several processes on one database do the same work more than
// once, and it comes to the same.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/sync/server.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace syncfw {

/// For how many days a service keeps what it only remembers; 0: for ever.
struct kept_days {
    std::int64_t deletions = 0;  ///< Marks of deleted rows.
    std::int64_t answers = 0;    ///< What operations were answered, for who asks again.
    std::int64_t audit = 0;

    [[nodiscard]] bool is_for_ever() const noexcept {
        return deletions == 0 && answers == 0 && audit == 0;
    }
    [[nodiscard]] retention at(timestamp now) const {
        const auto before = [&](std::int64_t days) -> std::optional<timestamp> {
            if (days == 0) return {};
            return timestamp::from_microseconds(now.microseconds_since_epoch() -
                                                days * 86'400 * 1'000'000);
        };
        return {.deletions_until = before(deletions),
                .answers_until = before(answers),
                .audit_until = before(audit)};
    }
};

namespace detail {

class upkeep {
  public:
    using retire_function = std::function<result<void>(const tenant_id&, const retention&)>;
    using tenant_function =
        std::function<result<std::optional<tenant_id>>(const std::optional<tenant_id>& last)>;

    /// `after` may be none.
    upkeep(kept_days kept, retire_function retire, tenant_function after = {})
        : kept_(kept), retire_(std::move(retire)), after_(std::move(after)) {}

    [[nodiscard]] bool is_wanted() const noexcept { return !kept_.is_for_ever(); }

    /// The tenant is in use. From any thread.
    void note(const tenant_id& whose) {
        if (!is_wanted() || after_) return;
        const std::lock_guard locked(lock_);
        if (is_done_.size() < tenants_max) is_done_.emplace(whose, false);
    }

    /// Looks through the next one that was not looked through today; false at the end of a round.
    /// One that fails is tried again in the next. From any thread.
    bool step(timestamp now) {
        if (!is_wanted()) return false;
        if (after_) return step_listed(now);
        const auto whose = next(now);
        if (!whose) return false;
        if (retire_(*whose, kept_.at(now))) {
            const std::lock_guard locked(lock_);
            is_done_[*whose] = true;
        }
        return true;
    }

  private:
    // Names that anybody may choose, as without tokens, fill no memory.
    static constexpr std::size_t tenants_max = 100'000;

    // A day's round is one walk through the store. What fails is for the next one, and where the
    // store itself does, the walk goes on from there later.
    bool step_listed(timestamp now) {
        const std::lock_guard locked(lock_);
        if (!last_ && !is_day_over(now)) return false;
        const auto next = after_(last_);
        if (!next) return false;
        if (!last_) day_began_ = now;
        last_ = *next;
        if (last_) (void)retire_(*last_, kept_.at(now));
        return last_.has_value();
    }
    [[nodiscard]] bool is_day_over(timestamp now) const {
        return microseconds_between(day_began_, now) >= std::int64_t{86'400} * 1'000'000;
    }

    [[nodiscard]] std::optional<tenant_id> next(timestamp now) {
        const std::lock_guard locked(lock_);
        auto at = last_ ? is_done_.upper_bound(*last_) : is_done_.begin();
        while (at != is_done_.end() && at->second) ++at;
        last_.reset();
        if (at != is_done_.end()) return last_ = at->first;
        if (is_day_over(now)) {
            std::erase_if(is_done_, [](const auto& each) { return each.second; });
            day_began_ = now;
        }
        return {};
    }

    kept_days kept_;
    retire_function retire_;
    tenant_function after_;
    std::mutex lock_{};
    std::map<tenant_id, bool> is_done_{};
    std::optional<tenant_id> last_{};  // Of this round.
    timestamp day_began_{};
};

}  // namespace detail

}  // namespace syncfw
