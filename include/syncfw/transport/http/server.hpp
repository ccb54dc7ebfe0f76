// SPDX-License-Identifier: BSL-1.0
// An HTTP/1.1 server: one function from requests to answers, on as many threads as it is given.
//
//     auto listening = syncfw::http::server::open(
//         [](syncfw::http::request&& asked) -> syncfw::http::response {
//             return {.body = R"({"path":")" + asked.head.path + "\"}"};
//         },
//         {.port = 8080});
//     if (!listening) return fail(listening.error());
//     (*listening)->run();  // until stop(), or SIGINT or SIGTERM
//
// The function may be called by several threads at the same time, and may wait for a database.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/transport/http/detail/connection.hpp>
#include <syncfw/transport/http/detail/poller.hpp>
#include <syncfw/transport/http/detail/signals.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <new>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <utility>
#include <vector>

namespace syncfw::http {

class server {
  public:
    using handler = detail::handler;

    /// Listens. Fails where the address can't be had.
    [[nodiscard]] static result<std::unique_ptr<server>> open(handler handle,
                                                              server_options options = {});

    /// Where it listens: what was asked for, or the free port that 0 stands for.
    [[nodiscard]] unsigned short port() const noexcept { return port_; }

    /// Serves until somebody stops it. What is under way is ended first, for as long as
    /// `options.stop_seconds`.
    void run();
    /// From any thread; `run` then comes to its end, and the server may go as soon as it has.
    void stop();
    /// The same when the process gets one of these signals.
    [[nodiscard]] result<void> stop_on(std::initializer_list<int> signals);

    ~server() = default;
    server(const server&) = delete;
    server& operator=(const server&) = delete;

  private:
    server(handler&& handle, server_options&& options)
        : shared_(std::move(handle), std::move(options)) {}

    [[nodiscard]] result<void> listen();
    [[nodiscard]] int try_to_listen(const addrinfo& at);
    void work();
    [[nodiscard]] bool take_turn();
    void accept();
    void tick();
    void begin_stop();

    detail::server_shared shared_;
    std::mutex accepting_{};  // Somebody is at work with the first of these.
    detail::open_file listening_{};
    detail::alarm_clock ticks_{};
    detail::alarm_clock pause_{};
    detail::alarm_clock grace_{};
    detail::signal_watch signals_{};
    std::mutex stopping_{};  // Somebody is in `stop`.
    unsigned short port_ = 0;
};

// --- how it is done ------------------------------------------------------------------------------

inline result<std::unique_ptr<server>> server::open(handler handle, server_options options) {
    if (options.tls && !options.tls->is_for_server())
        return error{.code = errc::invalid_value,
                     .message =
                         "server_options::tls was made for a client; take "
                         "tls_context::for_server(identity)"};
    std::unique_ptr<server> made(new server(std::move(handle), std::move(options)));
    if (auto done = made->listen(); !done) return done.error();
    return made;
}

inline result<void> server::listen() {
    const server_options& options = shared_.options;
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    addrinfo* found = nullptr;
    // The system would take "*" and "127.1" too, and who writes them may mean something else.
    in_addr plain{};
    const bool is_plain = ::inet_pton(AF_INET, options.address.c_str(), &plain) == 1;
    if ((!is_plain && options.address.find(':') == std::string::npos) ||
        ::getaddrinfo(options.address.c_str(), std::to_string(options.port).c_str(), &wanted,
                      &found) != 0)
        return error{.code = errc::invalid_value,
                     .message = "'" + options.address +
                                "' is no address to listen at; give one "
                                "such as 127.0.0.1 or ::"};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
    if (const int why = try_to_listen(*found); why != 0)
        return error{.code = errc::unavailable,
                     .message = "can't listen at " + options.address + ":" +
                                std::to_string(options.port) + ": " + std::strerror(why)};
    return {};
}

inline int server::try_to_listen(const addrinfo& at) {
    detail::poller& files = shared_.files;
    const bool has_files =
        files.is_open() && ticks_.is_open() && pause_.is_open() && grace_.is_open();
    if (!has_files) return EMFILE;
    listening_ = detail::open_file(
        ::socket(at.ai_family, at.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at.ai_protocol));
    const int file = listening_.number();
    const int on = 1;
    sockaddr_storage here{};
    socklen_t size = sizeof here;
    const bool done =
        listening_.is_open() && ::setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        ::bind(file, at.ai_addr, at.ai_addrlen) == 0 && ::listen(file, SOMAXCONN) == 0 &&
        ::getsockname(file, reinterpret_cast<sockaddr*>(&here), &size) == 0 &&
        files.watch(ticks_.file(), &ticks_) && files.watch(pause_.file(), &pause_) &&
        files.watch(grace_.file(), &grace_) && files.watch_once(file, &listening_);
    if (!done) return errno;
    port_ = ntohs(here.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(here).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(here).sin_port);
    tick();
    return 0;
}

inline void server::accept() {
    const std::lock_guard locked(accepting_);
    if (!listening_.is_open()) return;
    // Others who have news have their turn now and then.
    for (int turns = 0; turns < 64; ++turns) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        auto* const where = reinterpret_cast<sockaddr*>(&from);
        detail::open_file socket(
            ::accept4(listening_.number(), where, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket.is_open() && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (!socket.is_open() && (errno == EINTR || errno == ECONNABORTED)) continue;
        // No more files, say: others are closed meanwhile.
        if (!socket.is_open()) return pause_.set(100);
        char address[NI_MAXHOST] = {};
        ::getnameinfo(where, size, address, sizeof address, nullptr, 0, NI_NUMERICHOST);
        try {
            detail::connection::begin(shared_, std::move(socket), address);
        } catch (const std::bad_alloc&) {
            return pause_.set(100);
        }
    }
    shared_.files.watch_again(listening_.number(), &listening_);
}

inline void server::tick() {
    ticks_.set(1'000 * detail::connection::tick_seconds(shared_.options.most));
    for (const auto& each : shared_.everybody())
        each->leave_word(detail::connection_base::news::tick);
}

inline bool server::take_turn() {
    const auto next = shared_.next_of_queue();
    if (next) next->work();
    return next != nullptr;
}

inline void server::work() {
    using news = detail::connection_base::news;
    while (!shared_.is_over) {
        const bool had_turn = take_turn();
        const auto [whose, is_hung] = shared_.files.wait(!had_turn);
        if (whose == nullptr) continue;
        if (whose == &listening_ || whose == &pause_) {
            accept();
        } else if (whose == &ticks_) {
            tick();
        } else if (whose == &grace_) {
            for (const auto& each : shared_.everybody()) each->leave_word(news::ends_now);
        } else if (whose == &signals_) {
            if (signals_.has_come()) begin_stop();
        } else if (const auto who = shared_.find(whose)) {
            who->work_on(news::of_socket | (is_hung ? news::hung : 0));
        }
    }
    shared_.files.wake();  // The next one ends too.
}

inline void server::run() {
    std::vector<std::thread> others;
    for (int i = 1; i < shared_.threads; ++i) others.emplace_back([this] { work(); });
    work();
    for (std::thread& each : others) each.join();
    // Who said stop, or was the last to leave, is still at it for a moment.
    const std::lock_guard locked(stopping_);
    shared_.await_leavers();
}

inline void server::stop() {
    const std::lock_guard locked(stopping_);
    begin_stop();
}

inline result<void> server::stop_on(std::initializer_list<int> signals) {
    for (const int each : signals)
        if (!signals_.add(each, shared_.files))
            return error{.code = errc::unavailable,
                         .message = "signal " + std::to_string(each) + " can't be waited for",
                         .cause = std::strerror(errno)};
    return {};
}

inline void server::begin_stop() {
    {
        const std::lock_guard locked(accepting_);
        if (!listening_.is_open()) return;
        shared_.files.forget(listening_.number());
        listening_.close();
    }
    // Whoever isn't ready by then is cut off.
    constexpr std::int64_t day = 86'400;
    const std::int64_t seconds = std::clamp<std::int64_t>(shared_.options.stop_seconds, 0, day);
    grace_.set(std::max<std::int64_t>(1, seconds * 1'000));
    shared_.begin_stop();
}

}  // namespace syncfw::http
