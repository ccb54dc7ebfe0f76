// SPDX-License-Identifier: BSL-1.0
// Goal: one end of a WebSocket does by itself what the standard asks of it, gives up whoever
// doesn't take part, and keeps no more than it may. Method: two ends joined by hand, a clock that
// the test moves, and each deadline on both of its sides.
#include "scene.hpp"
#include <syncfw/transport/websocket/peer.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

using namespace websockets;

namespace {

using kind = websocket_event_kind;
using sent = websocket_sent;
constexpr auto server = websocket_role::server;
constexpr auto client = websocket_role::client;
constexpr std::uint32_t mask = 0x01020304;

websocket_peer_options quick() {
    websocket_peer_options options;
    options.draw_mask = [] { return mask; };
    return options;
}

std::string take_output(websocket_peer& peer) {
    std::string all;
    while (!peer.output().empty()) {
        all += peer.output();
        peer.written(peer.output().size());
    }
    return all;
}

std::vector<seen> feed(websocket_peer& peer, std::string_view bytes, timestamp now) {
    std::vector<seen> events;
    peer.feed(bytes, now);
    while (auto event = peer.next())
        events.push_back({event->kind, std::string(event->payload), event->code});
    return events;
}

/// What one says, the other hears.
std::vector<seen> carry(websocket_peer& from, websocket_peer& to, timestamp now) {
    return feed(to, take_output(from), now);
}

std::string text_of(std::string_view payload) {
    return frame(websocket_opcode::text, payload, mask);
}

}  // namespace

TEST_CASE("websocket peer: messages go both ways, in their order") {
    websocket_peer here(server, second(0)), there(client, second(0));
    CHECK(here.send_text("one") == sent::queued);
    CHECK(here.send_binary("\xFF") == sent::queued);
    CHECK(there.send_text("zwei") == sent::queued);
    CHECK(carry(here, there, second(1)) ==
          std::vector<seen>{{kind::text, "one"}, {kind::binary, "\xFF"}});
    CHECK(carry(there, here, second(1)) == std::vector<seen>{{kind::text, "zwei"}});
    CHECK(here.output().empty());
    CHECK(here.is_open());
    CHECK(!here.is_over());
}

TEST_CASE("websocket peer: a client masks each frame anew, a server none") {
    websocket_peer there(client, second(0));
    REQUIRE(there.send_text("abcd") == sent::queued);
    REQUIRE(there.send_text("abcd") == sent::queued);
    const std::string bytes = take_output(there);
    REQUIRE(bytes.size() == 20);
    CHECK((bytes[1] & '\x80') != 0);
    CHECK(bytes.substr(2, 4) != bytes.substr(12, 4));
    websocket_peer here(server, second(0));
    REQUIRE(here.send_text("abcd") == sent::queued);
    CHECK(take_output(here) == frame(websocket_opcode::text, "abcd"));
}

TEST_CASE("websocket peer: a ping is answered, of several the last one") {
    websocket_peer here(server, second(0));
    CHECK(feed(here, frame(websocket_opcode::ping, "a", mask), second(0)).empty());
    CHECK(take_output(here) == frame(websocket_opcode::pong, "a"));
    CHECK(feed(here,
               frame(websocket_opcode::ping, "b", mask) + frame(websocket_opcode::ping, "c", mask),
               second(0))
              .empty());
    CHECK(take_output(here) == frame(websocket_opcode::pong, "c"));
}

TEST_CASE("websocket peer: a pong goes ahead of what is queued") {
    websocket_peer here(server, second(0));
    REQUIRE(here.send_text("later") == sent::queued);
    (void)feed(here, frame(websocket_opcode::ping, "now", mask), second(0));
    CHECK(take_output(here) ==
          frame(websocket_opcode::pong, "now") + frame(websocket_opcode::text, "later"));
}

TEST_CASE("websocket peer: output stays as it is until it was written") {
    websocket_peer here(server, second(0));
    REQUIRE(here.send_text("first") == sent::queued);
    const std::string_view output = here.output();
    const std::string before(output);
    for (int i = 0; i < 100; ++i) REQUIRE(here.send_text(std::string(500, 'x')) == sent::queued);
    (void)feed(here, frame(websocket_opcode::ping, "", mask), second(0));
    CHECK(here.output().data() == output.data());
    CHECK(output == before);
    here.written(3);
    CHECK(here.output() == before.substr(3));
    here.written(before.size() - 3);
    CHECK(here.output().substr(0, 2) == frame(websocket_opcode::pong, ""));
}

// --- the queue -----------------------------------------------------------------------------------

TEST_CASE("websocket peer: the same word isn't queued twice while it waits") {
    websocket_peer here(server, second(0));
    CHECK(here.send_once("poke") == sent::queued);
    CHECK(here.send_once("poke") == sent::already_queued);
    CHECK(here.send_once("other") == sent::queued);
    CHECK(here.queued_messages() == 2);
    const std::string_view on_its_way = here.output();
    CHECK(on_its_way ==
          frame(websocket_opcode::text, "poke") + frame(websocket_opcode::text, "other"));
    // What is being written may have been read by then: the news behind it needs a word anew.
    CHECK(here.send_once("poke") == sent::queued);
    CHECK(here.send_once("poke") == sent::already_queued);
}

TEST_CASE("websocket peer: an ordinary message of the same words is no such word") {
    websocket_peer here(server, second(0));
    CHECK(here.send_text("poke") == sent::queued);
    CHECK(here.send_once("poke") == sent::queued);
    CHECK(here.send_text("poke") == sent::queued);
    CHECK(here.queued_messages() == 3);
}

TEST_CASE("websocket peer: who takes too few messages is closed with 1013") {
    auto options = quick();
    options.queue_messages_max = 3;
    websocket_peer here(server, second(0), options);
    for (int i = 0; i < 3; ++i) CHECK(here.send_text("x") == sent::queued);
    CHECK(here.send_text("x") == sent::too_slow);
    CHECK(here.send_text("x") == sent::over);
    CHECK(here.queued_messages() == 0);
    CHECK(here.end().code == websocket_code::try_again_later);
    CHECK(here.end().was_ours);
    const auto heard = decode(client, take_output(here));
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].kind == kind::close);
    CHECK(heard[0].code == websocket_code::try_again_later);
    CHECK(here.is_over());
}

TEST_CASE("websocket peer: who takes too few bytes is closed with 1013") {
    auto options = quick();
    options.queue_bytes_max = 100;
    websocket_peer here(server, second(0), options);
    CHECK(here.send_text(std::string(101, 'x')) == sent::too_large);
    CHECK(here.is_open());
    CHECK(here.send_text(std::string(60, 'x')) == sent::queued);
    // What is on its way counts too.
    const std::string being_written(here.output());
    CHECK(here.send_text(std::string(60, 'x')) == sent::too_slow);
    // The frame that was begun is written to its end.
    CHECK(here.output() == being_written);
    const auto heard = decode(client, take_output(here));
    REQUIRE(heard.size() == 2);
    CHECK(heard[0].payload == std::string(60, 'x'));
    CHECK(heard[1].code == websocket_code::try_again_later);
}

TEST_CASE("websocket peer: who pings and reads nothing fills no queue") {
    websocket_peer here(server, second(0));
    for (int i = 0; i < 1'000; ++i)
        (void)feed(here, frame(websocket_opcode::ping, std::string(125, 'x'), mask), second(i));
    CHECK(here.queued_bytes() == 0);
    CHECK(take_output(here) == frame(websocket_opcode::pong, std::string(125, 'x')));
}

// --- the end -------------------------------------------------------------------------------------

TEST_CASE("websocket peer: a close is written behind what is queued, and agreed to") {
    websocket_peer here(server, second(0)), there(client, second(0));
    REQUIRE(here.send_text("last") == sent::queued);
    here.close(websocket_code::going_away, "restart");
    here.close(websocket_code::normal);
    CHECK(here.send_text("late") == sent::over);
    CHECK(carry(here, there, second(0)) ==
          std::vector<seen>{{kind::text, "last"},
                            {kind::close, "restart", websocket_code::going_away}});
    CHECK(!here.is_over());
    CHECK(there.end().code == websocket_code::going_away);
    CHECK(there.end().reason == "restart");
    CHECK(!there.end().was_ours);
    CHECK(!there.is_over());
    CHECK(carry(there, here, second(0)) ==
          std::vector<seen>{{kind::close, "", websocket_code::going_away}});
    CHECK(there.is_over());
    CHECK(here.is_over());
    CHECK(here.end().code == websocket_code::going_away);
    CHECK(here.end().was_ours);
}

TEST_CASE("websocket peer: a close without a code is answered by one without") {
    websocket_peer here(server, second(0));
    CHECK(feed(here, close_frame(websocket_code::none, "", mask), second(0)) ==
          std::vector<seen>{{kind::close, "", websocket_code::none}});
    CHECK(take_output(here) == close_frame(websocket_code::none));
    CHECK(here.is_over());
}

TEST_CASE("websocket peer: both may close at once") {
    websocket_peer here(server, second(0)), there(client, second(0));
    here.close(websocket_code::normal);
    there.close(websocket_code::unauthorized);
    const std::string from_here = take_output(here), from_there = take_output(there);
    CHECK(feed(here, from_there, second(0)).size() == 1);
    CHECK(feed(there, from_here, second(0)).size() == 1);
    CHECK(take_output(here).empty());
    CHECK(take_output(there).empty());
    CHECK(here.is_over());
    CHECK(there.is_over());
    CHECK(here.end().code == websocket_code::normal);
    CHECK(there.end().code == websocket_code::unauthorized);
}

TEST_CASE("websocket peer: messages are heard until the other side agrees to the close") {
    auto options = quick();
    options.close_within_microseconds = 100'000'000;
    options.ping_after_microseconds = 1'000'000'000;
    websocket_peer here(server, second(0), options);
    here.close();
    (void)take_output(here);
    CHECK(feed(here, text_of("still here"), second(0)) ==
          std::vector<seen>{{kind::text, "still here"}});
    CHECK(feed(here, frame(websocket_opcode::ping, "", mask), second(0)).empty());
    CHECK(take_output(here).empty());
    // Nor is there something that could get stuck.
    CHECK(here.tick_at() == second(100));
    here.tick(second(99));
    CHECK(!here.is_over());
}

TEST_CASE("websocket peer: who breaks the protocol is told so, and not heard any more") {
    websocket_peer here(server, second(0));
    REQUIRE(here.send_text("dropped") == sent::queued);
    const auto events = feed(here, frame(websocket_opcode::text, "no mask"), second(0));
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == kind::broken);
    CHECK(feed(here, text_of("x"), second(0)).empty());
    const auto heard = decode(client, take_output(here));
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].kind == kind::close);
    CHECK(heard[0].code == websocket_code::protocol_error);
    CHECK(heard[0].payload == events[0].payload);
    CHECK(here.is_over());
}

TEST_CASE("websocket peer: nothing is heard behind an end of our own making") {
    auto options = quick();
    options.queue_messages_max = 1;
    websocket_peer here(server, second(0), options);
    const std::string two = text_of("a") + text_of("b");
    here.feed(two, second(0));
    REQUIRE(here.next());
    REQUIRE(here.send_text("x") == sent::queued);
    REQUIRE(here.send_text("x") == sent::too_slow);
    CHECK(!here.next());
    CHECK(feed(here, text_of("c"), second(0)).empty());
}

// --- the time ------------------------------------------------------------------------------------

TEST_CASE("websocket peer: a ping goes out in silence, and any byte answers it") {
    websocket_peer here(server, second(0), quick());
    CHECK(here.tick_at() == second(30));
    here.tick(timestamp::from_microseconds(29'999'999));
    CHECK(here.output().empty());
    here.tick(second(30));
    CHECK(take_output(here) == frame(websocket_opcode::ping, ""));
    CHECK(here.tick_at() == second(50));
    SUBCASE("a pong") {
        (void)feed(here, frame(websocket_opcode::pong, "", mask), second(40));
    }
    SUBCASE("a message") {
        (void)feed(here, text_of("x"), second(40));
    }
    here.tick(second(50));
    CHECK(here.is_open());
    CHECK(here.tick_at() == second(70));
    here.tick(second(70));
    CHECK(take_output(here) == frame(websocket_opcode::ping, ""));
}

TEST_CASE("websocket peer: who doesn't answer a ping is given up") {
    websocket_peer here(server, second(0), quick());
    here.tick(second(30));
    (void)take_output(here);
    here.tick(timestamp::from_microseconds(49'999'999));
    CHECK(here.is_open());
    here.tick(second(50));
    CHECK(here.is_over());
    CHECK(here.end().code == websocket_code::abnormal);
    CHECK(here.output().empty());
    CHECK(here.send_text("x") == sent::over);
    CHECK(feed(here, text_of("x"), second(51)).empty());
    CHECK(here.tick_at() == timestamp::max());
}

TEST_CASE("websocket peer: who never ends a message is told 1008") {
    websocket_peer here(server, second(0), quick());
    const std::string message = text_of(std::string(100, 'x'));
    for (int i = 0; i < 60; ++i) {
        (void)feed(here, message.substr(static_cast<std::size_t>(i), 1), second(i));
        here.tick(second(i));
    }
    CHECK(here.is_open());
    CHECK(here.tick_at() == second(60));
    here.tick(second(60));
    CHECK(!here.is_open());
    CHECK(here.end().code == websocket_code::policy_violation);
    CHECK(decode(client, take_output(here)).back().code == websocket_code::policy_violation);
    CHECK(here.is_over());
}

TEST_CASE("websocket peer: one message behind the other is no message without an end") {
    websocket_peer here(server, second(0), quick());
    const std::string message = text_of("1234");
    // Each piece ends one message and begins the next.
    (void)feed(here, message.substr(0, 5), second(0));
    for (int i = 1; i < 200; ++i) {
        (void)feed(here, message.substr(5) + message.substr(0, 5), second(i));
        here.tick(second(i));
        REQUIRE(here.is_open());
    }
}

TEST_CASE("websocket peer: who takes nothing of what is sent is given up") {
    websocket_peer here(server, second(0), quick());
    here.tick(second(20));
    REQUIRE(here.send_text("hello") == sent::queued);
    (void)here.output();
    here.tick(second(21));
    for (int i = 22; i < 51; ++i) {
        (void)feed(here, text_of("I only talk"), second(i));
        here.tick(second(i));
    }
    CHECK(here.is_open());
    here.written(1);
    here.tick(second(51));
    (void)feed(here, text_of("x"), second(70));
    here.tick(second(80));
    CHECK(here.is_open());
    CHECK(here.tick_at() == second(81));
    here.tick(second(81));
    CHECK(here.is_over());
    CHECK(here.end().code == websocket_code::abnormal);
    // A write that was on its way may yet end.
    here.written(2);
}

TEST_CASE("websocket peer: a close that isn't answered ends it all the same") {
    websocket_peer here(server, second(0), quick());
    // The clock has moved unseen: the deadline counts from when it is seen again.
    here.close(websocket_code::normal);
    here.tick(second(20));
    (void)take_output(here);
    CHECK(here.tick_at() == second(25));
    here.tick(timestamp::from_microseconds(24'999'999));
    CHECK(!here.is_over());
    here.tick(second(25));
    CHECK(here.is_over());
    CHECK(here.end().code == websocket_code::normal);
}

TEST_CASE("websocket peer: a close that can't be written ends it all the same") {
    websocket_peer here(server, second(0), quick());
    (void)feed(here, close_frame(websocket_code::normal, "", mask), second(1));
    here.tick(second(1));
    CHECK(!here.is_over());
    here.tick(second(6));
    CHECK(here.is_over());
}

TEST_CASE("websocket peer: a clock that is set back gives nobody up") {
    websocket_peer here(server, second(1'000), quick());
    here.tick(second(1'030));
    (void)take_output(here);
    here.tick(second(10));
    CHECK(here.is_open());
    CHECK(here.tick_at() == second(30));
    here.tick(second(29));
    CHECK(here.is_open());
    here.tick(second(30));
    CHECK(here.is_over());
}

TEST_CASE(
    "websocket peer: whatever both do, in any pieces, all is heard and the queues stay small") {
    const auto holds = rc::check([] {
        auto options = quick();
        options.queue_bytes_max = 2'000;
        options.queue_messages_max = 8;
        websocket_peer a(server, second(0), options), b(client, second(0), options);
        std::vector<std::string> said_by_a, heard_by_b;
        const auto carry_some = [&](websocket_peer& from, websocket_peer& to, std::size_t most,
                                    timestamp now, std::vector<std::string>* heard) {
            const std::string bytes(from.output().substr(0, most));
            from.written(bytes.size());
            for (const seen& each : feed(to, bytes, now)) {
                RC_ASSERT(each.kind == kind::text);
                if (heard != nullptr) heard->push_back(each.payload);
            }
        };
        const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 400));
        std::int64_t now = 0;
        for (const int step : steps) {
            const auto most = static_cast<std::size_t>(step / 2);
            const timestamp at = timestamp::from_microseconds(now += 200'000);
            if (step % 4 == 0) {
                const std::string message(most, static_cast<char>('a' + step % 7));
                const auto done = a.send_text(message);
                if (done == sent::too_slow) break;
                RC_ASSERT(done == sent::queued);
                said_by_a.push_back(message);
            } else if (step % 4 == 1) {
                carry_some(a, b, most, at, &heard_by_b);
            } else if (step % 4 == 2) {
                carry_some(b, a, most, at, nullptr);
            } else {
                a.tick(at), b.tick(at);
            }
            RC_ASSERT(a.queued_bytes() <= 2'000 + 8 * 14 + 127);
            RC_ASSERT(a.queued_messages() <= 8);
        }
        if (!a.is_open()) return;
        while (!a.output().empty())
            carry_some(a, b, 100, timestamp::from_microseconds(now), &heard_by_b);
        RC_ASSERT(heard_by_b == said_by_a);
    });
    CHECK(holds);
}
