// SPDX-License-Identifier: BSL-1.0
// A server of HTTP on a free port of this machine, with threads of its own.
#pragma once

#include <syncfw/transport/http/client.hpp>
#include <syncfw/transport/http/server.hpp>
#include <syncfw/transport/http_link.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
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

}  // namespace syncfw::testing
