// SPDX-License-Identifier: BSL-1.0
// Who talks to a server with bytes alone, and what its handlers may be made to wait for.
#pragma once

#include "endpoint.hpp"
#include <syncfw/transport/http/detail/socket.hpp>

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

namespace syncfw::testing {

/// A socket of ours, without anything that knows HTTP.
class stranger {
  public:
    explicit stranger(const endpoint& at) : stranger(at.port()) {}
    explicit stranger(unsigned short port) {
        REQUIRE(line_.connect("127.0.0.1", port, http::detail::deadline(5'000)));
    }
    /// False where the server has closed, or takes no more of it.
    bool say(std::string_view bytes) { return line_.write(bytes, {}, patience_).has_value(); }
    /// What comes until the server closes, or until this was heard.
    std::string hear(std::string_view until = {}) {
        std::string heard;
        char room[4'096];
        while (until.empty() || heard.find(until) == std::string::npos) {
            const auto count = line_.read(room, sizeof room, patience_);
            if (!count || *count == 0) break;
            heard.append(room, *count);
        }
        return heard;
    }
    void leave() { line_.close(); }

  private:
    http::detail::socket line_{};
    http::detail::deadline patience_{20'000};
};

inline std::string request(std::string_view path, std::string_view fields = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}
inline int status_in(const std::string& answer) {
    return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}

/// A door that handlers wait at until it is opened.
class door {
  public:
    void open() {
        const std::lock_guard locked(lock_);
        is_open_ = true;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock locked(lock_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(locked, [&] { return is_open_; });
    }
    void wait_for(int count) {
        std::unique_lock locked(lock_);
        changed_.wait(locked, [&] { return waiting_ >= count; });
    }

  private:
    std::mutex lock_{};
    std::condition_variable changed_{};
    bool is_open_ = false;
    int waiting_ = 0;
};

}  // namespace syncfw::testing
