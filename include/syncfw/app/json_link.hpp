// SPDX-License-Identifier: BSL-1.0
// A server that is reached by its JSON routes, as a replica's transport: the same messages, but
// such that everybody can read them on their way.
//
//     auto line = syncfw::http_json_line::make("https://books.example", {.token = my_token});
//     if (!line) return fail(line.error());
//     syncfw::json_link<library, syncfw::http_json_line> link(std::move(*line));
//     syncfw::replica mine(store, link, whose);
//     auto report = mine.sync();
//
// Entities with encrypted fields travel as ciphertext; the link gets the keys of the replica's
// tenant: `json_link<clinic, http_json_line, keyring_cipher> link(std::move(*line),
// keys.for_tenant(whose))`.
//
// Where nobody has to look, `http_link` says the same in fewer bytes.
#pragma once

#include <syncfw/codec/cipher.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/sync/json_messages.hpp>
#include <syncfw/transport/http/client.hpp>
#include <syncfw/transport/http_link.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

/// What came back from a route.
struct json_reply {
    int status = 0;
    std::string body{};
};

/// What asks a route. It fails as a transport does; any status is a reply.
template <class L>
concept json_line = requires(L& line, std::string_view path, std::string_view body) {
    { line.ask(path, body) } -> std::same_as<result<json_reply>>;
};

/// One that works in two halves, too; then the link does as well, see transport.hpp.
template <class L>
concept json_line_in_halves =
    json_line<L> && requires(L& line, std::string_view path, std::string_view body) {
        { line.begin(path, body) } -> std::same_as<result<void>>;
        { line.finish() } -> std::same_as<result<json_reply>>;
        line.forget();
    };

/// The routes of json_routes.hpp, over HTTP.
class http_json_line {
  public:
    [[nodiscard]] static result<http_json_line> make(std::string_view address,
                                                     http::client_options options = {}) {
        auto line = http::client::make(address, std::move(options));
        if (!line) return line.error();
        return http_json_line(std::move(*line));
    }

    [[nodiscard]] result<json_reply> ask(std::string_view path, std::string_view body) {
        return reply_of(line_.ask(asking(path, body)));
    }

    // In two halves.
    [[nodiscard]] result<void> begin(std::string_view path, std::string_view body) {
        return line_.begin(asking(path, body));
    }
    [[nodiscard]] result<json_reply> finish() { return reply_of(line_.finish()); }
    void forget() noexcept { line_.forget(); }

    /// What the server asked for with its last answer, in microseconds: for `sync_schedule::ended`.
    [[nodiscard]] std::int64_t retry_after() const noexcept { return retry_after_; }

  private:
    explicit http_json_line(http::client line) : line_(std::move(line)) {}
    [[nodiscard]] static http::question asking(std::string_view path, std::string_view body) {
        return {.method = "POST", .path = std::string(path), .body = body, .is_repeatable = true};
    }
    [[nodiscard]] result<json_reply> reply_of(result<http::answer> got);

    http::client line_;
    std::int64_t retry_after_ = 0;
};

/// A transport for replicas of this schema.
template <class Schema, json_line Line, class Cipher = detail::no_cipher>
class json_link {
    static_assert(!detail::has_encrypted_entities<Schema> || field_cipher<Cipher>,
                  "syncfw: these entities have encrypted fields; give the link the cipher of the "
                  "replica's tenant");

  public:
    explicit json_link(Line line, Cipher keys = {})
        : line_(std::move(line)), keys_(std::move(keys)) {}

    /// The engine's bytes, of a push or a pull.
    [[nodiscard]] result<std::string> exchange(std::string_view request);

    // In two halves, see transport.hpp.
    [[nodiscard]] result<void> begin(std::string_view request)
        requires json_line_in_halves<Line>;
    [[nodiscard]] result<std::string> finish()
        requires json_line_in_halves<Line>
    {
        return answer_of<pull_answer<Schema>>(line_.finish());
    }
    void forget() noexcept
        requires json_line_in_halves<Line>
    {
        line_.forget();
    }

    [[nodiscard]] Line& line() noexcept { return line_; }

  private:
    template <class Asked, class Answer>
    [[nodiscard]] result<std::string> exchange_as(std::string_view path, std::string_view request);
    template <class Answer>
    [[nodiscard]] result<std::string> answer_of(const result<json_reply>& reply) const;
    [[nodiscard]] static error no_request() {
        return {.code = errc::unsupported_format,
                .message =
                    "this is no request of protocol version " + std::to_string(protocol_version)};
    }

    [[nodiscard]] cipher_view keys() const noexcept {
        if constexpr (field_cipher<Cipher>)
            return cipher_view(keys_);
        else
            return {};
    }

    static constexpr std::string_view push_path = "/sync/push", pull_path = "/sync/pull";
    Line line_;
    [[no_unique_address]] Cipher keys_;
};

// --- how it is done ------------------------------------------------------------------------------

inline result<json_reply> http_json_line::reply_of(result<http::answer> got) {
    retry_after_ = 0;
    if (!got) return got.error();
    retry_after_ = detail::retry_after_in(*got);
    return json_reply{got->status, std::move(got->body)};
}

template <class Schema, json_line Line, class Cipher>
result<std::string> json_link<Schema, Line, Cipher>::exchange(std::string_view request) {
    switch (kind_of(request)) {
        case message_kind::push:
            return exchange_as<push_message<Schema>, push_answer<Schema>>(push_path, request);
        case message_kind::pull:
            return exchange_as<pull_message, pull_answer<Schema>>(pull_path, request);
        default: return no_request();
    }
}

template <class Schema, json_line Line, class Cipher>
result<void> json_link<Schema, Line, Cipher>::begin(std::string_view request)
    requires json_line_in_halves<Line>
{
    if (kind_of(request) != message_kind::pull) return no_request();
    const auto asked = decode<pull_message>(request);
    if (!asked) return asked.error();
    return line_.begin(pull_path, encode_json(*asked));
}

template <class Schema, json_line Line, class Cipher>
template <class Asked, class Answer>
result<std::string> json_link<Schema, Line, Cipher>::exchange_as(std::string_view path,
                                                                 std::string_view request) {
    const auto asked = decode<Asked>(request, keys());
    if (!asked) return asked.error();
    const auto body = encode_json(*asked, keys());
    if (!body) return body.error();
    return answer_of<Answer>(line_.ask(path, *body));
}

template <class Schema, json_line Line, class Cipher>
template <class Answer>
result<std::string> json_link<Schema, Line, Cipher>::answer_of(
    const result<json_reply>& reply) const {
    if (!reply) return reply.error();
    if (reply->status == 200) {
        auto answer = decode_json<Answer>(reply->body, keys());
        if (answer) return encode(*answer, keys());
        // Nobody knows what became of the request; it is asked again.
        error why = std::move(answer).error();
        why.code = errc::malformed;
        return why;
    }
    // What the engine itself refused had no effect, and is its answer. All else is told by what
    // stands before it: the transport failed.
    const auto refused = decode_json<failure_message>(reply->body);
    if (refused) return encode(*refused);
    // Too large for whoever looked at it: a replica sends less at a time.
    if (reply->status == 413)
        return encode(failure_message{detail::refused_by_status(reply->status)});
    return detail::refused_by_status(reply->status);
}

}  // namespace syncfw
