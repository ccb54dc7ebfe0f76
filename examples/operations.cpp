// SPDX-License-Identifier: BSL-1.0
// What the people who run a service need of it: a log, metrics, health, limits. The answers that an
// HTTP server would give are printed.
#include <syncfw/observe/health.hpp>
#include <syncfw/observe/log.hpp>
#include <syncfw/observe/sinks.hpp>
#include <syncfw/observe/sync_metrics.hpp>
#include <syncfw/security/rate_limit.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/storage/readiness.hpp>
#include <syncfw/sync/observed.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/syncfw.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

using namespace syncfw::annotations;

namespace {

struct book {
    std::int64_t id = 0;
    std::string title{};

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
using library = syncfw::schema<book>;

struct answer {
    int status = 200;
    std::string body{};
    std::int64_t retry_after = 0;
};

// [limit]
using limiter = syncfw::rate_limiter<syncfw::token_bucket>;

// The subject is known from the token; nothing of the body was read yet.
answer limited(limiter& limits, std::string_view subject, syncfw::timestamp now) {
    const syncfw::rate_decision taken = limits.take(subject, now);
    if (taken.is_allowed) return {};
    return {.status = 429, .retry_after = taken.retry_after_seconds()};
}
// [/limit]

// [request]
// What a server does around each request.
template <class Hub>
answer handle(Hub& hub, const syncfw::logger& log, syncfw::http_metrics& requests,
              const syncfw::caller& who, std::string_view body) {
    const syncfw::logger of_request =
        log.with({{"request_id", syncfw::new_uuid()}, {"subject", who.subject}});
    of_request.debug("request", {{"bytes", body.size()}});

    const auto began = std::chrono::steady_clock::now();
    answer given{.body = hub.handle(who, body)};
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;

    requests.took("POST", "/sync", given.status, took.count(), body.size(), given.body.size());
    of_request.info("answered", {{"status", given.status}, {"seconds", took.count()}});
    return given;
}
// [/request]

}  // namespace

int main() {
    syncfw::memory::store<library> store;

    // [log]
    const syncfw::logger log(stderr, syncfw::log_level::info);
    log.info("started", {{"version", SYNCFW_VERSION_STRING}, {"port", 8080}});
    // [/log]

    // [metrics]
    syncfw::metrics::registry seen;
    syncfw::sync_metrics counting(seen);
    syncfw::http_metrics requests(seen);
    auto& loans = seen.add_counters("library_loans_total", "Books lent, by branch.", {"branch"});
    auto& of_main_street = loans.with({"main street"});  // Looked up once,
    of_main_street.add();                                // and then as cheap as an addition.
    // [/metrics]

    // [server]
    syncfw::events_to_log telling(log);
    syncfw::all_sinks sinks(telling, counting);
    syncfw::server hub(store, syncfw::last_write_wins(), {}, syncfw::observed(sinks));
    // [/server]

    // [gauges]
    syncfw::add_gauges(seen, {.conflicts = [&] {
                           const auto now = hub.status(syncfw::tenant_id());
                           return now ? static_cast<double>(now->open_conflicts) : std::nan("");
                       }});
    // [/gauges]

    // [health]
    const auto to_the_log = [&](std::string_view check, const syncfw::error& why) {
        log.warning("unhealthy", {{"check", check}, {"error", why}});
    };
    syncfw::health state({.remembered_microseconds = 1'000'000, .failed = to_the_log});
    state.add("database", syncfw::reads_of(store, syncfw::tenant_id()));
    state.add("mirror", [] { return syncfw::result<void>(); }, {.is_required = false});
    // [/health]

    // [limits]
    // 600 requests a minute for each subject, of which 20 may come at once.
    limiter limits(
        syncfw::token_bucket{.tokens = 600, .period_microseconds = 60'000'000, .burst = 20});
    // [/limits]

    const syncfw::caller ann{.subject = "ann"};
    (void)handle(hub, log, requests, ann, "no request");
    int refused = 0;
    for (int i = 0; i < 30; ++i)
        if (limited(limits, ann.subject, syncfw::timestamp()).status == 429) ++refused;

    const syncfw::health_report ready = state.ready(syncfw::timestamp::now());
    std::printf("%d %s\n%s", ready.http_status(), ready.json().c_str(), seen.text().c_str());
    return ready.http_status() == 200 && refused == 10 ? 0 : 1;
}
