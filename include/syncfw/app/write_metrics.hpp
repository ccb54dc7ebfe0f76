// SPDX-License-Identifier: BSL-1.0
// The four numbers of a service that takes timed writes: how they end, how long a request of them
// takes, how many wait in the queue, and how often they are in conflict.
//
//     syncfw::write_metrics figures(told.metrics());
//     const write_metrics::timing timed(figures);      // until the end of the request
//     figures.note(result);
//
// `sync_operations_total{status=…}` has successes and failures; the average duration is
// `sync_duration_seconds_sum / sync_duration_seconds_count`.
#pragma once

#include <syncfw/observe/metrics.hpp>
#include <syncfw/sync/timed_write.hpp>
#include <syncfw/transport/detail/steady_time.hpp>

#include <cstdint>
#include <string_view>

namespace syncfw {

class write_metrics {
  public:
    explicit write_metrics(metrics::registry& into)
        : writes_(into.add_counters("sync_operations_total", "Operations, by how they ended.",
                                    {"status"})),
          conflicts_(into.add_counter("sync_conflicts_total", "Operations in conflict.")),
          seconds_(into.add_histogram("sync_duration_seconds",
                                      "How long a request with operations took.",
                                      metrics::latency_buckets())),
          pending_(into.add_gauge("sync_pending_operations",
                                  "Operations that wait in the queues of all users.")) {
        // From the first look on they are there.
        for (const std::string_view status : {"success", "conflict", "error"})
            (void)writes_.with({status});
    }

    void note(const write_result& made) {
        constexpr std::string_view words[] = {"success", "conflict", "error"};
        writes_.with({words[static_cast<std::size_t>(made.status)]}).add();
        if (made.status == write_status::conflict) conflicts_.add();
    }
    void set_pending(std::int64_t count) { pending_.set(static_cast<double>(count)); }

    /// Measures as long as it is there.
    class timing {
      public:
        explicit timing(write_metrics& into) : into_(into), began_(detail::steady_microseconds()) {}
        timing(const timing&) = delete;
        timing& operator=(const timing&) = delete;
        ~timing() {
            into_.seconds_.observe(static_cast<double>(detail::steady_microseconds() - began_) /
                                   1e6);
        }

      private:
        write_metrics& into_;
        std::int64_t began_;
    };

  private:
    metrics::family<metrics::counter>& writes_;
    metrics::counter& conflicts_;
    metrics::histogram& seconds_;
    metrics::gauge& pending_;
};

}  // namespace syncfw
