// SPDX-License-Identifier: BSL-1.0
// Listens to a server's stream of pokes, so that a device pulls as soon as there is something.
//
//     auto listener = syncfw::poke_listener::make("http://books.example", {.token = my_token});
//     std::thread ear([&] { listener->run([&] { has_news = true; wake_up(); }); });
//     …
//     listener->stop();
//     ear.join();
//
// A poke carries no data and may be lost, so nothing depends on it: with every connection that is
// made anew there is one. It connects again by itself, with growing waits, for as long as it runs.
#pragma once

#include <syncfw/core/detail/entropy.hpp>
#include <syncfw/sync/retry.hpp>
#include <syncfw/transport/detail/steady_time.hpp>
#include <syncfw/transport/http/client.hpp>
#include <syncfw/transport/poke.hpp>
#include <syncfw/transport/websocket.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

class poke_listener {
  public:
    /// Where a server of `add_sync_routes` tells them, behind its address.
    static constexpr std::string_view path = "/sync/stream";

    [[nodiscard]] static result<poke_listener> make(std::string_view address,
                                                    http::client_options options = {},
                                                    backoff_rules waits = {}) {
        auto stopped = std::make_shared<std::atomic<bool>>(false);
        options.is_over = stopped;
        auto line = http::client::make(address, std::move(options));
        if (!line) return line.error();
        return poke_listener(std::move(*line), waits, std::move(stopped));
    }

    /// Listens until `stop`, and calls the function for each poke, in this thread.
    void run(const std::function<void()>& heard);
    /// From any thread, also before `run`: which ends within a quarter of a second, wherever it
    /// waits. The look-up of the server's name alone takes as long as the system lets it.
    void stop() noexcept { *stopped_ = true; }

    /// Whether it hears the server at the moment.
    [[nodiscard]] bool is_connected() const noexcept { return *connected_; }

  private:
    poke_listener(http::client line, backoff_rules waits,
                  std::shared_ptr<std::atomic<bool>> stopped)
        : line_(std::move(line)), waits_(waits), stopped_(std::move(stopped)) {}

    static constexpr int look_milliseconds = 200;

    [[nodiscard]] result<void> listen(const std::function<void()>& heard);
    [[nodiscard]] result<http::upgraded> connect();
    void pause(std::int64_t microseconds) const;

    http::client line_;
    backoff_rules waits_;
    std::shared_ptr<std::atomic<bool>> stopped_;
    std::unique_ptr<std::atomic<bool>> connected_ = std::make_unique<std::atomic<bool>>(false);
};

// --- how it is done ------------------------------------------------------------------------------

inline result<http::upgraded> poke_listener::connect() {
    std::array<unsigned char, 16> chance{};
    detail::fill_with_entropy(chance.data(), chance.size());
    const std::string key = make_websocket_key(chance);
    http::question asked{.path = std::string(path)};
    asked.fields.add("Upgrade", "websocket");
    asked.fields.add("Connection", "Upgrade");
    asked.fields.add("Sec-WebSocket-Version", "13");
    asked.fields.add("Sec-WebSocket-Key", key);
    auto got = line_.upgrade(asked);
    if (!got) return got;
    const auto said = [&](std::string_view name) {
        return got->head.fields.get(name).value_or(std::string_view());
    };
    const auto fine = check_websocket_answer({.status = got->head.status,
                                              .upgrade = said("Upgrade"),
                                              .connection = said("Connection"),
                                              .accept = said("Sec-WebSocket-Accept"),
                                              .extensions = said("Sec-WebSocket-Extensions"),
                                              .subprotocol = said("Sec-WebSocket-Protocol")},
                                             key);
    if (!fine) return fine.error();
    return got;
}

inline result<void> poke_listener::listen(const std::function<void()>& heard) {
    auto begun = connect();
    if (!begun) return begun.error();
    *connected_ = true;
    websocket_peer peer(websocket_role::client, detail::steady_moment());
    std::string room = std::move(begun->early);
    std::size_t count = room.size();
    room.resize(std::max<std::size_t>(room.size(), 4'096));
    while (!peer.is_over()) {
        peer.feed(std::string_view(room).substr(0, count), detail::steady_moment());
        while (const auto event = peer.next())
            if (event->kind == websocket_event_kind::text) heard();
        peer.tick(detail::steady_moment());
        if (*stopped_) peer.close();
        while (!peer.output().empty()) {
            const std::string_view bytes = peer.output();
            auto sent = begun->line.write(bytes, {}, http::detail::deadline(5'000, stopped_.get()));
            if (!sent) return sent;
            peer.written(bytes.size());
        }
        if (*stopped_) return {};
        count = 0;
        const http::detail::deadline look(look_milliseconds, stopped_.get());
        auto got = begun->line.read(room.data(), room.size(), look);
        if (got && *got == 0) break;
        if (got) count = *got;
        // Who fails before the time is over is broken; else nothing came for once.
        if (!got && look.left() > 0) return got.error();
    }
    return error{.code = errc::peer_unavailable, .message = "the server ended the stream"};
}

inline void poke_listener::pause(std::int64_t microseconds) const {
    const http::detail::deadline until(microseconds / 1'000);
    while (!*stopped_ && until.left() > 0)
        http::detail::sleep_milliseconds(std::min(until.left(), look_milliseconds));
}

inline void poke_listener::run(const std::function<void()>& heard) {
    std::int64_t attempt = 0;
    while (!*stopped_) {
        const timestamp began = detail::steady_moment();
        (void)listen(heard);
        *connected_ = false;
        // A connection that held for a while begins the count anew.
        constexpr std::int64_t while_microseconds = 60'000'000;
        if (microseconds_between(began, detail::steady_moment()) > while_microseconds) attempt = 0;
        std::uint64_t chance = 0;
        detail::fill_with_entropy(&chance, sizeof chance);
        pause(wait_before(++attempt, waits_, chance));
    }
}

}  // namespace syncfw
