// SPDX-License-Identifier: BSL-1.0
// One connection of the server: moves bytes between its socket and its session, and looks at the
// clock. All of it happens on the connection's strand.
#pragma once

#include <syncfw/core/detail/system_time.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/transport/detail/steady_time.hpp>
#include <syncfw/transport/http/detail/date.hpp>
#include <syncfw/transport/http/detail/server_shared.hpp>
#include <syncfw/transport/http/detail/streaming.hpp>
#include <syncfw/transport/http/filter.hpp>
#include <syncfw/transport/http/server_session.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw::http::detail {

class connection final : public connection_base, public std::enable_shared_from_this<connection> {
  public:
    using tcp = boost::asio::ip::tcp;
    using error_code = boost::system::error_code;

    static void begin(server_shared& shared, tcp::socket&& socket) {
        auto made = std::make_shared<connection>(shared, std::move(socket));
        // Where there are too many, the socket is closed with this.
        if (shared.enter(made))
            boost::asio::post(made->socket_.get_executor(), [made] { made->start(); });
    }

    connection(server_shared& shared, tcp::socket&& socket)
        : shared_(shared),
          socket_(std::move(socket)),
          timer_(socket_.get_executor()),
          session_(shared.options.most, date_now) {
        error_code ignored;
        address_ = socket_.remote_endpoint(ignored).address().to_string();
    }
    ~connection() override { shared_.leave(*this); }

    [[nodiscard]] const std::string& address() const noexcept override { return address_; }
    /// The server stops: who waits goes at once, the others when they have their answer.
    void end(bool at_once) override {
        boost::asio::post(socket_.get_executor(), [self = shared_from_this(), at_once] {
            const bool is_idle = self->session_.at() == phase::idle && !self->is_writing_;
            if (at_once || is_idle) return self->cut();
            if (self->streaming_) self->streaming_->close(1001, "the server stops");
            self->session_.end();
            self->pump();
        });
    }
    void go_on() override {
        boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
            // Nobody would hear the answer.
            if (self->is_cut_) return self->shared_.give_place();
            self->answer(true);
            self->pump();
        });
    }

  private:
    using phase = server_session::phase;
    // How often the deadlines are looked at.
    [[nodiscard]] std::int64_t tick_seconds() const {
        const limits& most = shared_.options.most;
        return std::clamp<std::int64_t>(
            std::min({most.head_seconds, most.body_seconds, most.idle_seconds, most.write_seconds}),
            1, 5);
    }

    void start() {
        error_code ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
        socket_.non_blocking(true, ignored);
        if (shared_.options.tls) {
            auto begun = shared_.options.tls->begin({});
            if (!begun) return cut();
            filter_ = std::move(*begun);
        }
        begin_phase();
        arm();
        pump();
    }

    // Whatever happened: begins what can be begun. A request waits until the answer before it was
    // sent, so that many of them, sent at once by who reads nothing, make no heap of answers. Who
    // has much to do lets others have their turn.
    void pump() {
        for (int turns = 0; !is_cut_; ++turns) {
            if (turns == 64) return go_on_later();
            if (!is_writing_ && !is_closing_ && write()) continue;
            if (is_writing_ || waits_ || !session_.has_request()) break;
            take_request();
        }
        if (!is_cut_ && !is_reading_ && wants_bytes()) read();
    }

    void go_on_later() {
        if (std::exchange(is_posted_, true)) return;
        boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
            self->is_posted_ = false;
            self->pump();
        });
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
    void read() {
        is_reading_ = true;
        socket_.async_wait(tcp::socket::wait_read,
                           [self = shared_from_this()](const error_code& why) {
                               self->is_reading_ = false;
                               if (why) return self->cut();
                               if (self->wants_bytes()) self->take_bytes();
                           });
    }

    void take_bytes() {
        static thread_local std::array<char, 64 << 10> room;
        if (is_cut_) return;
        error_code why;
        const std::size_t count = socket_.read_some(boost::asio::buffer(room), why);
        if (why && why != boost::asio::error::would_block) return cut();
        std::string_view bytes(room.data(), count);
        std::string plain;
        if (filter_ && !is_closing_) {
            if (!unseal(bytes, plain)) return cut();
            bytes = plain;
        }
        heard_ += static_cast<std::int64_t>(bytes.size());
        came_at_ = syncfw::detail::steady_microseconds();
        if (is_closing_) {
            if ((drained_ += count) > shared_.options.most.body_bytes) return cut();
        } else if (streaming_) {
            streaming_->receive(bytes, moment());
        } else {
            const phase before = session_.at();
            session_.receive(bytes);
            if (session_.at() != before) begin_phase();
        }
        pump();
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
        switch (shared_.take_place(shared_from_this())) {
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
        // Not before: how a stream begins may take as long as an answer.
        if (has_place) shared_.give_place();
    }

    // The caller's own name of it, if it is a word; else one that nobody else has.
    void name(request& asked) {
        const std::string_view given = asked.field("X-Request-Id");
        if (given.size() <= 64 && is_token(given))
            asked.id = given;
        else
            asked.id = to_string(new_uuid());
    }

    [[nodiscard]] response call(request&& asked) {
        try {
            return shared_.handle(std::move(asked));
        } catch (...) {
            return error_response({.code = errc::internal});
        }
    }

    // True where all that was there was sent, so that there may be more.
    bool write() {
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
        write_on();
        write_began_ = now();
        written_lately_ = 0;  // What the socket took at once nobody has read yet.
        return !is_writing_;
    }

    // Most answers fit into the socket at once. What doesn't, waits; so does, after a while, who
    // reads as fast as we write, for others are to have their turn.
    void write_on() {
        for (int pieces = 0; pieces < 16; ++pieces) {
            if (filter_ && !seal()) return cut();
            error_code why;
            const std::size_t count = socket_.write_some(left_to_write(), why);
            if (why == boost::asio::error::would_block) break;
            if (why) return cut();
            written_lately_ += static_cast<std::int64_t>(count);
            (filter_ ? sent_ : written_) += count;
            if (is_written()) return end_write();
        }
        socket_.async_wait(tcp::socket::wait_write,
                           [self = shared_from_this()](const error_code& why) {
                               if (why) return self->cut();
                               if (self->is_cut_) return;
                               self->write_on();
                               self->pump();
                           });
    }
    [[nodiscard]] std::array<boost::asio::const_buffer, 2> left_to_write() const {
        if (filter_) return {boost::asio::buffer(std::string_view(sealed_).substr(sent_))};
        const std::string_view head = head_, body = body_;
        const std::size_t of_head = std::min(written_, head.size());
        return {boost::asio::buffer(head.substr(of_head)),
                boost::asio::buffer(body.substr(written_ - of_head))};
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
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        is_closing_ = true;
        kept_.reset();
        begin_phase();
    }

    void cut() {
        if (is_cut_) return;
        is_cut_ = true;
        error_code ignored;
        if (filter_ && !is_writing_) {
            // Why, or that it ends here and was not cut by others; without waiting.
            filter_->close();
            socket_.write_some(boost::asio::buffer(filter_->take_output()), ignored);
        }
        socket_.close(ignored);
        timer_.cancel();
        kept_.reset();
    }

    // --- streams ---------------------------------------------------------------------------------

    class stream_of final : public stream {
      public:
        stream_of(const std::shared_ptr<connection>& whose, std::shared_ptr<streaming> protocol)
            : whose_(whose), protocol_(std::move(protocol)) {}
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
            if (!protocol_->is_woken.exchange(true))
                boost::asio::post(whose->socket_.get_executor(), [whose, protocol = protocol_] {
                    protocol->is_woken = false;
                    whose->pump();
                });
            return done;
        }
        std::weak_ptr<connection> whose_;
        std::shared_ptr<streaming> protocol_;
    };

    // False where there is an answer instead of a stream.
    [[nodiscard]] bool begin_stream(response& given, const std::shared_ptr<streaming>& protocol) {
        try {
            kept_ = given.goes_on(std::make_shared<stream_of>(shared_from_this(), protocol));
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
    [[nodiscard]] static std::int64_t now() {
        return syncfw::detail::steady_microseconds() / 1'000'000;
    }
    void begin_phase() {
        began_ = now();
        heard_ = 0;
    }

    // One clock for all deadlines, which needs no rearming from request to request.
    void arm() {
        timer_.expires_after(std::chrono::seconds(tick_seconds()));
        timer_.async_wait([self = shared_from_this()](const error_code& why) {
            if (why || self->is_cut_) return;
            self->tick();
            self->heard_ = 0;
            if (!self->is_cut_) self->arm();
            self->pump();
        });
    }

    void tick() {
        const limits& most = shared_.options.most;
        const std::int64_t waited = now() - began_;
        if (filter_ && !filter_->is_established())
            return waited >= most.head_seconds ? cut() : void();
        const phase at = session_.at();
        if (streaming_ && ends_at_ != 0 && syncfw::detail::system_microseconds() >= ends_at_)
            streaming_->close(4401, "the token has ended");
        if (is_writing_) {
            // A socket takes more in bursts, so a slow reader is looked at over the whole time.
            if (now() - write_began_ < most.write_seconds) return;
            if (written_lately_ < most.body_bytes_second * most.write_seconds) return cut();
            write_began_ = now();
            written_lately_ = 0;
            return;
        }
        if (is_closing_) return waited >= tick_seconds() ? cut() : void();
        if (streaming_) return streaming_->tick(moment());
        if (at == phase::idle && waited >= most.idle_seconds) return cut();
        const bool is_slow = heard_ < most.body_bytes_second * tick_seconds();
        const bool is_late = (at == phase::head && waited >= most.head_seconds) ||
                             (at == phase::body && (waited >= most.body_seconds ||
                                                    (is_slow && waited >= tick_seconds())));
        if (is_late) session_.refuse({408, "the request did not come in time"});
    }

    server_shared& shared_;
    tcp::socket socket_;
    boost::asio::steady_timer timer_;
    server_session session_;
    std::string address_{};
    std::shared_ptr<streaming> streaming_{};
    std::shared_ptr<void> kept_{};  // What ends with the stream.
    std::int64_t ends_at_ = 0;
    std::unique_ptr<byte_filter> filter_{};
    std::string sealed_{};         // What the filter made of a piece,
    std::size_t sent_ = 0;         // and how much of it was sent.
    std::string head_{}, body_{};  // What is being written,
    std::size_t written_ = 0;      // and how much of it was.
    std::size_t drained_ = 0;
    std::int64_t began_ = 0;        // When this phase began, in seconds,
    std::int64_t heard_ = 0;        // and bytes since the last tick;
    std::int64_t write_began_ = 0;  // the same of what is being written.
    std::int64_t written_lately_ = 0;
    std::int64_t came_at_ = 0;  // When the last bytes came, in microseconds.
    bool is_reading_ = false;
    bool is_writing_ = false;
    bool is_closing_ = false;
    bool is_cut_ = false;
    bool is_posted_ = false;  // It goes on soon.
    bool waits_ = false;      // For a place among the handlers.
};

}  // namespace syncfw::http::detail
