// SPDX-License-Identifier: BSL-1.0
// What the connections of one server share: its options, its threads, who is connected, and the
// places of those whose requests are handled at the same time.
#pragma once

#include <syncfw/transport/http/detail/streaming.hpp>
#include <syncfw/transport/http/filter.hpp>
#include <syncfw/transport/http/limits.hpp>
#include <syncfw/transport/http/message.hpp>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
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

class connection_base {
  public:
    virtual ~connection_base() = default;
    [[nodiscard]] virtual const std::string& address() const noexcept = 0;
    virtual void end(bool at_once) = 0;
    virtual void go_on() = 0;
};

class server_shared {
  public:
    server_shared(handler&& handle_one, server_options&& given)
        : handle(std::move(handle_one)),
          options(std::move(given)),
          threads(options.threads > 0
                      ? std::max(2, options.threads)
                      : 2 * static_cast<int>(std::thread::hardware_concurrency()) + 2),
          io(threads) {}

    // --- who is connected ------------------------------------------------------------------------

    [[nodiscard]] bool enter(const std::shared_ptr<connection_base>& who) {
        const std::lock_guard locked(lock_);
        std::size_t& here = addresses_[who->address()];
        if (is_stopping || all_.size() >= options.connections ||
            here >= options.connections_per_address) {
            if (here == 0) addresses_.erase(who->address());
            return false;
        }
        ++here;
        all_.emplace(who.get(), who);
        return true;
    }
    void leave(connection_base& who) {
        std::function<void()> then;
        {
            const std::lock_guard locked(lock_);
            if (all_.erase(&who) == 0) return;
            const auto here = addresses_.find(who.address());
            if (--here->second == 0) addresses_.erase(here);
            if (all_.empty()) then = when_empty_;
        }
        if (then) then();
    }
    /// Nobody enters any more; calls f once nobody is left.
    void stop(std::function<void()> f) {
        {
            const std::lock_guard locked(lock_);
            is_stopping = true;
            when_empty_ = f;
            if (!all_.empty()) f = {};
        }
        if (f) return f();
        end_all(false);
    }
    void end_all(bool at_once) {
        std::vector<std::shared_ptr<connection_base>> now;
        {
            const std::lock_guard locked(lock_);
            for (const auto& [who, each] : all_)
                if (auto alive = each.lock()) now.push_back(std::move(alive));
        }
        for (const auto& each : now) each->end(at_once);
    }

    // --- whose request is handled ----------------------------------------------------------------

    enum class place : unsigned char { taken, waits, none };

    // One thread is kept for sockets, clocks and the server's health, whatever the handlers wait
    // for.
    [[nodiscard]] place take_place(const std::shared_ptr<connection_base>& who) {
        const std::lock_guard locked(lock_);
        if (busy_ < threads - 1) {
            ++busy_;
            return place::taken;
        }
        if (waiting_.size() >= options.waiting) return place::none;
        waiting_.push_back(who);
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
        next->go_on();
    }

    handler handle;
    server_options options;
    const int threads;
    boost::asio::io_context io;
    std::atomic<bool> is_stopping = false;

  private:
    std::mutex lock_{};
    std::function<void()> when_empty_{};
    std::map<connection_base*, std::weak_ptr<connection_base>> all_{};
    std::map<std::string, std::size_t> addresses_{};
    std::deque<std::shared_ptr<connection_base>> waiting_{};
    int busy_ = 0;
};

}  // namespace detail
}  // namespace syncfw::http
