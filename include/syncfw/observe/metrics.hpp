// SPDX-License-Identifier: BSL-1.0
// Numbers about a running program, in the text that Prometheus collects.
//
//     syncfw::metrics::registry seen;
//     auto& started = seen.add_counter("bakery_ovens_started_total", "Ovens that were started.");
//     auto& orders = seen.add_counters("bakery_orders_total", "Orders taken.", {"kind"});
//     auto& baking = seen.add_histogram("bakery_baking_seconds", "How long a loaf took.",
//                                       syncfw::metrics::latency_buckets());
//     seen.add_gauge("bakery_queue", "Loaves that wait.", [&] { return double(queue.size()); });
//
//     auto& of_bread = orders.with({"bread"});  // looked up once,
//     of_bread.add();                           // and then as cheap as an atomic addition
//     baking.observe(12.5);
//     answer.body = seen.text();                // as text/plain; version=0.0.4
//
// A name that breaks Prometheus' conventions, or comes twice, is a programming mistake. Label
// values may come from outside: a metric has so many series at most, and what is beyond them is
// counted in one whose labels are all `other`, so that nobody can fill the memory.
#pragma once

#include <syncfw/observe/detail/exposition.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace syncfw::metrics {

/// The media type of `registry::text`.
inline constexpr std::string_view media_type = "text/plain; version=0.0.4; charset=utf-8";

/// Only ever grows. Any number of threads may add.
class counter {
  public:
    void add(std::uint64_t count = 1) noexcept {
        count_.fetch_add(count, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t value() const noexcept {
        return count_.load(std::memory_order_relaxed);
    }

    static constexpr std::string_view type = "counter";
    void append_to(std::string& out, std::string_view name, std::string_view labels) const {
        detail::exposition::append_sample(out, name, labels, value());
    }

  private:
    std::atomic<std::uint64_t> count_{0};
};

/// Goes up and down.
class gauge {
  public:
    void set(double to) noexcept { value_.store(to, std::memory_order_relaxed); }
    void add(double by) noexcept { value_.fetch_add(by, std::memory_order_relaxed); }
    [[nodiscard]] double value() const noexcept { return value_.load(std::memory_order_relaxed); }

    static constexpr std::string_view type = "gauge";
    void append_to(std::string& out, std::string_view name, std::string_view labels) const {
        detail::exposition::append_sample(out, name, labels, value());
    }

  private:
    std::atomic<double> value_{0};
};

/// Upper ends of buckets, ascending; the one without an end is added by itself.
using buckets = std::vector<double>;

/// From half a millisecond to ten seconds: for what somebody waits for.
[[nodiscard]] inline buckets latency_buckets() {
    return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

/// How often values fell into each bucket, and their sum. What is no number is not counted.
class histogram {
  public:
    explicit histogram(const buckets& ends);
    void observe(double value) noexcept;
    [[nodiscard]] std::uint64_t count() const noexcept;
    [[nodiscard]] double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }

    static constexpr std::string_view type = "histogram";
    void append_to(std::string& out, std::string_view name, std::string_view labels) const;

  private:
    const buckets* ends_;
    std::vector<std::atomic<std::uint64_t>> counts_;  // One for each end, and the one without.
    std::atomic<double> sum_{0};
};

/// All series of one metric: one for each set of label values that was asked for.
template <class Series>
class family final : public detail::exposition::metric {
  public:
    using values = std::initializer_list<std::string_view>;

    /// The series of these label values, one for each label, in their order. It lives as long as
    /// the registry. Values are cut at 128 bytes, and what is no UTF-8 in them is replaced.
    Series& with(values of = {});

    [[nodiscard]] std::size_t size() const;
    void append_to(std::string& out) const override;

  private:
    friend class registry;
    family(std::string name, std::string help, std::vector<std::string> labels,
           std::size_t series_max, buckets ends = {})
        : metric(std::move(name), std::move(help), std::move(labels)),
          ends_(std::move(ends)),
          series_max_(series_max) {}
    Series& make(std::string key);

    buckets ends_;
    std::size_t series_max_;
    mutable std::shared_mutex lock_{};
    // By the text of their labels, which is what is written, always in the same order.
    std::map<std::string, Series, std::less<>> series_{};
};

struct registry_options {
    std::size_t series_max = 1'000;  ///< Of one metric, without `other`.
};

/// Has the metrics of a program, in the order in which they were added. Threads may share it.
class registry {
  public:
    explicit registry(registry_options options = {}) : options_(options) {}
    registry(const registry&) = delete;
    registry& operator=(const registry&) = delete;

    using labels = std::vector<std::string>;

    // The plural is of metrics with labels. What is given back lives as long as the registry.
    counter& add_counter(std::string name, std::string help) {
        return add_counters(std::move(name), std::move(help), {}).with();
    }
    family<counter>& add_counters(std::string name, std::string help, labels by);
    gauge& add_gauge(std::string name, std::string help) {
        return add_gauges(std::move(name), std::move(help), {}).with();
    }
    family<gauge>& add_gauges(std::string name, std::string help, labels by);
    /// A gauge whose value is asked for when it is written, by whatever thread that does. NaN means
    /// that it isn't known, and leaves it out.
    void add_gauge(std::string name, std::string help, std::function<double()> value);
    histogram& add_histogram(std::string name, std::string help, buckets ends) {
        return add_histograms(std::move(name), std::move(help), {}, std::move(ends)).with();
    }
    family<histogram>& add_histograms(std::string name, std::string help, labels by, buckets ends);

    /// All of them, in Prometheus' text format 0.0.4.
    [[nodiscard]] std::string text() const;

  private:
    template <class Metric>
    Metric& keep(std::unique_ptr<Metric> made, std::initializer_list<std::string_view> samples);

    registry_options options_;
    mutable std::mutex lock_{};
    std::deque<std::unique_ptr<detail::exposition::metric>> all_{};
    std::set<std::string, std::less<>> names_{};  // Of samples: a histogram has several.
};

// --- how it is done ------------------------------------------------------------------------------

inline histogram::histogram(const buckets& ends) : ends_(&ends), counts_(ends.size() + 1) {}

inline void histogram::observe(double value) noexcept {
    if (value != value) return;
    std::size_t at = 0;
    while (at < ends_->size() && value > (*ends_)[at]) ++at;
    counts_[at].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
}

inline std::uint64_t histogram::count() const noexcept {
    std::uint64_t all = 0;
    for (const auto& each : counts_) all += each.load(std::memory_order_relaxed);
    return all;
}

// The count is the last bucket's, so that the two agree while others go on counting.
inline void histogram::append_to(std::string& out, std::string_view name,
                                 std::string_view labels) const {
    namespace text = detail::exposition;
    const std::string bucket = std::string(name) + "_bucket";
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        all += counts_[i].load(std::memory_order_relaxed);
        std::string with_end(labels);
        with_end += labels.empty() ? "le=\"" : ",le=\"";
        if (i < ends_->size())
            text::append_number(with_end, (*ends_)[i]);
        else
            with_end += "+Inf";
        text::append_sample(out, bucket, with_end += '"', all);
    }
    text::append_sample(out, std::string(name) + "_sum", labels, sum());
    text::append_sample(out, std::string(name) + "_count", labels, all);
}

template <class Series>
Series& family<Series>::make(std::string key) {
    if constexpr (std::is_same_v<Series, histogram>)
        return series_.try_emplace(std::move(key), ends_).first->second;
    else
        return series_.try_emplace(std::move(key)).first->second;
}

template <class Series>
Series& family<Series>::with(values of) {
    SYNCFW_ASSERT(of.size() == labels().size(), "a series has one value for each label");
    std::string key = detail::exposition::label_text(labels(), of);
    {
        const std::shared_lock reading(lock_);
        if (const auto found = series_.find(key); found != series_.end()) return found->second;
    }
    const std::lock_guard writing(lock_);
    const auto found = series_.find(key);
    if (found != series_.end()) return found->second;
    if (series_.size() < series_max_) return make(std::move(key));
    const std::vector<std::string_view> other(labels().size(), "other");
    return make(detail::exposition::label_text(labels(), other));
}

template <class Series>
std::size_t family<Series>::size() const {
    const std::shared_lock reading(lock_);
    return series_.size();
}

template <class Series>
void family<Series>::append_to(std::string& out) const {
    append_head(out, Series::type);
    const std::shared_lock reading(lock_);
    for (const auto& [key, each] : series_) each.append_to(out, name(), key);
}

template <class Metric>
Metric& registry::keep(std::unique_ptr<Metric> made,
                       std::initializer_list<std::string_view> samples) {
    Metric& kept = *made;
    const std::lock_guard locked(lock_);
    for (const std::string_view each : samples) {
        const bool is_new = names_.insert(kept.name() + std::string(each)).second;
        SYNCFW_ASSERT(is_new, "the name of a metric is taken once");
    }
    all_.push_back(std::move(made));
    return kept;
}

inline family<counter>& registry::add_counters(std::string name, std::string help, labels by) {
    SYNCFW_ASSERT(name.ends_with("_total"), "the name of a counter ends in _total");
    return keep(std::unique_ptr<family<counter>>(new family<counter>(
                    std::move(name), std::move(help), std::move(by), options_.series_max)),
                {""});
}

inline family<gauge>& registry::add_gauges(std::string name, std::string help, labels by) {
    SYNCFW_ASSERT(!name.ends_with("_total"), "only the name of a counter ends in _total");
    return keep(std::unique_ptr<family<gauge>>(new family<gauge>(
                    std::move(name), std::move(help), std::move(by), options_.series_max)),
                {""});
}

inline void registry::add_gauge(std::string name, std::string help, std::function<double()> value) {
    SYNCFW_ASSERT(!name.ends_with("_total"), "only the name of a counter ends in _total");
    SYNCFW_ASSERT(value != nullptr, "a gauge by callback has one");
    keep(std::make_unique<detail::exposition::asked_gauge>(std::move(name), std::move(help),
                                                           std::move(value)),
         {""});
}

inline family<histogram>& registry::add_histograms(std::string name, std::string help, labels by,
                                                   buckets ends) {
    SYNCFW_ASSERT(!name.ends_with("_total"), "only the name of a counter ends in _total");
    for (const std::string& each : by)
        SYNCFW_ASSERT(each != "le", "le is the label of a histogram's buckets");
    for (std::size_t i = 0; i < ends.size(); ++i)
        SYNCFW_ASSERT(ends[i] - ends[i] == 0 && (i == 0 || ends[i - 1] < ends[i]),
                      "the ends of buckets are finite and ascending");
    return keep(
        std::unique_ptr<family<histogram>>(new family<histogram>(
            std::move(name), std::move(help), std::move(by), options_.series_max, std::move(ends))),
        {"", "_bucket", "_sum", "_count"});
}

inline std::string registry::text() const {
    std::vector<const detail::exposition::metric*> all;
    {
        // Callbacks may be slow, and may add metrics.
        const std::lock_guard locked(lock_);
        for (const auto& each : all_) all.push_back(each.get());
    }
    std::string out;
    for (const detail::exposition::metric* each : all) each->append_to(out);
    return out;
}

}  // namespace syncfw::metrics
