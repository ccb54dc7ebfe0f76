// SPDX-License-Identifier: BSL-1.0
// A server of the engine as a service: its routes, health, metrics, a log of what happens, limits,
// and a graceful end.
//
//     using library = syncfw::schema<book, tag>;
//     auto store = syncfw::sqlite::open<library>("server.db").value();
//     syncfw::service_events told;
//     syncfw::server hub(store, syncfw::last_write_wins(), {}, syncfw::observed(told));
//     syncfw::service books(hub, told, syncfw::checked_by(tokens), {.port = 8080});
//     return books.run();
//
// Besides the routes of sync_routes.hpp there are `GET /health` (with `/health/live` and
// `/health/ready`) and `GET /metrics`. More are added by `books.routes().add(…)`, before `run`. Let
// one file of a program include it.
#pragma once

#include <syncfw/app/background.hpp>
#include <syncfw/app/detail/upkeep.hpp>
#include <syncfw/app/sync_routes.hpp>
#include <syncfw/observe/health.hpp>
#include <syncfw/observe/log.hpp>
#include <syncfw/observe/sync_metrics.hpp>
#include <syncfw/security/rate_limit.hpp>
#include <syncfw/storage/readiness.hpp>
#include <syncfw/sync/observed.hpp>
#include <syncfw/transport/detail/steady_time.hpp>
#include <syncfw/transport/http/server.hpp>
#include <syncfw/transport/poke.hpp>

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

/// What a service does with the events of its server: counts them and writes them down.
class service_events {
  public:
    explicit service_events(logger log = logger(stderr, log_level::info))
        : log_(std::move(log)), lines_(log_), counted_(metrics_) {}

    template <class Event>
    void take(timestamp at, const Event& event) {
        counted_.take(at, event);
        lines_.take(at, event);
    }

    [[nodiscard]] const logger& log() const noexcept { return log_; }
    [[nodiscard]] metrics::registry& metrics() noexcept { return metrics_; }

  private:
    logger log_;
    events_to_log lines_;
    metrics::registry metrics_{};
    server_metrics counted_;
};

struct service_options {
    std::string address = "127.0.0.1";
    unsigned short port = 0;  ///< 0: one that is free.
    int threads = 0;
    std::size_t connections = http::server_options().connections;
    /// 64 where strangers connect directly, and not by a proxy.
    std::size_t connections_per_address = http::server_options().connections_per_address;
    std::size_t waiting = http::server_options().waiting;  ///< Requests that wait for a thread.
    std::int64_t stop_seconds = http::server_options().stop_seconds;
    /// So many requests of one subject of a tenant.
    std::optional<token_bucket> limit{};
    /// The same for each stretch of time, where the number within one must be exact.
    std::optional<fixed_window> window{};
    /// So many requests without a good token of one address. Those beyond it are answered with 429
    /// instead of 401; who has a good token is never kept from asking by others at his address,
    /// which may be a proxy's.
    std::optional<token_bucket> limit_refused = token_bucket{.tokens = 300, .burst = 300};
    http::limits most{};
    http::stream_limits stream{};
    sync_route_rules routes{};
    /// How long the service keeps what it only remembers: for ever, unless you say otherwise. A
    /// device that was away longer reads all rows anew.
    kept_days keep{};
    /// What each request goes through on its way to the routes, and each answer on its way back:
    /// `http::with_gzip(routes)`, say.
    std::function<http::detail::handler(http::router& routes)> around{};
    /// For https: a server's `tls_context`, of <syncfw/transport/tls.hpp>.
    std::shared_ptr<const http::filter_source> tls{};
};

class service {
  public:
    /// The server, its events and what the check stands on must outlive the service.
    template <class Server>
    service(Server& hub, service_events& told, http::token_check verify,
            service_options options = {});

    [[nodiscard]] http::router& routes() noexcept { return routes_; }
    [[nodiscard]] syncfw::health& health() noexcept { return health_; }
    /// For those who poke from elsewhere: another process's commit, say.
    [[nodiscard]] poke_hub& pokes() noexcept { return pokes_; }

    /// Begins to listen; the port is known then. Fails where the address can't be had.
    [[nodiscard]] result<void> listen();
    [[nodiscard]] unsigned short port() const noexcept { return listening_->port(); }
    /// Serves until it is stopped, or the process gets SIGINT or SIGTERM. Says where it listens,
    /// as its first line on stdout. Gives the program's exit code: 0, or 1 where it couldn't
    /// listen.
    int run();
    void stop() { listening_->stop(); }

    /// Lets go of what is older than `service_options::keep`, once a day of each tenant that the
    /// store knows; where it can't list them, of each that asked. `run` looks each minute whether
    /// there is something to do; for one thread at a time.
    void let_go(timestamp now) {
        while (upkeep_.step(now)) {
        }
    }

  private:
    template <class Server>
    [[nodiscard]] detail::upkeep::tenant_function tenants_of(Server& hub);
    void add_own_routes();
    void note(const http::request& asked, std::string_view pattern, const http::response& given);
    template <class Limiter>
    [[nodiscard]] static std::optional<http::response> limit(std::optional<Limiter>& by,
                                                             std::string_view key);
    [[nodiscard]] static timestamp now() { return system_environment().now(); }

    service_events& told_;
    service_options options_;
    http_metrics requests_;
    poke_hub pokes_{};
    detail::upkeep upkeep_;
    syncfw::health health_;
    std::optional<rate_limiter<token_bucket>> limits_{};
    std::optional<rate_limiter<fixed_window>> windows_{};
    std::optional<rate_limiter<token_bucket>> limits_refused_{};
    http::router routes_;
    std::unique_ptr<http::server> listening_{};
};

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

/// Whose an address is, as far as it tells: of IPv6 a customer has 2^64 of them.
[[nodiscard]] inline std::string network_of(const std::string& address) {
    // Without the name of the link that it came by, if it has one.
    in6_addr at{};
    if (::inet_pton(AF_INET6, address.substr(0, address.find('%')).c_str(), &at) != 1 ||
        IN6_IS_ADDR_V4MAPPED(&at))
        return address;
    return std::string(at.s6_addr, at.s6_addr + 8);
}

/// A subject is one of its tenant: another tenant's of the same name is somebody else.
[[nodiscard]] inline std::string rate_key(const principal& who) {
    const std::string_view tenant = who.tenant.name();
    return std::to_string(tenant.size()) + ":" + std::string(tenant) + who.subject;
}

}  // namespace detail

template <class Server>
detail::upkeep::tenant_function service::tenants_of(Server& hub) {
    if constexpr (requires { hub.tenant_after(std::optional<tenant_id>()); })
        return [this, &hub](const std::optional<tenant_id>& last) {
            auto next = hub.tenant_after(last);
            if (!next) told_.log().warning("no tenant is found", {{"error", next.error()}});
            return next;
        };
    else
        return {};
}

template <class Server>
service::service(Server& hub, service_events& told, http::token_check verify,
                 service_options options)
    : told_(told),
      options_(std::move(options)),
      requests_(told.metrics()),
      upkeep_(
          options_.keep,
          [this, &hub](const tenant_id& whose, const retention& kept) -> result<void> {
              auto gone = hub.retire(whose, kept);
              if (gone) return {};
              told_.log().warning("what is old was not let go", {{"error", gone.error()}});
              return gone.error();
          },
          tenants_of(hub)),
      health_({.failed =
                   [&told](std::string_view check, const error& why) {
                       told.log().error("health", {{"check", check}, {"error", why}});
                   }}),
      routes_(std::move(verify)) {
    if (options_.limit) limits_.emplace(*options_.limit);
    if (options_.window) windows_.emplace(*options_.window);
    if (options_.limit_refused) limits_refused_.emplace(*options_.limit_refused);
    add_sync_routes(routes_, hub, pokes_, options_.routes);
    health_.add("database", [&hub]() -> health_finding {
        auto seen = hub.status(tenant_id());
        return seen ? result<void>() : result<void>(seen.error());
    });
    add_own_routes();
}

inline void service::add_own_routes() {
    const auto report = [](const health_report& seen) -> http::response {
        return {.status = seen.http_status(), .body = seen.json()};
    };
    const auto ready = [this, report](const http::call&) { return report(health_.ready(now())); };
    const auto live = [this, report](const http::call&) { return report(health_.live()); };
    const auto metrics = [this](const http::call&) -> http::response {
        return {.body = told_.metrics().text(),
                .content_type = "text/plain; version=0.0.4; charset=utf-8"};
    };
    using http::typed;
    routes_
        .add("GET", "/health", http::open_to_all,
             typed({.summary = "Whether the service can do its work"}, ready))
        .add("GET", "/health/ready", http::open_to_all, typed({.summary = "The same"}, ready))
        .add("GET", "/health/live", http::open_to_all,
             typed({.summary = "Whether the process lives"}, live))
        .add("GET", "/metrics", http::open_to_all,
             typed({.summary = "Counters, for Prometheus", .content_type = "text/plain"}, metrics));
    routes_.admitted = [this](const http::call& made) {
        upkeep_.note(made.who.tenant);
        const std::string whose = detail::rate_key(made.who);
        auto refused = limit(limits_, whose);
        return refused ? std::move(refused) : limit(windows_, whose);
    };
    routes_.turned_away = [this](const http::request& asked, const error& why) {
        auto instead = limit(limits_refused_, detail::network_of(asked.peer));
        // What is beyond the limit fills no log either.
        if (!instead && !why.cause.empty())
            told_.log().warning("token refused", {{"reason", why.cause}});
        return instead;
    };
    routes_.answered = [this](const http::request& asked, std::string_view pattern,
                              const http::response& given) { note(asked, pattern, given); };
}

template <class Limiter>
std::optional<http::response> service::limit(std::optional<Limiter>& by, std::string_view key) {
    if (!by || key.empty()) return {};
    const rate_decision taken = by->take(key, now());
    if (taken.is_allowed) return {};
    http::response refused = http::error_response(429, "too many requests; wait a while");
    refused.fields.add("Retry-After", std::to_string(taken.retry_after_seconds()));
    return refused;
}

inline void service::note(const http::request& asked, std::string_view pattern,
                          const http::response& given) {
    const double seconds =
        static_cast<double>(detail::steady_microseconds() - asked.received_microseconds) / 1e6;
    requests_.took(asked.head.method, pattern.empty() ? "none" : pattern, given.status, seconds,
                   asked.body.size(), given.body.size());
    if (!told_.log().says(log_level::debug)) return;
    told_.log().debug("request", {{"method", asked.head.method},
                                  {"route", pattern},
                                  {"status", given.status},
                                  {"seconds", seconds},
                                  {"request_id", asked.id}});
}

inline result<void> service::listen() {
    http::detail::handler handle = std::ref(routes_);
    if (options_.around) handle = options_.around(routes_);
    http::server_options of_server{.address = options_.address,
                                   .port = options_.port,
                                   .threads = options_.threads,
                                   .connections = options_.connections,
                                   .connections_per_address = options_.connections_per_address,
                                   .waiting = options_.waiting,
                                   .stop_seconds = options_.stop_seconds,
                                   .most = options_.most,
                                   .stream = options_.stream,
                                   .tls = options_.tls};
    of_server.at_once = [](const http::request_head& head) {
        return head.path == "/health/live" || head.path == "/metrics";
    };
    auto opened = http::server::open(std::move(handle), std::move(of_server));
    if (!opened) return opened.error();
    listening_ = std::move(*opened);
    return {};
}

inline int service::run() {
    auto ready = listening_ ? result<void>() : listen();
    // Before it is said that it listens: whoever reads that may end it at once.
    if (ready) ready = listening_->stop_on({SIGINT, SIGTERM});
    if (!ready) {
        std::fprintf(stderr, "%s\n", to_string(ready.error()).c_str());
        return 1;
    }
    const bool is_wide = options_.address.find(':') != std::string::npos;
    std::printf("listening on %s://%s%s%s:%d\n", options_.tls ? "https" : "http",
                is_wide ? "[" : "", options_.address.c_str(), is_wide ? "]" : "",
                static_cast<int>(port()));
    std::fflush(stdout);
    std::atomic<bool> is_over = false;
    const background watching([&] {
        routes_.recheck_streams([&] { return !is_over; });
        return std::int64_t{60} * 1'000'000;
    });
    std::optional<background> keeping;
    if (upkeep_.is_wanted())
        keeping.emplace([this] {
            // Half of the time is for those who ask, and between two tenants it can be ended.
            const std::int64_t began = detail::steady_microseconds();
            return upkeep_.step(now()) ? detail::steady_microseconds() - began
                                       : std::int64_t{60} * 1'000'000;
        });
    listening_->run();
    is_over = true;
    return 0;
}

}  // namespace syncfw
