// SPDX-License-Identifier: BSL-1.0
// Several connections to one database, step by step, in every order: what threads meet once a year
// is met here each time.
//
//     for (const auto& order : syncfw::testing::orders_of({4, 4, 3}, 500)) {
//         std::vector<syncfw::testing::actor> all{writer(1), writer(2), reader()};  // steps of
//         each syncfw::testing::run_steps(all, order, [&](std::size_t i) { return
//         waits_for_lock(i); }); check_what_came_of_it();
//     }
//
// Each actor has a thread of its own, and one of them runs at a time. A step that waits for another
// actor's lock is left waiting, and goes on by itself when it can.
#pragma once

#include <syncfw/testing/random.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace syncfw::testing {

/// The steps of one actor. None of them may throw.
using actor = std::vector<std::function<void()>>;

/// In which order actors with so many steps each take their turns: all orders, or as many drawn
/// by chance if there are more.
[[nodiscard]] std::vector<std::vector<std::size_t>> orders_of(const std::vector<std::size_t>& steps,
                                                              std::size_t most);

/// Runs all steps of all actors. `waits(i)` says whether the step that actor i is in waits for
/// another actor; it is asked again and again while the step doesn't end.
template <class F>
void run_steps(std::vector<actor>& actors, const std::vector<std::size_t>& order, F&& waits);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

/// A thread that takes its next step when it is told to.
class stepper {
  public:
    explicit stepper(actor& steps) : steps_(&steps), running_([this] { run(); }) {}
    stepper(const stepper&) = delete;
    stepper& operator=(const stepper&) = delete;
    ~stepper() {
        {
            const std::lock_guard locked(lock_);
            is_over_ = true;
        }
        changed_.notify_all();
        running_.join();
    }

    void begin_step() {
        {
            const std::lock_guard locked(lock_);
            is_in_step_ = true;
        }
        changed_.notify_all();
    }
    /// False while the step goes on after a moment's wait.
    [[nodiscard]] bool has_ended_soon() {
        std::unique_lock locked(lock_);
        return changed_.wait_for(locked, std::chrono::milliseconds(1),
                                 [&] { return !is_in_step_; });
    }
    [[nodiscard]] bool is_in_step() {
        const std::lock_guard locked(lock_);
        return is_in_step_;
    }
    [[nodiscard]] bool is_done() {
        const std::lock_guard locked(lock_);
        return !is_in_step_ && next_ == steps_->size();
    }

  private:
    void run() {
        std::unique_lock locked(lock_);
        while (true) {
            changed_.wait(locked, [&] { return is_in_step_ || is_over_; });
            if (is_over_) return;
            auto& step = (*steps_)[next_++];
            locked.unlock();
            step();
            locked.lock();
            is_in_step_ = false;
            changed_.notify_all();
        }
    }

    actor* steps_;
    std::mutex lock_{};
    std::condition_variable changed_{};
    std::size_t next_ = 0;
    bool is_in_step_ = false;
    bool is_over_ = false;
    std::thread running_;
};

}  // namespace detail

inline std::vector<std::vector<std::size_t>> orders_of(const std::vector<std::size_t>& steps,
                                                       std::size_t most) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < steps.size(); ++i) order.insert(order.end(), steps[i], i);
    std::vector<std::vector<std::size_t>> all;
    do {
        all.push_back(order);
    } while (all.size() <= most && std::next_permutation(order.begin(), order.end()));
    if (all.size() <= most) return all;
    random_source random(most);
    for (std::vector<std::size_t>& each : all)
        for (std::size_t i = each.size(); i > 1; --i) std::swap(each[i - 1], each[random.below(i)]);
    all.pop_back();
    return all;
}

template <class F>
void run_steps(std::vector<actor>& actors, const std::vector<std::size_t>& order, F&& waits) {
    std::vector<std::unique_ptr<detail::stepper>> all;
    for (actor& each : actors) all.push_back(std::make_unique<detail::stepper>(each));
    const auto settle = [&](std::size_t i) {
        while (!all[i]->has_ended_soon())
            if (waits(i)) return;
    };
    const auto turn = [&](std::size_t i) {
        if (all[i]->is_in_step() || all[i]->is_done()) return;
        all[i]->begin_step();
        // Whoever waited for this step goes on now, before the next turn.
        for (std::size_t each = 0; each < all.size(); ++each) settle((i + each) % all.size());
    };
    for (const std::size_t i : order) turn(i);
    // Turns that were missed while waiting are taken in the end.
    const auto is_done = [](const auto& each) { return each->is_done(); };
    while (!std::all_of(all.begin(), all.end(), is_done))
        for (std::size_t i = 0; i < all.size(); ++i) turn(i);
}

}  // namespace syncfw::testing
