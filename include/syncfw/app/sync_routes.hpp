// SPDX-License-Identifier: BSL-1.0
// The routes by which a server of the engine is reached over HTTP.
//
//     syncfw::poke_hub pokes;
//     syncfw::http::router routes(syncfw::checked_by(verifier));
//     syncfw::add_sync_routes(routes, hub, pokes);
//
// | route                                | what it does                                          |
// |--------------------------------------|-------------------------------------------------------|
// | POST /sync/messages                  | the engine's own messages, in binary; see `http_link`  |
// | GET  /sync/status                    | how the tenant's store stands                         |
// | GET  /sync/conflicts                 | the conflicts that wait for a person                  |
// | POST /sync/conflicts/{id}/resolve    | settles one, see <syncfw/app/conflict_routes.hpp>      |
// | GET  /sync/stream                    | says `poke` whenever there is something to pull       |
//
// Whose rows they are about, the token says. The stream is a WebSocket for who asks for one, else
// Server-Sent Events; it ends with its token, and a poke that is lost loses nothing. A subject who
// has as many streams open as it may is answered with 429.
#pragma once

#include <syncfw/app/conflict_routes.hpp>
#include <syncfw/app/detail/route_answers.hpp>
#include <syncfw/app/detail/shared_stream.hpp>
#include <syncfw/sync/environment.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/http/router.hpp>
#include <syncfw/transport/http/typed.hpp>
#include <syncfw/transport/http_link.hpp>
#include <syncfw/transport/poke.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

/// A check of tokens as routers take it, by the machine's clock. The verifier must outlive it.
template <class Verifier>
[[nodiscard]] http::token_check checked_by(Verifier& verifier) {
    return [&verifier](std::string_view token) {
        return verifier.verify(token, system_environment().now());
    };
}

/// Takes everybody for this one: for tests, and for a machine of one's own.
[[nodiscard]] inline http::token_check trusting(principal who) {
    return [who = std::move(who)](std::string_view) -> result<principal> { return who; };
}

struct sync_route_rules {
    http::access synchronise = http::needs_token;
    http::access resolve = http::needs_token;
    /// So many streams one subject may have open: each is a connection.
    std::size_t streams_max = 32;
};

/// The server and the hub of pokes must outlive the routes. A push that took effect pokes;
/// where other processes write to the same database, their word must come to the hub as well.
template <class Server>
void add_sync_routes(http::router& routes, Server& hub, poke_hub& pokes,
                     const sync_route_rules& rules = {});

/// The stream alone, at another path.
void add_stream_route(http::router& routes, poke_hub& pokes, const std::string& path,
                      const http::access& who,
                      std::size_t streams_max = sync_route_rules().streams_max);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

/// How the tenant's store stands, as clients see it.
struct told_status {
    bool success = true;
    std::int64_t lastSequence = 0;
    std::int64_t conflicts = 0;
};

[[nodiscard]] inline http::response stream_of_pokes(poke_hub& pokes, stream_shares& shares,
                                                    const principal& who) {
    return shared_stream(
        shares, who,
        [&pokes, whose = who.tenant](
            const std::shared_ptr<http::stream>& open) -> result<std::shared_ptr<void>> {
            auto subscribed = pokes.subscribe(whose, [open] { open->send(poke_word); });
            if (!subscribed) return subscribed.error();
            // What came between the last pull and this moment is not missed.
            open->send(poke_word);
            return std::shared_ptr<void>(
                std::make_shared<poke_subscription>(std::move(*subscribed)));
        });
}

}  // namespace detail

template <class Server>
void add_sync_routes(http::router& routes, Server& hub, poke_hub& pokes,
                     const sync_route_rules& rules) {
    using http::call, http::response, http::error_response;
    const auto messages = [&](const call& made) -> response {
        if (made.asked.field("Content-Type") != http_link::media_type)
            return error_response(415, "this is for the engine's own messages");
        std::string answer = hub.handle(detail::caller_of(made), made.asked.body);
        if (kind_of(answer) == message_kind::push_answer) {
            // What is sealed can't be read here, and may have taken effect.
            const auto told =
                decode<push_answer<typename Server::schema_type>>(answer, cipher_view());
            if (!told || detail::took_effect(*told)) pokes.poke(made.who.tenant);
        }
        return {.body = std::move(answer), .content_type = std::string(http_link::media_type)};
    };
    routes.add("POST", http_link::path, rules.synchronise,
               http::typed({.summary = "The engine's own messages, in binary",
                            .errors = {415},
                            .content_type = std::string(http_link::media_type)},
                           messages));
    add_stream_route(routes, pokes, "/sync/stream", rules.synchronise, rules.streams_max);
    const auto status = [&hub](const call& made) -> result<detail::told_status> {
        auto seen = hub.status(made.who.tenant);
        if (!seen) return seen.error();
        return detail::told_status{.lastSequence = seen->last_sequence,
                                   .conflicts = seen->open_conflicts};
    };
    routes.add("GET", "/sync/status", rules.synchronise,
               http::typed({.summary = "How the tenant's store stands"}, status));
    add_conflict_routes(routes, hub, pokes, "/sync/conflicts", rules.resolve);
}

inline void add_stream_route(http::router& routes, poke_hub& pokes, const std::string& path,
                             const http::access& who, std::size_t streams_max) {
    const auto shares = std::make_shared<detail::stream_shares>(streams_max);
    routes.add(
        "GET", path, who,
        http::typed({.summary = "Says that there is something to pull",
                     .description = "A WebSocket for who asks for one, else an event stream.",
                     .errors = {429},
                     .content_type = "text/event-stream"},
                    [&pokes, shares](const http::call& made) {
                        return detail::stream_of_pokes(pokes, *shares, made.who);
                    }));
}

}  // namespace syncfw
