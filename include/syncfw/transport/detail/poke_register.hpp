// SPDX-License-Identifier: BSL-1.0
// The locks of `poke_hub`: one for the register, one for each ear. None is held while a callback
// runs, and never two at once.
#pragma once

#include <syncfw/transport/poke.hpp>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace syncfw {

namespace detail {

/// One callback, and whether it is at work.
class poke_ear {
  public:
    poke_ear(tenant_id whose, std::uint64_t number, std::function<void()> heard)
        : whose_(std::move(whose)), number_(number), heard_(std::move(heard)) {}

    [[nodiscard]] const tenant_id& tenant() const noexcept { return whose_; }
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

    void hear() {
        std::unique_lock locked(lock_);
        if (is_ended_) return;
        if (is_at_work_) {
            is_wanted_again_ = true;
            return;
        }
        is_at_work_ = true;
        worker_ = std::this_thread::get_id();
        do {
            is_wanted_again_ = false;
            locked.unlock();
            call();
            locked.lock();
        } while (is_wanted_again_ && !is_ended_);
        is_at_work_ = false;
        worker_ = {};
        if (!is_ended_) return;
        // Ended while it was at work: what the callback holds goes without the lock.
        const auto gone = std::exchange(heard_, nullptr);
        rested_.notify_all();
        locked.unlock();
    }

    void end() noexcept {
        std::unique_lock locked(lock_);
        is_ended_ = true;
        if (worker_ == std::this_thread::get_id()) return;
        rested_.wait(locked, [&] { return !is_at_work_; });
        const auto gone = std::exchange(heard_, nullptr);
        locked.unlock();
    }

  private:
    /// A poke that is lost loses nothing, so what the callback throws is no reason to stop.
    void call() noexcept {
        try {
            heard_();
        } catch (...) {  // NOLINT(bugprone-empty-catch)
        }
    }

    const tenant_id whose_;
    const std::uint64_t number_;
    std::function<void()> heard_;

    std::mutex lock_{};
    std::condition_variable rested_{};
    bool is_ended_ = false;
    bool is_at_work_ = false;
    bool is_wanted_again_ = false;
    std::thread::id worker_{};
};

/// Who listens to whom.
class poke_register {
  public:
    explicit poke_register(std::size_t most) : most_(most) {}

    /// None when there are too many.
    [[nodiscard]] std::shared_ptr<poke_ear> add(const tenant_id& whose,
                                                std::function<void()>&& heard) {
        const std::lock_guard locked(lock_);
        if (count_ >= most_) return nullptr;
        auto ear = std::make_shared<poke_ear>(whose, next_number_, std::move(heard));
        ears_[whose].emplace(next_number_, ear);
        ++next_number_;
        ++count_;
        return ear;
    }

    void remove(const poke_ear& ear) noexcept {
        const std::lock_guard locked(lock_);
        const auto found = ears_.find(ear.tenant());
        if (found == ears_.end() || found->second.erase(ear.number()) == 0) return;
        --count_;
        if (found->second.empty()) ears_.erase(found);
    }

    [[nodiscard]] std::vector<std::shared_ptr<poke_ear>> listening(const tenant_id& whose) const {
        std::vector<std::shared_ptr<poke_ear>> all;
        const std::lock_guard locked(lock_);
        const auto found = ears_.find(whose);
        if (found == ears_.end()) return all;
        all.reserve(found->second.size());
        for (const auto& each : found->second) all.push_back(each.second);
        return all;
    }

    [[nodiscard]] std::vector<std::shared_ptr<poke_ear>> listening() const {
        std::vector<std::shared_ptr<poke_ear>> all;
        const std::lock_guard locked(lock_);
        all.reserve(count_);
        for (const auto& [whose, ears] : ears_)
            for (const auto& each : ears) all.push_back(each.second);
        return all;
    }

    [[nodiscard]] std::size_t count() const {
        const std::lock_guard locked(lock_);
        return count_;
    }

    void pass_on(std::function<void(const tenant_id&)>&& to) {
        auto made = std::make_shared<const std::function<void(const tenant_id&)>>(std::move(to));
        const std::lock_guard locked(lock_);
        passes_on_ = std::move(made);
    }
    void tell_others(const tenant_id& whose) const {
        std::shared_ptr<const std::function<void(const tenant_id&)>> to;
        {
            const std::lock_guard locked(lock_);
            to = passes_on_;
        }
        if (to && *to) (*to)(whose);
    }

  private:
    const std::size_t most_;
    mutable std::mutex lock_{};
    std::map<tenant_id, std::map<std::uint64_t, std::shared_ptr<poke_ear>>> ears_{};
    std::uint64_t next_number_ = 0;
    std::size_t count_ = 0;
    std::shared_ptr<const std::function<void(const tenant_id&)>> passes_on_{};
};

}  // namespace detail

inline poke_subscription& poke_subscription::operator=(poke_subscription&& other) noexcept {
    if (this == &other) return *this;
    end();
    from_ = std::move(other.from_);
    ear_ = std::move(other.ear_);
    return *this;
}

inline void poke_subscription::end() noexcept {
    // Out of the members first: the callback itself may have come here, by destroying its owner.
    const auto from = std::move(from_);
    const auto ear = std::move(ear_);
    if (ear == nullptr) return;
    from->remove(*ear);
    ear->end();
}

inline poke_hub::poke_hub(std::size_t subscriptions_max)
    : register_(std::make_shared<detail::poke_register>(subscriptions_max)) {}

inline result<poke_subscription> poke_hub::subscribe(const tenant_id& whose,
                                                     std::function<void()> heard) {
    SYNCFW_ASSERT(heard != nullptr, "a subscription needs a callback");
    poke_subscription made;
    made.ear_ = register_->add(whose, std::move(heard));
    if (made.ear_ == nullptr)
        return error{.code = errc::rate_limited, .message = "too many subscribe to pokes"};
    made.from_ = register_;
    return made;
}

inline void poke_hub::poke(const tenant_id& whose) {
    poke_here(whose);
    register_->tell_others(whose);
}

inline void poke_hub::poke_here(const tenant_id& whose) {
    // By a list of their own, so that callbacks may subscribe and end subscriptions.
    for (const auto& each : register_->listening(whose)) each->hear();
}

inline void poke_hub::poke_all_here() {
    for (const auto& each : register_->listening()) each->hear();
}

inline void poke_hub::pass_on(std::function<void(const tenant_id&)> to) {
    register_->pass_on(std::move(to));
}

inline std::size_t poke_hub::subscriptions() const {
    return register_->count();
}

}  // namespace syncfw
