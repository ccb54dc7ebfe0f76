// SPDX-License-Identifier: BSL-1.0
// Whether a program can do its work, for those who send it work or restart it.
//
//     syncfw::health state({.remembered_microseconds = 1'000'000, .failed = to_the_log});
//     state.add("database", [&] { return database.ping(); });
//     state.add("mirror", [&] { return mirror.ping(); }, {.is_required = false});
//
//     const auto seen = state.ready(syncfw::timestamp::now());
//     answer(seen.http_status(), seen.json());
//     // 200 {"status":"degraded","checks":{"database":{"status":"ok"},
//     //      "mirror":{"status":"unavailable","code":"timed_out"}}}
//
// What a check finds is remembered for a while, and no check runs twice at the same time, so that
// a flood of questions is no flood of queries. Nobody waits for a check that another one runs:
// until it has ended, the last answer holds, and beyond its budget the answer is `timed_out`.
// Outsiders are told a code and nothing else; the rest goes to `failed`.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/observe/detail/line_text.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw {

enum class health_status : unsigned char { ok, degraded, unavailable };

[[nodiscard]] constexpr std::string_view to_string_view(health_status status) noexcept {
    constexpr std::string_view names[] = {"ok", "degraded", "unavailable"};
    return names[static_cast<std::size_t>(status)];
}

/// What a check found. A `result<void>` is one: an error means that the part is unavailable.
struct health_finding {
    health_status status = health_status::ok;
    std::optional<error> why{};

    health_finding() = default;
    health_finding(const result<void>& found) {
        if (found) return;
        status = health_status::unavailable;
        why = found.error();
    }
    health_finding(health_status seen, error reason) : status(seen), why(std::move(reason)) {}
};

/// Finds out about one part. It should give up by itself within its budget: nobody can stop it.
using health_check = std::function<health_finding()>;

struct health_rules {
    /// Whether the program is of no use without this part; otherwise it is degraded.
    bool is_required = true;
    /// What runs longer is said to have timed out, until it ends.
    std::int64_t budget_microseconds = 2'000'000;
};

struct health_report {
    struct part {
        std::string name{};
        health_status status = health_status::ok;
        std::optional<errc> code{};
    };
    health_status status = health_status::ok;
    std::vector<part> parts{};

    /// 200 also where it is degraded: it still takes work.
    [[nodiscard]] int http_status() const noexcept {
        return status == health_status::unavailable ? 503 : 200;
    }
    [[nodiscard]] std::string json() const;
};

struct health_options {
    std::int64_t remembered_microseconds = 1'000'000;
    /// Hears of each check that ran and was not ok, with all of its error: for the log alone. The
    /// thread that asked calls it.
    std::function<void(std::string_view check, const error& why)> failed{};
};

/// Any number of threads may ask. Checks are added before.
class health {
  public:
    explicit health(health_options options = {}) : options_(std::move(options)) {}
    health(const health&) = delete;
    health& operator=(const health&) = delete;

    void add(std::string name, health_check check, health_rules rules = {});

    /// Whether the process runs. It asks no check: to restart it would not mend a database.
    [[nodiscard]] health_report live() const { return {}; }

    /// Whether work may be sent here.
    [[nodiscard]] health_report ready(timestamp now);

    /// From now on `ready` says no: before a program ends, so that work goes elsewhere.
    void drain() {
        const std::lock_guard locked(lock_);
        is_draining_ = true;
    }

  private:
    struct checked {
        std::string name{};
        health_check check{};
        health_rules rules{};
        std::optional<health_finding> found{};
        timestamp found_at{};
        std::optional<timestamp> running_since{};
    };

    [[nodiscard]] bool is_fresh(const checked& part, timestamp now) const noexcept;
    [[nodiscard]] static health_finding seen_from_outside(const checked& part, timestamp now);
    void run(checked& part, timestamp now);

    health_options options_;
    std::mutex lock_{};
    std::deque<checked> parts_{};
    bool is_draining_ = false;
};

// --- how it is done ------------------------------------------------------------------------------

inline std::string health_report::json() const {
    std::string text = R"({"status":")";
    text.append(to_string_view(status)).append(R"(","checks":{)");
    for (const part& each : parts) {
        if (&each != parts.data()) text += ',';
        detail::append_text(text, each.name);
        text.append(R"(:{"status":")").append(to_string_view(each.status)).append("\"");
        if (each.code) text.append(R"(,"code":")").append(describe(*each.code).name).append("\"");
        text += '}';
    }
    return text += "}}";
}

inline void health::add(std::string name, health_check check, health_rules rules) {
    SYNCFW_ASSERT(check != nullptr, "a check is a function");
    const std::lock_guard locked(lock_);
    for (const checked& each : parts_)
        SYNCFW_ASSERT(each.name != name, "the name of a check is taken once");
    parts_.push_back({.name = std::move(name), .check = std::move(check), .rules = rules});
}

// A clock that was put back makes nothing fresh for longer.
inline bool health::is_fresh(const checked& part, timestamp now) const noexcept {
    if (!part.found) return false;
    const std::int64_t age = microseconds_between(part.found_at, now);
    return age >= 0 && age < options_.remembered_microseconds;
}

inline health_finding health::seen_from_outside(const checked& part, timestamp now) {
    const auto no = [](errc code) {
        return health_finding(health_status::unavailable, {.code = code});
    };
    if (part.running_since &&
        microseconds_between(*part.running_since, now) > part.rules.budget_microseconds)
        return no(errc::timed_out);
    return part.found ? *part.found : no(errc::busy);  // The first answer is still to come.
}

// Called and left without the lock.
inline void health::run(checked& part, timestamp now) {
    health_finding found;
    try {
        found = part.check();
    } catch (...) {
        found = {health_status::unavailable,
                 {.code = errc::internal, .message = "a health check threw an exception"}};
    }
    if (found.status != health_status::ok && !found.why)
        found.why = error{.code = errc::unavailable, .message = "a health check gave no reason"};
    const std::optional<error> told = found.status == health_status::ok ? std::nullopt : found.why;
    {
        const std::lock_guard locked(lock_);
        part.found = std::move(found);
        part.found_at = now;
        part.running_since.reset();
    }
    if (told && options_.failed) options_.failed(part.name, *told);
}

inline health_report health::ready(timestamp now) {
    health_report report;
    std::unique_lock locked(lock_);
    for (checked& each : parts_) {
        if (!each.running_since && !is_fresh(each, now)) {
            each.running_since = now;
            locked.unlock();
            run(each, now);
            locked.lock();
        }
        const health_finding seen = seen_from_outside(each, now);
        health_report::part part{.name = each.name, .status = seen.status, .code = {}};
        if (seen.why) part.code = seen.why->code;
        const health_status least = each.rules.is_required || seen.status == health_status::ok
                                        ? seen.status
                                        : health_status::degraded;
        if (least > report.status) report.status = least;
        report.parts.push_back(std::move(part));
    }
    if (is_draining_) report.status = health_status::unavailable;
    return report;
}

}  // namespace syncfw
