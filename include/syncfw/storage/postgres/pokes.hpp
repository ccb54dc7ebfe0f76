// SPDX-License-Identifier: BSL-1.0
// Word of changes between processes that share a server: somebody committed, go and pull. A poke
// has no data, so a lost one loses nothing; it only makes the pull later.
//
//     auto pokes = syncfw::postgres::poke_channel::open(url);       // who writes
//     pokes->send(whose, last_sequence);                             // behind the commit
//
//     auto ear = syncfw::postgres::poke_listener::open(url);         // who waits
//     auto heard = ear->wait(std::chrono::seconds(30));
//     if (heard->may_have_missed) pull_all();
//     for (const auto& each : heard->pokes) pull(each.tenant);
//
// Never within the transaction: a NOTIFY there makes all commits of a server wait for each other.
// Both have connections of their own, which is what a pooler of transactions must be told.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/tenant.hpp>
#include <syncfw/storage/postgres/connection.hpp>

#include <libpq-fe.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <poll.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::postgres {

struct poke {
    tenant_id tenant{};
    std::int64_t last_sequence = 0;  ///< Of the tenant's feed, when it was sent.
};

struct pokes_heard {
    std::vector<poke> pokes{};     ///< One for a tenant, the newest.
    bool may_have_missed = false;  ///< The connection was lost for a while.
};

/// Sends pokes. Not for several threads.
class poke_channel {
  public:
    [[nodiscard]] static result<poke_channel> open(std::string url) {
        poke_channel made(std::move(url));
        if (auto connected = made.connect(); !connected) return connected.error();
        return made;
    }

    /// Fails where the server can't be reached, also a second time; nothing is lost then.
    result<void> send(const tenant_id& whose, std::int64_t last_sequence) {
        detail::parameters given;
        given.add_text(std::to_string(last_sequence) + " " + whose.name());
        for (int attempt = 0;; ++attempt) {
            if (connection_ == nullptr)
                if (auto connected = connect(); !connected) return connected;
            const detail::answer sent =
                connection_->run("SELECT pg_notify('syncfw_poke', $1)", given);
            if (detail::is_good(sent)) return {};
            error failed = connection_->why(sent);
            connection_.reset();
            if (attempt > 0) return failed;
        }
    }

    /// The session that sends, by the server's number; 0 where there is none just now.
    [[nodiscard]] int session() const noexcept {
        return connection_ == nullptr ? 0 : PQbackendPID(connection_->handle());
    }

  private:
    explicit poke_channel(std::string&& url) : url_(std::move(url)) {}

    result<void> connect() {
        auto opened = detail::connection::open(url_, options());
        if (!opened) return opened.error();
        connection_ = std::move(*opened);
        return {};
    }

    std::string url_;
    std::unique_ptr<detail::connection> connection_{};
};

/// Waits for pokes. Not for several threads.
class poke_listener {
    using clock = std::chrono::steady_clock;

  public:
    [[nodiscard]] static result<poke_listener> open(std::string url) {
        poke_listener made(std::move(url));
        if (auto connected = made.connect(); !connected) return connected.error();
        return made;
    }

    /// The pokes that came since the last call, or the first that come within the time; none when
    /// it is over. Fails where the server can't be reached; the next call tries again. Those that
    /// the session `but_of` sent, whichever it is by then, are passed over.
    [[nodiscard]] result<pokes_heard> wait(std::chrono::milliseconds most,
                                           const std::atomic<int>* but_of = nullptr) {
        const auto until = clock::now() + most;
        pokes_heard heard{.may_have_missed = connection_ == nullptr};
        if (connection_ == nullptr)
            if (auto connected = connect(); !connected) return connected.error();
        while (true) {
            if (PQconsumeInput(connection_->handle()) == 0) {
                const error lost = detail::error_of(connection_->handle());
                connection_.reset();
                return lost;
            }
            take_all(heard, but_of);
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now());
            if (!heard.pokes.empty() || heard.may_have_missed || left.count() <= 0) return heard;
            pollfd waiting{PQsocket(connection_->handle()), POLLIN, 0};
            (void)::poll(&waiting, 1, static_cast<int>(left.count()));
        }
    }

  private:
    explicit poke_listener(std::string&& url) : url_(std::move(url)) {}

    result<void> connect() {
        auto opened = detail::connection::open(url_, options());
        if (!opened) return opened.error();
        if (auto listens = (*opened)->execute("LISTEN syncfw_poke"); !listens) {
            error failed = listens.error();
            failed.message = "this server has no LISTEN; poll instead";
            return failed;
        }
        connection_ = std::move(*opened);
        return {};
    }

    void take_all(pokes_heard& heard, const std::atomic<int>* but_of) {
        struct freer {
            void operator()(PGnotify* each) const noexcept { PQfreemem(each); }
        };
        std::map<tenant_id, std::int64_t> newest;
        while (const std::unique_ptr<PGnotify, freer> each{PQnotifies(connection_->handle())}) {
            if (but_of != nullptr && each->be_pid == *but_of) continue;
            const std::string_view said = each->extra;
            std::int64_t sequence = 0;
            const auto read = std::from_chars(said.data(), said.data() + said.size(), sequence);
            const auto used = static_cast<std::size_t>(read.ptr - said.data());
            if (read.ec != std::errc() || used >= said.size() || said[used] != ' ') continue;
            auto whose = tenant_id::make(said.substr(used + 1));
            if (whose && newest[*whose] < sequence) newest[*whose] = sequence;
        }
        for (auto& [whose, sequence] : newest) heard.pokes.push_back({whose, sequence});
    }

    std::string url_;
    std::unique_ptr<detail::connection> connection_{};
};

}  // namespace syncfw::postgres
