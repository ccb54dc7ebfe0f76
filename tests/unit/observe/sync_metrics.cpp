// SPDX-License-Identifier: BSL-1.0
// Goal: what a server, a device and HTTP requests do can be read off the metrics, and no tenant
// with it. Method: a server and devices that meet, and the text read back.
#include "../sync/scene.hpp"
#include "support/prometheus.hpp"
#include <syncfw/observe/sync_metrics.hpp>
#include <syncfw/sync/observed.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace two_devices;
using tests::read_prometheus;

TEST_CASE("sync_metrics: a server's pushes, pages and refusals are counted by entity and code") {
    metrics::registry seen;
    sync_metrics counting(seen);
    using seen_world = world<memory::store<tasks>, observed<sync_metrics>>;
    memory::store<tasks> hub_store;
    server<seen_world, park> hub(hub_store, {}, {}, observed(counting));
    memory::store<tasks> a_store{memory::options{.unique = false}};
    memory::store<tasks> b_store{memory::options{.unique = false}};
    bad_link<decltype(hub)> link{&hub};
    const tenant_id whose = tenant_id::make("acme").value();
    const auto make_device = [&](memory::store<tasks>& store) {
        return replica<world<memory::store<tasks>>, bad_link<decltype(hub)>>(store, link);
    };
    auto a = make_device(a_store), b = make_device(b_store);
    REQUIRE(a.put(task{.id = 1, .email = "x@y"}));
    REQUIRE(a.sync());
    REQUIRE(b.sync());
    REQUIRE(a.patch<task>(1, [](task& t) { t.title = "a"; }));
    REQUIRE(b.patch<task>(1, [](task& t) { t.title = "b"; }));
    REQUIRE(b.put(task{.id = 2, .email = "z@y"}));
    REQUIRE(a.put(task{.id = 3, .email = "z@y"}));
    REQUIRE(a.sync());
    REQUIRE(b.sync());
    REQUIRE(hub.resolve({.subject = "ann"}, hub.conflicts(tenant_id())->at(0).id, side::mine));
    REQUIRE(hub.retire(tenant_id(), {}));
    (void)hub.handle({.tenant = whose, .subject = "eve"}, "nonsense");

    const std::string text = seen.text();
    auto samples = read_prometheus(text);
    const auto of = [&](const std::string& name,
                        std::vector<std::pair<std::string, std::string>> labels = {}) {
        const auto found = samples.find({"syncfw_" + name, labels});
        return found == samples.end() ? -1.0 : found->second;
    };
    CHECK(of("pushes_total") == 3);
    CHECK(of("push_operations_total", {{"entity", "task"}, {"outcome", "applied"}}) == 3);
    CHECK(of("push_operations_total", {{"entity", "task"}, {"outcome", "parked"}}) == 1);
    CHECK(of("push_operations_total", {{"entity", "task"}, {"outcome", "rejected"}}) == 1);
    CHECK(of("push_operations_total", {{"entity", "task"}, {"outcome", "merged"}}) == -1);
    CHECK(of("conflicts_parked_total", {{"entity", "task"}}) == 1);
    CHECK(of("conflicts_resolved_total", {{"how", "mine"}}) == 1);
    CHECK(of("rejected_total", {{"entity", "task"}, {"code", "already_exists"}}) == 1);
    CHECK(of("requests_refused_total", {{"code", "unsupported_format"}}) == 1);
    CHECK(of("pages_total") == 4);
    CHECK(of("pulled_rows_total") > 2);
    CHECK(of("page_behind_rows_count") == 4);
    CHECK(of("page_behind_rows_bucket", {{"le", "0"}}) == 4);
    CHECK(of("history_retired_total", {{"kind", "audit"}}) == 0);
    for (const char* const hidden : {"acme", "eve", "ann", "tenant"})
        CHECK_MESSAGE(text.find(hidden) == std::string::npos, hidden);
}

TEST_CASE("sync_metrics: a push's outcomes by entity add up to its sums") {
    events::push_taken told;
    told.add({.entity = "a", .applied = 1, .merged = 2, .superseded = 3, .parked = 4});
    told.add({.entity = "b", .applied = 10, .rejected = 5});
    CHECK(told.operations == 25);
    CHECK(told.applied == 11);
    CHECK(told.merged == 2);
    CHECK(told.superseded == 3);
    CHECK(told.parked == 4);
    CHECK(told.rejected == 5);
    metrics::registry seen;
    server_metrics counting(seen);
    counting.take(timestamp(), told);
    counting.take(timestamp(), told);
    const auto samples = read_prometheus(seen.text());
    CHECK(samples.at({"syncfw_push_operations_total", {{"entity", "a"}, {"outcome", "merged"}}}) ==
          4);
    CHECK(samples.at({"syncfw_push_operations_total", {{"entity", "b"}, {"outcome", "applied"}}}) ==
          20);
}

TEST_CASE("sync_metrics: a device's syncs, failures and unsent work are counted") {
    metrics::registry seen;
    device_metrics counting(seen);
    memory::store<tasks> hub_store, store({.unique = false});
    server hub(hub_store, server_wins());
    bad_link<decltype(hub)> line{&hub};
    replica mine(store, line, tenant_id(), {}, observed(counting));
    REQUIRE(mine.put(task{.id = 1, .title = "tea"}));
    REQUIRE(mine.sync());
    line.is_cut = true;
    CHECK(!mine.sync());
    line.is_cut = false;
    memory::store<tasks> restored;
    server other(restored, server_wins());
    line.hub = &other;
    REQUIRE(mine.sync());
    const auto samples = read_prometheus(seen.text());
    CHECK(samples.at({"syncfw_device_syncs_total", {}}) == 2);
    CHECK(samples.at({"syncfw_device_sync_failures_total", {{"code", "peer_unavailable"}}}) == 1);
    CHECK(samples.at({"syncfw_device_renewals_total", {}}) == 1);
    CHECK(samples.at({"syncfw_device_push_operations_total", {{"outcome", "accepted"}}}) >= 1);
    CHECK(samples.at({"syncfw_device_removed_rows_total", {}}) == 1);  // Of the lost history.
    CHECK(samples.at({"syncfw_device_syncs_kept_back_total", {}}) == 0);
    CHECK(samples.at({"syncfw_device_messages_total", {}}) >= 4);
    CHECK(samples.at({"syncfw_device_bytes_total", {}}) > 100);
}

TEST_CASE("sync_metrics: HTTP requests by route, method and status, strange ones as other") {
    metrics::registry seen;
    http_metrics requests(seen);
    requests.took("POST", "/sync", 200, 0.004, 100, 2'000);
    requests.took("POST", "/sync", 200, -1, 50, 500);  // A clock that was put back.
    requests.took("BREW\n", "/sync", 7, 0.2, 1, 2);
    const auto samples = read_prometheus(seen.text());
    const auto of = [&](std::string name, std::string method, std::string status,
                        std::string end = {}) {
        tests::prometheus_sample wanted{
            "syncfw_http_request_duration_seconds_" + name,
            {{"route", "/sync"}, {"method", std::move(method)}, {"status", std::move(status)}}};
        if (!end.empty()) wanted.labels.emplace_back("le", end);
        return samples.at(wanted);
    };
    CHECK(of("count", "POST", "200") == 2);
    CHECK(of("sum", "POST", "200") == 0.004);
    CHECK(of("bucket", "POST", "200", "0.0025") == 1);
    CHECK(of("bucket", "POST", "200", "0.005") == 2);
    CHECK(of("count", "other", "other") == 1);
    CHECK(samples.at({"syncfw_http_request_bytes_total", {{"route", "/sync"}}}) == 151);
    CHECK(samples.at({"syncfw_http_response_bytes_total", {{"route", "/sync"}}}) == 2'502);
}

TEST_CASE("sync_metrics: gauges are asked for when the text is made, and those alone that exist") {
    metrics::registry seen;
    double pending = 3;
    add_gauges(seen, {.pending = [&] { return pending; }, .lag = [] { return std::nan(""); }});
    CHECK(read_prometheus(seen.text()).at({"syncfw_pending_operations", {}}) == 3);
    pending = 4;
    const auto samples = read_prometheus(seen.text());
    CHECK(samples.at({"syncfw_pending_operations", {}}) == 4);
    CHECK(samples.size() == 1);
}

TEST_CASE("sync_metrics: work that was kept back is seen, and a count below zero does no harm") {
    metrics::registry seen;
    sync_metrics counting(seen);
    counting.take(timestamp(), events::synchronised{.pulled = -1, .kept_back = "busy"});
    const auto samples = read_prometheus(seen.text());
    CHECK(samples.at({"syncfw_device_syncs_kept_back_total", {}}) == 1);
    CHECK(samples.at({"syncfw_device_pulled_rows_total", {}}) == 0);
}
