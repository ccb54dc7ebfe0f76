// SPDX-License-Identifier: BSL-1.0
// A stream that tells a user's changes as they happen: a WebSocket for who asks for one, else
// Server-Sent Events.
//
//     syncfw::add_change_stream_route(routes, store, pokes, "/api/stream", http::needs_token);
//
// Each message is one change: `{"type":"book","op":"upsert","data":{…},"cursor":"…"}`. It begins
// with what changes from then on; who was away asks for the changes behind his cursor first. A
// listener who reads too slowly is let go, and does the same.
#pragma once

#include <syncfw/app/detail/shared_stream.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/security/principal.hpp>
#include <syncfw/sync/change_list.hpp>
#include <syncfw/transport/http/message.hpp>
#include <syncfw/transport/http/router.hpp>
#include <syncfw/transport/http/typed.hpp>
#include <syncfw/transport/poke.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace syncfw {

/// `{"type":"book","op":"upsert","data":{…}}`; of what is deleted as well, so that who shows it
/// knows what it was.
[[nodiscard]] inline document to_document(const listed_change& each) {
    return document::object(
        {{"type", each.entity}, {"op", each.is_deleted ? "delete" : "upsert"}, {"data", each.row}});
}

/// Store and hub must outlive the route. Each subject has so many streams at most.
template <class Storage>
void add_change_stream_route(http::router& routes, Storage& store, poke_hub& pokes,
                             const std::string& path, const http::access& who,
                             std::size_t streams_max = 32);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

template <class Storage>
struct change_listener {
    Storage& store;
    tenant_id whose{};
    std::int64_t after = 0;
    std::shared_ptr<http::stream> open{};

    // Called by one thread at a time.
    void tell() {
        bool goes_on = true;
        while (goes_on) {
            auto page = list_changes_after(store, whose, after, {.limit = 100});
            // The listener asks anew; nothing is lost by that.
            if (!page) return open->close(1011, "try again later");
            for (const listed_change& each : page->changes) {
                document told = to_document(each);
                told.set("cursor", page->cursor);
                if (!open->send(syncfw::json::encode(told))) return;
            }
            after = page->until;
            goes_on = page->has_more;
        }
    }
};

template <class Storage>
[[nodiscard]] http::response stream_of_changes(Storage& store, poke_hub& pokes,
                                               stream_shares& shares, const principal& who) {
    // From here on nothing is missed, whenever the stream is open.
    auto tx = begin_read(store, who.tenant);
    if (!tx) return http::error_response(tx.error());
    auto last = tx->last_sequence();
    if (!last) return http::error_response(last.error());
    return shared_stream(shares, who,
                         [&store, &pokes, last = *last,
                          whose = who.tenant](const std::shared_ptr<http::stream>& open) {
                             auto listener = std::make_shared<change_listener<Storage>>(
                                 change_listener<Storage>{store, whose, last, open});
                             auto subscribed =
                                 pokes.subscribe(whose, [listener] { listener->tell(); });
                             if (subscribed) pokes.poke(whose);
                             return subscribed;
                         });
}

}  // namespace detail

template <class Storage>
void add_change_stream_route(http::router& routes, Storage& store, poke_hub& pokes,
                             const std::string& path, const http::access& who,
                             std::size_t streams_max) {
    const auto shares = std::make_shared<detail::stream_shares>(streams_max);
    routes.add("GET", path, who,
               http::typed({.summary = "Tells changes as they happen",
                            .description = "A WebSocket for who asks for one, else an event "
                                           "stream; one change a message.",
                            .errors = {429},
                            .content_type = "text/event-stream"},
                           [&store, &pokes, shares](const http::call& made) {
                               return detail::stream_of_changes(store, pokes, *shares, made.who);
                           }));
}

}  // namespace syncfw
