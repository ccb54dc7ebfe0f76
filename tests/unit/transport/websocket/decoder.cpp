// SPDX-License-Identifier: BSL-1.0
// Goal: what RFC 6455 allows is understood however it is cut, what it forbids is refused with the
// right code, and nothing that comes makes the decoder keep more than one message. Method: the
// standard's examples, each violation by name in pieces of each size, random conversations.
#include "scene.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace websockets;
using enum websocket_role;

namespace {

using kind = websocket_event_kind;
constexpr auto continuation = websocket_opcode::continuation;
constexpr auto text = websocket_opcode::text;
constexpr auto binary = websocket_opcode::binary;
constexpr auto closing = websocket_opcode::close;
constexpr auto ping = websocket_opcode::ping;
constexpr auto pong = websocket_opcode::pong;
constexpr auto more = websocket_part::more_follows;
constexpr std::uint32_t mask = 0x37fa213d;

/// The code that ends it, which is the same in pieces of all sizes.
websocket_code broken_by(const std::string& bytes, websocket_role role = server,
                         websocket_limits limits = {}) {
    const auto whole = decode(role, bytes, SIZE_MAX, limits);
    for (const std::size_t piece : {1u, 2u, 3u, 7u})
        CHECK(decode(role, bytes, piece, limits) == whole);
    REQUIRE(!whole.empty());
    CHECK(whole.back().kind == kind::broken);
    CHECK(!whole.back().payload.empty());
    return whole.back().code;
}

std::string text_of(std::string_view payload) {
    return frame(text, payload, mask);
}

}  // namespace

TEST_CASE("websocket decoder: the standard's examples are read so") {
    const std::string plain = bytes_of({0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f});
    const std::string masked =
        bytes_of({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58});
    const std::string parts =
        bytes_of({0x01, 0x03, 0x48, 0x65, 0x6c}) + bytes_of({0x80, 0x02, 0x6c, 0x6f});
    const std::string ping_frame = bytes_of({0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f});
    const std::string pong_frame =
        bytes_of({0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58});
    for (const std::size_t piece : {std::size_t{1}, std::size_t{4}, SIZE_MAX}) {
        CHECK(decode(client, plain, piece) == std::vector<seen>{{kind::text, "Hello"}});
        CHECK(decode(server, masked, piece) == std::vector<seen>{{kind::text, "Hello"}});
        CHECK(decode(client, parts, piece) == std::vector<seen>{{kind::text, "Hello"}});
        CHECK(decode(client, ping_frame, piece) == std::vector<seen>{{kind::ping, "Hello"}});
        CHECK(decode(server, pong_frame, piece) == std::vector<seen>{{kind::pong, "Hello"}});
    }
    for (const std::size_t size : {256u, 65'536u}) {
        std::string long_one = size == 256 ? bytes_of({0x82, 0x7E, 0x01, 0x00})
                                           : bytes_of({0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0});
        long_one += std::string(size, 'x');
        CHECK(decode(client, long_one) ==
              std::vector<seen>{{kind::binary, std::string(size, 'x')}});
    }
}

TEST_CASE("websocket decoder: control frames may stand within a message") {
    const std::string bytes = frame(text, "a", mask, more) + frame(ping, "p", mask) +
                              frame(continuation, "", mask, more) + frame(pong, "", mask) +
                              frame(continuation, "b", mask);
    CHECK(decode(server, bytes) ==
          std::vector<seen>{{kind::ping, "p"}, {kind::pong, ""}, {kind::text, "ab"}});
}

TEST_CASE("websocket decoder: a character may be cut by fragments") {
    const std::string bytes = frame(text, "\xF0\x9F", mask, more) + frame(ping, "", mask) +
                              frame(continuation, "\x8C", mask, more) +
                              frame(continuation, "\x8D", mask);
    CHECK(decode(server, bytes) == std::vector<seen>{{kind::ping, ""}, {kind::text, "🌍"}});
}

TEST_CASE("websocket decoder: bytes that are no text may be binary") {
    CHECK(decode(server, frame(binary, "\xFF\xC0", mask)) ==
          std::vector<seen>{{kind::binary, "\xFF\xC0"}});
}

TEST_CASE("websocket decoder: a close gives its code and reason, and nothing comes behind it") {
    const std::string tail = text_of("late") + bytes_of({0xFF, 0xFF, 0xFF});
    CHECK(decode(server, close_frame(websocket_code::normal, "bye", mask) + tail) ==
          std::vector<seen>{{kind::close, "bye", websocket_code::normal}});
    CHECK(decode(server, close_frame(websocket_code::none, "", mask) + tail, 1) ==
          std::vector<seen>{{kind::close, "", websocket_code::none}});
    websocket_decoder decoder(server);
    CHECK(!decoder.is_over());
    const std::string end = close_frame(websocket_code::normal, "", mask);
    decoder.feed(end, second(0));
    REQUIRE(decoder.next());
    CHECK(decoder.is_over());
    CHECK(!decoder.next());
}

TEST_CASE("websocket decoder: a violation of the protocol ends it with 1002") {
    std::string bytes;
    auto role = server;
    SUBCASE("a frame without a mask from a client") {
        bytes = frame(text, "x");
    }
    SUBCASE("a frame with a mask from a server") {
        bytes = frame(text, "x", mask), role = client;
    }
    SUBCASE("reserved bit 1") {
        bytes = frame(text, "x", mask), bytes[0] = '\xC1';
    }
    SUBCASE("reserved bit 2") {
        bytes = frame(text, "x", mask), bytes[0] = '\xA1';
    }
    SUBCASE("reserved bit 3") {
        bytes = frame(text, "x", mask), bytes[0] = '\x91';
    }
    SUBCASE("a reserved bit in a control frame") {
        bytes = frame(ping, "", mask), bytes[0] = '\xC9';
    }
    SUBCASE("an unknown data opcode") {
        bytes = frame(text, "", mask), bytes[0] = '\x83';
    }
    SUBCASE("the last unknown data opcode") {
        bytes = frame(text, "", mask), bytes[0] = '\x87';
    }
    SUBCASE("an unknown control opcode") {
        bytes = frame(ping, "", mask), bytes[0] = '\x8B';
    }
    SUBCASE("the last unknown control opcode") {
        bytes = frame(ping, "", mask), bytes[0] = '\x8F';
    }
    SUBCASE("a ping in fragments") {
        bytes = frame(ping, "", mask), bytes[0] = '\x09';
    }
    SUBCASE("a close in fragments") {
        bytes = frame(closing, "", mask), bytes[0] = '\x08';
    }
    SUBCASE("a ping of 126 bytes") {
        bytes = frame(text, std::string(126, 'x'), mask), bytes[0] = '\x89';
    }
    SUBCASE("a pong of 64 KiB") {
        bytes = frame(text, std::string(65'536, 'x'), mask), bytes[0] = '\x8A';
    }
    SUBCASE("a continuation without a beginning") {
        bytes = frame(continuation, "x", mask);
    }
    SUBCASE("a continuation behind a whole message") {
        bytes = text_of("x") + frame(continuation, "x", mask);
    }
    SUBCASE("a message within a message") {
        bytes = frame(text, "x", mask, more) + text_of("y");
    }
    SUBCASE("bytes within a text") {
        bytes = frame(text, "x", mask, more) + frame(binary, "y", mask);
    }
    SUBCASE("125 bytes in a length of 16 bits") {
        bytes = bytes_of({0x82, 0xFE, 0, 125, 0, 0, 0, 0}) + std::string(125, 'x');
    }
    SUBCASE("no bytes in a length of 16 bits") {
        bytes = bytes_of({0x82, 0xFE, 0, 0, 0, 0, 0, 0});
    }
    SUBCASE("65,535 bytes in a length of 64 bits") {
        bytes = bytes_of({0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0});
    }
    SUBCASE("a length with its highest bit set") {
        bytes = bytes_of({0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0});
    }
    SUBCASE("a close of one byte") {
        bytes = frame(closing, "\x03", mask);
    }
    SUBCASE("a close with code 0") {
        bytes = frame(closing, bytes_of({0, 0}), mask);
    }
    SUBCASE("a close with code 999") {
        bytes = frame(closing, bytes_of({0x03, 0xE7}), mask);
    }
    SUBCASE("a close with code 1004") {
        bytes = frame(closing, bytes_of({0x03, 0xEC}), mask);
    }
    SUBCASE("a close with code 1005") {
        bytes = frame(closing, bytes_of({0x03, 0xED}), mask);
    }
    SUBCASE("a close with code 1006") {
        bytes = frame(closing, bytes_of({0x03, 0xEE}), mask);
    }
    SUBCASE("a close with code 1015") {
        bytes = frame(closing, bytes_of({0x03, 0xF7}), mask);
    }
    SUBCASE("a close with code 2999") {
        bytes = frame(closing, bytes_of({0x0B, 0xB7}), mask);
    }
    SUBCASE("a close with code 5000") {
        bytes = frame(closing, bytes_of({0x13, 0x88}), mask);
    }
    CHECK(broken_by(bytes, role) == websocket_code::protocol_error);
}

TEST_CASE("websocket decoder: what isn't UTF-8 ends it with 1007") {
    std::string bytes;
    SUBCASE("a lone continuation byte") {
        bytes = text_of("a\x80");
    }
    SUBCASE("an overlong form") {
        bytes = text_of("\xC0\xAF");
    }
    SUBCASE("a surrogate") {
        bytes = text_of("\xED\xA0\x80");
    }
    SUBCASE("above U+10FFFF") {
        bytes = text_of("\xF4\x90\x80\x80");
    }
    SUBCASE("a character cut by the message's end") {
        bytes = text_of("\xE2\x82");
    }
    SUBCASE("a character cut by the last fragment") {
        bytes = frame(text, "\xE2\x82", mask, more) + frame(continuation, "", mask);
    }
    SUBCASE("a character that goes on wrongly in the next fragment") {
        bytes = frame(text, "\xE2\x82", mask, more) + frame(continuation, "x", mask);
    }
    SUBCASE("the reason of a close") {
        bytes = frame(closing, bytes_of({0x03, 0xE8, 0xFF}), mask);
    }
    SUBCASE("a character cut by the end of a reason") {
        bytes = frame(closing, bytes_of({0x03, 0xE8, 0xE2, 0x82}), mask);
    }
    CHECK(broken_by(bytes) == websocket_code::bad_text);
}

TEST_CASE("websocket decoder: bad text ends it before the frame does") {
    const std::string bytes = text_of("ok \xFF" + std::string(1'000, 'x'));
    CHECK(decode(server, bytes.substr(0, 6 + 2 + 4), 1).back().code == websocket_code::bad_text);
}

TEST_CASE("websocket decoder: a large message ends it with 1009, before it has come") {
    const websocket_limits limits{.message_bytes_max = 10};
    CHECK(broken_by(text_of("12345678901"), server, limits) == websocket_code::too_large);
    CHECK(decode(server, text_of("1234567890"), 1, limits).back().kind == kind::text);
    CHECK(broken_by(frame(text, "123456", mask, more) + frame(continuation, "78901", mask), server,
                    limits) == websocket_code::too_large);
    // The head alone is enough.
    CHECK(broken_by(bytes_of({0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0,
                              0})) == websocket_code::too_large);
    CHECK(broken_by(bytes_of({0x82, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 1, 0, 0, 0, 0})) ==
          websocket_code::too_large);
}

TEST_CASE("websocket decoder: the limit is of one message, not of all") {
    const websocket_limits limits{.message_bytes_max = 10};
    const std::string bytes = text_of("1234567890") + text_of("1234567890");
    CHECK(decode(server, bytes, 3, limits).size() == 2);
}

TEST_CASE("websocket decoder: too many fragments end it with 1008") {
    const websocket_limits limits{.fragments_max = 4};
    std::string bytes = frame(text, "", mask, more);
    for (int i = 0; i < 2; ++i) bytes += frame(continuation, "", mask, more);
    CHECK(decode(server, bytes + frame(continuation, "", mask), 1, limits) ==
          std::vector<seen>{{kind::text, ""}});
    bytes += frame(continuation, "", mask, more);
    CHECK(broken_by(bytes + frame(continuation, "", mask), server, limits) ==
          websocket_code::policy_violation);
}

TEST_CASE("websocket decoder: more than ten pings within a second end it with 1008") {
    const auto last_of = [](int count, std::int64_t apart, websocket_opcode opcode) {
        websocket_decoder decoder(server);
        std::vector<seen> events;
        const std::string bytes = frame(opcode, "", mask);
        for (int i = 0; i < count; ++i) {
            decoder.feed(bytes, timestamp::from_microseconds(5'000'000 + i * apart));
            take_all(decoder, events);
        }
        return events.back();
    };
    for (const auto opcode : {ping, pong}) {
        CHECK(last_of(10, 0, opcode).kind != kind::broken);
        CHECK(last_of(11, 0, opcode).code == websocket_code::policy_violation);
        CHECK(last_of(11, 99'999, opcode).code == websocket_code::policy_violation);
        CHECK(last_of(1'000, 100'000, opcode).kind != kind::broken);
    }
}

TEST_CASE("websocket decoder: a clock that is set back makes no ping too many") {
    websocket_decoder decoder(server);
    std::vector<seen> events;
    const std::string bytes = frame(ping, "", mask);
    for (int i = 0; i < 30; ++i) {
        decoder.feed(bytes, second(1'000 - 50 * i));
        take_all(decoder, events);
    }
    CHECK(events.back().kind == kind::ping);
}

TEST_CASE("websocket decoder: it knows whether a message is on its way") {
    websocket_decoder decoder(server);
    std::vector<seen> events;
    const auto feed = [&](const std::string& bytes) {
        decoder.feed(bytes, second(0));
        take_all(decoder, events);
        return decoder.is_within_message();
    };
    CHECK(!decoder.is_within_message());
    CHECK(feed(bytes_of({0x01})));
    CHECK(feed(bytes_of({0x80, 0, 0, 0, 0})));  // A first fragment, whole.
    CHECK(!feed(frame(continuation, "", mask)));
}

// --- whatever comes ------------------------------------------------------------------------------

namespace {

struct spoken {
    std::string bytes{};
    std::vector<seen> says{};
};

/// A conversation as it may be, in frames of all kinds.
spoken any_conversation(websocket_role role) {
    spoken all;
    const auto draw_mask = [&]() -> std::optional<std::uint32_t> {
        if (role == client) return {};
        return *rc::gen::arbitrary<std::uint32_t>();
    };
    int controls = 0;
    const auto maybe_control = [&] {
        if (controls == 10 || *rc::gen::inRange(0, 4) != 0) return;
        ++controls;
        const auto opcode = *rc::gen::element(ping, pong);
        const std::string payload(*rc::gen::inRange<std::size_t>(0, 126), 'c');
        all.bytes += frame(opcode, payload, draw_mask());
        all.says.push_back({opcode == ping ? kind::ping : kind::pong, payload});
    };
    const int messages = *rc::gen::inRange(1, 6);
    for (int i = 0; i < messages; ++i) {
        const bool is_text = *rc::gen::arbitrary<bool>();
        std::string message;
        const auto count = *rc::gen::element<std::size_t>(0, 1, 5, 40, 125, 126, 300, 70'000);
        while (message.size() < count)
            message += *rc::gen::element<std::string>("a", "é", "€", "🌍", "0123456789");
        std::size_t at = 0, fragments = 0;
        for (auto opcode = is_text ? text : binary;; opcode = continuation) {
            auto size = *rc::gen::inRange<std::size_t>(0, message.size() - at + 1);
            if (++fragments == 9) size = message.size() - at;
            const bool is_last = at + size == message.size();
            all.bytes += frame(opcode, std::string_view(message).substr(at, size), draw_mask(),
                               is_last ? websocket_part::last : more);
            at += size;
            if (is_last) break;
            maybe_control();
        }
        all.says.push_back({is_text ? kind::text : kind::binary, message});
        maybe_control();
    }
    return all;
}

}  // namespace

TEST_CASE("websocket decoder: what is encoded is decoded, in any fragments and any pieces") {
    const auto holds = rc::check([] {
        const auto role = *rc::gen::element(server, client);
        const spoken all = any_conversation(role);
        const auto piece = *rc::gen::element<std::size_t>(1, 2, 3, 7, 13, 64, 1'000, SIZE_MAX);
        RC_ASSERT(decode(role, all.bytes, piece) == all.says);
    });
    CHECK(holds);
}

TEST_CASE("websocket decoder: a changed byte never makes the pieces matter") {
    const auto holds = rc::check([] {
        const auto role = *rc::gen::element(server, client);
        spoken all = any_conversation(role);
        const auto at =
            *rc::gen::inRange<std::size_t>(0, std::min<std::size_t>(all.bytes.size(), 40));
        all.bytes[at] = *rc::gen::arbitrary<char>();
        const auto piece = *rc::gen::element<std::size_t>(1, 2, 5, 100);
        RC_ASSERT(decode(role, all.bytes, piece) == decode(role, all.bytes));
    });
    CHECK(holds);
}

TEST_CASE("websocket decoder: it keeps one message and no more, whatever comes") {
    const auto holds = rc::check([] {
        const websocket_limits limits{.message_bytes_max =
                                          *rc::gen::element<std::size_t>(0, 100, 1'000, 40'000)};
        const auto role = *rc::gen::element(server, client);
        spoken all = any_conversation(role);
        const auto piece = *rc::gen::inRange<std::size_t>(1, 5'000);
        websocket_decoder decoder(role, limits);
        for (std::size_t at = 0; at < all.bytes.size(); at += piece) {
            const auto part = std::string_view(all.bytes).substr(at, piece);
            decoder.feed(part, second(0));
            while (decoder.next())
                RC_ASSERT(decoder.memory() <= sizeof decoder + limits.message_bytes_max + 32);
            RC_ASSERT(decoder.memory() <= sizeof decoder + limits.message_bytes_max + 32);
        }
    });
    CHECK(holds);
}

TEST_CASE("websocket decoder: a head that announces much takes no memory yet") {
    websocket_decoder decoder(server);
    const std::string head = bytes_of({0x82, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4});
    decoder.feed(head, second(0));
    CHECK(!decoder.next());
    CHECK(decoder.memory() < sizeof decoder + 64);
    decoder.feed("0123456789", second(0));
    CHECK(!decoder.next());
    CHECK(decoder.memory() < sizeof decoder + 64);
}

TEST_CASE("websocket decoder: the memory of a large message goes with it") {
    websocket_decoder decoder(server);
    const std::string large = text_of(std::string(1'000'000, 'x'));
    decoder.feed(large, second(0));
    REQUIRE(decoder.next());
    CHECK(decoder.memory() >= 1'000'000);
    CHECK(!decoder.next());
    CHECK(decoder.memory() < sizeof decoder + 64);
}
