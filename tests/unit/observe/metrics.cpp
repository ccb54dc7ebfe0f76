// SPDX-License-Identifier: BSL-1.0
// Goal: the text is what Prometheus reads, whatever label values come from outside; the numbers are
// right when many threads count; memory is bounded. Method: a strict reader of the format, here.
#include "support/prometheus.hpp"
#include <syncfw/observe/metrics.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace syncfw;
using tests::read_prometheus;

TEST_CASE("metrics: the text has help, type and samples of each metric, as they were added") {
    metrics::registry seen;
    auto& ovens = seen.add_counter("ovens_total", "Ovens.");
    auto& orders =
        seen.add_counters("orders_total", "Orders,\nby \"kind\" \\ size.", {"kind", "size"});
    auto& heat = seen.add_gauge("heat_celsius", "How hot it is.");
    seen.add_gauge("queue", "Loaves.", [] { return 1e15; });
    seen.add_gauge("unknown", "Nobody knows.", [] { return std::nan(""); });
    auto& baking = seen.add_histogram("baking_seconds", "Time.", {0.5, 1, 20});
    ovens.add(3);
    orders.with({"bread", "l"}).add();
    orders.with({"bread", "l"}).add();
    orders.with({"a\\b\"c\nd", ""}).add();
    heat.set(20.5);
    heat.add(-21);
    for (const double value : {0.5, 0.6, 30.0, 0.0}) baking.observe(value);
    CHECK(seen.text() ==
          "# HELP ovens_total Ovens.\n"
          "# TYPE ovens_total counter\n"
          "ovens_total 3\n"
          "# HELP orders_total Orders,\\nby \"kind\" \\\\ size.\n"
          "# TYPE orders_total counter\n"
          "orders_total{kind=\"a\\\\b\\\"c\\nd\",size=\"\"} 1\n"
          "orders_total{kind=\"bread\",size=\"l\"} 2\n"
          "# HELP heat_celsius How hot it is.\n"
          "# TYPE heat_celsius gauge\n"
          "heat_celsius -0.5\n"
          "# HELP queue Loaves.\n"
          "# TYPE queue gauge\n"
          "queue 1e+15\n"
          "# HELP baking_seconds Time.\n"
          "# TYPE baking_seconds histogram\n"
          "baking_seconds_bucket{le=\"0.5\"} 2\n"
          "baking_seconds_bucket{le=\"1\"} 3\n"
          "baking_seconds_bucket{le=\"20\"} 3\n"
          "baking_seconds_bucket{le=\"+Inf\"} 4\n"
          "baking_seconds_sum 31.1\n"
          "baking_seconds_count 4\n");
    CHECK(read_prometheus(seen.text()).size() == 11);
}

TEST_CASE("metrics: a histogram with labels has them before its ends") {
    metrics::registry seen;
    auto& times = seen.add_histograms("times_seconds", "Times.", {"route"}, {1});
    times.with({"/a"}).observe(0.5);
    const auto samples = read_prometheus(seen.text());
    CHECK(samples.at({"times_seconds_bucket", {{"route", "/a"}, {"le", "1"}}}) == 1);
    CHECK(samples.at({"times_seconds_bucket", {{"route", "/a"}, {"le", "+Inf"}}}) == 1);
    CHECK(samples.at({"times_seconds_sum", {{"route", "/a"}}}) == 0.5);
    CHECK(samples.at({"times_seconds_count", {{"route", "/a"}}}) == 1);
}

TEST_CASE("metrics: what is no number is not observed, infinities are") {
    metrics::registry seen;
    auto& times = seen.add_histogram("times", "Times.", {1, 2});
    times.observe(std::numeric_limits<double>::quiet_NaN());
    CHECK(times.count() == 0);
    CHECK(times.sum() == 0);
    times.observe(2);
    times.observe(std::numeric_limits<double>::infinity());
    times.observe(-std::numeric_limits<double>::infinity());
    const auto samples = read_prometheus(seen.text());
    CHECK(samples.at({"times_bucket", {{"le", "1"}}}) == 1);
    CHECK(samples.at({"times_bucket", {{"le", "2"}}}) == 2);
    CHECK(samples.at({"times_count", {}}) == 3);
    CHECK(seen.text().find("times_sum NaN\n") != std::string::npos);
}

TEST_CASE("metrics: a handle stays the same, and the same labels give the same one") {
    metrics::registry seen;
    auto& all = seen.add_counters("all_total", "All.", {"x"});
    auto* const first = &all.with({"1"});
    for (int i = 2; i < 500; ++i) (void)all.with({std::to_string(i)});
    CHECK(&all.with({"1"}) == first);
    CHECK(&all.with({"2"}) != first);
    first->add(2);
    CHECK(all.with({"1"}).value() == 2);
}

TEST_CASE("metrics: beyond so many series all is counted under other") {
    metrics::registry seen({.series_max = 3});
    auto& all = seen.add_counters("all_total", "All.", {"user", "agent"});
    for (int i = 0; i < 1'000; ++i) all.with({std::to_string(i), "x"}).add();
    CHECK(all.size() == 4);
    all.with({"2", "x"}).add();  // What is known already stays known.
    const auto samples = read_prometheus(seen.text());
    CHECK(samples.size() == 4);
    CHECK(samples.at({"all_total", {{"user", "0"}, {"agent", "x"}}}) == 1);
    CHECK(samples.at({"all_total", {{"user", "2"}, {"agent", "x"}}}) == 2);
    CHECK(samples.at({"all_total", {{"user", "other"}, {"agent", "other"}}}) == 997);
    // A thousand are allowed if nothing is said.
    metrics::registry usual;
    auto& many = usual.add_histograms("many", "Many.", {"x"}, {1});
    for (int i = 0; i < 2'000; ++i) many.with({std::to_string(i)}).observe(1);
    CHECK(many.size() == 1'001);
    CHECK(many.with({"other"}).count() == 1'000);
}

TEST_CASE("metrics: any bytes as label values and help make a text that can be read") {
    CHECK(rc::check([](const std::string& a, const std::string& b, const std::string& help) {
        metrics::registry seen;
        seen.add_counters("all_total", "x" + help, {"a", "b"}).with({a, b}).add(7);
        const auto samples = read_prometheus(seen.text());
        RC_ASSERT(samples.size() == 1u);
        const auto& [of, value] = *samples.begin();
        RC_ASSERT(value == 7);
        const auto is_text = [](const std::string& text) {
            const char* const end = text.data() + text.size();
            return text.size() <= 128 && detail::find_invalid_text(text.data(), end) == end;
        };
        if (is_text(a)) RC_ASSERT(of.labels.at(0).second == a);
        if (is_text(b)) RC_ASSERT(of.labels.at(1).second == b);
    }));
}

TEST_CASE("metrics: a long label value is cut between two characters") {
    metrics::registry seen;
    std::string many;
    while (many.size() < 1'000) many += "€";
    seen.add_counters("all_total", "All.", {"x"}).with({many}).add();
    const auto samples = read_prometheus(seen.text());
    CHECK(samples.begin()->first.labels[0].second == many.substr(0, 126));
}

TEST_CASE("metrics: threads count and read at the same time, and nothing is lost") {
    metrics::registry seen;
    auto& counted = seen.add_counters("counted_total", "Counted.", {"by"});
    auto& level = seen.add_gauge("level", "Level.");
    auto& times = seen.add_histogram("times", "Times.", {1});
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&, thread] {
            for (int i = 0; i < 2'000; ++i) {
                counted.with({std::to_string((thread + i) % 7)}).add();
                level.add(1);
                times.observe(i % 2 == 0 ? 1 : 2);
                if (i % 500 == 0) (void)read_prometheus(seen.text());
            }
        });
    for (std::thread& each : threads) each.join();
    std::uint64_t all = 0;
    for (int i = 0; i < 7; ++i) all += counted.with({std::to_string(i)}).value();
    CHECK(all == 8'000);
    CHECK(level.value() == 8'000);
    CHECK(times.count() == 8'000);
    CHECK(times.sum() == 12'000);
}

TEST_CASE("metrics: names are what Prometheus allows, and what its conventions want") {
    using namespace detail::exposition;
    for (const std::string_view fine : {"a", "_a", "a_total", "A9"}) CHECK(is_name(fine));
    for (const std::string_view bad : {"", "9a", "a-b", "a b", "a:b", "ä", "a\n"})
        CHECK(!is_name(bad));
    CHECK(is_label("_a"));
    CHECK(!is_label("__a"));
}
