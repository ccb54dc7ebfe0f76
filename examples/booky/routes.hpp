// SPDX-License-Identifier: BSL-1.0
// The API of Booky: what stands beside the engine's own routes.
#pragma once

#include "library.hpp"
#include <syncfw/app/background.hpp>
#include <syncfw/app/change_stream.hpp>
#include <syncfw/app/conflict_routes.hpp>
#include <syncfw/app/operation_list.hpp>
#include <syncfw/app/service.hpp>
#include <syncfw/app/write_metrics.hpp>
#include <syncfw/observe/sinks.hpp>
#include <syncfw/observe/sync_rates.hpp>
#include <syncfw/sync/replace_all.hpp>
#include <syncfw/sync/write_queue.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace booky {

using syncfw::result, syncfw::error, syncfw::errc;
namespace http = syncfw::http;

// --- what comes and goes -------------------------------------------------------------------------

struct operations_body {
    std::optional<std::vector<document>> operations{};
    static constexpr auto sync_rules = rules(field<&operations_body::operations>(required));
};
/// What is not named is left as it is.
struct full_body {
    std::optional<std::vector<document>> books{}, collections{}, tags{}, readings{}, ratings{};
    std::optional<document> settings{};
};
struct marked_body {
    std::optional<std::vector<std::string>> operationIds{};
    static constexpr auto sync_rules = rules(field<&marked_body::operationIds>(required));
};
struct changes_query {
    std::optional<timestamp> since{};
    std::string cursor{};
    std::int64_t limit = 1'000;
    std::vector<std::string> entities{};
    static constexpr auto sync_rules =
        rules(field<&changes_query::limit>(range(std::int64_t{1}, std::int64_t{10'000})));
};
struct status_answer {
    bool success = true;
    std::string status{};
    std::optional<timestamp> lastSync{};
    std::int64_t pendingOperations = 0;
    std::int64_t conflicts = 0;
};
struct message_answer {
    bool success = true;
    std::string message{};
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

inline syncfw::caller caller_of(const http::call& made) {
    return {.tenant = made.who.tenant, .subject = made.who.subject};
}

// --- what is done --------------------------------------------------------------------------------

template <class Server>
class api {
  public:
    using store_type = typename Server::storage_type;

    api(Server& hub, store_type& store, syncfw::service& served, syncfw::service_events& told,
        syncfw::sync_rates& rates, syncfw::queue_rules rules)
        : hub_(hub),
          store_(store),
          served_(served),
          told_(told),
          rates_(rates),
          queue_(hub, store, rules),
          figures_(told.metrics()),
          worker_([this] { return work(); }) {}

    void add_routes();

  private:
    [[nodiscard]] static timestamp now() { return syncfw::system_environment().now(); }

    void note(const std::string& user, const syncfw::write_result& made) {
        figures_.note(made);
        rates_.note(user, now(),
                    {.writes = 1,
                     .conflicts = made.status == syncfw::write_status::conflict ? 1 : 0,
                     .failures = made.status == syncfw::write_status::error ? 1 : 0});
    }

    document take(const syncfw::caller& who, const document& given, syncfw::writes_before& before) {
        auto asked = syncfw::read_operation(given, now());
        syncfw::write_result made{.status = syncfw::write_status::error};
        syncfw::timed_write shown;
        if (asked) {
            shown = *asked;
            made = syncfw::take_write(
                hub_, who, adapted(std::move(*asked)), before,
                [](auto&, const syncfw::write_result&) -> result<void> { return {}; });
        } else {
            made.why = asked.error();
            // What can be said of it is said.
            for (auto [name, to] : {std::pair("id", &shown.id), std::pair("entity", &shown.entity),
                                    std::pair("entityId", &shown.key)})
                if (const document* text = given.find(name); text != nullptr && text->text())
                    *to = *text->text();
        }
        note(who.tenant.name(), made);
        if (made.wrote) served_.pokes().poke(who.tenant);
        document told = syncfw::to_document(shown, made);
        const document* const type = given.find("type");
        told_.log().info("operation",
                         {{"type", type != nullptr && type->text() ? *type->text() : ""},
                          {"entity", shown.entity},
                          {"entityId", shown.key},
                          {"status", *told.find("status")->text()}});
        return told;
    }

    http::response take_all(const http::call& made, const operations_body& body) {
        const syncfw::write_metrics::timing timed(figures_);
        const syncfw::caller who = caller_of(made);
        syncfw::writes_before before;
        document results = document::array();
        for (const document& each : *body.operations) results.push_back(take(who, each, before));
        return syncfw::detail::as_json(document::object({{"results", std::move(results)}}));
    }

    result<status_answer> status(const http::call& made) {
        auto stands = hub_.status(made.who.tenant);
        if (!stands) return stands.error();
        auto queued = queue_.count(made.who.tenant);
        if (!queued) return queued.error();
        auto last = last_sync(made.who.tenant, stands->last_sequence);
        if (!last) return last.error();
        return status_answer{.status = queued->parked > 0    ? "error"
                                       : queued->waiting > 0 ? "syncing"
                                                             : "ready",
                             .lastSync = *last,
                             .pendingOperations = queued->waiting + queued->parked,
                             .conflicts = stands->open_conflicts};
    }

    /// When the newest of the user's rows came.
    result<std::optional<timestamp>> last_sync(const syncfw::tenant_id& whose, std::int64_t last) {
        if (last == 0) return std::optional<timestamp>();
        auto page = syncfw::list_changes_after(store_, whose, last - 1, {.limit = 1});
        if (!page) return page.error();
        if (page->changes.empty()) return std::optional<timestamp>();
        const document* const at = page->changes[0].row.find("syncedAt");
        auto read = timestamp::parse(*at->text());
        if (!read) return read.error();
        return std::optional(*read);
    }

    http::response pending(const http::call& made) {
        auto all = queue_.pending(made.who.tenant);
        if (!all) return http::error_response(all.error());
        document list = document::array();
        for (const auto& each : *all) list.push_back(syncfw::to_document(each));
        return syncfw::detail::as_json(
            document::object({{"success", true}, {"operations", std::move(list)}}));
    }

    http::response changes(const http::call& made, const changes_query& asked) {
        const timestamp began = now();
        auto page = syncfw::list_changes(store_, made.who.tenant,
                                         {.cursor = asked.cursor,
                                          .since = asked.since,
                                          .limit = asked.limit,
                                          .entities = asked.entities});
        if (!page) return http::error_response(page.error());
        document list = document::array();
        for (const auto& each : page->changes) list.push_back(syncfw::to_document(each));
        return syncfw::detail::as_json(
            document::object({{"success", true},
                              {"changes", std::move(list)},
                              {"since", to_string(asked.since.value_or(began))},
                              {"cursor", page->cursor},
                              {"hasMore", page->has_more}}));
    }

    result<full_answer> replace(const http::call& made, const full_body& body) {
        const syncfw::write_metrics::timing timed(figures_);
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
        auto done = syncfw::replace_all(hub_, caller_of(made), wanted);
        if (!done) return done.error();
        served_.pokes().poke(made.who.tenant);
        return full_answer{.syncedAt = now()};
    }

    http::response enqueue(const http::call& made, const document& body) {
        auto asked = syncfw::read_operation(body, now());
        if (!asked) return http::error_response(asked.error());
        auto queued = queue_.add(caller_of(made), adapted(std::move(*asked)), now());
        if (!queued) return http::error_response(queued.error());
        worker_.wake();
        http::response answer = syncfw::detail::as_json(
            document::object({{"success", true}, {"operation", syncfw::to_document(*queued)}}));
        answer.status = 201;
        return answer;
    }

    result<message_answer> mark(const http::call& made, const marked_body& body) {
        auto count = queue_.mark(made.who.tenant, *body.operationIds);
        if (!count) return count.error();
        return message_answer{.message =
                                  "Marked " + std::to_string(*count) + " operations as synced"};
    }

    result<message_answer> clear(const http::call& made) {
        auto count = queue_.clear(made.who.tenant);
        if (!count) return count.error();
        return message_answer{.message = "Cleared synced operations"};
    }

    http::response alerts(const http::call& made) {
        auto queued = queue_.count(made.who.tenant);
        if (!queued) return http::error_response(queued.error());
        document list = document::array();
        for (const syncfw::sync_alert& each : syncfw::alerts_of(
                 rates_.of(made.who.tenant.name(), now()), queued->waiting + queued->parked))
            list.push_back(document::object(
                {{"name", each.name}, {"value", each.value}, {"limit", each.limit}}));
        return syncfw::detail::as_json(document::object(
            {{"success", true}, {"windowSeconds", 3'600}, {"alerts", std::move(list)}}));
    }

    /// A step of the worker; gives how long to wait.
    std::int64_t work();

    Server& hub_;
    store_type& store_;
    syncfw::service& served_;
    syncfw::service_events& told_;
    syncfw::sync_rates& rates_;
    syncfw::write_queue<Server> queue_;
    syncfw::write_metrics figures_;
    syncfw::background worker_;  // Last: it works with the others.
};

template <class Server>
std::int64_t api<Server>::work() {
    // Another process may have queued something.
    constexpr std::int64_t longest = 5'000'000;
    auto step = queue_.work(now());
    if (!step) {
        told_.log().error("queue", {{"error", step.error()}});
        return 1'000'000;
    }
    figures_.set_pending(step->left);
    for (const auto& each : step->results) {
        note(each.user, each.made);
        if (each.made.status != syncfw::write_status::error) continue;
        told_.log().warning(each.is_parked ? "queued operation parked" : "queued operation failed",
                            {{"operation", each.id}, {"error", each.made.why}});
    }
    for (const auto& each : step->changed) served_.pokes().poke(each);
    if (!step->due) return longest;
    return std::min(longest,
                    std::max<std::int64_t>(0, syncfw::microseconds_between(now(), *step->due)));
}

template <class Server>
void api<Server>::add_routes() {
    using http::call, http::typed, http::needs_token;
    http::router& routes = served_.routes();
    routes
        .add("POST", "/api/sync/operations", needs_token,
             typed({.summary = "Takes operations",
                    .description = "Each takes effect or fails alone, and once: a repeated id "
                                   "gives its first result."},
                   [this](const call& made, const operations_body& body) {
                       return take_all(made, body);
                   }))
        .add("GET", "/api/sync/status", needs_token,
             typed({.summary = "How your data stands"},
                   [this](const call& made) { return status(made); }))
        .add("GET", "/api/sync/pending", needs_token,
             typed({.summary = "Queued operations that are not synced"},
                   [this](const call& made) { return pending(made); }))
        .add("GET", "/api/sync/changes", needs_token,
             typed({.summary = "What has changed",
                    .description = "By cursor each change comes once. By time, which is the "
                                   "server's, some may come again; then go on by the cursor.",
                    .errors = {410}},
                   [this](const call& made, const http::query<changes_query>& asked) {
                       return changes(made, asked);
                   }))
        .add("POST", "/api/sync/full", needs_token,
             typed({.summary = "Replaces your data, all or nothing",
                    .description = "A list that is missing leaves its rows alone; an empty one "
                                   "deletes them."},
                   [this](const call& made, const full_body& body) { return replace(made, body); }))
        .add("POST", "/api/sync/queue", needs_token,
             typed({.summary = "Queues an operation", .status = 201},
                   [this](const call& made, const document& body) { return enqueue(made, body); }))
        .add("POST", "/api/sync/mark-synced", needs_token,
             typed({.summary = "Marks queued operations as synced"},
                   [this](const call& made, const marked_body& body) { return mark(made, body); }))
        .add("DELETE", "/api/sync/clear", needs_token,
             typed({.summary = "Forgets queued operations that are synced"},
                   [this](const call& made) { return clear(made); }))
        .add("GET", "/api/sync/alerts", needs_token,
             typed({.summary = "The alerts that hold",
                    .description = "Of the last hour, and of your operations alone."},
                   [this](const call& made) { return alerts(made); }));
    syncfw::add_change_stream_route(routes, store_, served_.pokes(), "/api/sync/stream",
                                    needs_token);
    syncfw::add_conflict_review_routes(routes, hub_, served_.pokes(),
                                       {.path = "/api/sync/conflicts"});
    syncfw::add_conflict_page(routes, {.path = "/conflicts", .routes = "/api/sync/conflicts"});
}

}  // namespace booky
