// SPDX-License-Identifier: BSL-1.0
// An HTTP/1.1 client for one server: a call waits for its answer, no longer than it is allowed to.
//
//     auto books = syncfw::http::client::make("http://books.example:8080");
//     if (!books) return fail(books.error());
//     auto answer = books->ask({.method = "POST", .path = "/api/books", .body = text});
//     if (answer && answer->status == 201) use(answer->body);
//
// One connection is kept and used again. Answers are distrusted as requests are: their size,
// framing and time are limited, and redirections are not followed. An address of https is reached
// by what `client_options::tls` brings, or not at all. Nothing heavy is included.
#pragma once

#include <syncfw/core/detail/string_room.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/transport/http/body.hpp>
#include <syncfw/transport/http/detail/line.hpp>
#include <syncfw/transport/http/detail/socket.hpp>
#include <syncfw/transport/http/filter.hpp>
#include <syncfw/transport/http/packing.hpp>
#include <syncfw/transport/http/url.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::http {

struct client_options {
    /// For each attempt to connect. How long the machine looks for the host's address is its own
    /// affair: nothing that every system has limits that.
    std::int64_t connect_milliseconds = 10'000;
    std::int64_t answer_milliseconds = 60'000;  ///< For the whole of an exchange.
    std::size_t answer_bytes_max = 64 << 20;
    /// Gives the token that goes with each request. Asked each time, since tokens end.
    std::function<secret<std::string>()> token{};
    /// What https needs: a client's `tls_context`, of <syncfw/transport/tls.hpp>.
    std::shared_ptr<const filter_source> tls{};
    /// With `gzip_packing()`, of gzip_bodies.hpp, answers may come packed. `answer_bytes_max` is
    /// the limit of both of their forms.
    std::shared_ptr<const body_packing> packing{};
    /// Once it is true, whatever waits for the server ends as if its time were over, but for the
    /// look-up of a name.
    std::shared_ptr<const std::atomic<bool>> is_over{};
};

/// What is asked.
struct question {
    std::string method = "GET";
    std::string path = "/";  ///< With its query, escaped.
    std::string_view body{};
    std::string content_type = "application/json";
    http::fields fields{};
    /// Asking twice is as good as once: then it is asked again, once, where a connection that was
    /// kept turns out to be closed.
    bool is_repeatable = false;
};

struct answer {
    int status = 0;
    http::fields fields{};
    std::string body{};

    [[nodiscard]] std::string_view field(std::string_view name) const noexcept {
        return fields.get(name).value_or(std::string_view());
    }
};

/// A connection that speaks something else from here on.
struct upgraded {
    response_head head{};
    std::string early{};  ///< What came behind the head.
    detail::line line{};
};

class client {
  public:
    /// Nothing is connected yet. Fails where the address is none.
    [[nodiscard]] static result<client> make(std::string_view address, client_options options = {});

    /// `errc::peer_unavailable` where the request surely did not arrive, `errc::timed_out` where
    /// nobody knows, `errc::malformed` where the answer is none. Any status is an answer.
    [[nodiscard]] result<answer> ask(const question& asked);

    /// The same in two halves: in between, the server is at work already. Nothing else may be asked
    /// meanwhile. While one thread finishes, another may forget: then the answer isn't awaited any
    /// longer.
    [[nodiscard]] result<void> begin(const question& asked);
    [[nodiscard]] result<answer> finish();
    void forget() noexcept { *is_unwanted_ = true; }

    /// Asks on a connection of its own, which is given away with the answer's head. Fails with the
    /// status' own error where that isn't 101.
    [[nodiscard]] result<upgraded> upgrade(const question& asked);

    [[nodiscard]] const url& address() const noexcept { return address_; }

  private:
    client(url address, client_options options)
        : address_(std::move(address)), options_(std::move(options)) {}

    /// Looks at what is asked, and makes sure that there is a connection: true for one that was
    /// kept.
    [[nodiscard]] result<bool> open(const question& asked);
    [[nodiscard]] result<void> connect();
    // What kind of answer the question calls for.
    struct awaited {
        explicit awaited(const question& asked)
            : has_body(asked.method != "HEAD"), is_raw(asked.fields.count("Accept-Encoding") > 0) {}
        awaited() = default;
        bool has_body = true;
        bool is_raw = false;  // Who names encodings himself unpacks himself.
    };
    [[nodiscard]] result<answer> exchange(const question& asked, bool& is_silent);
    [[nodiscard]] result<void> send(const question& asked, const detail::deadline& until);
    [[nodiscard]] result<answer> receive(const result<void>& sent, awaited what,
                                         const detail::deadline& until, bool& is_silent);
    [[nodiscard]] result<void> unpack(answer& got) const;
    [[nodiscard]] std::string head_of(const question& asked, std::string_view body,
                                      bool is_packed = false) const;
    [[nodiscard]] detail::deadline deadline_of_answer(
        const std::atomic<bool>* is_unwanted = nullptr) const {
        return detail::deadline(options_.answer_milliseconds, options_.is_over.get(), is_unwanted);
    }
    [[nodiscard]] result<response_head> read_head(bool has_body, std::string& bytes,
                                                  const detail::deadline& until);
    [[nodiscard]] result<answer> read_answer(response_head&& head, std::string_view early,
                                             const detail::deadline& until);
    [[nodiscard]] result<std::size_t> try_to_read(char* to, std::size_t most,
                                                  const detail::deadline& until) noexcept;
    [[nodiscard]] result<void> read_into(std::string& body, std::size_t size,
                                         const detail::deadline& until);
    [[nodiscard]] static error cut_off() {
        return {.code = errc::timed_out, .message = "the answer was cut off"};
    }
    [[nodiscard]] static error bad_answer(const refusal& why) {
        return {.code = errc::malformed,
                .message = "the server's answer can't be read: " + std::string(why.why)};
    }

    url address_;
    client_options options_;
    detail::line line_{};
    std::string room_{};
    awaited awaited_{};                                // Of what was begun to be asked,
    bool is_awaited_ = false;                          // whose answer hasn't come,
    std::shared_ptr<std::atomic<bool>> is_unwanted_ =  // and need not.
        std::make_shared<std::atomic<bool>>(false);
};

// --- how it is done ------------------------------------------------------------------------------

inline result<client> client::make(std::string_view address, client_options options) {
    auto where = parse_url(address);
    if (!where) return where.error();
    if (where->is_secure && !options.tls)
        return error{.code = errc::unsupported_format,
                     .message =
                         "https needs TLS: include <syncfw/transport/tls.hpp>, and put "
                         "what tls_context::for_client() gives into client_options::tls"};
    if (options.tls && options.tls->is_for_server())
        return error{.code = errc::invalid_value,
                     .message =
                         "client_options::tls was made for a server; take "
                         "tls_context::for_client()"};
    return client(std::move(*where), std::move(options));
}

inline result<void> client::connect() {
    return line_.connect(address_, address_.is_secure ? options_.tls.get() : nullptr,
                         detail::deadline(options_.connect_milliseconds, options_.is_over.get()));
}

inline std::string client::head_of(const question& asked, std::string_view body,
                                   bool is_packed) const {
    std::string head = asked.method + " " + address_.path + asked.path +
                       " HTTP/1.1\r\nHost: " + address_.authority() + "\r\n";
    const bool has_body =
        !body.empty() || asked.method == "POST" || asked.method == "PUT" || asked.method == "PATCH";
    if (has_body)
        head += "Content-Length: " + std::to_string(body.size()) +
                "\r\nContent-Type: " + asked.content_type + "\r\n";
    if (options_.token) {
        const secret<std::string> token = options_.token();
        if (!token.reveal().empty() && detail::is_field_value(token.reveal()))
            head += "Authorization: Bearer " + token.reveal() + "\r\n";
    }
    if (is_packed) head.append("Content-Encoding: ").append(options_.packing->name()) += "\r\n";
    if (options_.packing && asked.fields.count("Accept-Encoding") == 0)
        head.append("Accept-Encoding: ").append(options_.packing->name()) += "\r\n";
    asked.fields.for_each([&](std::string_view name, std::string_view value) {
        head.append(name).append(": ").append(value).append("\r\n");
    });
    return head + "\r\n";
}

inline result<bool> client::open(const question& asked) {
    const bool is_sound = detail::is_token(asked.method) &&
                          detail::is_field_value(asked.content_type) &&
                          detail::target_letters.has_all(asked.path);
    *is_unwanted_ = false;
    if (!is_sound)
        return error{.code = errc::invalid_value,
                     .message =
                         "the method, the path or the content type has letters that none "
                         "may have; escape the path's parts"};
    if (std::exchange(is_awaited_, false) || (line_.is_open() && !line_.is_quiet())) line_.close();
    if (line_.is_open()) return true;
    if (auto connected = connect(); !connected) return connected.error();
    return false;
}

inline result<answer> client::ask(const question& asked) {
    const auto was_kept = open(asked);
    if (!was_kept) return was_kept.error();
    bool is_silent = false;
    auto got = exchange(asked, is_silent);
    // The server may have closed a connection that was kept while we were asking.
    if (got || !*was_kept || !is_silent || !asked.is_repeatable) return got;
    if (auto opened = open(asked); !opened) return opened.error();
    return exchange(asked, is_silent);
}

inline result<answer> client::exchange(const question& asked, bool& is_silent) {
    const detail::deadline until = deadline_of_answer();
    is_awaited_ = true;
    const auto sent = send(asked, until);
    auto got = receive(sent, awaited(asked), until, is_silent);
    is_awaited_ = false;
    return got;
}

inline result<void> client::send(const question& asked, const detail::deadline& until) {
    std::optional<std::string> packed;
    if (options_.packing && asked.fields.count("Content-Encoding") == 0)
        packed = options_.packing->pack(asked.body);
    const std::string_view body = packed ? std::string_view(*packed) : asked.body;
    return line_.write(head_of(asked, body, packed.has_value()), body, until);
}

inline result<void> client::begin(const question& asked) {
    if (auto opened = open(asked); !opened) return opened.error();
    awaited_ = awaited(asked);
    auto sent = send(asked, deadline_of_answer());
    if (!sent) line_.close();
    is_awaited_ = sent.has_value();
    return sent;
}

inline result<answer> client::finish() {
    bool is_silent = false;
    auto got = receive({}, awaited_, deadline_of_answer(is_unwanted_.get()), is_silent);
    is_awaited_ = false;
    return got;
}

// A server that refuses says so before all is sent: its word counts more than the break.
inline result<answer> client::receive(const result<void>& sent, awaited what,
                                      const detail::deadline& until, bool& is_silent) {
    std::string bytes;
    const auto give_up = [&](const error& why) -> result<answer> {
        is_silent = bytes.empty() && until.left() > 0;
        line_.close();
        return why;
    };
    auto head = read_head(what.has_body, bytes, until);
    if (!head) return give_up(sent ? head.error() : sent.error());
    const bool keeps_alive = head->keeps_alive && sent;
    auto whole = read_answer(std::move(*head), bytes, until);
    if (!whole) return give_up(whole.error());
    if (!keeps_alive) line_.close();
    if (*is_unwanted_) return cut_off();
    if (what.is_raw) return whole;
    if (auto plain = unpack(*whole); !plain) return plain.error();
    return whole;
}

// An answer that nobody can read is none: the same as one that was damaged.
inline result<void> client::unpack(answer& got) const {
    const std::size_t count = got.fields.count("Content-Encoding");
    if (count == 0 || got.body.empty()) return {};
    const std::string_view coding = got.field("Content-Encoding");
    const bool is_one = count == 1;
    if (is_one && detail::equal_without_case(coding, "identity")) return {};
    if (!is_one || !options_.packing ||
        !detail::equal_without_case(coding, options_.packing->name()))
        return bad_answer({415, "it is packed in a way that was not asked for"});
    auto plain = options_.packing->unpack(got.body, options_.answer_bytes_max);
    if (!plain) return bad_answer({400, plain.error().message});
    got.body = std::move(*plain);
    got.fields.remove("Content-Encoding");
    return {};
}

inline result<upgraded> client::upgrade(const question& asked) {
    line_.close();
    if (auto opened = open(asked); !opened) return opened.error();
    const detail::deadline until = deadline_of_answer();
    upgraded got;
    if (auto sent = line_.write(head_of(asked, {}), {}, until); !sent) return sent.error();
    auto head = read_head(true, got.early, until);
    if (!head) return head.error();
    if (head->status != 101) {
        line_.close();
        return error{
            .code = head->status == 401   ? errc::unauthorized
                    : head->status == 403 ? errc::forbidden
                                          : errc::peer_unavailable,
            .message = "the server opens no stream (HTTP " + std::to_string(head->status) + ")"};
    }
    got.head = std::move(*head);
    got.line = std::exchange(line_, {});
    return got;
}

// Up to the head of the final answer; `bytes` is then what came of its body.
inline result<response_head> client::read_head(bool has_body, std::string& bytes,
                                               const detail::deadline& until) {
    const limits most{.head_bytes = 32 << 10};
    room_.resize(256 << 10);
    while (true) {
        const std::size_t end = end_of_head(bytes);
        if (end == std::string::npos) {
            if (bytes.size() > most.head_bytes) return bad_answer({431, "its head is too large"});
            auto count = line_.read(room_.data(), room_.size(), until);
            if (!count) return count.error();
            if (*count == 0)
                return error{.code = errc::timed_out,
                             .message = "the server closed the connection without an answer"};
            bytes.append(room_, 0, *count);
            continue;
        }
        refusal why;
        auto head =
            parse_response_head(std::string_view(bytes).substr(0, end), most, why, has_body);
        if (!head) return bad_answer(why);
        bytes.erase(0, end);
        if (head->status >= 200 || head->status == 101) return std::move(*head);
    }
}

inline result<answer> client::read_answer(response_head&& head, std::string_view early,
                                          const detail::deadline& until) {
    answer got{.status = head.status, .fields = std::move(head.fields)};
    const bool is_sized = head.body == framing::sized;
    refusal why{413, "it is too large"};
    if (is_sized && head.body_bytes > options_.answer_bytes_max) return bad_answer(why);
    if (is_sized && head.body_bytes > early.size()) {
        got.body = early;
        auto done = read_into(got.body, static_cast<std::size_t>(head.body_bytes), until);
        if (!done) return done.error();
        return got;
    }
    body_reader reader(head.body, head.body_bytes, options_.answer_bytes_max);
    while (true) {
        std::size_t taken = 0;
        if (!reader.feed(early, got.body, taken, why)) return bad_answer(why);
        if (reader.is_done()) {
            if (taken != early.size()) return bad_answer({400, "something follows it"});
            return got;
        }
        if (until.left() == 0) return cut_off();
        auto count = line_.read(room_.data(), room_.size(), until);
        if (!count) return count.error();
        if (*count == 0) {
            if (head.body == framing::until_close) return got;
            return cut_off();
        }
        early = std::string_view(room_.data(), *count);
    }
}

inline result<std::size_t> client::try_to_read(char* to, std::size_t most,
                                               const detail::deadline& until) noexcept {
    try {
        return line_.read(to, most, until);
    } catch (...) {
        return error{.code = errc::internal, .message = "no memory left"};
    }
}

// Bytes go where they belong at once, for a large answer is not to be copied. What the server only
// promises is reserved but not touched, and so takes none of the machine's memory.
inline result<void> client::read_into(std::string& body, std::size_t size,
                                      const detail::deadline& until) {
    constexpr std::size_t piece = 256 << 10;
    body.reserve(size);
    while (body.size() < size) {
        if (until.left() == 0) return cut_off();
        result<std::size_t> count(std::size_t{0});
        syncfw::detail::append_by(body, std::min(size - body.size(), piece),
                                  [&](char* to, std::size_t most) noexcept {
                                      count = try_to_read(to, most, until);
                                      return count ? *count : 0;
                                  });
        if (!count) return count.error();
        if (*count == 0) return cut_off();
    }
    return {};
}

}  // namespace syncfw::http
