// SPDX-License-Identifier: BSL-1.0
// Goal: readiness says what is so, to outsiders no more than a code, and a flood of questions is no
// flood of checks. Method: checks that count, fail, throw and hang, and a clock in the test's hand.
#include <syncfw/codec/json.hpp>
#include <syncfw/observe/health.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace syncfw;

namespace {

timestamp at(std::int64_t milliseconds) {
    return timestamp::from_microseconds(milliseconds * 1'000);
}

error refusal() {
    return {.code = errc::unavailable,
            .message = "connection to /run/db refused for user admin",
            .cause = "SELECT 1"};
}

/// A check that hangs until it is let go.
class hanging {
  public:
    health_finding operator()() {
        std::unique_lock locked(lock_);
        is_in_ = true;
        changed_.notify_all();
        changed_.wait(locked, [&] { return may_go_; });
        return {};
    }
    void wait_until_in() {
        std::unique_lock locked(lock_);
        changed_.wait(locked, [&] { return is_in_; });
    }
    void let_go() {
        const std::lock_guard locked(lock_);
        may_go_ = true;
        changed_.notify_all();
    }

  private:
    std::mutex lock_{};
    std::condition_variable changed_{};
    bool is_in_ = false;
    bool may_go_ = false;
};

}  // namespace

TEST_CASE("health: without checks it is ready, and it lives whatever the checks say") {
    health state;
    CHECK(state.ready(at(0)).json() == R"({"status":"ok","checks":{}})");
    state.add("database", [] { return result<void>(refusal()); });
    CHECK(state.ready(at(0)).http_status() == 503);
    CHECK(state.live().http_status() == 200);
    CHECK(state.live().json() == R"({"status":"ok","checks":{}})");
}

TEST_CASE("health: outsiders are told a code, the log is told all") {
    std::vector<std::string> told;
    health state({.failed = [&](std::string_view check, const error& why) {
        told.push_back(std::string(check) + ": " + to_string(why));
    }});
    state.add("data\"base", [] { return result<void>(refusal()); });
    state.add("clock", [] { return result<void>(); });
    CHECK(state.ready(at(0)).json() ==
          R"({"status":"unavailable","checks":{"data\"base":{"status":"unavailable",)"
          R"("code":"unavailable"},"clock":{"status":"ok"}}})");
    REQUIRE(told.size() == 1);
    CHECK(told[0] == "data\"base: connection to /run/db refused for user admin (SELECT 1)");
}

TEST_CASE("health: a part that may be missing, or is slow, degrades and still takes work") {
    health state;
    state.add("mirror", [] { return result<void>(refusal()); }, {.is_required = false});
    CHECK(state.ready(at(0)).status == health_status::degraded);
    CHECK(state.ready(at(0)).http_status() == 200);
    CHECK(state.ready(at(0)).parts.at(0).status == health_status::unavailable);

    health half;
    half.add("disk",
             [] { return health_finding(health_status::degraded, {.code = errc::storage_full}); });
    CHECK(half.ready(at(0)).json() ==
          R"({"status":"degraded","checks":{"disk":{"status":"degraded","code":"storage_full"}}})");
}

TEST_CASE("health: what a check found is remembered for so long, and a clock put back ends that") {
    int ran = 0;
    bool is_well = true;
    health state({.remembered_microseconds = 1'000'000});
    state.add("database", [&] {
        ++ran;
        return is_well ? result<void>() : result<void>(refusal());
    });
    for (int i = 0; i < 1'000; ++i) CHECK(state.ready(at(i)).status == health_status::ok);
    CHECK(ran == 1);
    is_well = false;
    CHECK(state.ready(at(999)).status == health_status::ok);
    CHECK(state.ready(at(1'000)).status == health_status::unavailable);
    CHECK(ran == 2);
    is_well = true;
    CHECK(state.ready(at(-5'000)).status == health_status::ok);
    CHECK(ran == 3);
}

TEST_CASE("health: a check that throws, or gives no reason, is still an answer") {
    std::vector<errc> told;
    health state({.remembered_microseconds = 0,
                  .failed = [&](std::string_view, const error& why) { told.push_back(why.code); }});
    state.add("thrown", []() -> health_finding { throw std::runtime_error("boom"); });
    state.add("mute", [] {
        health_finding found;
        found.status = health_status::unavailable;
        return found;
    });
    for (int i = 0; i < 2; ++i)  // And it is run again: nothing is left behind.
        CHECK(state.ready(at(i)).parts.at(0).code == errc::internal);
    CHECK(told ==
          std::vector{errc::internal, errc::unavailable, errc::internal, errc::unavailable});
}

TEST_CASE("health: while a check runs, others get the last answer, and beyond its budget a no") {
    hanging hung;
    std::atomic<int> ran{0};
    health state({.remembered_microseconds = 1'000});
    state.add("fine", [] { return result<void>(); });
    state.add("database", [&] { return ++ran == 1 ? health_finding() : hung(); },
              {.budget_microseconds = 2'000'000});
    CHECK(state.ready(at(0)).status == health_status::ok);
    std::thread first([&] { CHECK(state.ready(at(100)).status == health_status::ok); });
    hung.wait_until_in();
    for (int i = 0; i < 100; ++i) CHECK(state.ready(at(101)).status == health_status::ok);
    CHECK(state.ready(at(2'100)).status == health_status::ok);
    const health_report late = state.ready(at(2'101));
    CHECK(late.http_status() == 503);
    CHECK(late.parts.at(0).status == health_status::ok);
    CHECK(late.parts.at(1).code == errc::timed_out);
    CHECK(ran == 2);
    hung.let_go();
    first.join();
    CHECK(state.ready(at(100)).status == health_status::ok);
    CHECK(ran == 2);
}

TEST_CASE("health: before the first answer it is not ready") {
    hanging hung;
    health state;
    state.add("database", [&] { return hung(); });
    std::thread first([&] { CHECK(state.ready(at(0)).status == health_status::ok); });
    hung.wait_until_in();
    const health_report early = state.ready(at(0));
    CHECK(early.http_status() == 503);
    CHECK(early.parts.at(0).code == errc::busy);
    hung.let_go();
    first.join();
    CHECK(state.ready(at(0)).status == health_status::ok);
}

TEST_CASE("health: a flood from many threads runs no check twice at the same time") {
    std::atomic<int> inside{0}, ran{0};
    std::atomic<bool> overlapped{false};
    health state({.remembered_microseconds = 0});  // Each question wants a new answer.
    state.add("database", [&] {
        if (++inside > 1) overlapped = true;
        ++ran;
        std::this_thread::yield();
        --inside;
        return result<void>();
    });
    (void)state.ready(at(0));
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i) CHECK(state.ready(at(i)).status == health_status::ok);
        });
    for (std::thread& each : threads) each.join();
    CHECK(!overlapped);
    CHECK(ran > 1);
    CHECK(ran <= 2'001);
}

TEST_CASE("health: a program that drains is not ready, and lives") {
    health state;
    state.add("database", [] { return result<void>(); });
    state.drain();
    CHECK(state.ready(at(0)).http_status() == 503);
    CHECK(state.ready(at(0)).parts.at(0).status == health_status::ok);
    CHECK(state.live().http_status() == 200);
}
