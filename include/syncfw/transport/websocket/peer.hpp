// SPDX-License-Identifier: BSL-1.0
// One end of a WebSocket without its socket: it says what to write and when to shut.
//
//     websocket_peer peer(websocket_role::server, now);
//     peer.feed(bytes, now);                                  // whenever bytes came
//     while (auto event = peer.next()) handle(*event);
//     (void)peer.send_text("hello");                          // whenever there is something to say
//     while (!peer.output().empty()) peer.written(write_some(socket, peer.output()));
//     if (peer.is_over()) shut(socket);
//     wake_up_at(peer.tick_at());                             // and call peer.tick(then)
//
// It answers pings and closes by itself, sends pings where it is silent, and gives up a peer that
// doesn't answer, that takes too little of what it is sent, or that never ends a message. What it
// keeps is bounded: the queue, and the one message that is coming. Not for several threads.
#pragma once

#include <syncfw/codec/buffer.hpp>
#include <syncfw/config.hpp>
#include <syncfw/core/detail/entropy.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/transport/websocket/decoder.hpp>
#include <syncfw/transport/websocket/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace syncfw {

namespace detail {

[[nodiscard]] inline std::uint32_t drawn_mask() {
    std::uint32_t bits = 0;
    fill_with_entropy(&bits, sizeof bits);
    return bits;
}

}  // namespace detail

struct websocket_peer_options {
    websocket_limits limits{};
    std::size_t queue_bytes_max = 1 << 20;                  ///< Of what waits to be written,
    std::size_t queue_messages_max = 256;                   ///< and of messages.
    std::int64_t ping_after_microseconds = 30'000'000;      ///< When nothing came for so long.
    std::int64_t pong_within_microseconds = 20'000'000;     ///< Any other byte will do as well.
    std::int64_t message_within_microseconds = 60'000'000;  ///< From its first byte to its last.
    std::int64_t write_within_microseconds = 30'000'000;    ///< For the next byte that is taken.
    std::int64_t close_within_microseconds = 5'000'000;     ///< Then it is over all the same.
    /// Where a client's masks come from.
    std::uint32_t (*draw_mask)() = detail::drawn_mask;
};

enum class websocket_sent : unsigned char {
    queued,
    already_queued,  ///< The same word still waits to be written.
    too_slow,        ///< The queue was full: it is dropped, and the connection closed with 1013.
    too_large,       ///< One message larger than the whole queue may be. Nothing happened.
    over,            ///< The connection ends or has ended.
};

/// How it ended.
struct websocket_end {
    websocket_code code = websocket_code::none;
    std::string reason{};
    bool was_ours = false;  ///< We ended it, with this code; else the other side, or nobody.
};

class websocket_peer {
  public:
    websocket_peer(websocket_role role, timestamp now, websocket_peer_options options = {})
        : options_(options), role_(role), decoder_(role, options.limits), now_(now), heard_(now) {}

    /// What came. The bytes must stay until `next` gives none.
    void feed(std::string_view bytes, timestamp now);
    /// Messages, and at last how it ended (`close` or `broken`). Pings and pongs are dealt with.
    [[nodiscard]] std::optional<websocket_event> next();

    [[nodiscard]] websocket_sent send_text(std::string_view text) {
        return send(websocket_opcode::text, text, false);
    }
    [[nodiscard]] websocket_sent send_binary(std::string_view bytes) {
        return send(websocket_opcode::binary, bytes, false);
    }
    /// For word that is worth no more when it is heard twice: where the same one still waits, it
    /// isn't queued again.
    [[nodiscard]] websocket_sent send_once(std::string_view text) {
        return send(websocket_opcode::text, text, true);
    }

    /// Ends it, when what is queued has been written. Messages may still come until the other side
    /// agrees. Of several calls the first one counts.
    void close(websocket_code code = websocket_code::normal, std::string_view reason = {});

    /// What to do at this time: a ping, giving up. At `tick_at` at the latest, and whenever one
    /// likes.
    void tick(timestamp now);
    [[nodiscard]] timestamp tick_at() const noexcept;

    /// What to write now. It stays the same until `written` has heard of all of it, so that
    /// messages may be queued while it is being written.
    [[nodiscard]] std::string_view output();
    void written(std::size_t bytes);

    /// Whether the socket is to be shut. Where bytes came that nobody read, do it for writing alone
    /// and read on for a moment: else the system may take back what was written last.
    [[nodiscard]] bool is_over() const noexcept {
        return state_ == state::dead || (state_ == state::ended && !has_output());
    }
    /// Whether messages can still be sent.
    [[nodiscard]] bool is_open() const noexcept { return state_ == state::open; }
    /// How it ended; `none` as long as it goes on.
    [[nodiscard]] const websocket_end& end() const noexcept { return end_; }

    /// What waits to be written, in bytes and in messages.
    [[nodiscard]] std::size_t queued_bytes() const noexcept {
        return queued_bytes_ + output_.size() - written_;
    }
    [[nodiscard]] std::size_t queued_messages() const noexcept { return queue_.size(); }

  private:
    enum class state : unsigned char {
        open,
        closing,  ///< Our close is queued or sent; the other side's did not come yet.
        ended,    ///< There is nothing more to hear. What is left is to be written.
        dead,     ///< Nor to be written.
    };
    struct waiting {
        std::string payload{};
        websocket_opcode opcode = websocket_opcode::text;
        bool is_once = false;
    };

    [[nodiscard]] websocket_sent send(websocket_opcode opcode, std::string_view payload, bool once);
    void agree_to_close(const websocket_event& theirs);
    void give_up(websocket_code code, std::string_view why);
    void want_close(websocket_code code, std::string_view reason);
    void die(std::string_view why);
    void drop_queue();
    void fill_output();
    [[nodiscard]] bool has_output() const noexcept {
        return written_ < output_.size() || pong_ || wants_ping_ || !queue_.empty() ||
               close_ == close_frame::wanted;
    }
    [[nodiscard]] std::optional<std::uint32_t> mask() const {
        if (role_ == websocket_role::server) return {};
        return options_.draw_mask();
    }
    [[nodiscard]] bool is_deaf() const noexcept {
        return state_ == state::ended || state_ == state::dead;
    }
    [[nodiscard]] bool is_ending() const noexcept { return state_ != state::open; }
    /// When what began then is too late. What began since the last word of the time has yet to get
    /// its beginning, so that this is too early, and the next `tick` finds that out.
    [[nodiscard]] timestamp due(std::optional<timestamp> began,
                                std::int64_t within) const noexcept {
        const timestamp from = began.value_or(now_);
        return timestamp::from_microseconds(from.microseconds_since_epoch() + within);
    }
    [[nodiscard]] bool is_late(std::optional<timestamp> began, std::int64_t within) const noexcept {
        return began && now_ >= due(began, within);
    }
    void move_to(timestamp now);

    websocket_peer_options options_;
    websocket_role role_;
    websocket_decoder decoder_;
    state state_ = state::open;
    websocket_end end_{};

    timestamp now_;
    std::optional<timestamp> heard_{};          ///< When the last bytes came.
    std::optional<timestamp> pinged_{};         ///< A ping is out since.
    std::optional<timestamp> message_began_{};  ///< A message is coming since.
    std::optional<timestamp> ending_since_{};
    std::optional<timestamp> stuck_since_{};  ///< Nothing of the output was taken since.

    std::deque<waiting> queue_{};
    std::size_t queued_bytes_ = 0;
    std::optional<std::string> pong_{};  ///< Only the newest ping needs an answer.
    bool wants_ping_ = false;
    enum class close_frame : unsigned char { none, wanted, queued } close_ = close_frame::none;
    websocket_code close_code_ = websocket_code::none;
    std::string close_reason_{};
    buffer output_{};
    std::size_t written_ = 0;
};

}  // namespace syncfw

#include <syncfw/transport/detail/websocket_peer_steps.hpp>
