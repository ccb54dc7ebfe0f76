// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/app/background.hpp>
#include <syncfw/transport/detail/steady_time.hpp>
#include <syncfw/transport/poke.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace syncfw::detail {

/// Listeners who read a database, one after the other in a thread of its own: who pokes waits for
/// none of them, and who has much to read takes turns with the others. It must outlive them.
class listener_turns {
  public:
    /// What is left for a listener: nothing, more at once, or more when he has read some.
    enum class left : unsigned char { nothing, more, later };

    /// As long as it is there: `tell` does a part, and says what is left.
    class listener {
      public:
        explicit listener(const tenant_id& whose, std::function<left()> tell)
            : ear_(whose, 0, [this, tell = std::move(tell)] { left_ = tell(); }) {}

        /// As with poke_subscription: behind it nothing is told, and nothing is at work.
        void end() noexcept { ear_.end(); }

      private:
        friend class listener_turns;
        bool is_waiting_ = false;
        left left_ = left::nothing;  // Of the thread alone.
        poke_ear ear_;
    };

    /// Its turn will come, once however often it is asked for.
    void ask_for(const std::shared_ptr<listener>& who) {
        {
            const std::lock_guard locked(lock_);
            if (std::exchange(who->is_waiting_, true)) return;
            waiting_.push_back(who);
        }
        worker_.wake();
    }

  private:
    std::int64_t step() {
        constexpr std::int64_t an_hour = 3'600'000'000, a_moment = 20'000;
        std::shared_ptr<listener> next;
        {
            const std::lock_guard locked(lock_);
            if (!later_.empty() && steady_microseconds() - later_since_ >= a_moment) {
                waiting_.insert(waiting_.end(), later_.begin(), later_.end());
                later_.clear();
            }
            if (waiting_.empty()) return later_.empty() ? an_hour : a_moment;
            next = std::move(waiting_.front());
            waiting_.pop_front();
            next->is_waiting_ = false;
        }
        next->ear_.hear();
        const left what = std::exchange(next->left_, left::nothing);
        if (what == left::more) ask_for(next);
        if (what == left::later) ask_later(next);
        return 0;
    }

    void ask_later(const std::shared_ptr<listener>& who) {
        const std::lock_guard locked(lock_);
        if (std::exchange(who->is_waiting_, true)) return;
        if (later_.empty()) later_since_ = steady_microseconds();
        later_.push_back(who);
    }

    std::mutex lock_{};
    std::deque<std::shared_ptr<listener>> waiting_{};
    std::deque<std::shared_ptr<listener>> later_{};
    std::int64_t later_since_ = 0;                  // When the first of them was put there.
    background worker_{[this] { return step(); }};  // Last: it works with the others.
};

}  // namespace syncfw::detail
