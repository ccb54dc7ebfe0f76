// SPDX-License-Identifier: BSL-1.0
// How frames are read: a head byte by byte, a payload piece by piece, both as they come.
#pragma once

#include <syncfw/transport/websocket/decoder.hpp>

namespace syncfw {

inline std::optional<websocket_event> websocket_decoder::next() {
    if (is_given_) {
        // What an ordinary message needs is kept for the next one; a large one's memory is not. An
        // assignment would keep it.
        constexpr std::size_t kept = 16 << 10;
        if (message_.capacity() > kept) std::string().swap(message_);
        message_.clear();
        is_given_ = false;
    }
    while (true) {
        event found;
        switch (step_) {
            case step::over: input_ = {}; return {};
            case step::head:
                if (!take_head()) {
                    const char* const flaw = head_size_ < 2 ? nullptr : flaw_of_first_bytes();
                    return flaw != nullptr ? break_of_protocol(flaw) : event();
                }
                found = begin_payload();
                break;
            case step::payload:
                if (input_.empty() && left_ != 0) return {};
                found = take_payload();
                break;
        }
        if (found) return found;
    }
}

// --- the head ------------------------------------------------------------------------------------

inline std::size_t websocket_decoder::head_bytes_wanted() const noexcept {
    if (head_size_ < 2) return 2;
    const unsigned size = head_byte(1) & 0x7F;
    const std::size_t longer = size == 126 ? 2 : size == 127 ? 8 : 0;
    return 2 + longer + (is_masked() ? 4u : 0u);
}

/// False where the input ends before the head does, or where its first two bytes are bad already.
inline bool websocket_decoder::take_head() {
    while (head_size_ < head_bytes_wanted()) {
        if (input_.empty()) return false;
        head_[head_size_++] = static_cast<unsigned char>(input_.front());
        input_.remove_prefix(1);
        if (head_size_ == 2 && flaw_of_first_bytes() != nullptr) return false;
    }
    return true;
}

inline const char* websocket_decoder::flaw_of_first_bytes() const noexcept {
    if ((head_byte(0) & 0x70u) != 0) return "a reserved bit is set, but no extension is in use";
    if (is_masked() != (role_ == websocket_role::server))
        return role_ == websocket_role::server ? "a client must mask its frames"
                                               : "a server must not mask its frames";
    switch (opcode()) {
        case websocket_opcode::continuation:
            return fragments_ == 0 ? "a continuation without a beginning" : nullptr;
        case websocket_opcode::text:
        case websocket_opcode::binary:
            return fragments_ != 0 ? "a message begins within another" : nullptr;
        case websocket_opcode::close:
        case websocket_opcode::ping:
        case websocket_opcode::pong:
            if (!is_last()) return "a control frame is in fragments";
            if ((head_byte(1) & 0x7Fu) > websocket_control_bytes_max)
                return "a control frame has more than 125 bytes";
            return nullptr;
        default: return "an unknown opcode";
    }
}

inline std::optional<websocket_event> websocket_decoder::begin_payload() {
    const unsigned size = head_byte(1) & 0x7F;
    const std::size_t longer = size == 126 ? 2 : size == 127 ? 8 : 0;
    left_ = longer == 0 ? size : 0;
    for (std::size_t i = 0; i < longer; ++i) left_ = left_ << 8 | head_byte(2 + i);
    if (left_ >> 63 != 0) return break_of_protocol("a length has its highest bit set");
    if ((longer == 2 && left_ <= 125) || (longer == 8 && left_ <= 0xFFFF))
        return break_of_protocol("a length is not in its shortest form");
    if (is_masked()) mask_ = detail::websocket_mask(head_.data() + 2 + longer);
    control_size_ = 0;
    step_ = step::payload;
    if (is_control(opcode())) return {};
    if (opcode() != websocket_opcode::continuation) {
        message_is_ = opcode();
        text_ = {};
    }
    if (left_ > limits_.message_bytes_max - message_.size())
        return broken(websocket_code::too_large, "a message is larger than the limit");
    if (++fragments_ > limits_.fragments_max)
        return broken(websocket_code::policy_violation, "a message has too many fragments");
    return {};
}

// --- the payload ---------------------------------------------------------------------------------

inline std::optional<websocket_event> websocket_decoder::take_payload() {
    const std::size_t size =
        left_ < input_.size() ? static_cast<std::size_t>(left_) : input_.size();
    const std::string_view piece = input_.substr(0, size);
    input_.remove_prefix(size);
    left_ -= size;
    if (is_control(opcode())) {
        mask_.apply(piece.data(), control_.data() + control_size_, size);
        control_size_ += size;
    } else if (!append_to_message(piece)) {
        return broken(websocket_code::bad_text, "a text is not UTF-8");
    }
    return left_ == 0 ? end_frame() : event();
}

/// False where the text is bad.
inline bool websocket_decoder::append_to_message(std::string_view masked) {
    const std::size_t before = message_.size(), after = before + masked.size();
    if (after > message_.capacity()) {
        // By doubling, but never beyond the limit; a string's own growth would go there.
        const std::size_t most = detail::smaller(limits_.message_bytes_max, 2 * before);
        std::string larger;
        larger.reserve(detail::larger(after, most));
        larger.append(message_);
        message_ = std::move(larger);
    }
    message_.resize(after);
    char* const to = message_.data() + before;
    mask_.apply(masked.data(), to, masked.size());
    return message_is_ != websocket_opcode::text || text_.take(to, to + masked.size());
}

inline std::optional<websocket_event> websocket_decoder::end_frame() {
    step_ = step::head;
    head_size_ = 0;
    if (is_control(opcode())) return end_control();
    if (!is_last()) return {};
    const bool is_text = message_is_ == websocket_opcode::text;
    if (is_text && !text_.is_complete())
        return broken(websocket_code::bad_text, "a text ends within a character");
    fragments_ = 0;
    is_given_ = true;
    return websocket_event{is_text ? websocket_event_kind::text : websocket_event_kind::binary,
                           message_};
}

inline std::optional<websocket_event> websocket_decoder::end_control() {
    if (opcode() == websocket_opcode::close) return end_close();
    if (is_too_often())
        return broken(websocket_code::policy_violation, "more than 10 pings within a second");
    return websocket_event{opcode() == websocket_opcode::ping ? websocket_event_kind::ping
                                                              : websocket_event_kind::pong,
                           control()};
}

inline std::optional<websocket_event> websocket_decoder::end_close() {
    websocket_event ended{websocket_event_kind::close};
    if (control_size_ == 1) return break_of_protocol("a close has half a code");
    if (control_size_ >= 2) {
        const unsigned high = static_cast<unsigned char>(control_[0]);
        const unsigned low = static_cast<unsigned char>(control_[1]);
        ended.code = static_cast<websocket_code>(high << 8 | low);
        if (!is_sendable(ended.code)) return break_of_protocol("a close has a code of no meaning");
        ended.payload = control().substr(2);
        detail::utf8_stream reason;
        const char* const first = ended.payload.data();
        if (!reason.take(first, first + ended.payload.size()) || !reason.is_complete())
            return broken(websocket_code::bad_text, "the reason of a close is not UTF-8");
    }
    step_ = step::over;
    input_ = {};
    std::string().swap(message_);
    return ended;
}

/// The one that came ten before must be a second old. A clock that was set back accuses nobody.
inline bool websocket_decoder::is_too_often() noexcept {
    constexpr std::int64_t second = 1'000'000;
    timestamp& oldest = pings_[pings_seen_ % pings_a_second_max];
    const std::int64_t age = microseconds_between(oldest, now_);
    const bool is_full = pings_seen_++ >= pings_a_second_max;
    oldest = now_;
    return is_full && age >= 0 && age < second;
}

}  // namespace syncfw
