// SPDX-License-Identifier: BSL-1.0
// A client's connection: its socket, and the filter before it where the address is one of https.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/transport/http/detail/socket.hpp>
#include <syncfw/transport/http/filter.hpp>
#include <syncfw/transport/http/url.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::http::detail {

class line {
  public:
    line() = default;
    line(line&&) = default;
    line& operator=(line&&) = default;
    ~line() { close(); }

    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }
    /// Says so to the other side too, if that can be done without waiting.
    void close();

    /// Reaches the server, and makes sure that it is the one, where `source` is there for that.
    /// Nothing has been asked where it fails: `errc::peer_unavailable`.
    [[nodiscard]] result<void> connect(const url& where, const filter_source* source,
                                       const deadline& until);
    /// False where the other side has closed it, or says something that nobody asked for.
    [[nodiscard]] bool is_quiet();
    /// Both, one behind the other.
    [[nodiscard]] result<void> write(std::string_view first, std::string_view second,
                                     const deadline& until);
    /// As many bytes as are there; 0 at the end.
    [[nodiscard]] result<std::size_t> read(char* to, std::size_t most, const deadline& until);

  private:
    [[nodiscard]] result<void> agree(const deadline& until);
    [[nodiscard]] result<void> flush(const deadline& until) {
        if (!filter_->has_output()) return {};
        return socket_.write(filter_->take_output(), {}, until);
    }
    // What comes next from the socket, through the filter.
    [[nodiscard]] result<void> take_more(char* room, std::size_t size, const deadline& until);

    socket socket_{};
    std::unique_ptr<byte_filter> filter_{};
    std::string plain_{};  // What came, and how much of it was read.
    std::size_t read_ = 0;
};

// --- how it is done ------------------------------------------------------------------------------

inline void line::close() {
    if (filter_ && socket_.is_open()) {
        filter_->close();
        (void)flush(deadline(0));
    }
    filter_.reset();
    plain_.clear();
    read_ = 0;
    socket_.close();
}

inline result<void> line::connect(const url& where, const filter_source* source,
                                  const deadline& until) {
    close();
    if (auto done = socket_.connect(where.host, where.port, until); !done) return done;
    if (source == nullptr) return {};
    auto begun = source->begin(where.host);
    if (!begun) {
        close();
        return begun.error();
    }
    filter_ = std::move(*begun);
    auto done = agree(until);
    if (!done) close();
    return done;
}

inline result<void> line::agree(const deadline& until) {
    std::array<char, 16 << 10> room;
    while (true) {
        auto done = flush(until);
        if (done && filter_->is_established()) return {};
        if (done) done = take_more(room.data(), room.size(), until);
        if (done) continue;
        (void)flush(deadline(0));  // Why we leave.
        if (filter_->failed()) return *filter_->failed();
        return error{.code = errc::peer_unavailable,
                     .message = "the server did not agree upon TLS: " + done.error().message,
                     .cause = done.error().cause};
    }
}

inline result<void> line::take_more(char* room, std::size_t size, const deadline& until) {
    auto count = socket_.read(room, size, until);
    if (!count) return count.error();
    if (*count == 0) return error{.code = errc::timed_out, .message = "the connection was cut off"};
    filter_->receive({room, *count});
    plain_ = filter_->take_plain();
    read_ = 0;
    // What came before it failed is whole; the failure is told when that was read.
    if (plain_.empty() && filter_->failed()) return *filter_->failed();
    return {};
}

inline bool line::is_quiet() {
    if (!filter_) return socket_.is_quiet();
    // Servers give tickets for the next time, whenever they like.
    for (int tries = 0; tries < 8; ++tries) {
        if (read_ < plain_.size() || filter_->is_closed() || filter_->failed()) return false;
        if (socket_.is_quiet()) return true;
        std::array<char, 16 << 10> room;
        if (!take_more(room.data(), room.size(), deadline(0))) return false;
    }
    return false;
}

inline result<void> line::write(std::string_view first, std::string_view second,
                                const deadline& until) {
    if (!filter_) return socket_.write(first, second, until);
    // Piece by piece, so that what is encrypted is never there as a whole.
    constexpr std::size_t piece = 64 << 10;
    for (std::string_view rest : {first, second})
        while (!rest.empty()) {
            filter_->send(rest.substr(0, piece));
            rest.remove_prefix(std::min(piece, rest.size()));
            if (auto done = flush(until); !done) return done;
            if (filter_->failed()) return *filter_->failed();
        }
    return {};
}

inline result<std::size_t> line::read(char* to, std::size_t most, const deadline& until) {
    if (!filter_) return socket_.read(to, most, until);
    while (read_ == plain_.size()) {
        if (filter_->failed()) return *filter_->failed();
        if (filter_->is_closed()) return std::size_t{0};
        if (auto done = take_more(to, most, until); !done) return done.error();
        (void)flush(until);  // What it answers by itself; a break is seen by who writes.
    }
    const std::size_t count = std::min(most, plain_.size() - read_);
    std::memcpy(to, plain_.data() + read_, count);
    read_ += count;
    return count;
}

}  // namespace syncfw::http::detail
