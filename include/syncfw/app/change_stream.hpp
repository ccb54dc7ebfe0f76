// SPDX-License-Identifier: BSL-1.0
// A stream that tells a user's changes as they happen: a WebSocket for who asks for one, else
// Server-Sent Events.
//
//     syncfw::add_change_stream_route(routes, store, pokes, "/api/stream", http::needs_token);
//
// Each message is one change: `{"type":"book","op":"upsert","data":{…},"cursor":"…"}`. It begins
// with what changes from then on; who was away asks for the changes behind the cursor of the last
// message that he got first, and misses none, wherever he was cut. What a listener has no room for
// waits in the feed until he has read some; one who reads too slowly is let go, and does the same.
#pragma once

#include <syncfw/app/detail/listener_turns.hpp>
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

/// Store and hub must outlive the route, and the route its streams. Each subject has so many
/// streams at most. Changes are read in a thread of the route's own, so who pokes waits for none.
template <class Storage>
void add_change_stream_route(http::router& routes, Storage& store, poke_hub& pokes,
                             const std::string& path, const http::access& who,
                             std::size_t streams_max = 32);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

template <class Storage>
struct change_teller {
    Storage& store;
    tenant_id whose{};
    std::int64_t after = 0;
    std::shared_ptr<http::stream> open{};

    using left = listener_turns::left;

    /// A part of what is new, as much as there is room for.
    [[nodiscard]] left tell() {
        if (!open->has_room()) return left::later;
        auto page = list_changes_after(store, whose, after, {.limit = 100});
        auto identity = store.identity();
        if (!page || !identity) {
            // The listener asks anew; nothing is lost by that.
            open->close(1011, "try again later");
            return left::nothing;
        }
        using schema_type = typename Storage::schema_type;
        for (const listed_change& each : page->changes) {
            if (!open->has_room()) return left::later;
            document told = to_document(each);
            told.set("cursor",
                     write_cursor({whose, entity_set<schema_type>, *identity}, each.sequence));
            if (!open->send(syncfw::json::encode(told))) return left::nothing;
            after = each.sequence;
        }
        after = page->until;
        return page->has_more ? left::more : left::nothing;
    }
};

/// Whoever is told, as long as this is there.
struct told_listener {
    std::shared_ptr<listener_turns::listener> who{};
    poke_subscription poked{};

    explicit told_listener(std::shared_ptr<listener_turns::listener> given)
        : who(std::move(given)) {}
    told_listener(const told_listener&) = delete;
    told_listener& operator=(const told_listener&) = delete;
    ~told_listener() {
        poked.end();
        who->end();
    }
};

template <class Storage>
[[nodiscard]] http::response stream_of_changes(Storage& store, poke_hub& pokes,
                                               stream_shares& shares, listener_turns& turns,
                                               const principal& who) {
    // From here on nothing is missed, whenever the stream is open.
    auto tx = begin_read(store, who.tenant);
    if (!tx) return http::error_response(tx.error());
    auto last = tx->last_sequence();
    if (!last) return http::error_response(last.error());
    return shared_stream(
        shares, who,
        [&store, &pokes, &turns, last = *last, whose = who.tenant](
            const std::shared_ptr<http::stream>& open) -> result<std::shared_ptr<void>> {
            change_teller<Storage> teller{store, whose, last, open};
            const auto listener = std::make_shared<listener_turns::listener>(
                whose, [teller]() mutable { return teller.tell(); });
            auto kept = std::make_shared<told_listener>(listener);
            auto poked = pokes.subscribe(whose, [&turns, listener] { turns.ask_for(listener); });
            if (!poked) return poked.error();
            kept->poked = std::move(*poked);
            turns.ask_for(listener);
            return std::shared_ptr<void>(std::move(kept));
        });
}

}  // namespace detail

template <class Storage>
void add_change_stream_route(http::router& routes, Storage& store, poke_hub& pokes,
                             const std::string& path, const http::access& who,
                             std::size_t streams_max) {
    const auto shares = std::make_shared<detail::stream_shares>(streams_max);
    const auto turns = std::make_shared<detail::listener_turns>();
    routes.add("GET", path, who,
               http::typed({.summary = "Tells changes as they happen",
                            .description = "A WebSocket for who asks for one, else an event "
                                           "stream; one change a message.",
                            .errors = {429},
                            .content_type = "text/event-stream"},
                           [&store, &pokes, shares, turns](const http::call& made) {
                               return detail::stream_of_changes(store, pokes, *shares, *turns,
                                                                made.who);
                           }));
}

}  // namespace syncfw
