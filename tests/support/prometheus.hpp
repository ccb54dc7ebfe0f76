// SPDX-License-Identifier: BSL-1.0
// A strict reader of Prometheus' text format 0.0.4: each metric has its help and its type once,
// before its samples, no sample comes twice, and a histogram's numbers fit together.
#pragma once

#include <charconv>
#include <cmath>
#include <compare>
#include <cstddef>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tests {

struct prometheus_sample {
    std::string name{};
    std::vector<std::pair<std::string, std::string>> labels{};

    friend auto operator<=>(const prometheus_sample&, const prometheus_sample&) = default;
};

class prometheus_reader {
  public:
    explicit prometheus_reader(std::string_view text) : text_(text) {}

    std::map<prometheus_sample, double> read() {
        while (at_ < text_.size()) {
            if (text_[at_] == '#')
                read_head();
            else
                read_sample();
        }
        check_histograms();
        return samples_;
    }

  private:
    [[noreturn]] void fail(const std::string& why) const {
        throw std::runtime_error(why + " at: " + std::string(text_.substr(at_, 80)));
    }
    void expect(std::string_view what) {
        if (text_.substr(at_, what.size()) != what) fail("expected " + std::string(what));
        at_ += what.size();
    }
    bool takes(char c) {
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    std::string name() {
        std::string seen;
        const auto is_letter = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        };
        while (at_ < text_.size() &&
               (is_letter(text_[at_]) || (!seen.empty() && text_[at_] >= '0' && text_[at_] <= '9')))
            seen += text_[at_++];
        if (seen.empty()) fail("expected a name");
        return seen;
    }
    // Up to `end`, which is taken.
    std::string escaped(char end, bool has_quotes) {
        std::string seen;
        while (!takes(end)) {
            if (at_ == text_.size() || text_[at_] == '\n') fail("a text without an end");
            if (!takes('\\')) {
                seen += text_[at_++];
            } else if (takes('n')) {
                seen += '\n';
            } else if (takes('\\')) {
                seen += '\\';
            } else if (has_quotes && takes('"')) {
                seen += '"';
            } else {
                fail("an unknown escape");
            }
        }
        return seen;
    }

    void read_head() {
        expect("# HELP ");
        metric_ = name();
        if (!types_.try_emplace(metric_).second) fail("a metric twice");
        expect(" ");
        if (escaped('\n', false).empty()) fail("no help");
        expect("# TYPE " + metric_ + " ");
        std::string& type = types_[metric_] = escaped('\n', false);
        if (type != "counter" && type != "gauge" && type != "histogram") fail("an unknown type");
        if ((type == "counter") != metric_.ends_with("_total")) fail("_total is for counters");
    }

    void read_sample() {
        prometheus_sample of{.name = name()};
        const bool is_histogram = types_[metric_] == "histogram";
        if (!is_histogram && of.name != metric_) fail("a sample of another metric");
        if (is_histogram && of.name != metric_ + "_bucket" && of.name != metric_ + "_sum" &&
            of.name != metric_ + "_count")
            fail("no sample of a histogram");
        std::set<std::string> labels;
        if (takes('{'))
            while (!takes('}')) {
                if (!labels.empty()) expect(",");
                const std::string label = name();
                if (!labels.insert(label).second) fail("a label twice");
                expect("=\"");
                of.labels.emplace_back(label, escaped('"', true));
            }
        expect(" ");
        const std::string number = escaped('\n', false);
        if (!samples_.emplace(of, number_of(number)).second) fail("a sample twice");
    }

    double number_of(const std::string& text) const {
        if (text == "+Inf") return INFINITY;
        if (text == "-Inf") return -INFINITY;
        if (text == "NaN") return NAN;
        double value = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        if (read.ec != std::errc() || read.ptr != text.data() + text.size()) fail("no number");
        return value;
    }

    // Ends ascend to +Inf, counts don't fall, and the last is _count.
    void check_histograms() const {
        std::map<prometheus_sample, std::map<double, double>> buckets;
        for (const auto& [of, value] : samples_) {
            if (!of.name.ends_with("_bucket") || of.labels.empty() ||
                of.labels.back().first != "le")
                continue;
            prometheus_sample whole = of;
            whole.name.resize(whole.name.size() - 7);
            whole.labels.pop_back();
            buckets[whole][number_of(of.labels.back().second)] = value;
        }
        for (const auto& [whole, ends] : buckets) {
            double before = 0;
            for (const auto& [end, count] : ends) {
                if (count < before) fail("a bucket with less than the one before");
                before = count;
            }
            prometheus_sample of = whole;
            of.name += "_count";
            if (ends.rbegin()->first != INFINITY) fail("no bucket without an end");
            if (samples_.at(of) != before) fail("_count is another number than +Inf's");
            of.name = whole.name + "_sum";
            (void)samples_.at(of);
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string metric_{};
    std::map<std::string, std::string> types_{};
    std::map<prometheus_sample, double> samples_{};
};

inline std::map<prometheus_sample, double> read_prometheus(std::string_view text) {
    return prometheus_reader(text).read();
}

}  // namespace tests
