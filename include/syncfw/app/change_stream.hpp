// SPDX-License-Identifier: BSL-1.0
// A stream that tells a user's changes as they happen: a WebSocket for who asks for one, else
// Server-Sent Events.
//
//     routes.add("GET", "/api/stream", needs_token, [&](const http::call& made) {
//         return syncfw::stream_of_changes(store, pokes, made.who);
//     });
//
// Each message is one change: `{"type":"book","op":"upsert","data":{…},"cursor":"…"}`. It begins
// with what changes from then on; who was away asks for the changes behind his cursor first. A
// listener who reads too slowly is let go, and does the same.
#pragma once

#include <syncfw/codec/json.hpp>
#include <syncfw/security/principal.hpp>
#include <syncfw/sync/change_list.hpp>
#include <syncfw/transport/http/message.hpp>
#include <syncfw/transport/poke.hpp>

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

/// Both must outlive the stream.
template <class Storage>
[[nodiscard]] http::response stream_of_changes(Storage& store, poke_hub& pokes,
                                               const principal& who);

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

}  // namespace detail

template <class Storage>
http::response stream_of_changes(Storage& store, poke_hub& pokes, const principal& who) {
    // From here on nothing is missed, whenever the stream is open.
    std::int64_t last = 0;
    if (auto tx = begin_read(store, who.tenant)) {
        auto found = tx->last_sequence();
        if (!found) return http::error_response(found.error());
        last = *found;
    } else {
        return http::error_response(tx.error());
    }
    http::response given;
    if (who.expires_at != timestamp::max())
        given.ends_at_microseconds = who.expires_at.microseconds_since_epoch();
    given.goes_on = [&store, &pokes, last, whose = who.tenant](
                        const std::shared_ptr<http::stream>& open) -> std::shared_ptr<void> {
        auto listener = std::make_shared<detail::change_listener<Storage>>(
            detail::change_listener<Storage>{store, whose, last, open});
        auto subscribed = pokes.subscribe(whose, [listener] { listener->tell(); });
        if (!subscribed) return open->close(1013, "too many listen"), nullptr;
        pokes.poke(whose);
        return std::make_shared<poke_subscription>(std::move(*subscribed));
    };
    return given;
}

}  // namespace syncfw
