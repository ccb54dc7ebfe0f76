// SPDX-License-Identifier: BSL-1.0
// How a connection becomes a WebSocket: the fields of one HTTP request and of its answer.
//
//     const websocket_offer offer{.upgrade = head["Upgrade"], .connection = head["Connection"],
//                                 .version = head["Sec-WebSocket-Version"],
//                                 .key = head["Sec-WebSocket-Key"]};
//     auto accepted = accept_websocket(offer);      // the server
//     if (!accepted) return refuse(accepted.error());
//     answer(101, {{"Sec-WebSocket-Accept", *accepted}, ...});
//
// The caller has checked the rest: a GET over HTTP/1.1, who asks, and from which origin, all before
// it answers 101. A field that came several times is given as one list with commas, as HTTP has it.
#pragma once

#include <syncfw/core/result.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace syncfw {

/// What a request says of it. A field that it has not is empty.
struct websocket_offer {
    std::string_view upgrade{};
    std::string_view connection{};
    std::string_view version{};
    std::string_view key{};
};

/// The value for `Sec-WebSocket-Accept`. Fails with `errc::unsupported_format` for another version
/// than 13 (to be answered by 426 and `Sec-WebSocket-Version: 13`), else with `errc::malformed`.
[[nodiscard]] result<std::string> accept_websocket(const websocket_offer& offer);

/// What the answer says. Any extension is one that we did not ask for.
struct websocket_answer {
    int status = 0;
    std::string_view upgrade{};
    std::string_view connection{};
    std::string_view accept{};
    std::string_view extensions{};
    std::string_view subprotocol{};
};

/// Whether the answer to our key makes a WebSocket. `subprotocol` is the one that was offered,
/// empty for none: a server may choose it or none. Fails with `errc::malformed`, and with
/// `errc::peer_unavailable` for a status that isn't 101: what that means is the caller's to say.
[[nodiscard]] result<void> check_websocket_answer(const websocket_answer& answer,
                                                  std::string_view key,
                                                  std::string_view subprotocol = {});

/// A client's key out of 16 random bytes. A new one for each connection.
[[nodiscard]] std::string make_websocket_key(const std::array<unsigned char, 16>& chance);

/// Whether it is 16 bytes in base64, written in the one right way.
[[nodiscard]] bool is_websocket_key(std::string_view key);

/// What a server answers to a key.
[[nodiscard]] std::string websocket_accept_key(std::string_view key);

/// Whether a list such as `keep-alive, Upgrade` has the token, in any case of its letters.
[[nodiscard]] bool has_token(std::string_view list, std::string_view token);

/// Whether a client's `Sec-WebSocket-Protocol` offers the one; here the case counts.
[[nodiscard]] bool offers_subprotocol(std::string_view list, std::string_view name);

}  // namespace syncfw

#include <syncfw/transport/detail/websocket_handshake.hpp>
