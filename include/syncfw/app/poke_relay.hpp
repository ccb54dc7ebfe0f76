// SPDX-License-Identifier: BSL-1.0
// Services of several processes on one PostgreSQL: what is pushed to one of them pokes the devices
// of all.
//
//     syncfw::service books(hub, told, verifier, {.port = 8080});
//     syncfw::poke_relay among_servers(url, books.pokes(), told.log());
//     return books.run();
//
// `app::host` does this by itself where its database is PostgreSQL. Word travels by LISTEN and
// NOTIFY, outside of transactions, over two connections of its own. Where the database can't be
// reached, or sits behind a pooler that knows no LISTEN, devices hear of the pushes of their own
// process only, and of all others when they synchronise next: a lost poke loses nothing.
#pragma once

#include <syncfw/app/background.hpp>
#include <syncfw/observe/log.hpp>
#include <syncfw/storage/postgres/pokes.hpp>
#include <syncfw/transport/poke.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace syncfw {

namespace detail {

/// The tenants whose pokes wait to be sent, and who sends them, while there is somebody.
class poke_outbox {
  public:
    void add(const tenant_id& whose) {
        const std::lock_guard locked(lock_);
        if (sends_ == nullptr) return;
        waiting_.insert(whose);
        sends_->wake();
    }
    [[nodiscard]] std::set<tenant_id> take() {
        const std::lock_guard locked(lock_);
        return std::exchange(waiting_, {});
    }
    void serve(background* sends) {
        const std::lock_guard locked(lock_);
        sends_ = sends;
    }

  private:
    std::mutex lock_{};
    std::set<tenant_id> waiting_{};
    background* sends_ = nullptr;
};

}  // namespace detail

/// Passes pokes on, and takes those of others, as long as it is there. It begins at once; that
/// the database isn't there just now is no failure. The hub must outlive it.
class poke_relay {
  public:
    poke_relay(std::string url, poke_hub& pokes, logger log)
        : url_(std::move(url)),
          pokes_(pokes),
          log_(std::move(log)),
          sends_([this] { return send(); }),
          listens_([this] { return listen(); }) {
        waiting_->serve(&sends_);
        pokes_.pass_on([to = waiting_](const tenant_id& whose) { to->add(whose); });
    }
    poke_relay(const poke_relay&) = delete;
    poke_relay& operator=(const poke_relay&) = delete;
    ~poke_relay() {
        pokes_.pass_on({});
        waiting_->serve(nullptr);
    }

    /// Whether it hears others just now.
    [[nodiscard]] bool is_listening() const noexcept { return is_listening_; }

  private:
    static constexpr std::int64_t second = 1'000'000;

    std::int64_t send() {
        for (const tenant_id& whose : waiting_->take()) {
            const auto done = send_one(whose);
            if (done) continue;
            // The others would wait as long, and whoever ends this would wait for all of them.
            log_.warning("other servers were not poked", {{"error", done.error()}});
            break;
        }
        return 3'600 * second;  // It is woken.
    }
    result<void> send_one(const tenant_id& whose) {
        if (!channel_) {
            auto opened = postgres::poke_channel::open(url_);
            if (!opened) return opened.error();
            channel_.emplace(std::move(*opened));
        }
        // Known before anything is sent: what it sends comes back at once.
        session_ = channel_->session();
        auto done = channel_->send(whose, 0);
        session_ = channel_->session();
        return done;
    }

    std::int64_t listen() {
        if (!ear_) {
            auto opened = postgres::poke_listener::open(url_);
            if (!opened) return lost(opened.error());
            ear_.emplace(std::move(*opened));
        }
        // Short, because whoever ends this waits for it.
        const auto heard = ear_->wait(std::chrono::milliseconds(250), &session_);
        if (!heard) return lost(heard.error());
        if (heard->may_have_missed || was_lost_) pokes_.poke_all_here();
        for (const postgres::poke& each : heard->pokes) pokes_.poke_here(each.tenant);
        if (was_lost_) log_.info("pokes of other servers are heard again");
        was_lost_ = false;
        is_listening_ = true;
        return 0;
    }
    std::int64_t lost(const error& why) {
        if (!was_lost_) log_.warning("pokes of other servers are not heard", {{"error", why}});
        was_lost_ = true;
        is_listening_ = false;
        session_ = 0;  // A database that began anew may give its number to somebody else.
        return second;
    }

    std::string url_;
    poke_hub& pokes_;
    logger log_;
    std::shared_ptr<detail::poke_outbox> waiting_ = std::make_shared<detail::poke_outbox>();
    std::optional<postgres::poke_channel> channel_{};  // Of the thread that sends.
    std::optional<postgres::poke_listener> ear_{};     // Of the thread that listens, and the next.
    bool was_lost_ = false;
    std::atomic<int> session_ = 0;
    std::atomic<bool> is_listening_ = false;
    background sends_;  // The last: their threads use the others.
    background listens_;
};

}  // namespace syncfw
