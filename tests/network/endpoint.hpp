// SPDX-License-Identifier: BSL-1.0
// Servers on free ports of this machine, with threads of their own: of HTTP, and by hand.
#pragma once

#include <syncfw/transport/http/client.hpp>
#include <syncfw/transport/http/server.hpp>
#include <syncfw/transport/http_link.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace syncfw::testing {

class endpoint {
  public:
    explicit endpoint(std::function<http::response(http::request&&)> handle,
                      http::server_options options = {})
        : handle_(std::move(handle)), options_(std::move(options)) {
        start();
    }
    endpoint(endpoint&&) = default;
    ~endpoint() { stop(); }

    void start() {
        auto opened = http::server::open(handle_, options_);
        REQUIRE_MESSAGE(opened, (opened ? std::string() : to_string(opened.error())));
        server_ = std::move(*opened);
        options_.port = server_->port();  // The same one, when it comes back.
        thread_ = std::thread([server = server_.get()] { server->run(); });
    }
    void stop() {
        if (!thread_.joinable()) return;
        server_->stop();
        thread_.join();
        server_.reset();
    }

    [[nodiscard]] unsigned short port() const { return options_.port; }
    [[nodiscard]] std::string address() const {
        return (options_.tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port());
    }

  private:
    std::function<http::response(http::request&&)> handle_;
    http::server_options options_;
    std::unique_ptr<http::server> server_{};
    std::thread thread_{};
};

/// A server whose answer is a stream, which the test holds.
class stream_endpoint {
  public:
    explicit stream_endpoint(http::server_options options = {})
        : served_(
              [this](http::request&&) -> http::response {
                  return {.goes_on = [this](const std::shared_ptr<http::stream>& begun)
                              -> std::shared_ptr<void> {
                      const std::lock_guard locked(lock_);
                      open_ = begun;
                      return {};
                  }};
              },
              std::move(options)) {}

    [[nodiscard]] const endpoint& served() const noexcept { return served_; }
    /// The one that was begun last.
    [[nodiscard]] std::shared_ptr<http::stream> stream() {
        const std::lock_guard locked(lock_);
        REQUIRE(open_);
        return open_;
    }

  private:
    std::mutex lock_{};
    std::shared_ptr<http::stream> open_{};
    endpoint served_;
};

/// A server of one connection, which is answered by hand.
class one_connection {
  public:
    explicit one_connection(std::function<void(boost::asio::ip::tcp::socket&)> answer)
        : thread_([this, answer = std::move(answer)] {
              boost::asio::ip::tcp::socket line = acceptor_.accept();
              answer(line);
          }) {}
    ~one_connection() { thread_.join(); }
    [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

  private:
    boost::asio::io_context io_{};
    boost::asio::ip::tcp::acceptor acceptor_{io_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
    unsigned short port_ = acceptor_.local_endpoint().port();
    std::thread thread_;
};

}  // namespace syncfw::testing
