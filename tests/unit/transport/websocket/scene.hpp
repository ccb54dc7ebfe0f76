// SPDX-License-Identifier: BSL-1.0
// What the tests of WebSocket share: frames by hand, and what a decoder makes of bytes.
#pragma once

#include <syncfw/transport/websocket/decoder.hpp>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace websockets {

using namespace syncfw;

/// An event that outlives its decoder's call.
struct seen {
    websocket_event_kind kind = websocket_event_kind::text;
    std::string payload{};
    websocket_code code = websocket_code::none;

    friend bool operator==(const seen&, const seen&) = default;
    friend std::ostream& operator<<(std::ostream& out, const seen& each) {
        return out << static_cast<int>(each.kind) << " \"" << each.payload << "\" "
                   << static_cast<int>(each.code);
    }
};

inline timestamp second(std::int64_t number) {
    return timestamp::from_microseconds(number * 1'000'000);
}

inline std::string bytes_of(std::initializer_list<unsigned> bytes) {
    std::string text;
    for (const unsigned each : bytes) text += static_cast<char>(each);
    return text;
}

inline std::string frame(websocket_opcode opcode, std::string_view payload,
                         std::optional<std::uint32_t> mask = {},
                         websocket_part part = websocket_part::last) {
    buffer out;
    append_frame(out, opcode, payload, mask, part);
    return std::string(out.view());
}

inline std::string close_frame(websocket_code code, std::string_view reason = {},
                               std::optional<std::uint32_t> mask = {}) {
    buffer out;
    append_close_frame(out, code, reason, mask);
    return std::string(out.view());
}

inline void take_all(websocket_decoder& decoder, std::vector<seen>& events) {
    while (auto event = decoder.next())
        events.push_back({event->kind, std::string(event->payload), event->code});
}

/// All of it, in pieces of the given size, the time standing still but for pings' sake.
inline std::vector<seen> decode(websocket_role role, std::string_view bytes,
                                std::size_t piece = SIZE_MAX, websocket_limits limits = {}) {
    websocket_decoder decoder(role, limits);
    std::vector<seen> events;
    for (std::size_t at = 0; at < bytes.size(); at += detail::smaller(piece, bytes.size() - at)) {
        // A copy without spare room, so that a sanitizer sees every byte read beyond it.
        const std::vector<char> copy(
            bytes.begin() + static_cast<std::ptrdiff_t>(at),
            bytes.begin() +
                static_cast<std::ptrdiff_t>(at + detail::smaller(piece, bytes.size() - at)));
        decoder.feed({copy.data(), copy.size()}, second(0));
        take_all(decoder, events);
    }
    return events;
}

}  // namespace websockets
