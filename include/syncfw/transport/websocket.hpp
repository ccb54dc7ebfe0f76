// SPDX-License-Identifier: BSL-1.0
// WebSocket (RFC 6455) without a socket: bytes go in, events come out, and bytes to be written.
//
//     // a server, in its handler of GET /pokes, once it knows who asks
//     auto accepted = accept_websocket(offer);               // the handshake
//     websocket_peer peer(websocket_role::server, now);      // the connection
//     peer.feed(bytes, now);
//     while (auto event = peer.next()) handle(*event);
//     write(peer.output());
//
// `websocket_peer` is one end with everything that a connection needs; beneath it are
// `websocket_decoder` and `append_frame`, for whoever wants no more than frames. There are no
// extensions, so no compression either: nothing can be larger than it says.
#pragma once

// IWYU pragma: begin_exports
#include <syncfw/transport/websocket/decoder.hpp>
#include <syncfw/transport/websocket/frame.hpp>
#include <syncfw/transport/websocket/handshake.hpp>
#include <syncfw/transport/websocket/peer.hpp>
// IWYU pragma: end_exports
