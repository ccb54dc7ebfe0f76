// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/transport/websocket/peer.hpp>

#include <utility>

namespace syncfw {

// --- what comes ----------------------------------------------------------------------------------

inline void websocket_peer::feed(std::string_view bytes, timestamp now) {
    move_to(now);
    if (is_deaf() || bytes.empty()) return;
    heard_ = now;
    pinged_.reset();
    decoder_.feed(bytes, now);
}

inline std::optional<websocket_event> websocket_peer::next() {
    if (is_deaf()) return {};
    while (auto event = decoder_.next()) {
        switch (event->kind) {
            case websocket_event_kind::text:
            case websocket_event_kind::binary: message_began_.reset(); return event;
            case websocket_event_kind::ping:
                if (close_ != close_frame::queued) pong_.emplace(event->payload);
                break;
            case websocket_event_kind::pong: break;
            case websocket_event_kind::close: agree_to_close(*event); return event;
            case websocket_event_kind::broken: give_up(event->code, event->payload); return event;
        }
    }
    if (!decoder_.is_within_message())
        message_began_.reset();
    else if (!message_began_)
        message_began_ = now_;
    return {};
}

// --- what goes -----------------------------------------------------------------------------------

inline websocket_sent websocket_peer::send(websocket_opcode opcode, std::string_view payload,
                                           bool once) {
    if (state_ != state::open) return websocket_sent::over;
    if (once)
        for (const waiting& each : queue_)
            if (each.is_once && each.payload == payload) return websocket_sent::already_queued;
    if (payload.size() > options_.queue_bytes_max) return websocket_sent::too_large;
    if (queue_.size() >= options_.queue_messages_max ||
        queued_bytes() + payload.size() > options_.queue_bytes_max) {
        give_up(websocket_code::try_again_later, "too slow: the queue is full");
        return websocket_sent::too_slow;
    }
    queue_.push_back({std::string(payload), opcode, once});
    queued_bytes_ += payload.size();
    return websocket_sent::queued;
}

inline std::string_view websocket_peer::output() {
    if (state_ == state::dead) return {};
    if (written_ == output_.size()) fill_output();
    return output_.view().substr(written_);
}

inline void websocket_peer::written(std::size_t bytes) {
    SYNCFW_ASSERT(bytes <= output_.size() - written_, "more was written than there was");
    if (bytes == 0) return;
    written_ += bytes;
    stuck_since_.reset();
    if (written_ != output_.size()) return;
    // What ordinary messages need is kept; the memory of large ones is not.
    constexpr std::size_t kept = 64 << 10;
    if (output_.capacity() > kept) output_ = buffer();
    output_.clear();
    written_ = 0;
}

/// Small frames go together in one write; the rest waits in the queue, where it can be dropped or
/// found equal to what comes.
inline void websocket_peer::fill_output() {
    constexpr std::size_t enough = 16 << 10;
    if (close_ == close_frame::queued) return;
    if (pong_) append_frame(output_, websocket_opcode::pong, *pong_, mask());
    if (wants_ping_) append_frame(output_, websocket_opcode::ping, {}, mask());
    pong_.reset();
    wants_ping_ = false;
    while (!queue_.empty() && output_.size() < enough) {
        const waiting& first = queue_.front();
        append_frame(output_, first.opcode, first.payload, mask());
        queued_bytes_ -= first.payload.size();
        queue_.pop_front();
    }
    if (close_ == close_frame::wanted && queue_.empty()) {
        append_close_frame(output_, close_code_, close_reason_, mask());
        close_ = close_frame::queued;
    }
}

// --- the end -------------------------------------------------------------------------------------

inline void websocket_peer::close(websocket_code code, std::string_view reason) {
    SYNCFW_ASSERT(code == websocket_code::none || is_sendable(code),
                  "a close frame can't carry this code");
    if (state_ != state::open) return;
    state_ = state::closing;
    want_close(code, reason);
    end_ = {.code = code, .reason = close_reason_, .was_ours = true};
}

inline void websocket_peer::want_close(websocket_code code, std::string_view reason) {
    close_ = close_frame::wanted;
    close_code_ = code;
    close_reason_ = detail::cut_text(reason, websocket_reason_bytes_max);
}

/// The other side's close is answered by its own code, unless ours is on its way.
inline void websocket_peer::agree_to_close(const websocket_event& theirs) {
    drop_queue();
    if (state_ == state::open) {
        want_close(theirs.code, {});
        end_ = {.code = theirs.code, .reason = std::string(theirs.payload)};
    }
    state_ = state::ended;
}

/// Ends it without waiting for the other side.
inline void websocket_peer::give_up(websocket_code code, std::string_view why) {
    drop_queue();
    if (state_ == state::open || close_ == close_frame::wanted) {
        want_close(code, why);
        end_ = {.code = code, .reason = std::string(why), .was_ours = true};
    }
    state_ = state::ended;
}

/// Nobody is there any more.
inline void websocket_peer::die(std::string_view why) {
    drop_queue();
    if (state_ == state::open)
        end_ = {.code = websocket_code::abnormal, .reason = std::string(why)};
    state_ = state::dead;
}

inline void websocket_peer::drop_queue() {
    queue_.clear();
    queued_bytes_ = 0;
    pong_.reset();
    wants_ping_ = false;
}

// --- the time ------------------------------------------------------------------------------------

/// Whatever began since the last time was told begins now. A clock that was set back lets all begin
/// anew, since how long it went on is not known.
inline void websocket_peer::move_to(timestamp now) {
    const bool is_set_back = now < now_;
    now_ = now;
    const auto keep = [&](std::optional<timestamp>& since, bool is_on) {
        if (!is_on)
            since.reset();
        else if (!since || is_set_back)
            since = now;
    };
    keep(heard_, true);
    keep(pinged_, pinged_.has_value());
    keep(message_began_, message_began_.has_value());
    keep(ending_since_, is_ending());
    keep(stuck_since_, has_output());
}

inline void websocket_peer::tick(timestamp now) {
    move_to(now);
    if (state_ == state::dead) return;
    if (is_late(ending_since_, options_.close_within_microseconds))
        return die("the close was not answered");
    if (is_late(stuck_since_, options_.write_within_microseconds))
        return die("nothing is taken of what is sent");
    if (is_late(pinged_, options_.pong_within_microseconds)) return die("a ping was not answered");
    if (is_ending()) return;
    if (is_late(message_began_, options_.message_within_microseconds))
        return give_up(websocket_code::policy_violation, "a message took too long");
    if (!pinged_ && is_late(heard_, options_.ping_after_microseconds)) {
        wants_ping_ = true;
        pinged_ = now;
    }
}

inline timestamp websocket_peer::tick_at() const noexcept {
    timestamp first = timestamp::max();
    const auto at = [&](timestamp then) { first = detail::smaller(first, then); };
    if (state_ == state::dead) return first;
    if (is_ending()) at(due(ending_since_, options_.close_within_microseconds));
    if (has_output()) at(due(stuck_since_, options_.write_within_microseconds));
    if (pinged_) at(due(pinged_, options_.pong_within_microseconds));
    if (is_ending()) return first;
    if (message_began_) at(due(message_began_, options_.message_within_microseconds));
    if (!pinged_) at(due(heard_, options_.ping_after_microseconds));
    return first;
}

}  // namespace syncfw
