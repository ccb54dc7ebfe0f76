// SPDX-License-Identifier: BSL-1.0
// What a server, a device and their HTTP service do, as metrics.
//
//     syncfw::metrics::registry seen;
//     syncfw::sync_metrics counting(seen);
//     syncfw::server hub(store, policy, {}, syncfw::observed(counting));
//     syncfw::http_metrics requests(seen);
//     requests.took("POST", "/sync", 200, 0.012, 310, 2'048);
//
// No tenant is a label: there are too many of them, and none may learn of another one.
#pragma once

#include <syncfw/observe/events.hpp>
#include <syncfw/observe/metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

namespace detail {

// A count of an event; no event has a negative one, but a defect must not turn into 2^64.
[[nodiscard]] constexpr std::uint64_t as_count(std::int64_t number) noexcept {
    return number > 0 ? static_cast<std::uint64_t>(number) : 0;
}

}  // namespace detail

/// A sink of a server's events. Several servers of a program may share one.
class server_metrics {
  public:
    explicit server_metrics(metrics::registry& into)
        : pushes_(into.add_counter("syncfw_pushes_total", "Pushes that took effect.")),
          operations_(into.add_counters("syncfw_push_operations_total",
                                        "Pushed operations, by what became of them.",
                                        {"entity", "outcome"})),
          parked_(into.add_counters("syncfw_conflicts_parked_total",
                                    "Conflicts that a person has to settle.", {"entity"})),
          resolved_(into.add_counters("syncfw_conflicts_resolved_total",
                                      "Conflicts that a person has settled, by how.", {"how"})),
          rejected_(into.add_counters("syncfw_rejected_total",
                                      "Operations that broke a rule, by its code.",
                                      {"entity", "code"})),
          pages_(into.add_counter("syncfw_pages_total", "Pages that devices were given.")),
          rows_(into.add_counter("syncfw_pulled_rows_total", "Rows of those pages.")),
          behind_(into.add_histogram("syncfw_page_behind_rows",
                                     "Changes that a device still lacks behind its page.",
                                     {0, 10, 100, 1'000, 10'000, 100'000, 1'000'000})),
          refused_(into.add_counters("syncfw_requests_refused_total",
                                     "Requests refused as a whole, by code.", {"code"})),
          retired_(into.add_counters("syncfw_history_retired_total",
                                     "What was let go of the history, by kind.", {"kind"})),
          unaudited_(into.add_counter("syncfw_audit_failed_total",
                                      "Notes of writes that did not get to the audit's sink.")) {}

    template <class Event>
    void take(timestamp, const Event&) {}
    void take(timestamp, const events::push_taken& event);
    void take(timestamp, const events::operation_rejected& event) {
        rejected_.with({event.entity, event.code}).add();
    }
    void take(timestamp, const events::conflict_parked& event) {
        parked_.with({event.entity}).add();
    }
    void take(timestamp, const events::conflict_resolved& event) {
        resolved_.with({event.how}).add();
    }
    void take(timestamp, const events::page_given& event) {
        pages_.add();
        rows_.add(detail::as_count(event.rows));
        behind_.observe(static_cast<double>(event.behind));
    }
    void take(timestamp, const events::request_refused& event) {
        refused_.with({event.code}).add();
    }
    void take(timestamp, const events::audit_failed&) { unaudited_.add(); }
    void take(timestamp, const events::history_retired& event) {
        retired_.with({"deletions"}).add(detail::as_count(event.deletions));
        retired_.with({"answers"}).add(detail::as_count(event.answers));
        retired_.with({"audit"}).add(detail::as_count(event.audit));
    }

  private:
    metrics::counter& pushes_;
    metrics::family<metrics::counter>& operations_;
    metrics::family<metrics::counter>& parked_;
    metrics::family<metrics::counter>& resolved_;
    metrics::family<metrics::counter>& rejected_;
    metrics::counter& pages_;
    metrics::counter& rows_;
    metrics::histogram& behind_;
    metrics::family<metrics::counter>& refused_;
    metrics::family<metrics::counter>& retired_;
    metrics::counter& unaudited_;
};

/// A sink of a device's events.
class device_metrics {
  public:
    explicit device_metrics(metrics::registry& into)
        : syncs_(into.add_counter("syncfw_device_syncs_total", "Syncs that went through.")),
          failures_(into.add_counters("syncfw_device_sync_failures_total",
                                      "Syncs that did not get to their end, by code.", {"code"})),
          sent_(into.add_counters("syncfw_device_push_operations_total",
                                  "Operations that the server answered, by what became of them.",
                                  {"outcome"})),
          rows_(into.add_counter("syncfw_device_pulled_rows_total", "Rows that came in pages.")),
          removed_(
              into.add_counter("syncfw_device_removed_rows_total", "Rows that were taken away.")),
          kept_back_(into.add_counter("syncfw_device_syncs_kept_back_total",
                                      "Syncs that could not send all work.")),
          messages_(into.add_counter("syncfw_device_messages_total", "Messages sent.")),
          bytes_(into.add_counter("syncfw_device_bytes_total", "Bytes of messages, both ways.")),
          renewals_(into.add_counter("syncfw_device_renewals_total",
                                     "How often all rows had to be read anew.")) {}

    template <class Event>
    void take(timestamp, const Event&) {}
    void take(timestamp, const events::synchronised& event);
    void take(timestamp, const events::sync_failed& event) { failures_.with({event.code}).add(); }
    void take(timestamp, const events::renewal_began&) { renewals_.add(); }

  private:
    metrics::counter& syncs_;
    metrics::family<metrics::counter>& failures_;
    metrics::family<metrics::counter>& sent_;
    metrics::counter& rows_;
    metrics::counter& removed_;
    metrics::counter& kept_back_;
    metrics::counter& messages_;
    metrics::counter& bytes_;
    metrics::counter& renewals_;
};

/// Both, for a program that has a server and devices, or doesn't care.
class sync_metrics {
  public:
    explicit sync_metrics(metrics::registry& into) : server_(into), device_(into) {}

    template <class Event>
    void take(timestamp at, const Event& event) {
        server_.take(at, event);
        device_.take(at, event);
    }

  private:
    server_metrics server_;
    device_metrics device_;
};

/// How a store stands, asked for whenever the metrics are read. NaN leaves one out.
struct sync_gauges {
    std::function<double()> pending{};    ///< Operations that wait to be sent.
    std::function<double()> conflicts{};  ///< Conflicts that wait for a person.
    std::function<double()> lag{};        ///< Changes that are still to be read.
};

/// Adds those of them that are given.
inline void add_gauges(metrics::registry& into, sync_gauges asked) {
    if (asked.pending)
        into.add_gauge("syncfw_pending_operations", "Operations that wait to be sent.",
                       std::move(asked.pending));
    if (asked.conflicts)
        into.add_gauge("syncfw_open_conflicts", "Conflicts that wait for a person.",
                       std::move(asked.conflicts));
    if (asked.lag)
        into.add_gauge("syncfw_lag_rows", "Changes that are still to be read.",
                       std::move(asked.lag));
}

/// What an HTTP server says of each request.
class http_metrics {
  public:
    explicit http_metrics(metrics::registry& into)
        : seconds_(into.add_histograms("syncfw_http_request_duration_seconds",
                                       "From a request's first byte to its answer's last.",
                                       {"route", "method", "status"}, metrics::latency_buckets())),
          bytes_in_(into.add_counters("syncfw_http_request_bytes_total", "Bytes of requests.",
                                      {"route"})),
          bytes_out_(into.add_counters("syncfw_http_response_bytes_total", "Bytes of answers.",
                                       {"route"})) {}

    /// `route` is the pattern that was matched, never the target that somebody sent. A method that
    /// HTTP has not, and a status that is none, are counted as `other`.
    void took(std::string_view method, std::string_view route, int status, double seconds,
              std::size_t bytes_in, std::size_t bytes_out);

  private:
    metrics::family<metrics::histogram>& seconds_;
    metrics::family<metrics::counter>& bytes_in_;
    metrics::family<metrics::counter>& bytes_out_;
};

// --- how it is done ------------------------------------------------------------------------------

inline void server_metrics::take(timestamp, const events::push_taken& event) {
    pushes_.add();
    for (const events::entity_outcomes& each : event.of_entities) {
        const std::pair<std::string_view, std::int64_t> counts[] = {{"applied", each.applied},
                                                                    {"merged", each.merged},
                                                                    {"superseded", each.superseded},
                                                                    {"parked", each.parked},
                                                                    {"rejected", each.rejected}};
        for (const auto& [outcome, count] : counts)
            if (count > 0) operations_.with({each.entity, outcome}).add(detail::as_count(count));
    }
}

inline void device_metrics::take(timestamp, const events::synchronised& event) {
    syncs_.add();
    const std::pair<std::string_view, std::int64_t> counts[] = {
        {"accepted", event.pushed - event.superseded - event.parked - event.rejected},
        {"superseded", event.superseded},
        {"parked", event.parked},
        {"rejected", event.rejected}};
    for (const auto& [outcome, count] : counts)
        if (count > 0) sent_.with({outcome}).add(detail::as_count(count));
    rows_.add(detail::as_count(event.pulled));
    removed_.add(detail::as_count(event.left));
    if (!event.kept_back.empty()) kept_back_.add();
    messages_.add(detail::as_count(event.messages));
    bytes_.add(detail::as_count(event.bytes));
}

inline void http_metrics::took(std::string_view method, std::string_view route, int status,
                               double seconds, std::size_t bytes_in, std::size_t bytes_out) {
    std::string_view known = "other";
    for (const std::string_view each :
         {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
        if (method == each) known = each;
    const std::string code = status >= 100 && status < 600 ? std::to_string(status) : "other";
    seconds_.with({route, known, code}).observe(seconds > 0 ? seconds : 0);
    bytes_in_.with({route}).add(bytes_in);
    bytes_out_.with({route}).add(bytes_out);
}

}  // namespace syncfw
