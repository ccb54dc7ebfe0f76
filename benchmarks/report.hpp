// SPDX-License-Identifier: BSL-1.0
// What a run says: a table for people, and the same rows as JSON lines.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bench {

struct row {
    std::string name{};
    double value = 0;
    std::string unit{};
    std::string peer{};
    std::optional<double> peer_value{};
    std::optional<double> ratio{};   ///< To the peer.
    std::optional<double> budget{};  ///< Of the ratio; of the value where there is no ratio.

    [[nodiscard]] bool misses() const { return budget && ratio.value_or(value) > *budget; }
};

/// Prints each row when it comes and writes it to the file. Texts must need no JSON escapes.
class report {
  public:
    /// Without a path only the table appears.
    explicit report(const std::string& path, bool with_header = true) {
        if (!path.empty()) file_ = std::fopen(path.c_str(), "w");
        if (!path.empty() && !file_) std::perror(path.c_str());
        if (with_header)
            print("name", "value", "unit", "peer", "peer value", "ratio", "budget", "holds");
    }
    ~report() {
        if (file_) std::fclose(file_);
    }
    report(const report&) = delete;
    report& operator=(const report&) = delete;

    void add(const row& r) {
        missed_ += r.misses() ? 1 : 0;
        const char* holds = !r.budget ? "" : r.misses() ? "NO" : "yes";
        print(r.name, number(r.value), r.unit, r.peer, number(r.peer_value), number(r.ratio),
              r.budget ? "<= " + number(r.budget) + (r.ratio ? "x" : " " + r.unit) : "", holds);
        if (!file_) return;
        std::fprintf(file_, R"({"name":"%s","value":%.6g,"unit":"%s","peer":%s)", r.name.c_str(),
                     r.value, r.unit.c_str(), r.peer.empty() ? "null" : quoted(r.peer).c_str());
        write("peer_value", r.peer_value);
        write("ratio", r.ratio);
        write("budget", r.budget);
        std::fprintf(file_, ",\"holds\":%s}\n", !r.budget ? "null" : r.misses() ? "false" : "true");
        std::fflush(file_);
    }

    /// Names what can't be measured here, so that nobody takes a missing row for a good one.
    static void skip(std::string_view name, std::string_view why) {
        std::printf("skipped: %.*s: %.*s\n", static_cast<int>(name.size()), name.data(),
                    static_cast<int>(why.size()), why.data());
    }

    [[nodiscard]] int missed() const { return missed_; }

  private:
    static std::string number(std::optional<double> value) {
        if (!value) return "";
        char text[32];
        std::snprintf(text, sizeof text, *value < 10 ? "%.2f" : "%.1f", *value);
        return text;
    }
    static std::string quoted(const std::string& text) { return '"' + text + '"'; }

    void write(const char* key, std::optional<double> value) const {
        if (value) {
            std::fprintf(file_, ",\"%s\":%.6g", key, *value);
        } else {
            std::fprintf(file_, ",\"%s\":null", key);
        }
    }
    template <class... Texts>
    static void print(const Texts&... texts) {
        std::printf("%-44s %9s %-7s %-24s %10s %6s %-13s %s\n", std::string(texts).c_str()...);
        std::fflush(stdout);
    }

    std::FILE* file_ = nullptr;
    int missed_ = 0;
};

}  // namespace bench
