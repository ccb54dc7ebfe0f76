// SPDX-License-Identifier: BSL-1.0
// Work that goes on behind a service: a thread that does a step, sleeps as long as the step said,
// and is woken earlier where there is something to do.
//
//     syncfw::background worker([&] { return step(); });     // gives microseconds to wait
//     worker.wake();                                         // there is something new
//
// Its destructor waits for the step that is under way, and does no other.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace syncfw {

class background {
  public:
    /// The first step is done at once. `step` is called by one thread only and throws nothing.
    explicit background(std::function<std::int64_t()> step)
        : step_(std::move(step)), thread_([this] { run(); }) {}
    background(const background&) = delete;
    background& operator=(const background&) = delete;
    ~background() {
        {
            const std::lock_guard locked(lock_);
            ends_ = true;
        }
        changed_.notify_one();
        thread_.join();
    }

    /// The next step comes now; behind the one that is under way, where there is one.
    void wake() {
        {
            const std::lock_guard locked(lock_);
            is_woken_ = true;
        }
        changed_.notify_one();
    }

  private:
    void run() {
        std::unique_lock locked(lock_);
        while (!ends_) {
            is_woken_ = false;
            locked.unlock();
            const std::int64_t pause = std::max<std::int64_t>(step_(), 0);
            locked.lock();
            changed_.wait_for(locked, std::chrono::microseconds(pause),
                              [this] { return ends_ || is_woken_; });
        }
    }

    std::function<std::int64_t()> step_;
    std::mutex lock_{};
    std::condition_variable changed_{};
    bool is_woken_ = false;
    bool ends_ = false;
    std::thread thread_;
};

}  // namespace syncfw
