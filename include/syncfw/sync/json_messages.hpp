// SPDX-License-Identifier: BSL-1.0
// The engine's messages as JSON, for people who look at the wire and for clients that are written
// in other languages. docs/reference/json-protocol.md shows the shapes.
//
//     result<pull_message> asked = decode_json<pull_message>(body);
//     if (!asked) return refuse(asked.error());     // entities[1].steps[0].op: expected …
//     result<pull_answer<library>> page = hub.pull(who, *asked);
//     send(page ? encode_json(*page) : encode_json(failure_message{page.error()}));
//
// It says all that the binary form says, so that a replica behaves the same over either; only the
// payload of a NaN is lost. Reading is as strict: sizes, depths, counts, types, members that come
// twice or that nobody knows are refused, and the error has the place. A client written by hand may
// leave out what it has no use for, down to this push:
//
//     {"operations":[{"id":"5e0a…","entity":"book","changed":{"id":"91c3…","title":"Dune"}}]}
//
// The engine itself doesn't include this header.
#pragma once

#include <syncfw/codec/cipher.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/sync/detail/json_bodies.hpp>
#include <syncfw/sync/messages.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace syncfw {

/// No message is larger. What takes requests of strangers has its own, smaller limit.
inline constexpr std::size_t json_message_size_max = 64 << 20;

/// Appends one of the five messages.
template <class Message>
void append_json(buffer& out, const Message& message);
/// The same of one whose rows have encrypted fields: of these it has the base64 of the ciphertext.
/// Fails where the cipher does, and then appends nothing.
template <class Message>
result<void> append_json(buffer& out, const Message& message, const cipher_view& keys);

template <class Message>
[[nodiscard]] std::string encode_json(const Message& message) {
    buffer out;
    append_json(out, message);
    return std::string(out.view());
}
template <class Message>
[[nodiscard]] result<std::string> encode_json(const Message& message, const cipher_view& keys) {
    buffer out;
    if (auto done = append_json(out, message, keys); !done) return done.error();
    return std::string(out.view());
}
/// A failure with a word of its own for programs to branch on, as a service's errors have one;
/// the code's name stands beside it.
[[nodiscard]] inline std::string encode_json(const failure_message& message, std::string_view word);

/// Gives the other side's error in place of an answer where it sent one.
template <class Message>
[[nodiscard]] result<Message> decode_json(std::string_view text,
                                          std::size_t size_max = json_message_size_max);
/// The same of one whose rows have encrypted fields. A ciphertext that does not open fails the
/// whole message; the error says which field it is, and the key that it is under.
template <class Message>
[[nodiscard]] result<Message> decode_json(std::string_view text, const cipher_view& keys,
                                          std::size_t size_max = json_message_size_max);

}  // namespace syncfw

// --- how it is done ------------------------------------------------------------------------------

namespace syncfw {

template <class Message>
void append_json(buffer& out, const Message& message) {
    static_assert(!detail::has_sealed_rows<Message>,
                  "syncfw: this message has rows with encrypted fields; give a cipher as well");
    (void)append_json(out, message, cipher_view());
}

template <class Message>
result<void> append_json(buffer& out, const Message& message, const cipher_view& keys) {
    const std::size_t before = out.size();
    detail::json::sealing sealed{.keys = keys};
    detail::json::append_body(out, message, sealed);
    if (!sealed.failed) return {};
    out.truncate(before);
    return std::move(*sealed.failed);
}

inline std::string encode_json(const failure_message& message, std::string_view word) {
    buffer out;
    detail::json::append_failure(out, message.why, word);
    return std::string(out.view());
}

template <class Message>
result<Message> decode_json(std::string_view text, std::size_t size_max) {
    static_assert(!detail::has_sealed_rows<Message>,
                  "syncfw: this message has rows with encrypted fields; give a cipher as well");
    return decode_json<Message>(text, cipher_view(), size_max);
}

template <class Message>
result<Message> decode_json(std::string_view text, const cipher_view& keys, std::size_t size_max) {
    constexpr message_kind kind = detail::kind_for<Message>;
    constexpr bool is_answer =
        kind == message_kind::push_answer || kind == message_kind::pull_answer;
    constexpr auto unknown = is_answer ? json::members::ignored : json::members::refused;
    const json::options rules{.unknown = unknown,
                              .forbidden = unknown,
                              .depth_max = detail::json::message_depth_max,
                              .size_max = size_max};
    detail::json::reader r = detail::json::make_reader(text, rules);
    r.keys = keys;
    const char* const in = detail::json::begin_input(r);
    if constexpr (kind != message_kind::failure)
        if (detail::json::begins_failure(in, r)) {
            auto failed = detail::json::decode_message<failure_message>(r, in);
            return failed ? failed->why : failed.error();
        }
    return detail::json::decode_message<Message>(r, in);
}

}  // namespace syncfw
