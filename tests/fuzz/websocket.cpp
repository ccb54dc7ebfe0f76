// SPDX-License-Identifier: BSL-1.0
// Frames in pieces. The first byte has the role and the size of the pieces; the second one the
// limits. What is understood is written again and must be understood the same.
#include "fuzz.hpp"
#include <syncfw/transport/websocket.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace syncfw;

struct seen {
    websocket_event_kind kind = websocket_event_kind::text;
    std::string payload{};
    websocket_code code = websocket_code::none;

    friend bool operator==(const seen&, const seen&) = default;
};

constexpr std::uint32_t mask = 0x37fa213d;

std::vector<seen> decode(websocket_role role, std::string_view bytes, std::size_t piece,
                         const websocket_limits& limits) {
    websocket_decoder decoder(role, limits);
    std::vector<seen> events;
    const auto is_small = [&] {
        return decoder.memory() <= sizeof decoder + limits.message_bytes_max + 32;
    };
    std::int64_t now = 0;
    while (!bytes.empty()) {
        // A copy without spare room, so that the sanitizer sees every byte read beyond it.
        const std::vector<char> part(
            bytes.begin(),
            bytes.begin() + static_cast<std::ptrdiff_t>(std::min(piece, bytes.size())));
        bytes.remove_prefix(part.size());
        decoder.feed({part.data(), part.size()}, timestamp::from_microseconds(now));
        while (const auto event = decoder.next()) {
            fuzz::require(events.empty() || (events.back().kind != websocket_event_kind::close &&
                                             events.back().kind != websocket_event_kind::broken),
                          "nothing comes behind the end");
            fuzz::require(event->payload.size() <= limits.message_bytes_max ||
                              event->kind != websocket_event_kind::text,
                          "a message keeps to the limit");
            fuzz::require(is_small(), "it keeps one message");
            events.push_back({event->kind, std::string(event->payload), event->code});
        }
        fuzz::require(is_small(), "it keeps one message between the pieces");
    }
    return events;
}

void append(buffer& out, const seen& event, std::optional<std::uint32_t> masked_by) {
    switch (event.kind) {
        case websocket_event_kind::text:
            return append_frame(out, websocket_opcode::text, event.payload, masked_by);
        case websocket_event_kind::binary:
            return append_frame(out, websocket_opcode::binary, event.payload, masked_by);
        case websocket_event_kind::ping:
            return append_frame(out, websocket_opcode::ping, event.payload, masked_by);
        case websocket_event_kind::pong:
            return append_frame(out, websocket_opcode::pong, event.payload, masked_by);
        case websocket_event_kind::close:
            return append_close_frame(out, event.code, event.payload, masked_by);
        case websocket_event_kind::broken:
            fuzz::require(is_sendable(event.code) && !event.payload.empty(), "a refusal says why");
    }
}

// One end that hears all of it, answers, and is asked for the time now and then.
void check_peer(websocket_role role, std::string_view bytes, std::size_t piece,
                const std::vector<seen>& expected, const websocket_limits& limits) {
    websocket_peer_options options{.limits = limits, .queue_bytes_max = 1'000};
    options.draw_mask = [] { return mask; };
    websocket_peer peer(role, timestamp(), options);
    const auto other =
        role == websocket_role::server ? websocket_role::client : websocket_role::server;
    std::vector<seen> heard, wanted;
    for (const seen& each : expected)
        if (each.kind != websocket_event_kind::ping && each.kind != websocket_event_kind::pong)
            wanted.push_back(each);
    std::string said;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
        peer.feed(bytes.substr(0, piece), timestamp());
        while (const auto event = peer.next())
            heard.push_back({event->kind, std::string(event->payload), event->code});
        fuzz::require(peer.queued_bytes() <= 2'000, "the queue stays small");
        const std::string_view output = peer.output();
        const std::size_t taken = std::min<std::size_t>(output.size(), piece);
        said += output.substr(0, taken);
        peer.written(taken);
    }
    fuzz::require(heard == wanted, "a peer hears what its decoder does");
    const bool is_ended = !wanted.empty() && (wanted.back().kind == websocket_event_kind::close ||
                                              wanted.back().kind == websocket_event_kind::broken);
    fuzz::require(peer.is_open() == !is_ended, "it ends when it is told to");
    while (!peer.output().empty()) {
        said += peer.output();
        peer.written(peer.output().size());
    }
    fuzz::require(peer.is_over() == is_ended, "and is over when that was written");
    // Its pongs answer pings that came at one moment, so there are ten at most.
    for (const seen& each : decode(other, said, said.size(), {}))
        fuzz::require(
            each.kind == websocket_event_kind::pong || each.kind == websocket_event_kind::close,
            "it answers by pongs and a close");
}

}  // namespace

void fuzz::check(std::string_view input) {
    if (input.size() < 2) return;
    const std::size_t first = static_cast<unsigned char>(input[0]);
    const std::size_t second = static_cast<unsigned char>(input[1]);
    const auto role = (first & 1) != 0 ? websocket_role::client : websocket_role::server;
    const std::size_t piece = 1 + (first >> 1);
    const websocket_limits limits{.message_bytes_max = (second >> 4) * 64,
                                  .fragments_max = 1 + (second & 15)};
    const std::string_view bytes = input.substr(2);

    const auto whole = decode(role, bytes, bytes.size(), limits);
    require(decode(role, bytes, piece, limits) == whole, "the pieces make no difference");
    check_peer(role, bytes, piece, whole, limits);

    buffer again;
    for (const seen& each : whole)
        append(again, each, role == websocket_role::server ? std::optional(mask) : std::nullopt);
    auto read = decode(role, again.view(), again.size(), limits);
    if (!whole.empty() && whole.back().kind == websocket_event_kind::broken)
        read.push_back(whole.back());
    require(read == whole, "what is accepted can be written and read again");
}
