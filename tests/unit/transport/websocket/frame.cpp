// SPDX-License-Identifier: BSL-1.0
// Goal: frames are written as RFC 6455 has them. Method: its examples byte by byte, and the
// lengths where the head changes.
#include "scene.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

using namespace websockets;

TEST_CASE("websocket frame: the standard's examples are written so") {
    using enum websocket_opcode;
    CHECK(frame(text, "Hello") == bytes_of({0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}));
    CHECK(frame(text, "Hello", 0x37fa213d) ==
          bytes_of({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}));
    CHECK(frame(text, "Hel", {}, websocket_part::more_follows) ==
          bytes_of({0x01, 0x03, 0x48, 0x65, 0x6c}));
    CHECK(frame(continuation, "lo") == bytes_of({0x80, 0x02, 0x6c, 0x6f}));
    CHECK(frame(ping, "Hello") == bytes_of({0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}));
    CHECK(frame(pong, "Hello", 0x37fa213d) ==
          bytes_of({0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}));
    CHECK(frame(binary, std::string(256, 'x')).substr(0, 4) == bytes_of({0x82, 0x7E, 0x01, 0x00}));
    CHECK(frame(binary, std::string(65'536, 'x')).substr(0, 10) ==
          bytes_of({0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0}));
}

TEST_CASE("websocket frame: a length is written in its shortest form") {
    const auto head_size = [](std::size_t payload) {
        return frame(websocket_opcode::binary, std::string(payload, 'x')).size() - payload;
    };
    CHECK(head_size(0) == 2);
    CHECK(head_size(125) == 2);
    CHECK(head_size(126) == 4);
    CHECK(head_size(65'535) == 4);
    CHECK(head_size(65'536) == 10);
}

TEST_CASE("websocket frame: masking twice, in pieces of any size, changes nothing") {
    const auto holds = rc::check([](const std::string& text, std::uint32_t bits) {
        const auto piece = *rc::gen::inRange<std::size_t>(1, 20);
        detail::websocket_mask whole(bits), parts(bits);
        std::string masked(text.size(), '\0'), back(text.size(), '\0');
        whole.apply(text.data(), masked.data(), text.size());
        for (std::size_t i = 0; i < text.size(); ++i) {
            const unsigned key = bits >> (24 - 8 * (i % 4)) & 0xFF;
            RC_ASSERT(masked[i] == static_cast<char>(static_cast<unsigned char>(text[i]) ^ key));
        }
        for (std::size_t at = 0; at < masked.size(); at += piece)
            parts.apply(masked.data() + at, back.data() + at,
                        detail::smaller(piece, masked.size() - at));
        RC_ASSERT(back == text);
    });
    CHECK(holds);
}

TEST_CASE("websocket frame: a close carries its code and its reason, or nothing") {
    CHECK(close_frame(websocket_code::none) == bytes_of({0x88, 0x00}));
    CHECK(close_frame(websocket_code::normal) == bytes_of({0x88, 0x02, 0x03, 0xE8}));
    CHECK(close_frame(websocket_code::unauthorized, "no") ==
          bytes_of({0x88, 0x04, 0x11, 0x31, 'n', 'o'}));
}

TEST_CASE("websocket frame: a long reason is cut at a whole character") {
    const std::string exact(123, 'x');
    CHECK(close_frame(websocket_code::normal, exact + "y").substr(4) == exact);
    const std::string before(121, 'x');
    CHECK(close_frame(websocket_code::normal, before + "€€").substr(4) == before);
    CHECK(close_frame(websocket_code::normal, before + "éé").substr(4) == before + "é");
}

TEST_CASE("websocket frame: only codes with a meaning for the other side may be sent") {
    const auto is_good = [](int number) {
        return is_sendable(static_cast<websocket_code>(number));
    };
    for (const int good : {1000, 1001, 1002, 1003, 1007, 1008, 1011, 1013, 1014, 3000, 4401, 4999})
        CHECK_MESSAGE(is_good(good), good);
    for (const int bad : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65'535})
        CHECK_MESSAGE(!is_good(bad), bad);
}
