// SPDX-License-Identifier: BSL-1.0
// Goal: a handshake is accepted by the letter of RFC 6455, on both sides. Method: the standard's
// example, and each field made wrong alone.
#include <syncfw/transport/websocket/handshake.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <array>
#include <string>

using namespace syncfw;

namespace {

constexpr std::string_view sample_key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view sample_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

websocket_offer good_offer() {
    return {.upgrade = "websocket",
            .connection = "keep-alive, Upgrade",
            .version = "13",
            .key = sample_key};
}

websocket_answer good_answer() {
    return {
        .status = 101, .upgrade = "WebSocket", .connection = "upgrade", .accept = sample_accept};
}

errc refusal(const websocket_offer& offer) {
    const auto accepted = accept_websocket(offer);
    REQUIRE(!accepted);
    CHECK(!accepted.error().message.empty());
    return accepted.error().code;
}

errc refusal(const websocket_answer& answer) {
    const auto checked = check_websocket_answer(answer, sample_key, "syncfw");
    REQUIRE(!checked);
    CHECK(!checked.error().message.empty());
    return checked.error().code;
}

}  // namespace

TEST_CASE("websocket handshake: the standard's key gets the standard's answer") {
    CHECK(websocket_accept_key(sample_key) == sample_accept);
    CHECK(accept_websocket(good_offer()).value() == sample_accept);
    CHECK(check_websocket_answer(good_answer(), sample_key));
}

TEST_CASE("websocket handshake: an offer with one wrong field is refused") {
    auto offer = good_offer();
    SUBCASE("no upgrade") {
        offer.upgrade = "";
    }
    SUBCASE("an upgrade to something else") {
        offer.upgrade = "h2c";
    }
    SUBCASE("an upgrade that only begins so") {
        offer.upgrade = "websockets";
    }
    SUBCASE("a connection that says nothing of it") {
        offer.connection = "keep-alive";
    }
    SUBCASE("a connection that only contains the word") {
        offer.connection = "no-upgrade";
    }
    SUBCASE("no key") {
        offer.key = "";
    }
    SUBCASE("a key of 15 bytes") {
        offer.key = "dGhlIHNhbXBsZSBub25j";
    }
    SUBCASE("a key of 18 bytes") {
        offer.key = "dGhlIHNhbXBsZSBub25jZWVl";
    }
    SUBCASE("a key of 17 bytes") {
        offer.key = "dGhlIHNhbXBsZSBub25jZWU=";
    }
    SUBCASE("a key with bits left over") {
        offer.key = "dGhlIHNhbXBsZSBub25jZR==";
    }
    SUBCASE("a key in another alphabet") {
        offer.key = "dGhlIHNhbXBsZSBub2_-ZQ==";
    }
    SUBCASE("two keys") {
        offer.key = "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==";
    }
    CHECK(refusal(offer) == errc::malformed);
}

TEST_CASE("websocket handshake: another version is told apart, for the answer 426") {
    auto offer = good_offer();
    for (const std::string_view version : {"", "8", "12", "13, 8", "013", "130"}) {
        offer.version = version;
        CHECK(refusal(offer) == errc::unsupported_format);
    }
}

TEST_CASE("websocket handshake: blanks around a field and the case of its words don't matter") {
    const websocket_offer offer{.upgrade = "foo,\tWebSocket",
                                .connection = " UPGRADE ,close",
                                .version = " 13 ",
                                .key = "\tdGhlIHNhbXBsZSBub25jZQ== "};
    CHECK(accept_websocket(offer).value() == sample_accept);
}

TEST_CASE("websocket handshake: an answer with one wrong field is refused") {
    auto answer = good_answer();
    SUBCASE("no accept") {
        answer.accept = "";
    }
    SUBCASE("another key's accept") {
        answer.accept = "T3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    }
    SUBCASE("no upgrade") {
        answer.upgrade = "";
    }
    SUBCASE("no connection") {
        answer.connection = "keep-alive";
    }
    SUBCASE("an extension") {
        answer.extensions = "permessage-deflate";
    }
    SUBCASE("a subprotocol that was not offered") {
        answer.subprotocol = "chat";
    }
    CHECK(refusal(answer) == errc::malformed);
}

TEST_CASE("websocket handshake: another status than 101 is no WebSocket") {
    for (const int status : {0, 100, 200, 302, 401, 426, 503}) {
        auto answer = good_answer();
        answer.status = status;
        CHECK(refusal(answer) == errc::peer_unavailable);
    }
}

TEST_CASE("websocket handshake: a server may choose the offered subprotocol, or none") {
    auto answer = good_answer();
    CHECK(check_websocket_answer(answer, sample_key, "syncfw"));
    answer.subprotocol = "syncfw";
    CHECK(check_websocket_answer(answer, sample_key, "syncfw"));
    CHECK(!check_websocket_answer(answer, sample_key));
    CHECK(offers_subprotocol("chat, syncfw", "syncfw"));
    CHECK(!offers_subprotocol("chat, SyncFW", "syncfw"));
    CHECK(!offers_subprotocol("", ""));
}

TEST_CASE("websocket handshake: a token is found as a whole, anywhere in its list") {
    CHECK(has_token("a,b,c", "c"));
    CHECK(has_token("a", "A"));
    CHECK(has_token(" , ,upgrade", "Upgrade"));
    CHECK(!has_token("upgrade2", "upgrade"));
    CHECK(!has_token("up grade", "upgrade"));
    CHECK(!has_token("", "upgrade"));
    CHECK(!has_token("a,,b", ""));
}

TEST_CASE("websocket handshake: any 16 bytes make a key that a server takes") {
    const auto holds = rc::check([] {
        const auto chance =
            *rc::gen::container<std::array<unsigned char, 16>>(rc::gen::arbitrary<unsigned char>());
        const std::string key = make_websocket_key(chance);
        RC_ASSERT(is_websocket_key(key));
        auto offer = good_offer();
        offer.key = key;
        const std::string accepted = accept_websocket(offer).value();
        auto answer = good_answer();
        answer.accept = accepted;
        RC_ASSERT(check_websocket_answer(answer, key).has_value());
    });
    CHECK(holds);
}
