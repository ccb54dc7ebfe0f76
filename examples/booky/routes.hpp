// SPDX-License-Identifier: BSL-1.0
// The API of Booky: what stands beside the framework's own routes.
#pragma once

#include "library.hpp"
#include <syncfw/app/conflict_page.hpp>
#include <syncfw/app/conflict_routes.hpp>
#include <syncfw/app/operation_routes.hpp>
#include <syncfw/sync/replace_all.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace booky {

using syncfw::result, syncfw::error, syncfw::errc;
namespace http = syncfw::http;

// --- what comes and goes -------------------------------------------------------------------------

/// What is not named is left as it is.
struct full_body {
    std::optional<std::vector<document>> books{}, collections{}, tags{}, readings{}, ratings{};
    std::optional<document> settings{};
};
struct full_answer {
    bool success = true;
    timestamp syncedAt{};
};

/// The settings are one document: what comes as such is put where it belongs.
inline document settings_row(document given) {
    if (given.find("settings") != nullptr || given.members() == nullptr) return given;
    for (const char* own : {"id", "createdAt", "updatedAt", "syncedAt", "isDeleted"})
        given.erase(own);
    return document::object({{"settings", std::move(given)}});
}

/// Whatever a client calls its settings, they are the user's one row.
inline syncfw::timed_write adapted(syncfw::timed_write asked) {
    if (asked.entity != "userSettings") return asked;
    asked.key = settings_id;
    asked.data = settings_row(std::move(asked.data));
    if (asked.data.members() != nullptr) asked.data.erase("id");
    return asked;
}

// --- what is done --------------------------------------------------------------------------------

template <class Server>
result<full_answer> replace(Server& hub, const http::call& made, const full_body& body) {
    syncfw::replacement wanted;
    const auto add = [&](const char* name, const std::optional<std::vector<document>>& rows) {
        if (rows) wanted[name] = *rows;
    };
    add("book", body.books), add("collection", body.collections), add("tag", body.tags);
    add("readingLog", body.readings), add("rating", body.ratings);
    if (body.settings && !body.settings->is_null()) {
        document row = settings_row(*body.settings);
        if (row.members() != nullptr) row.set("id", settings_id);
        wanted["userSettings"] = {std::move(row)};
    }
    if (wanted.empty())
        return error{.code = errc::missing_field,
                     .message =
                         "say what the data is: books, collections, tags, readings, "
                         "ratings or settings",
                     .field = "books"};
    auto done = syncfw::replace_all(hub, syncfw::detail::caller_of(made), wanted);
    if (!done) return done.error();
    return full_answer{.syncedAt = syncfw::system_environment().now()};
}

/// What Booky has beside the routes of operations.
template <class Server>
void add_routes(syncfw::service& served, Server& hub, syncfw::write_metrics& figures) {
    http::router& routes = served.routes();
    routes.add(
        "POST", "/api/sync/full", http::needs_token,
        http::typed({.summary = "Replaces your data, all or nothing",
                     .description = "A list that is missing leaves its rows alone; an empty one "
                                    "deletes them."},
                    [&](const http::call& made, const full_body& body) {
                        const syncfw::write_metrics::timing timed(figures);
                        auto done = replace(hub, made, body);
                        if (done) served.pokes().poke(made.who.tenant);
                        return done;
                    }));
    syncfw::add_conflict_routes(routes, hub, served.pokes(), "/api/sync/conflicts",
                                http::needs_token);
    syncfw::add_conflict_page(routes, {.path = "/conflicts", .routes = "/api/sync/conflicts"});
}

}  // namespace booky
