// SPDX-License-Identifier: BSL-1.0
// The routes of a row_server: for clients that push parts of rows and pull rows, as plain JSON.
//
//     syncfw::row_server rows(hub);
//     syncfw::add_row_routes(routes, rows, pokes, "/api/sync");
//     syncfw::add_row_pull(routes, rows, "/api/sync/open", "Gives what is open", is_open);
//
// | route      | what it does                                                            |
// |------------|-------------------------------------------------------------------------|
// | POST …push | `{"changes":{"book":[…]}}`: all rows or none, answered with what is     |
// |            | stored; a repeated `Idempotency-Key` gives the first answer             |
// | POST …pull | `{"lastSyncTimestamp":…,"entityTypes":[…]}`, or `cursor`, and `limit`   |
//
// A refusal is 400 with the path to the field, 409 for an Idempotency-Key with another body, 413
// for too many rows, 415 for what isn't `application/json`.
#pragma once

#include <syncfw/app/sync_routes.hpp>
#include <syncfw/codec/json_schema.hpp>
#include <syncfw/sync/row_server.hpp>
#include <syncfw/transport/http/router.hpp>
#include <syncfw/transport/http/typed.hpp>
#include <syncfw/transport/poke.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace syncfw {

/// `PREFIX/push` and `PREFIX/pull`. The row server and the hub of pokes must outlive the routes. A
/// push that took effect pokes.
template <class Rows>
void add_row_routes(http::router& routes, Rows& rows, poke_hub& pokes, const std::string& prefix,
                    const http::access& who = http::needs_token);

/// A pull of those rows for which `keep(record)` is true, at a path of its own. Its answers give no
/// time to go on from, for there may be changes of others.
template <class Rows, class Keep>
void add_row_pull(http::router& routes, Rows& rows, const std::string& path,
                  const std::string& summary, Keep keep,
                  const http::access& who = http::needs_token);

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

/// What a pull asks for; its members are called as in JSON.
struct row_pull_body {
    std::optional<timestamp> lastSyncTimestamp{};
    std::optional<std::vector<std::string>> entityTypes{};
    std::optional<std::string> cursor{};
    std::optional<std::int64_t> limit{};
};

[[nodiscard]] inline result<row_question> read_row_question(const http::call& made) {
    auto body = syncfw::json::decode_value<row_pull_body>(made.asked.body);
    if (!body) return body.error();
    return row_question{.since = body->lastSyncTimestamp,
                        .cursor = std::move(body->cursor).value_or(std::string()),
                        .limit = body->limit,
                        .entity_types = std::move(body->entityTypes)};
}

template <class Rows, class Ask>
[[nodiscard]] http::response answer_rows(Rows& rows, const http::call& made, Ask&& ask) {
    if (!http::says_json(made.asked)) return http::error_response(415, "send application/json");
    const caller who = caller_of(made);
    result<row_answer> answer = ask(who);
    if (answer) return {.body = std::move(answer->body)};
    rows.tell_refused(who, answer.error());
    return http::error_response(answer.error());
}

/// `{"changes":{"book":[part of a book, …], …}}`
template <class Schema>
[[nodiscard]] std::string pushed_rows_schema(syncfw::json::schema_set& all) {
    std::string each;
    Schema::for_each([&]<class T>(of<T>) {
        each += (each.empty() ? "" : ",") + json::quoted(entity_of<T>.name) +
                R"(:{"type":"array","items":)" + all.of<T>(syncfw::json::way::given) + "}";
    });
    return R"({"type":"object","required":["changes"],"properties":{"changes":{"type":"object",)"
           R"("description":"Parts of rows: what a row doesn't have is not changed.",)"
           R"("properties":{)" +
           each +
           R"(}},"lastSyncTimestamp":{"type":"string","format":"date-time",)"
           R"("description":"What the client has; the answer repeats it."}}})";
}

template <class V>
[[nodiscard]] std::string sent_schema(syncfw::json::schema_set& all) {
    return all.of<V>(syncfw::json::way::sent);
}

template <class Rows, class Keep>
[[nodiscard]] http::typed_route pull_of_rows(Rows& rows, const std::string& summary, Keep keep,
                                             bool moves_time) {
    auto made = http::typed(
        {.summary = summary,
         .description = "By the syncTimestamp or the cursor of the last answer; limit is of all "
                        "types together. An empty page says that there is no more for now.",
         .errors = {400, 415}},
        [&rows, keep = std::move(keep), moves_time](const http::call& call) -> http::response {
            return answer_rows(rows, call, [&](const caller& who) -> result<row_answer> {
                auto asked = read_row_question(call);
                if (!asked) return asked.error();
                asked->moves_time = moves_time;
                return rows.pull(who, *asked, keep);
            });
        });
    made.said.body = &sent_schema<row_pull_body>;
    return made;
}

}  // namespace detail

template <class Rows>
void add_row_routes(http::router& routes, Rows& rows, poke_hub& pokes, const std::string& prefix,
                    const http::access& who) {
    auto push = http::typed(
        {.summary = "Stores rows, or parts of them: all or none",
         .description = "An Idempotency-Key makes a repetition give the first answer.",
         .errors = {400, 409, 413, 415}},
        [&](const http::call& made) -> http::response {
            return detail::answer_rows(rows, made, [&](const caller& caller) {
                auto answer = rows.push(caller, made.asked.body,
                                        {std::string(made.asked.field("Idempotency-Key"))});
                if (answer && answer->took_effect) pokes.poke(caller.tenant);
                return answer;
            });
        });
    push.said.body = &detail::pushed_rows_schema<typename Rows::schema_type>;
    routes.add("POST", prefix + "/push", who, std::move(push));
    const auto all = [](const auto&) { return true; };
    routes.add("POST", prefix + "/pull", who,
               detail::pull_of_rows(rows, "Gives what changed", all, true));
}

template <class Rows, class Keep>
void add_row_pull(http::router& routes, Rows& rows, const std::string& path,
                  const std::string& summary, Keep keep, const http::access& who) {
    routes.add("POST", path, who, detail::pull_of_rows(rows, summary, std::move(keep), false));
}

}  // namespace syncfw
