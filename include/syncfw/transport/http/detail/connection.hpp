// SPDX-License-Identifier: BSL-1.0
// One connection of the server: moves bytes between its socket and its session, and looks at the
// clock. One thread at a time is at work on it.
#pragma once

#include <syncfw/core/detail/system_time.hpp>
#include <syncfw/transport/detail/steady_time.hpp>
#include <syncfw/transport/http/detail/date.hpp>
#include <syncfw/transport/http/detail/server_shared.hpp>
#include <syncfw/transport/http/detail/streaming.hpp>
#include <syncfw/transport/http/filter.hpp>
#include <syncfw/transport/http/server_session.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

namespace syncfw::http::detail {

class connection final : public connection_base {
  public:
    /// `address` is the other side's, in words.
    static void begin(server_shared& shared, open_file&& socket, std::string&& address) {
        auto made = std::make_shared<connection>(shared, std::move(socket), std::move(address));
        // Where there are too many, the socket is closed with this.
        if (shared.enter(made)) made->leave_word(0);
    }

    connection(server_shared& shared, open_file&& socket, std::string&& address)
        : connection_base(shared),
          socket_(std::move(socket)),
          session_(shared.options.most, date_now),
          address_(std::move(address)) {
        const int on = 1;
        ::setsockopt(socket_.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        begin_phase();
    }
    ~connection() override { shared_.leave(*this); }

    [[nodiscard]] const std::string& address() const noexcept override { return address_; }

    // How often the deadlines are looked at.
    [[nodiscard]] static std::int64_t tick_seconds(const limits& most) {
        return std::clamp<std::int64_t>(
            std::min({most.head_seconds, most.body_seconds, most.idle_seconds, most.write_seconds}),
            1, 5);
    }

  private:
    using phase = server_session::phase;

    [[nodiscard]] bool act(unsigned what) override {
        try {
            if (!is_begun_) begin();
            if ((what & news::ends_now) != 0) cut();
            // Where it was cut meanwhile, nobody would hear the answer.
            if ((what & news::turn) != 0) is_cut_ ? shared_.give_place() : answer(true);
            if ((what & news::of_socket) != 0) can_read_ = can_write_ = true;
            if ((what & news::hung) != 0) is_hung_ = true;
            if ((what & news::ends) != 0 && !is_cut_) end();
            if ((what & news::tick) != 0 && !is_cut_) tick();
            return pump();
        } catch (...) {
            // No memory, say: others may have better luck.
            cut();
            return true;
        }
    }

    void begin() {
        is_begun_ = true;
        const connection_base* const whose = this;
        if (!shared_.files.watch(socket_.number(), whose)) return cut();
        if (!shared_.options.tls) return;
        auto begun = shared_.options.tls->begin({});
        if (!begun) return cut();
        filter_ = std::move(*begun);
    }

    /// The server stops: who waits goes at once, the others when they have their answer.
    void end() {
        const bool owes_nothing = !is_writing_ && !session_.has_output();
        if (session_.at() == phase::idle && owes_nothing) return cut();
        if (streaming_) streaming_->close(1001, "the server stops");
        session_.end();
    }

    // Whatever happened: does what can be done. A request waits until the answer before it was
    // sent, so that many of them, sent at once by who reads nothing, make no heap of answers. Who
    // has much to do lets others have their turn: then it is false.
    [[nodiscard]] bool pump() {
        for (int turns = 0; turns < 64; ++turns) {
            if (is_cut_) return true;
            if (is_writing_ ? can_write_ : !is_closing_ && begin_write()) {
                write_on();
            } else if (!is_writing_ && !waits_ && session_.has_request()) {
                take_request();
            } else if (can_read_ && wants_bytes()) {
                take_bytes();
            } else {
                return true;
            }
        }
        return false;
    }

    // Who reads no answers isn't heard either, and who says that he has asked all that he wanted
    // is heard when he has them.
    [[nodiscard]] bool wants_bytes() const {
        // What the filter answers by itself must go before more is heard, or it would pile up.
        if (streaming_ && !is_closing_) return !is_writing_ || !filter_ || !filter_->has_output();
        const phase at = session_.at();
        return is_closing_ ||
               (!is_writing_ && (at == phase::idle || at == phase::head || at == phase::body));
    }

    // --- reading ---------------------------------------------------------------------------------

    // Bytes are read once they are there, into the thread's own room: a thousand connections that
    // wait hold no buffers.
    void take_bytes() {
        static thread_local std::array<char, 64 << 10> room;
        const ssize_t came = ::recv(socket_.number(), room.data(), room.size(), 0);
        if (came < 0 && errno == EINTR) return;
        if (came < 0 && errno == EAGAIN) return void(can_read_ = false);
        if (came <= 0) return cut();
        const auto count = static_cast<std::size_t>(came);
        // Less than there is room for was all, and we'll be told of more; but not of its end, once
        // that was told.
        can_read_ = count == room.size() || is_hung_;
        std::string_view bytes(room.data(), count);
        std::string plain;
        if (filter_ && !is_closing_) {
            if (!unseal(bytes, plain)) return cut();
            bytes = plain;
        }
        heard_ += static_cast<std::int64_t>(bytes.size());
        came_at_ = syncfw::detail::steady_microseconds();
        if (is_closing_) {
            // Much of a body that is too large by far, too: else its sender would not hear so.
            if ((drained_ += count) / 8 > shared_.options.most.body_bytes) return cut();
        } else if (streaming_) {
            streaming_->receive(bytes, moment());
        } else {
            const phase before = session_.at();
            session_.receive(bytes);
            if (session_.at() != before) begin_phase();
        }
    }

    // False where the peer is not to be understood, or has nothing more to say.
    [[nodiscard]] bool unseal(std::string_view bytes, std::string& plain) {
        const bool was_established = filter_->is_established();
        filter_->receive(bytes);
        plain = filter_->take_plain();
        if (filter_->is_established() && !was_established) begin_phase();
        if (filter_->failed() && !was_established && is_plain_http(bytes)) {
            filter_.reset();
            session_.refuse({400, "this port speaks https alone"});
            return true;
        }
        const bool is_over = filter_->is_closed() && plain.empty() && session_.at() == phase::idle;
        return !filter_->failed() && !is_over;
    }

    // Somebody forgot the s: TLS never begins with a word.
    [[nodiscard]] static bool is_plain_http(std::string_view bytes) {
        const std::size_t size = bytes.find(' ');
        return size < 8 && is_token(bytes.substr(0, size));
    }

    // --- answering -------------------------------------------------------------------------------

    void take_request() {
        const auto& at_once = shared_.options.at_once;
        if (at_once && at_once(session_.peek().head)) return answer(false);
        switch (shared_.take_place(*this)) {
            case server_shared::place::taken: return answer(true);
            case server_shared::place::waits: waits_ = true; return;
            case server_shared::place::none: break;
        }
        (void)session_.take_request();
        response given = error_response(503, "the server has too much to do; try again");
        given.fields.add("Retry-After", "1");
        session_.answer(std::move(given), shared_.is_stopping);
    }

    void answer(bool has_place) {
        // Not before its end: how a stream begins may take as long as an answer.
        const std::unique_ptr<server_shared, give_back> place(has_place ? &shared_ : nullptr);
        waits_ = false;
        request asked = session_.take_request();
        asked.peer = address_;
        asked.received_microseconds = came_at_;
        name(asked);
        const stream_offer offer(asked);
        response given = call(std::move(asked));
        std::shared_ptr<streaming> protocol;
        if (given.goes_on) protocol = offer.begin(shared_.options.stream, moment(), given);
        if (!protocol || !begin_stream(given, protocol))
            session_.answer(std::move(given), shared_.is_stopping);
        begin_phase();
    }

    struct give_back {
        void operator()(server_shared* shared) const { shared->give_place(); }
    };

    // The caller's own name of it, if it is a word; else one that nobody else has.
    void name(request& asked) {
        const std::string_view given = asked.field("X-Request-Id");
        if (given.size() <= 64 && is_token(given))
            asked.id = given;
        else
            asked.id = shared_.next_name();
    }

    [[nodiscard]] response call(request&& asked) {
        try {
            return shared_.handle(std::move(asked));
        } catch (...) {
            return error_response({.code = errc::internal});
        }
    }

    // Takes what is to be sent next; false where there is nothing.
    [[nodiscard]] bool begin_write() {
        if (session_.has_output())
            session_.take_output(head_, body_);
        else if (streaming_)
            head_ = streaming_->take_output();
        if (head_.empty()) {
            const bool is_over = streaming_ ? streaming_->is_ending() : session_.is_ending();
            if (filter_ && is_over) filter_->close();
            if (!filter_ || !filter_->has_output()) {
                if (is_over) finish();
                return false;
            }
        }
        written_ = 0;
        is_writing_ = true;
        write_began_ = syncfw::detail::steady_microseconds();
        is_at_once_ = true;
        return true;
    }

    // Most answers fit into the socket at once. What doesn't, waits until it can be written.
    void write_on() {
        if (filter_ && !seal()) return cut();
        auto parts = left_to_write();
        msghdr all{};
        all.msg_iov = parts.data();
        all.msg_iovlen = parts.size();
        // No signal, where the other side has gone.
        const ssize_t sent = ::sendmsg(socket_.number(), &all, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) return;
        if (sent < 0 && errno == EAGAIN) {
            can_write_ = false;
            // What the socket took at once nobody has read yet.
            if (std::exchange(is_at_once_, false)) written_lately_ = 0;
            return;
        }
        if (sent < 0) return cut();
        const auto count = static_cast<std::size_t>(sent);
        written_lately_ += sent;
        (filter_ ? sent_ : written_) += count;
        if (is_written()) end_write();
    }
    [[nodiscard]] std::array<iovec, 2> left_to_write() const {
        const auto part = [](std::string_view bytes) {
            return iovec{const_cast<char*>(bytes.data()), bytes.size()};
        };
        if (filter_) return {part(std::string_view(sealed_).substr(sent_)), iovec{}};
        const std::string_view head = head_, body = body_;
        const std::size_t of_head = std::min(written_, head.size());
        return {part(head.substr(of_head)), part(body.substr(written_ - of_head))};
    }
    void end_write() {
        const bool was_ours = !head_.empty();  // Not the filter's own.
        // By a swap, which gives the room back, as an assignment would not.
        for (std::string* each : {&sealed_, &head_, &body_}) std::string().swap(*each);
        sent_ = 0;
        is_writing_ = false;
        if (was_ours) begin_phase();
    }
    [[nodiscard]] bool is_written() const {
        return written_ == head_.size() + body_.size() &&
               (!filter_ || (sent_ == sealed_.size() && !filter_->has_output()));
    }
    // The next piece through the filter, once the last one was sent: a large body is never there
    // encrypted as a whole.
    [[nodiscard]] bool seal() {
        if (sent_ < sealed_.size()) return true;
        std::size_t room = 64 << 10;
        std::size_t skip = written_;
        for (const std::string_view part : {std::string_view(head_), std::string_view(body_)}) {
            const auto piece = part.substr(std::min(skip, part.size())).substr(0, room);
            skip -= std::min(skip, part.size());
            room -= piece.size();
            written_ += piece.size();
            filter_->send(piece);
        }
        sealed_ = filter_->take_output();
        sent_ = 0;
        return !filter_->failed();
    }

    // What the peer still sends must not turn its answer into a reset: it is read, and the peer
    // hears that nothing more comes.
    void finish() {
        ::shutdown(socket_.number(), SHUT_WR);
        is_closing_ = true;
        kept_.reset();
        begin_phase();
    }

    // To who sends into a stream, that nobody hears it any more; to the other side why, or that it
    // ends here and was not cut by others; without waiting.
    void say_goodbye() noexcept {
        try {
            if (streaming_) streaming_->close(1001, {});
            if (!filter_ || is_writing_) return;
            filter_->close();
            const std::string last = filter_->take_output();
            (void)::send(socket_.number(), last.data(), last.size(), MSG_NOSIGNAL);
        } catch (...) {
            // Then it ends without.
        }
    }

    void cut() {
        if (std::exchange(is_cut_, true)) return;
        say_goodbye();
        shared_.files.forget(socket_.number());
        socket_.close();
        kept_.reset();
        shared_.let_go(*this);
    }

    // --- streams ---------------------------------------------------------------------------------

    class stream_of final : public stream {
      public:
        stream_of(std::weak_ptr<connection_base>&& whose, std::shared_ptr<streaming> protocol)
            : whose_(std::move(whose)), protocol_(std::move(protocol)) {}
        bool send(std::string_view text) override {
            return wake([&] { return protocol_->send(text); });
        }
        [[nodiscard]] bool has_room() override { return protocol_->has_room(); }
        void close(int code, std::string_view reason) override {
            (void)wake([&] { return protocol_->close(code, reason), true; });
        }

      private:
        // Many messages, one visit.
        template <class F>
        bool wake(F&& act) {
            const auto whose = whose_.lock();
            if (!whose) return false;
            const bool done = act();
            whose->leave_word(news::woken);
            return done;
        }
        std::weak_ptr<connection_base> whose_;
        std::shared_ptr<streaming> protocol_;
    };

    // False where there is an answer instead of a stream.
    [[nodiscard]] bool begin_stream(response& given, const std::shared_ptr<streaming>& protocol) {
        try {
            kept_ = given.goes_on(std::make_shared<stream_of>(weak_from_this(), protocol));
        } catch (...) {
            protocol->close(1011, {});  // For who may hold it.
            given = error_response({.code = errc::internal});
            return false;
        }
        streaming_ = protocol;
        ends_at_ = given.ends_at_microseconds;
        const std::string early = session_.go_on(protocol->begin(given));
        if (!early.empty()) protocol->receive(early, moment());
        return true;
    }

    // --- time ------------------------------------------------------------------------------------

    [[nodiscard]] static timestamp moment() { return syncfw::detail::steady_moment(); }
    void begin_phase() {
        began_ = syncfw::detail::steady_microseconds();
        heard_ = 0;
    }

    // One clock for all deadlines of all connections.
    void tick() {
        const limits& most = shared_.options.most;
        const std::int64_t now = syncfw::detail::steady_microseconds();
        const auto has_passed = [&](std::int64_t since, std::int64_t seconds) {
            return (now - since) / 1'000'000 >= seconds;
        };
        const std::int64_t period = tick_seconds(most);
        // A thread that was busy may have looked late.
        const std::int64_t looked_for = now - std::max(std::exchange(looked_at_, now), began_);
        const bool is_slow =
            std::exchange(heard_, 0) < most.body_bytes_second * (looked_for / 1'000) / 1'000;
        if (filter_ && !filter_->is_established())
            return has_passed(began_, most.head_seconds) ? cut() : void();
        const phase at = session_.at();
        if (streaming_ && ends_at_ != 0 && syncfw::detail::system_microseconds() >= ends_at_)
            streaming_->close(4401, "the token has ended");
        if (is_writing_) {
            // A socket takes more in bursts, so a slow reader is looked at over the whole time.
            if (!has_passed(write_began_, most.write_seconds)) return;
            if (written_lately_ < most.body_bytes_second * most.write_seconds) return cut();
            write_began_ = now;
            written_lately_ = 0;
            return;
        }
        if (is_closing_) return has_passed(began_, period) ? cut() : void();
        if (streaming_) return streaming_->tick(moment());
        if (at == phase::idle && has_passed(began_, most.idle_seconds)) return cut();
        const bool is_late = (at == phase::head && has_passed(began_, most.head_seconds)) ||
                             (at == phase::body && (has_passed(began_, most.body_seconds) ||
                                                    (is_slow && has_passed(began_, period))));
        if (is_late) session_.refuse({408, "the request did not come in time"});
    }

    open_file socket_;
    server_session session_;
    std::string address_;
    std::shared_ptr<streaming> streaming_{};
    std::shared_ptr<void> kept_{};  // What ends with the stream.
    std::int64_t ends_at_ = 0;
    std::unique_ptr<byte_filter> filter_{};
    std::string sealed_{};         // What the filter made of a piece,
    std::size_t sent_ = 0;         // and how much of it was sent.
    std::string head_{}, body_{};  // What is being written,
    std::size_t written_ = 0;      // and how much of it was.
    std::size_t drained_ = 0;
    std::int64_t began_ = 0;        // When this phase began, in microseconds,
    std::int64_t heard_ = 0;        // and bytes since then or the last look,
    std::int64_t looked_at_ = 0;    // which was here;
    std::int64_t write_began_ = 0;  // the same of what is being written.
    std::int64_t written_lately_ = 0;
    std::int64_t came_at_ = 0;  // When the last bytes came, in microseconds.
    bool is_begun_ = false;
    bool can_read_ = false;  // As far as we were told.
    bool can_write_ = false;
    bool is_hung_ = false;
    bool is_writing_ = false;
    bool is_at_once_ = false;
    bool is_closing_ = false;
    bool is_cut_ = false;
    bool waits_ = false;  // For a place among the handlers.
};

}  // namespace syncfw::http::detail
