// SPDX-License-Identifier: BSL-1.0
// The same calls with nothing but Boost.Beast: what one would write by hand.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace bench {

class beast_server {
  public:
    /// From a path to what is answered.
    explicit beast_server(std::function<std::string(std::string_view)> answer)
        : answer_(std::move(answer)) {
        thread_ = std::thread([this] { serve(); });
    }
    // The thread ends with its last connection.
    ~beast_server() { thread_.join(); }
    [[nodiscard]] unsigned short port() const { return acceptor_.local_endpoint().port(); }

  private:
    void serve() {
        namespace http = boost::beast::http;
        auto socket = acceptor_.accept();
        socket.set_option(boost::asio::ip::tcp::no_delay(true));
        boost::beast::flat_buffer buffer;
        while (true) {
            http::request<http::string_body> asked;
            boost::system::error_code why;
            http::read(socket, buffer, asked, why);
            if (why) return;
            http::response<http::string_body> given{http::status::ok, 11};
            given.set(http::field::content_type, "application/json");
            given.body() = answer_({asked.target().data(), asked.target().size()});
            given.prepare_payload();
            http::write(socket, given, why);
        }
    }

    std::function<std::string(std::string_view)> answer_;
    boost::asio::io_context io_{};
    boost::asio::ip::tcp::acceptor acceptor_{io_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
    std::thread thread_{};
};

class beast_client {
  public:
    explicit beast_client(unsigned short port) {
        socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
        socket_.set_option(boost::asio::ip::tcp::no_delay(true));
    }
    std::string ask(std::string_view path, std::string_view body) {
        namespace http = boost::beast::http;
        http::request<http::string_body> asked{http::verb::post, {path.data(), path.size()}, 11};
        asked.set(http::field::host, "127.0.0.1");
        asked.set(http::field::content_type, "application/json");
        asked.body() = body;
        asked.prepare_payload();
        http::write(socket_, asked);
        http::response_parser<http::string_body> given;
        given.body_limit(64 << 20);
        http::read(socket_, buffer_, given);
        return std::move(given.get().body());
    }

  private:
    boost::asio::io_context io_{};
    boost::asio::ip::tcp::socket socket_{io_};
    boost::beast::flat_buffer buffer_{};
};

}  // namespace bench
