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
// The function may be called by several threads at the same time, and may wait for a database. It
// includes Boost.Asio: let one file of a program include it.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/transport/http/detail/connection.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
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
    void stop_on(std::initializer_list<int> signals);

    ~server() = default;
    server(const server&) = delete;
    server& operator=(const server&) = delete;

  private:
    server(handler&& handle, server_options&& options)
        : shared_(std::move(handle), std::move(options)),
          alone_(boost::asio::make_strand(shared_.io)),
          acceptor_(alone_),
          pause_(alone_),
          grace_(alone_),
          signals_(alone_) {}

    [[nodiscard]] result<void> listen();
    void accept();
    void begin_stop();

    detail::server_shared shared_;
    boost::asio::strand<boost::asio::io_context::executor_type> alone_;  // Of the four below.
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    boost::asio::steady_timer grace_;
    boost::asio::signal_set signals_;
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
    namespace asio = boost::asio;
    const server_options& options = shared_.options;
    boost::system::error_code why;
    const auto address = asio::ip::make_address(options.address, why);
    if (why)
        return error{.code = errc::invalid_value,
                     .message = "'" + options.address +
                                "' is no address to listen at; give one "
                                "such as 127.0.0.1 or ::"};
    const asio::ip::tcp::endpoint at(address, options.port);
    const auto then = [&](auto&& step) {
        if (!why) step();
    };
    then([&] { acceptor_.open(at.protocol(), why); });
    then([&] { acceptor_.set_option(asio::socket_base::reuse_address(true), why); });
    then([&] { acceptor_.bind(at, why); });
    then([&] { acceptor_.listen(asio::socket_base::max_listen_connections, why); });
    if (why)
        return error{.code = errc::unavailable,
                     .message = "can't listen at " + options.address + ":" +
                                std::to_string(options.port) + ": " + why.message()};
    port_ = acceptor_.local_endpoint().port();
    accept();
    return {};
}

inline void server::accept() {
    using boost::asio::ip::tcp;
    acceptor_.async_accept(boost::asio::make_strand(shared_.io),
                           [this](const boost::system::error_code& why, tcp::socket socket) {
                               if (!acceptor_.is_open()) return;
                               if (!why) {
                                   detail::connection::begin(shared_, std::move(socket));
                                   return accept();
                               }
                               // No more files, say: others are closed meanwhile.
                               pause_.expires_after(std::chrono::milliseconds(100));
                               pause_.async_wait([this](const boost::system::error_code&) {
                                   if (acceptor_.is_open()) accept();
                               });
                           });
}

inline void server::run() {
    std::vector<std::thread> others;
    for (int i = 1; i < shared_.threads; ++i) others.emplace_back([this] { shared_.io.run(); });
    shared_.io.run();
    for (std::thread& each : others) each.join();
    // Who said stop still holds the strand for a moment.
    const std::lock_guard locked(stopping_);
}

inline void server::stop() {
    const std::lock_guard locked(stopping_);
    boost::asio::post(alone_, [this] { begin_stop(); });
}

inline void server::stop_on(std::initializer_list<int> signals) {
    for (const int each : signals) signals_.add(each);
    signals_.async_wait([this](const boost::system::error_code& why, int) {
        if (!why) begin_stop();
    });
}

inline void server::begin_stop() {
    if (shared_.is_stopping) return;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    signals_.cancel(ignored);
    // Whoever isn't ready by then is cut off.
    grace_.expires_after(std::chrono::seconds(shared_.options.stop_seconds));
    grace_.async_wait([this](const boost::system::error_code& why) {
        if (!why) shared_.end_all(true);
    });
    shared_.stop([this] { boost::asio::post(alone_, [this] { grace_.cancel(); }); });
}

}  // namespace syncfw::http
