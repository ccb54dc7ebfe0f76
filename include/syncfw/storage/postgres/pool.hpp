// SPDX-License-Identifier: BSL-1.0
// The connections of a store, lent to its transactions.
#pragma once

#include <syncfw/core/detail/entropy.hpp>
#include <syncfw/storage/postgres/connection.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace syncfw::postgres::detail {

class pool;

/// A connection for one transaction. It goes back with the object, rolled back; a broken one is
/// thrown away.
class loan {
  public:
    loan() = default;
    loan(pool& from, std::unique_ptr<connection>&& lent) noexcept
        : from_(&from), lent_(std::move(lent)) {}
    loan(loan&&) noexcept = default;
    loan& operator=(loan&& other) noexcept {
        std::swap(from_, other.from_);
        std::swap(lent_, other.lent_);
        return *this;
    }
    ~loan() { end(); }

    void end() noexcept;
    /// Throws the connection away.
    void discard() noexcept;
    [[nodiscard]] connection* operator->() const noexcept { return lent_.get(); }
    [[nodiscard]] connection& operator*() const noexcept { return *lent_; }
    [[nodiscard]] explicit operator bool() const noexcept { return lent_ != nullptr; }

  private:
    pool* from_ = nullptr;
    std::unique_ptr<connection> lent_{};
};

class pool {
    using clock = std::chrono::steady_clock;

  public:
    pool(std::string url, const options& wanted) : url_(std::move(url)), options_(wanted) {}

    [[nodiscard]] const options& settings() const noexcept { return options_; }

    /// A connection on which `begin` has run. One that was idle may be broken by now, and the
    /// server may be restarting or have moved: others are tried until the deadline.
    [[nodiscard]] result<loan> lend(const char* begin) {
        const auto until = clock::now() + options_.busy_timeout;
        for (unsigned attempt = 0;; ++attempt) {
            auto lent = lend_once(begin, until);
            if (lent) return lent;
            const bool is_hopeless = lent.error().code != errc::unavailable;
            const auto wait = delay(attempt);
            if (is_hopeless || clock::now() + wait >= until) return lent;
            std::this_thread::sleep_for(wait);
        }
    }

  private:
    friend class loan;

    [[nodiscard]] result<loan> lend_once(const char* begin, clock::time_point until) {
        std::unique_ptr<connection> taken;
        {
            std::unique_lock locked(lock_);
            const bool has_one = freed_.wait_until(
                locked, until, [&] { return !idle_.empty() || lent_ < options_.connections; });
            if (!has_one) return error{.code = errc::busy, .message = "all connections are in use"};
            ++lent_;
            if (!idle_.empty()) {
                taken = std::move(idle_.back());
                idle_.pop_back();
            }
        }
        if (taken == nullptr) {
            auto opened = connection::open(url_, options_);
            if (!opened) {
                give_back(nullptr);
                return opened.error();
            }
            taken = std::move(*opened);
        }
        loan lent(*this, std::move(taken));
        const answer begun = lent->run(begin);
        if (is_good(begun)) return lent;
        const error why = lent->why(begun);
        lent.discard();
        return why;
    }

    /// Doubling, up to half a second, and a part of it by chance, so that not all come at once.
    [[nodiscard]] static std::chrono::milliseconds delay(unsigned attempt) {
        std::uint16_t chance = 0;
        syncfw::detail::fill_with_entropy(&chance, sizeof chance);
        const unsigned most = std::min(10U << std::min(attempt, 6U), 500U);
        return std::chrono::milliseconds(attempt == 0 ? 0 : chance % most);
    }

    void give_back(std::unique_ptr<connection> ended) noexcept {
        {
            const std::lock_guard locked(lock_);
            --lent_;
            if (ended != nullptr) idle_.push_back(std::move(ended));
        }
        freed_.notify_one();
    }

    std::string url_;
    options options_;
    std::mutex lock_{};
    std::condition_variable freed_{};
    std::vector<std::unique_ptr<connection>> idle_{};
    std::size_t lent_ = 0;
};

inline void loan::end() noexcept {
    if (lent_ == nullptr) return;
    if (lent_->is_alive() && !lent_->is_idle()) (void)lent_->run("ROLLBACK");
    if (!lent_->is_alive() || !lent_->is_idle()) return discard();
    from_->give_back(std::move(lent_));
}
inline void loan::discard() noexcept {
    if (lent_ == nullptr) return;
    lent_.reset();
    from_->give_back(nullptr);
}

}  // namespace syncfw::postgres::detail
