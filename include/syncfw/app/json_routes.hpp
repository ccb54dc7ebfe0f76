// SPDX-License-Identifier: BSL-1.0
// The routes by which clients of any language synchronise with a server of the engine: JSON over
// HTTP, as docs/reference/json-protocol.md has it.
//
//     syncfw::add_sync_routes(routes, hub, pokes);
//     syncfw::add_json_sync_routes(routes, hub, pokes);
//
// | route           | what it does                                             |
// |-----------------|----------------------------------------------------------|
// | POST /sync/push | takes operations, and says of each how it ended          |
// | POST /sync/pull | gives what changed behind a cursor, and the next cursor  |
//
// What takes effect or is refused row by row is 200. A request that is refused as a whole had no
// effect: 400 with the field, 409 where the schemas differ, 410 where the client has to read all
// anew, 413 where it is too much at a time, 415 where it isn't `application/json`. Of encrypted
// fields both directions have the ciphertext, which the server opens with its store's keys.
#pragma once

#include <syncfw/app/detail/route_answers.hpp>
#include <syncfw/app/sync_routes.hpp>
#include <syncfw/sync/json_messages.hpp>
#include <syncfw/transport/http/router.hpp>
#include <syncfw/transport/http/typed.hpp>
#include <syncfw/transport/poke.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

inline constexpr std::string_view json_push_path = "/sync/push";
inline constexpr std::string_view json_pull_path = "/sync/pull";

/// The server and the hub of pokes must outlive the routes. A push that took effect pokes.
template <class Server>
void add_json_sync_routes(http::router& routes, Server& hub, poke_hub& pokes,
                          const sync_route_rules& rules = {});

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

/// The engine's own refusal, which a replica tells from those of what stands before the engine by
/// the code's name.
[[nodiscard]] inline http::response refusal_as_json(const error& why) {
    http::response given = http::error_response(why);
    given.body = encode_json(failure_message{http::told_of(why)}, http::code_of(given.status));
    return given;
}

/// `ask` gives the engine's answer to the message.
template <class Message, class Server, class Ask>
[[nodiscard]] http::response answer_json(Server& hub, const http::call& made, Ask&& ask) {
    if (!http::says_json(made.asked)) return http::error_response(415, "send application/json");
    const caller who = caller_of(made);
    const auto keys = hub.keys_for(who.tenant);
    auto message = decode_json<Message>(made.asked.body, keys.view());
    if (!message) {
        hub.tell_refused(who, message.error());
        return refusal_as_json(message.error());
    }
    auto answer = ask(who, *message);
    auto body = answer ? encode_json(*answer, keys.view()) : result<std::string>(answer.error());
    if (body) return {.body = std::move(*body)};
    hub.tell_refused(who, body.error());
    return refusal_as_json(body.error());
}

}  // namespace detail

template <class Server>
void add_json_sync_routes(http::router& routes, Server& hub, poke_hub& pokes,
                          const sync_route_rules& rules) {
    using schema_type = typename Server::schema_type;
    using push_type = push_message<schema_type>;
    const auto push = [&](const http::call& made) -> http::response {
        return detail::answer_json<push_type>(hub, made,
                                              [&](const caller& who, const push_type& asked) {
                                                  auto answer = hub.push(who, asked);
                                                  if (answer && detail::took_effect(*answer))
                                                      pokes.poke(who.tenant);
                                                  return answer;
                                              });
    };
    const auto pull = [&](const http::call& made) -> http::response {
        return detail::answer_json<pull_message>(
            hub, made,
            [&](const caller& who, const pull_message& asked) { return hub.pull(who, asked); });
    };
    routes.add("POST", json_push_path, rules.synchronise,
               http::typed({.summary = "Takes what a client wrote",
                            .description = "Says of each operation how it ended.",
                            .errors = {400, 409, 410, 413, 415}},
                           push));
    routes.add("POST", json_pull_path, rules.synchronise,
               http::typed({.summary = "Gives what changed behind a cursor",
                            .description = "An empty cursor begins with all rows.",
                            .errors = {400, 409, 410, 415}},
                           pull));
}

}  // namespace syncfw
