// SPDX-License-Identifier: BSL-1.0
// Conflicts that wait for a person: routes for programs, and a page for people.
//
//     syncfw::add_conflict_review_routes(routes, hub, pokes, {.path = "/api/sync/conflicts"});
//     syncfw::add_conflict_page(routes, {.path = "/conflicts", .routes = "/api/sync/conflicts"});
//
// | route                  | what it does                                                     |
// |------------------------|------------------------------------------------------------------|
// | GET  PATH              | the conflicts, each with both sides and what they began from      |
// | POST PATH/{id}/resolve | `{"take":"mine"}`, `{"take":"theirs"}`, or `{"data":{…}}` by hand |
//
// "Mine" is the device's row, that could not be applied; "theirs" is the server's. The page shows
// them side by side. It loads nothing from elsewhere, runs its own script alone, shows all that it
// gets as text, and keeps the token that is typed in for as long as it is open.
#pragma once

#include <syncfw/app/detail/conflict_page_files.hpp>
#include <syncfw/app/docs_page.hpp>
#include <syncfw/app/sync_routes.hpp>
#include <syncfw/sync/plain_rows.hpp>

#include <optional>
#include <string>
#include <utility>

namespace syncfw {

struct conflict_review_options {
    std::string path = "/api/sync/conflicts";
    http::access who = http::needs_token;
};

/// Server and hub of pokes must outlive the routes.
template <class Server>
void add_conflict_review_routes(http::router& routes, Server& hub, poke_hub& pokes,
                                const conflict_review_options& options = {});

struct conflict_page_options {
    std::string path = "/conflicts";
    std::string routes = "/api/sync/conflicts";  ///< Where the page finds them.
};

/// Everybody gets the page, and with a token his own conflicts.
void add_conflict_page(http::router& routes, const conflict_page_options& options = {});

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

/// How a conflict ends: by a side, or by a row.
struct conflict_end {
    std::optional<side> take{};
    document data{};
};

template <class T>
[[nodiscard]] document side_as_document(const record<T>& row) {
    return row.is_deleted() ? document() : to_plain(row.value);
}

template <class Schema>
[[nodiscard]] result<document> conflict_as_document(const parked_conflict& each) {
    document told = document::object({{"id", to_string(each.id)},
                                      {"entity", each.entity_name},
                                      {"entityId", each.row_key},
                                      {"reason", each.reason},
                                      {"detectedAt", to_string(each.detected_at)}});
    auto done = Schema::visit(each.entity_name, [&]<class T>(of<T>) -> result<void> {
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
template <class Server>
[[nodiscard]] result<void> resolve_by_hand(Server& hub, const caller& who, const uuid& id,
                                           const document& data) {
    using schema_type = typename Server::schema_type;
    auto open = hub.conflicts(who.tenant, 10'000);
    if (!open) return open.error();
    for (const parked_conflict& each : *open) {
        if (each.id != id) continue;
        return schema_type::visit(each.entity_name, [&]<class T>(of<T>) -> result<void> {
            auto sides = read_conflict<T>(each);
            if (!sides) return sides.error();
            field_mask present;
            auto wanted = read_plain<T>(data, present);
            if (!wanted) return wanted.error();
            T row = sides->mine.is_deleted() ? sides->theirs.value : sides->mine.value;
            record<T> live{.value = std::move(row)};
            set_deleted(live, false);
            assign_fields(live.value, *wanted, present & writable_fields<T>);
            return hub.template resolve<T>(who, id, live.value);
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
void add_conflict_review_routes(http::router& routes, Server& hub, poke_hub& pokes,
                                const conflict_review_options& options) {
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
        .add("GET", options.path, options.who,
             http::typed({.summary = "The conflicts that wait for a person",
                          .description = "Each with both sides and what they began from."},
                         list))
        .add("POST", options.path + "/{id}/resolve", options.who,
             http::typed({.summary = "Settles a conflict",
                          .description = "`take` is `mine` (the device's row) or `theirs` (the "
                                         "server's); or `data` has the fields by hand.",
                          .errors = {404}},
                         resolve));
}

inline void add_conflict_page(http::router& routes, const conflict_page_options& options) {
    using detail::docs_file;
    std::string page(detail::conflict_page_html);
    const std::string name = options.path.substr(options.path.rfind('/') + 1);
    const auto put = [&](std::string_view mark, const std::string& text) {
        for (std::size_t at = 0; (at = page.find(mark)) != std::string::npos;)
            page.replace(at, mark.size(), text);
    };
    put("@name@", name);
    put("@routes@", options.routes);
    routes
        .add("GET", options.path, http::open_to_all,
             docs_file(std::move(page), "text/html; charset=utf-8"))
        .add("GET", options.path + "/page.css", http::open_to_all,
             docs_file(std::string(detail::conflict_page_style), "text/css; charset=utf-8"))
        .add(
            "GET", options.path + "/page.js", http::open_to_all,
            docs_file(std::string(detail::conflict_page_script), "text/javascript; charset=utf-8"));
}

}  // namespace syncfw
