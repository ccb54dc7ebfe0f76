// SPDX-License-Identifier: BSL-1.0
// The routes of conflicts that wait for a person. `add_sync_routes` has them at `/sync/conflicts`;
// here they are for another path.
//
//     syncfw::add_conflict_routes(routes, hub, pokes, "/api/sync/conflicts", http::needs_token);
//
// | route                  | what it does                                                     |
// |------------------------|------------------------------------------------------------------|
// | GET  PATH              | the conflicts, each with both sides and what they began from      |
// | POST PATH/{id}/resolve | `{"take":"mine"}`, `{"take":"theirs"}`, or `{"data":{…}}` by hand |
//
// "Mine" is the device's row, that could not be applied; "theirs" is the server's. Of entities with
// encrypted fields only the key is told, and a side is taken: the rows are for who has the keys.
#pragma once

#include <syncfw/app/detail/route_answers.hpp>
#include <syncfw/sync/plain_rows.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/http/router.hpp>
#include <syncfw/transport/http/typed.hpp>
#include <syncfw/transport/poke.hpp>

#include <optional>
#include <string>
#include <utility>

namespace syncfw {

/// `PATH` and `PATH/{id}/resolve`. Server and hub of pokes must outlive the routes.
template <class Server>
void add_conflict_routes(http::router& routes, Server& hub, poke_hub& pokes,
                         const std::string& path, const http::access& who);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

struct one_conflict {
    uuid id{};
};
/// How a conflict ends: by a side, or by a row.
struct conflict_end {
    std::optional<side> take{};
    document data{};
};

template <class T>
[[nodiscard]] document side_as_document(const record<T>& row) {
    return row.is_deleted() ? document() : to_plain(row.value);
}

template <class T>
[[nodiscard]] result<void> add_sides(document& told, const parked_conflict& each) {
    auto sides = read_conflict<T>(each);
    if (!sides) return sides.error();
    told.set("baseData", sides->base ? side_as_document(*sides->base) : document());
    told.set("localData", side_as_document(sides->mine));
    told.set("localDeleted", sides->mine.is_deleted());
    told.set("localTimestamp", to_string(sides->mine.written().moment()));
    told.set("serverData", side_as_document(sides->theirs));
    told.set("serverDeleted", sides->theirs.is_deleted());
    told.set("serverTimestamp", to_string(sides->theirs.written().moment()));
    return {};
}

template <class Schema>
[[nodiscard]] result<document> conflict_as_document(const parked_conflict& each) {
    document told = document::object({{"id", to_string(each.id)},
                                      {"entity", each.entity_name},
                                      {"entityId", each.row_key},
                                      {"reason", each.reason},
                                      {"detectedAt", to_string(each.detected_at)}});
    auto done = Schema::visit(each.entity_name, [&]<class T>(of<T>) -> result<void> {
        if constexpr (has_encrypted_fields<T>)
            return {};
        else
            return add_sides<T>(told, each);
    });
    if (!done) return done.error();
    return told;
}

template <class Server>
[[nodiscard]] result<document> conflicts_as_document(Server& hub, const tenant_id& whose) {
    auto open = hub.conflicts(whose);
    if (!open) return open.error();
    document list = document::array();
    for (const parked_conflict& each : *open) {
        auto told = conflict_as_document<typename Server::schema_type>(each);
        if (!told) return told.error();
        list.push_back(std::move(*told));
    }
    return document::object({{"success", true}, {"conflicts", std::move(list)}});
}

/// The device's row with what the person wrote into it.
template <class T, class Server>
[[nodiscard]] result<void> resolve_by_row(Server& hub, const caller& who,
                                          const parked_conflict& each, const document& data) {
    auto sides = read_conflict<T>(each);
    if (!sides) return sides.error();
    field_mask present;
    auto wanted = read_plain<T>(data, present);
    if (!wanted) return wanted.error();
    T row = sides->mine.is_deleted() ? sides->theirs.value : sides->mine.value;
    record<T> live{.value = std::move(row)};
    set_deleted(live, false);
    assign_fields(live.value, *wanted, present & writable_fields<T>);
    return hub.template resolve<T>(who, each.id, live.value);
}

template <class Server>
[[nodiscard]] result<void> resolve_by_hand(Server& hub, const caller& who, const uuid& id,
                                           const document& data) {
    using schema_type = typename Server::schema_type;
    auto open = hub.conflicts(who.tenant, 10'000);
    if (!open) return open.error();
    for (const parked_conflict& each : *open) {
        if (each.id != id) continue;
        return schema_type::visit(each.entity_name, [&]<class T>(of<T>) -> result<void> {
            if constexpr (has_encrypted_fields<T>)
                return error{.code = errc::invalid_value,
                             .message = "take a side; the row's fields are encrypted",
                             .field = "data"};
            else
                return resolve_by_row<T>(hub, who, each, data);
        });
    }
    return no_conflict();
}

template <class Server>
[[nodiscard]] result<void> resolve_conflict(Server& hub, const caller& who, const uuid& id,
                                            const conflict_end& end) {
    if (end.take && !end.data.is_null())
        return error{
            .code = errc::invalid_value, .message = "say take or data, not both", .field = "take"};
    if (end.take) return hub.resolve(who, id, *end.take);
    if (end.data.is_null())
        return error{.code = errc::missing_field,
                     .message = "say which side to take, \"mine\" or \"theirs\", or give the data",
                     .field = "take"};
    return resolve_by_hand(hub, who, id, end.data);
}

}  // namespace detail

template <class Server>
void add_conflict_routes(http::router& routes, Server& hub, poke_hub& pokes,
                         const std::string& path, const http::access& who) {
    const auto list = [&hub](const http::call& made) -> http::response {
        auto told = detail::conflicts_as_document(hub, made.who.tenant);
        return told ? detail::as_json(*told) : http::error_response(told.error());
    };
    const auto resolve = [&](const http::call& made, const http::path<detail::one_conflict>& at,
                             const detail::conflict_end& end) -> result<void> {
        auto done = detail::resolve_conflict(hub, detail::caller_of(made), at.id, end);
        if (done) pokes.poke(made.who.tenant);
        return done;
    };
    routes
        .add("GET", path, who,
             http::typed({.summary = "The conflicts that wait for a person",
                          .description = "Each with both sides and what they began from."},
                         list))
        .add("POST", path + "/{id}/resolve", who,
             http::typed({.summary = "Settles a conflict",
                          .description = "`take` is `mine` (the device's row) or `theirs` (the "
                                         "server's); or `data` has the fields by hand.",
                          .errors = {404}},
                         resolve));
}

}  // namespace syncfw
