// SPDX-License-Identifier: BSL-1.0
// A server's side of one HTTP/1.1 connection, without the connection: bytes in, requests out,
// answers in, bytes out. It opens no socket and reads no clock.
//
//     session.receive(bytes);
//     while (session.has_request()) session.answer(handle(session.take_request()));
//     write(session.take_output());
//     if (session.is_ending()) close();
#pragma once

#include <syncfw/transport/http/body.hpp>
#include <syncfw/transport/http/message.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::http {

class server_session {
  public:
    /// Where it stands: between two requests, in one's head, in its body, or while it is handled.
    enum class phase : unsigned char { idle, head, body, ready, handling, streaming, ending };

    /// Gives what stands in `Date`; without one, there is none.
    using date_source = std::string_view (*)();

    explicit server_session(const limits& most, date_source date = nullptr)
        : most_(most), date_(date) {}

    /// Takes what came. While a request is handled, the next may wait behind it.
    void receive(std::string_view bytes) {
        if (phase_ == phase::ending) return;
        in_.append(bytes);
        advance();
    }

    [[nodiscard]] phase at() const noexcept { return phase_; }
    [[nodiscard]] bool has_request() const noexcept { return phase_ == phase::ready; }
    [[nodiscard]] const request& peek() const noexcept { return request_; }
    [[nodiscard]] request take_request() {
        phase_ = phase::handling;
        return std::move(request_);
    }

    /// The answer to the request that was taken.
    void answer(response&& given, bool is_last = false);
    /// For a request that can't be waited for any longer.
    void refuse(const refusal& why);
    /// Where nothing is asked just now, nothing is any more.
    void end() {
        if (phase_ == phase::idle) phase_ = phase::ending;
    }
    /// What follows is of another protocol: nothing more is read as a request. Gives what came of
    /// it already.
    [[nodiscard]] std::string go_on(std::string_view head) {
        phase_ = phase::streaming;
        end_body();
        head_.append(head);
        return std::exchange(in_, {});
    }

    /// What is to be sent: heads, and behind them one body.
    [[nodiscard]] bool has_output() const noexcept { return !head_.empty() || !body_.empty(); }
    void take_output(std::string& head, std::string& body) {
        head = std::exchange(head_, {});
        body = std::exchange(body_, {});
    }
    /// Once all is sent, the connection is closed.
    [[nodiscard]] bool is_ending() const noexcept { return phase_ == phase::ending; }

  private:
    // What comes next goes behind an earlier answer's body; it is rare that two wait.
    void end_body() {
        head_ += body_;
        body_.clear();
    }
    void advance();
    [[nodiscard]] bool read_head();
    [[nodiscard]] bool read_body();

    limits most_;
    date_source date_;
    phase phase_ = phase::idle;
    std::string in_{};
    std::size_t looked_ = 0;  // Up to where no head's end was found.
    request request_{};
    body_reader reader_{};
    bool keeps_alive_ = true;
    bool is_head_ = false;
    int minor_version_ = 1;
    std::string head_{};
    std::string body_{};
};

/// An answer's head. `length` is that of its body; `connection` and `date` may be empty.
[[nodiscard]] std::string to_head(const response& given, std::size_t length,
                                  std::string_view connection = {}, std::string_view date = {});

// --- how it is done ------------------------------------------------------------------------------

inline void server_session::advance() {
    if (phase_ == phase::idle || phase_ == phase::head) {
        // Empty lines before a request are some old clients' habit.
        while (in_.starts_with("\r\n")) in_.erase(0, 2);
        looked_ = std::min(looked_, in_.size());
        if (in_.empty()) return;
        phase_ = phase::head;
        if (!read_head()) return;
    }
    if (phase_ == phase::body && !read_body()) return;
}

inline bool server_session::read_head() {
    const std::size_t end = end_of_head(in_, looked_);
    if (end == std::string::npos ? in_.size() > most_.head_bytes : end > most_.head_bytes) {
        const std::size_t line = in_.find("\r\n");
        const bool is_target = line == std::string::npos || line > most_.head_bytes;
        refuse(is_target ? refusal{414, "the path is too long"}
                         : refusal{431, "the header fields are too large"});
        return false;
    }
    looked_ = in_.size();
    if (end == std::string::npos) return false;
    refusal why;
    auto head = parse_request_head(std::string_view(in_).substr(0, end), most_, why);
    in_.erase(0, end);
    looked_ = 0;
    if (!head) {
        refuse(why);
        return false;
    }
    reader_ = body_reader(head->body, head->body_bytes, most_.body_bytes);
    keeps_alive_ = head->keeps_alive;
    is_head_ = head->method == "HEAD";
    minor_version_ = head->minor_version;
    if (head->expects_continue && in_.empty()) {
        end_body();
        head_ += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    request_ = {.head = std::move(*head)};
    phase_ = phase::body;
    return true;
}

inline bool server_session::read_body() {
    std::size_t taken = 0;
    refusal why;
    const bool fine = reader_.feed(in_, request_.body, taken, why);
    in_.erase(0, taken);
    if (!fine) {
        refuse(why);
        return false;
    }
    if (reader_.is_done()) phase_ = phase::ready;
    return reader_.is_done();
}

inline void server_session::refuse(const refusal& why) {
    keeps_alive_ = false;
    phase_ = phase::handling;
    answer(error_response(why.status, why.why));
}

inline void server_session::answer(response&& given, bool is_last) {
    const bool closes = is_last || !keeps_alive_;
    const bool is_bare = is_head_ || given.status == 204 || given.status == 304;
    end_body();
    head_ += to_head(given, given.body.size(),
                     closes                ? "close"
                     : minor_version_ == 0 ? "keep-alive"
                                           : "",
                     date_ != nullptr ? date_() : std::string_view());
    if (!is_bare) body_ = std::move(given.body);
    if (closes) {
        phase_ = phase::ending;
        in_.clear();
        return;
    }
    phase_ = phase::idle;
    is_head_ = false;
    advance();
}

inline std::string to_head(const response& given, std::size_t length, std::string_view connection,
                           std::string_view date) {
    std::string out;
    out.reserve(224);
    out += "HTTP/1.1 ";
    out += std::to_string(given.status);
    out += ' ';
    out += words_of(given.status);
    if (given.status != 204 && given.status != 304) {
        out += "\r\nContent-Length: ";
        out += std::to_string(length);
        if (!given.content_type.empty() && detail::is_field_value(given.content_type))
            (out += "\r\nContent-Type: ") += given.content_type;
    }
    if (!date.empty()) (out += "\r\nDate: ") += date;
    out += "\r\nX-Content-Type-Options: nosniff";
    if (!connection.empty()) (out += "\r\nConnection: ") += connection;
    given.fields.for_each([&](std::string_view name, std::string_view value) {
        ((out += "\r\n").append(name) += ": ").append(value);
    });
    out += "\r\n\r\n";
    return out;
}

}  // namespace syncfw::http
