// SPDX-License-Identifier: BSL-1.0
// What the connections of one server share: its options, its threads, who is connected, and the
// places of those whose requests are handled at the same time.
#pragma once

#include <syncfw/core/uuid.hpp>
#include <syncfw/transport/http/detail/poller.hpp>
#include <syncfw/transport/http/detail/streaming.hpp>
#include <syncfw/transport/http/filter.hpp>
#include <syncfw/transport/http/limits.hpp>
#include <syncfw/transport/http/message.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace syncfw::http {

struct server_options {
    std::string address = "127.0.0.1";
    unsigned short port = 0;  ///< 0: one that is free.
    int threads = 0;          ///< 0: as many as suit the machine. Two at least.
    std::size_t connections = 10'000;
    std::size_t connections_per_address = 10'000;  ///< 64 where strangers connect directly.
    std::size_t waiting = 1'000;                   ///< Requests that wait for a thread (503).
    std::int64_t stop_seconds = 10;                ///< For what is under way at the end.
    limits most{};
    stream_limits stream{};
    /// Requests that are answered even when all threads are busy: those about the server's health.
    std::function<bool(const request_head&)> at_once{};
    /// For https: a server's `tls_context`, of <syncfw/transport/tls.hpp>. Nothing else is spoken
    /// at this port then.
    std::shared_ptr<const filter_source> tls{};
};

namespace detail {

using handler = std::function<response(request&&)>;

class server_shared;

/// What connections have in common: that many threads may have news for one, while one at a time is
/// at work on it. Who has news and finds another at work leaves it to him.
class connection_base : public std::enable_shared_from_this<connection_base> {
  public:
    /// What may be told, each a bit.
    struct news {
        static constexpr unsigned of_socket = 1;  ///< There is more to read or to write.
        static constexpr unsigned hung = 2;       ///< The other side has closed it.
        static constexpr unsigned tick = 4;       ///< Time for a look at the deadlines.
        static constexpr unsigned woken = 8;      ///< Somebody put something to send.
        static constexpr unsigned turn = 16;      ///< There is a place among the handlers.
        static constexpr unsigned ends = 32;      ///< The server stops,
        static constexpr unsigned ends_now = 64;  ///< and waits no longer.
    };

    explicit connection_base(server_shared& shared) noexcept : shared_(shared) {}
    virtual ~connection_base() = default;
    connection_base(const connection_base&) = delete;
    connection_base& operator=(const connection_base&) = delete;
    [[nodiscard]] virtual const std::string& address() const noexcept = 0;

    /// By one of the server's threads, which does what is to be done, and calls a handler if need
    /// be.
    void work_on(unsigned what) {
        if (!note(what)) work();
    }
    /// By anybody: one of the server's threads will do it.
    void leave_word(unsigned what) noexcept;
    /// By the thread that took it from the queue.
    void work();

  protected:
    /// False where there is more to do, but it's others' turn.
    [[nodiscard]] virtual bool act(unsigned what) = 0;

    server_shared& shared_;

  private:
    friend server_shared;
    static constexpr unsigned is_taken = 1u << 31;

    /// True where somebody is at work, or soon will be.
    [[nodiscard]] bool note(unsigned what) noexcept {
        return (news_.fetch_or(what | is_taken) & is_taken) != 0;
    }

    std::atomic<unsigned> news_ = 0;
    std::shared_ptr<connection_base> next_{};  // In the queue.
};

class server_shared {
  public:
    server_shared(handler&& handle_one, server_options&& given)
        : handle(std::move(handle_one)),
          options(std::move(given)),
          threads(options.threads > 0
                      ? std::max(2, options.threads)
                      : 2 * static_cast<int>(std::thread::hardware_concurrency()) + 2) {}

    // --- who is connected ------------------------------------------------------------------------

    [[nodiscard]] bool enter(const std::shared_ptr<connection_base>& who) {
        const std::lock_guard locked(lock_);
        if (is_stopping || all_.size() >= options.connections) return false;
        const auto here = addresses_.try_emplace(who->address()).first;
        const bool has_room = here->second < options.connections_per_address;
        if (has_room) all_.emplace(who.get(), who);
        if (has_room) ++here->second;
        if (here->second == 0) addresses_.erase(here);
        return has_room;
    }
    /// An event may come late, when its connection is gone; or another's, that got its place, which
    /// then looks in vain.
    [[nodiscard]] std::shared_ptr<connection_base> find(const void* who) {
        const std::lock_guard locked(lock_);
        const auto found = all_.find(who);
        return found == all_.end() ? nullptr : found->second;
    }
    /// It is closed, and stays only as long as somebody has it in his hands.
    void let_go(const connection_base& who) {
        std::shared_ptr<connection_base> last;
        const std::lock_guard locked(lock_);
        const auto found = all_.find(&who);
        if (found != all_.end()) last = std::move(found->second);
    }
    void leave(const connection_base& who) {
        const std::lock_guard locked(lock_);
        if (all_.erase(&who) == 0) return;
        const auto here = addresses_.find(who.address());
        if (--here->second == 0) addresses_.erase(here);
        end_where_empty();
    }
    /// Nobody enters any more.
    void begin_stop() {
        {
            const std::lock_guard locked(lock_);
            is_stopping = true;
            end_where_empty();
        }
        for (const auto& each : everybody()) each->leave_word(connection_base::news::ends);
    }
    /// Until whoever left last has done so.
    void await_leavers() { const std::lock_guard locked(lock_); }
    /// Who is not closed.
    [[nodiscard]] std::vector<std::shared_ptr<connection_base>> everybody() {
        std::vector<std::shared_ptr<connection_base>> now;
        const std::lock_guard locked(lock_);
        for (const auto& [who, open] : all_)
            if (open) now.push_back(open);
        return now;
    }

    // --- whose turn it is ------------------------------------------------------------------------

    // It takes no memory, and nobody stands in it twice.
    void queue(std::shared_ptr<connection_base>&& who) noexcept {
        connection_base* const added = who.get();
        bool is_first = false;
        {
            const std::lock_guard locked(queue_lock_);
            is_first = first_ == nullptr;
            (is_first ? first_ : last_->next_) = std::move(who);
            last_ = added;
        }
        if (is_first) files.wake();
    }
    /// The first of those who wait; whoever takes one wakes another thread for the rest.
    [[nodiscard]] std::shared_ptr<connection_base> next_of_queue() {
        std::shared_ptr<connection_base> next;
        bool is_last = true;
        {
            const std::lock_guard locked(queue_lock_);
            if (first_ == nullptr) return {};
            next = std::exchange(first_, nullptr);
            first_ = std::move(next->next_);
            is_last = first_ == nullptr;
        }
        if (!is_last) files.wake();
        return next;
    }

    // --- whose request is handled ----------------------------------------------------------------

    enum class place : unsigned char { taken, waits, none };

    // One thread is kept for sockets, clocks and the server's health, whatever the handlers wait
    // for.
    [[nodiscard]] place take_place(connection_base& who) {
        const std::lock_guard locked(lock_);
        if (busy_ < threads - 1) {
            ++busy_;
            return place::taken;
        }
        if (waiting_.size() >= options.waiting) return place::none;
        waiting_.push_back(who.shared_from_this());
        return place::waits;
    }
    // The place goes to who has waited longest.
    void give_place() {
        std::shared_ptr<connection_base> next;
        {
            const std::lock_guard locked(lock_);
            if (waiting_.empty()) {
                --busy_;
                return;
            }
            next = std::move(waiting_.front());
            waiting_.pop_front();
        }
        next->leave_word(connection_base::news::turn);
    }

    /// A request's own name: that of the server's start, and a number.
    [[nodiscard]] std::string next_name() {
        return start_ + std::to_string(named_.fetch_add(1, std::memory_order_relaxed) + 1);
    }

    handler handle;
    server_options options;
    const int threads;
    poller files{};
    std::atomic<bool> is_stopping = false;
    std::atomic<bool> is_over = false;

  private:
    void end_where_empty() {
        if (!is_stopping || !all_.empty()) return;
        is_over = true;
        files.wake();
    }

    std::mutex lock_{};
    /// Who lives; nothing for those who are closed.
    std::unordered_map<const void*, std::shared_ptr<connection_base>> all_{};
    std::unordered_map<std::string, std::size_t> addresses_{};
    std::deque<std::shared_ptr<connection_base>> waiting_{};
    int busy_ = 0;
    std::mutex queue_lock_{};
    std::shared_ptr<connection_base> first_{};
    connection_base* last_ = nullptr;
    const std::string start_ = to_string(new_uuid()) + "-";
    std::atomic<std::uint64_t> named_ = 0;
};

inline void connection_base::leave_word(unsigned what) noexcept {
    if (!note(what)) shared_.queue(shared_from_this());
}

inline void connection_base::work() {
    // Who always has news lets others have their turn.
    for (int rounds = 0; rounds < 16 && act(news_.exchange(is_taken) & ~is_taken); ++rounds) {
        unsigned expected = is_taken;
        if (news_.compare_exchange_strong(expected, 0)) return;
    }
    shared_.queue(shared_from_this());
}

}  // namespace detail
}  // namespace syncfw::http
