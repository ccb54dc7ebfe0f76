// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/core/detail/base64.hpp>
#include <syncfw/transport/detail/sha1.hpp>
#include <syncfw/transport/http/fields.hpp>
#include <syncfw/transport/websocket/handshake.hpp>

namespace syncfw {

namespace detail {

template <class Is>
[[nodiscard]] constexpr bool any_of_list(std::string_view list, Is&& is) {
    bool found = false;
    http::detail::for_each_element(list, [&](std::string_view each) {
        found = is(each);
        return !found;
    });
    return found;
}

template <std::size_t Size>
[[nodiscard]] std::string in_base64(const std::array<unsigned char, Size>& bytes) {
    std::string text(base64_size(Size), '\0');
    write_base64(text.data(), bytes.data(), Size);
    return text;
}

[[nodiscard]] inline error no_websocket(std::string message) {
    return {.code = errc::malformed, .message = std::move(message)};
}

}  // namespace detail

inline bool has_token(std::string_view list, std::string_view token) {
    if (token.empty()) return false;
    return detail::any_of_list(
        list, [&](std::string_view each) { return http::detail::equal_without_case(each, token); });
}

inline bool offers_subprotocol(std::string_view list, std::string_view name) {
    if (name.empty()) return false;
    return detail::any_of_list(list, [&](std::string_view each) { return each == name; });
}

inline std::string make_websocket_key(const std::array<unsigned char, 16>& chance) {
    return detail::in_base64(chance);
}

inline bool is_websocket_key(std::string_view key) {
    std::string bytes;
    return key.size() == detail::base64_size(16) && detail::read_base64(key, bytes) &&
           bytes.size() == 16;
}

inline std::string websocket_accept_key(std::string_view key) {
    std::string text(key);
    text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // The standard's, for no other purpose.
    return detail::in_base64(detail::sha1(text));
}

inline result<std::string> accept_websocket(const websocket_offer& offer) {
    if (!has_token(offer.upgrade, "websocket"))
        return detail::no_websocket("the field Upgrade must be websocket");
    if (!has_token(offer.connection, "upgrade"))
        return detail::no_websocket("the field Connection must have the token Upgrade");
    if (http::detail::trimmed(offer.version) != "13")
        return error{.code = errc::unsupported_format,
                     .message = "the field Sec-WebSocket-Version must be 13"};
    const std::string_view key = http::detail::trimmed(offer.key);
    if (!is_websocket_key(key))
        return detail::no_websocket(
            "the field Sec-WebSocket-Key must be 16 bytes in base64, 24 characters");
    return websocket_accept_key(key);
}

inline result<void> check_websocket_answer(const websocket_answer& answer, std::string_view key,
                                           std::string_view subprotocol) {
    if (answer.status != 101)
        return error{.code = errc::peer_unavailable,
                     .message = "the server answered " + std::to_string(answer.status) +
                                " where a WebSocket begins with 101"};
    if (!has_token(answer.upgrade, "websocket") || !has_token(answer.connection, "upgrade"))
        return detail::no_websocket("the server switched to something else than a WebSocket");
    if (http::detail::trimmed(answer.accept) != websocket_accept_key(key))
        return detail::no_websocket(
            "the server's Sec-WebSocket-Accept does not belong to our key: is there a cache "
            "between?");
    if (!http::detail::trimmed(answer.extensions).empty())
        return detail::no_websocket("the server uses an extension that was not asked for");
    const std::string_view chosen = http::detail::trimmed(answer.subprotocol);
    if (!chosen.empty() && chosen != subprotocol)
        return detail::no_websocket("the server chose a subprotocol that was not offered");
    return {};
}

}  // namespace syncfw
