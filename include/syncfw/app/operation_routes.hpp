// SPDX-License-Identifier: BSL-1.0
// The routes of clients that know no versions: they send operations with a time, or queue them on
// the server, and ask what has changed.
//
//     syncfw::sync_rates rates;
//     syncfw::operation_routes api(hub, here.store(), books, here.told(), rates);
//     api.add();
//
// | route                       | what it does                                          |
// |-----------------------------|-------------------------------------------------------|
// | POST PATH/operations        | takes operations; each takes effect or fails alone     |
// | GET  PATH/status            | how the user's data stands                            |
// | GET  PATH/changes           | what has changed, by `cursor` or by `since`           |
// | POST PATH/queue             | queues an operation, which is handled in the background |
// | GET  PATH/pending           | what is queued and not synced                         |
// | POST PATH/mark-synced       | marks queued operations                               |
// | DELETE PATH/clear           | forgets those that are marked                         |
// | GET  PATH/alerts            | the alerts that hold, of the last hour                |
// | GET  PATH/stream            | tells changes as they happen                          |
//
// The server must keep field times (`server_options::field_times`), its schema must have
// `queued_write`, and its events should reach the rates, so that devices count as well.
#pragma once

#include <syncfw/app/background.hpp>
#include <syncfw/app/change_stream.hpp>
#include <syncfw/app/operation_list.hpp>
#include <syncfw/app/service.hpp>
#include <syncfw/app/write_metrics.hpp>
#include <syncfw/observe/sync_rates.hpp>
#include <syncfw/sync/write_queue.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace syncfw {

struct operation_options {
    std::string path = "/api/sync";
    std::int64_t operations_max = 1'000;  ///< Of a request; one with more is answered with 413.
    queue_rules queue{};
    /// What becomes of each write before it is taken: other names for rows or fields, say.
    std::function<timed_write(timed_write)> adapt{};
};

namespace detail {

struct operations_body {
    std::optional<std::vector<document>> operations{};
    static constexpr auto sync_rules =
        annotations::rules(annotations::field<&operations_body::operations>(annotations::required));
};
struct marked_body {
    std::optional<std::vector<std::string>> operationIds{};
    static constexpr auto sync_rules =
        annotations::rules(annotations::field<&marked_body::operationIds>(annotations::required));
};
struct changes_query {
    std::optional<timestamp> since{};
    std::string cursor{};
    std::int64_t limit = 1'000;
    std::vector<std::string> entities{};
    static constexpr auto sync_rules = annotations::rules(annotations::field<&changes_query::limit>(
        annotations::range(std::int64_t{1}, std::int64_t{10'000})));
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

}  // namespace detail

template <class Server>
class operation_routes {
  public:
    using store_type = typename Server::storage_type;

    /// All must outlive it, and it the service's run.
    operation_routes(Server& hub, store_type& store, service& served, service_events& told,
                     sync_rates& rates, operation_options options = {})
        : hub_(hub),
          store_(store),
          served_(served),
          told_(told),
          rates_(rates),
          options_(std::move(options)),
          queue_(hub, store, options_.queue),
          figures_(told.metrics()),
          worker_([this] { return work(); }) {}

    void add();

    /// For requests of the program's own.
    [[nodiscard]] write_metrics& figures() noexcept { return figures_; }

  private:
    [[nodiscard]] timed_write adapted(timed_write asked) const {
        return options_.adapt ? options_.adapt(std::move(asked)) : std::move(asked);
    }
    [[nodiscard]] static timestamp now() { return system_environment().now(); }

    void note(const std::string& user, const write_result& made) {
        figures_.note(made);
        rates_.note(user, now(),
                    {.writes = 1,
                     .conflicts = made.status == write_status::conflict ? 1 : 0,
                     .failures = made.status == write_status::error ? 1 : 0});
    }

    struct taken {
        timed_write shown{};
        write_result made{.status = write_status::error};
    };

    taken take(const caller& who, const document& given, writes_before& before) {
        auto asked = read_operation(given, now());
        taken one;
        if (asked) {
            one.shown = *asked;
            one.made = take_write(hub_, who, adapted(std::move(*asked)), before,
                                  [](auto&, const write_result&) -> result<void> { return {}; });
        } else {
            one.made.why = asked.error();
            // What can be said of it is said.
            for (auto [name, to] :
                 {std::pair("id", &one.shown.id), std::pair("entity", &one.shown.entity),
                  std::pair("entityId", &one.shown.key)})
                if (const document* text = given.find(name); text != nullptr && text->text())
                    *to = *text->text();
        }
        note(who.tenant.name(), one.made);
        return one;
    }

    http::response take_all(const http::call& made, const detail::operations_body& body) {
        const auto count = static_cast<std::int64_t>(body.operations->size());
        if (count > options_.operations_max)
            return http::error_response(
                413,
                "a request has " + std::to_string(options_.operations_max) + " operations at most",
                "operations");
        const write_metrics::timing timed(figures_);
        const caller who = detail::caller_of(made);
        writes_before before;
        bool wrote = false;
        std::int64_t failures = 0, conflicts = 0;
        error first{};
        document results = document::array();
        for (const document& each : *body.operations) {
            const taken one = take(who, each, before);
            wrote |= one.made.wrote;
            conflicts += one.made.status == write_status::conflict ? 1 : 0;
            if (one.made.status == write_status::error && failures++ == 0) first = one.made.why;
            results.push_back(to_document(one.shown, one.made));
        }
        if (wrote) served_.pokes().poke(who.tenant);
        log(count, conflicts, failures, first);
        return detail::as_json(document::object({{"results", std::move(results)}}));
    }

    // A line for a request, whatever is in it, so that nobody fills the disk with a few bytes.
    void log(std::int64_t count, std::int64_t conflicts, std::int64_t failures,
             const error& first) const {
        if (failures == 0)
            return told_.log().info("operations",
                                    {{"operations", count}, {"conflicts", conflicts}});
        told_.log().warning("operations", {{"operations", count},
                                           {"conflicts", conflicts},
                                           {"failures", failures},
                                           {"first_failure", first}});
    }

    result<detail::status_answer> status(const http::call& made) {
        auto stands = hub_.status(made.who.tenant);
        if (!stands) return stands.error();
        auto queued = queue_.count(made.who.tenant);
        if (!queued) return queued.error();
        auto last = last_sync(made.who.tenant, stands->last_sequence);
        if (!last) return last.error();
        return detail::status_answer{.status = queued->parked > 0    ? "error"
                                               : queued->waiting > 0 ? "syncing"
                                                                     : "ready",
                                     .lastSync = *last,
                                     .pendingOperations = queued->waiting + queued->parked,
                                     .conflicts = stands->open_conflicts};
    }

    /// When the newest of the user's rows came, as far as its entity keeps that.
    result<std::optional<timestamp>> last_sync(const tenant_id& whose, std::int64_t last) {
        std::optional<timestamp> came;
        if (last == 0) return came;
        auto tx = begin_read(store_, whose);
        if (!tx) return tx.error();
        auto seen = visit_changes<typename store_type::schema_type>(
            *tx, {.after = last - 1, .limit = 1}, [&]<class T>(const record<T>& row) {
                constexpr std::size_t place = entity_of<T>.find(meaning::last_sync_at);
                if constexpr (place != no_field) came = detail::member_at<place>(row.value);
            });
        if (!seen) return seen.error();
        return came;
    }

    http::response pending(const http::call& made) {
        auto all = queue_.pending(made.who.tenant);
        if (!all) return http::error_response(all.error());
        document list = document::array();
        for (const auto& each : *all) list.push_back(to_document(each));
        return detail::as_json(
            document::object({{"success", true}, {"operations", std::move(list)}}));
    }

    http::response changes(const http::call& made, const detail::changes_query& asked) {
        const timestamp began = now();
        auto page = list_changes(store_, made.who.tenant,
                                 {.cursor = asked.cursor,
                                  .since = asked.since,
                                  .limit = asked.limit,
                                  .entities = asked.entities});
        if (!page) return http::error_response(page.error());
        document list = document::array();
        for (const auto& each : page->changes) list.push_back(to_document(each));
        return detail::as_json(document::object({{"success", true},
                                                 {"changes", std::move(list)},
                                                 {"since", to_string(asked.since.value_or(began))},
                                                 {"cursor", page->cursor},
                                                 {"hasMore", page->has_more}}));
    }

    http::response enqueue(const http::call& made, const document& body) {
        auto asked = read_operation(body, now());
        if (!asked) return http::error_response(asked.error());
        auto queued = queue_.add(detail::caller_of(made), adapted(std::move(*asked)), now());
        if (!queued) return http::error_response(queued.error());
        worker_.wake();
        http::response answer = detail::as_json(
            document::object({{"success", true}, {"operation", to_document(*queued)}}));
        answer.status = 201;
        return answer;
    }

    result<detail::message_answer> mark(const http::call& made, const detail::marked_body& body) {
        auto count = queue_.mark(made.who.tenant, *body.operationIds);
        if (!count) return count.error();
        return detail::message_answer{.message = "Marked " + std::to_string(*count) +
                                                 " operations as synced"};
    }

    result<detail::message_answer> clear(const http::call& made) {
        auto count = queue_.clear(made.who.tenant);
        if (!count) return count.error();
        return detail::message_answer{.message = "Cleared synced operations"};
    }

    http::response alerts(const http::call& made) {
        auto queued = queue_.count(made.who.tenant);
        if (!queued) return http::error_response(queued.error());
        document list = document::array();
        for (const sync_alert& each :
             alerts_of(rates_.of(made.who.tenant.name(), now()), queued->waiting + queued->parked))
            list.push_back(document::object(
                {{"name", each.name}, {"value", each.value}, {"limit", each.limit}}));
        return detail::as_json(document::object(
            {{"success", true}, {"windowSeconds", 3'600}, {"alerts", std::move(list)}}));
    }

    /// A step of the worker; gives how long to wait.
    std::int64_t work();

    Server& hub_;
    store_type& store_;
    service& served_;
    service_events& told_;
    sync_rates& rates_;
    operation_options options_;
    write_queue<Server> queue_;
    write_metrics figures_;
    background worker_;  // Last: it works with the others.
};

// --- how it is done ------------------------------------------------------------------------------

template <class Server>
std::int64_t operation_routes<Server>::work() {
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
        if (each.made.status != write_status::error) continue;
        told_.log().warning(each.is_parked ? "queued operation parked" : "queued operation failed",
                            {{"operation", each.id}, {"error", each.made.why}});
    }
    for (const auto& each : step->changed) served_.pokes().poke(each);
    if (!step->due) return longest;
    return std::min(longest, std::max<std::int64_t>(0, microseconds_between(now(), *step->due)));
}

template <class Server>
void operation_routes<Server>::add() {
    using http::call, http::typed, http::needs_token;
    http::router& routes = served_.routes();
    routes
        .add("POST", options_.path + "/operations", needs_token,
             typed({.summary = "Takes operations",
                    .description = "Each takes effect or fails alone, and once: a repeated id "
                                   "gives its first result."},
                   [this](const call& made, const detail::operations_body& body) {
                       return take_all(made, body);
                   }))
        .add("GET", options_.path + "/status", needs_token,
             typed({.summary = "How your data stands"},
                   [this](const call& made) { return status(made); }))
        .add("GET", options_.path + "/pending", needs_token,
             typed({.summary = "Queued operations that are not synced"},
                   [this](const call& made) { return pending(made); }))
        .add("GET", options_.path + "/changes", needs_token,
             typed({.summary = "What has changed",
                    .description = "By cursor each change comes once. By time, which is the "
                                   "server's, some may come again; then go on by the cursor.",
                    .errors = {410}},
                   [this](const call& made, const http::query<detail::changes_query>& asked) {
                       return changes(made, asked);
                   }))
        .add("POST", options_.path + "/queue", needs_token,
             typed({.summary = "Queues an operation", .status = 201},
                   [this](const call& made, const document& body) { return enqueue(made, body); }))
        .add("POST", options_.path + "/mark-synced", needs_token,
             typed({.summary = "Marks queued operations as synced"},
                   [this](const call& made, const detail::marked_body& body) {
                       return mark(made, body);
                   }))
        .add("DELETE", options_.path + "/clear", needs_token,
             typed({.summary = "Forgets queued operations that are synced"},
                   [this](const call& made) { return clear(made); }))
        .add("GET", options_.path + "/alerts", needs_token,
             typed({.summary = "The alerts that hold",
                    .description = "Of the last hour, and of your operations alone."},
                   [this](const call& made) { return alerts(made); }));
    add_change_stream_route(routes, store_, served_.pokes(), options_.path + "/stream",
                            needs_token);
}

}  // namespace syncfw
