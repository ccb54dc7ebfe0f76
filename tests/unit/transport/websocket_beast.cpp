// SPDX-License-Identifier: BSL-1.0
// Goal: nobody else would understand our frames otherwise, nor take what we refuse. Method: whole
// conversations, right ones and broken ones, go to our decoder and to Boost.Beast's, as a server.
#include "websocket/scene.hpp"
#include <syncfw/transport/websocket/handshake.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace websockets;

namespace {

namespace beast = boost::beast;
using kind = websocket_event_kind;

const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";

struct heard_by_beast {
    std::vector<seen> events{};
    std::string answer{};  ///< To the handshake.
};

seen event_of(beast::websocket::frame_type type, const std::string& payload,
              const beast::websocket::close_reason& reason) {
    using beast::websocket::frame_type;
    if (type == frame_type::ping) return {kind::ping, payload};
    if (type == frame_type::pong) return {kind::pong, payload};
    const auto code = reason.code == beast::websocket::close_code::none
                          ? websocket_code::none
                          : static_cast<websocket_code>(reason.code);
    return {kind::close, std::string(reason.reason.data(), reason.reason.size()), code};
}

/// What Beast, as a server, makes of the bytes: `broken` without a code where it refuses them.
heard_by_beast read_by_beast(const std::string& bytes) {
    heard_by_beast heard;
    boost::asio::io_context context;
    beast::test::stream ours(context);
    auto other = beast::test::connect(ours);
    ours.append(
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
        key + "\r\n\r\n");
    beast::websocket::stream<beast::test::stream&> peer(ours);
    beast::error_code failed;
    peer.accept(failed);
    REQUIRE_MESSAGE(!failed, failed.message());
    heard.answer = std::string(other.str());
    peer.control_callback([&](beast::websocket::frame_type type, beast::string_view payload) {
        heard.events.push_back(
            event_of(type, std::string(payload.data(), payload.size()), peer.reason()));
    });
    peer.read_message_max(1 << 20);
    ours.append(bytes);
    other.close();
    while (true) {
        beast::flat_buffer buffer;
        peer.read(buffer, failed);
        if (failed) break;
        heard.events.push_back(
            {peer.got_text() ? kind::text : kind::binary, beast::buffers_to_string(buffer.data())});
    }
    const bool is_end = failed == beast::websocket::error::closed ||
                        failed == boost::asio::error::eof ||
                        failed == beast::test::error::test_failure;
    if (!is_end) heard.events.push_back({kind::broken});
    return heard;
}

/// Ours, as far as Beast tells it.
std::vector<seen> read_by_us(const std::string& bytes) {
    auto events = decode(websocket_role::server, bytes);
    for (seen& each : events)
        if (each.kind == kind::broken) each = {kind::broken};
    return events;
}

std::string any_conversation() {
    std::string bytes;
    const int count = *rc::gen::inRange(1, 8);
    bool is_within = false;
    for (int i = 0; i < count; ++i) {
        const auto mask = *rc::gen::arbitrary<std::uint32_t>();
        const std::string payload =
            *rc::gen::element<std::string>("", "a", "Grüße", "🌍", std::string(125, 'x'),
                                           std::string(200, 'y'), std::string(70'000, 'z'));
        const int choice = *rc::gen::inRange(0, 8);
        const bool is_last = *rc::gen::inRange(0, 3) != 0;
        const auto part = is_last ? websocket_part::last : websocket_part::more_follows;
        if (choice == 0 && payload.size() <= 125) {
            bytes += frame(websocket_opcode::ping, payload, mask);
        } else if (choice == 1 && payload.size() <= 125) {
            bytes += frame(websocket_opcode::pong, payload, mask);
        } else {
            const auto first = choice < 5 ? websocket_opcode::text : websocket_opcode::binary;
            bytes += frame(is_within ? websocket_opcode::continuation : first, payload, mask, part);
            is_within = !is_last;
        }
    }
    if (*rc::gen::arbitrary<bool>())
        bytes +=
            close_frame(*rc::gen::element(websocket_code::normal, websocket_code::none,
                                          websocket_code::going_away, websocket_code::unauthorized),
                        "", 7);
    return bytes;
}

}  // namespace

TEST_CASE("websocket and beast: a handshake gets the same answer") {
    const auto heard = read_by_beast("");
    CHECK(heard.answer.find("Sec-WebSocket-Accept: " + websocket_accept_key(key)) !=
          std::string::npos);
}

TEST_CASE("websocket and beast: both understand the same") {
    const auto holds = rc::check([] {
        const std::string bytes = any_conversation();
        RC_ASSERT(read_by_us(bytes) == read_by_beast(bytes).events);
    });
    CHECK(holds);
}

TEST_CASE("websocket and beast: both refuse the same") {
    const auto holds = rc::check([] {
        std::string bytes = any_conversation();
        const auto at = *rc::gen::inRange<std::size_t>(0, std::min<std::size_t>(bytes.size(), 20));
        bytes[at] = *rc::gen::arbitrary<char>();
        // Beast judges a head when it is whole, we as soon as we can; so all heads get whole.
        bytes += std::string(300, '\0');
        auto ours = read_by_us(bytes), theirs = read_by_beast(bytes).events;
        // The two differ in codes alone: Beast takes those above 4999, which the standard leaves
        // undefined, and refuses 1014, which was given out later.
        for (auto* const events : {&ours, &theirs})
            if (!events->empty() && events->back().kind == kind::close) {
                const websocket_code code = events->back().code;
                const bool is_known = code == websocket_code::none || is_sendable(code);
                if (!is_known || static_cast<int>(code) == 1014) events->back() = {kind::broken};
            }
        RC_ASSERT(ours == theirs);
    });
    CHECK(holds);
}

TEST_CASE("websocket and beast: each first two bytes of a frame are judged the same") {
    for (unsigned first = 0; first < 256; ++first)
        for (const unsigned size : {0u, 1u, 2u, 125u}) {
            for (const bool is_masked : {true, false}) {
                std::string bytes = bytes_of({first, size | (is_masked ? 0x80u : 0u)});
                if (is_masked) bytes += std::string(4, '\0');
                bytes += std::string(size, '\x03');  // Also the close code 771, which is none.
                INFO(first, " ", size, " ", is_masked);
                REQUIRE(read_by_us(bytes) == read_by_beast(bytes).events);
            }
        }
}
