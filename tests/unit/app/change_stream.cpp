// SPDX-License-Identifier: BSL-1.0
// Goal: who listens to changes and is cut at any moment misses none of them, and who writes waits
// for nobody who listens. Method: streams without a network between.
#include <syncfw/app/change_stream.hpp>
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/sync/timed_write.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct task {
    std::string id{};
    std::string title{};
    static constexpr auto sync_entity = entity<"task">(field<&task::id>(primary_key));
};
using tasks = schema<task>;

/// What a listener got. It may be told to wait with taking more.
class heard_stream final : public http::stream {
  public:
    bool send(std::string_view text) override {
        std::unique_lock locked(lock_);
        changed_.wait(locked, [&] { return !is_slow_; });
        told_.push_back(syncfw::json::decode_document(text).value());
        changed_.notify_all();
        return true;
    }
    void close(int, std::string_view) override {}

    void be_slow(bool is) {
        const std::lock_guard locked(lock_);
        is_slow_ = is;
        changed_.notify_all();
    }
    [[nodiscard]] std::vector<document> wait_for(std::size_t count) {
        std::unique_lock locked(lock_);
        changed_.wait_for(locked, std::chrono::seconds(20), [&] { return told_.size() >= count; });
        return told_;
    }

  private:
    std::mutex lock_{};
    std::condition_variable changed_{};
    std::vector<document> told_{};
    bool is_slow_ = false;
};

/// Takes so many messages until they are read, as the server's streams do, and is cut by one more.
class small_stream final : public http::stream {
  public:
    bool send(std::string_view text) override {
        const std::lock_guard locked(lock_);
        if (queue_.size() == most) code_ = 1;
        if (code_ == 0) queue_.push_back(syncfw::json::decode_document(text).value());
        return code_ == 0;
    }
    [[nodiscard]] bool has_room() override {
        const std::lock_guard locked(lock_);
        return queue_.size() < most / 2;
    }
    void close(int code, std::string_view) override {
        const std::lock_guard locked(lock_);
        code_ = code;
    }
    [[nodiscard]] std::vector<document> read() {
        const std::lock_guard locked(lock_);
        return std::exchange(queue_, {});
    }
    /// 1 where it was cut; 0 as long as it goes on.
    [[nodiscard]] int code() {
        const std::lock_guard locked(lock_);
        return code_;
    }

  private:
    static constexpr std::size_t most = 50;
    std::mutex lock_{};
    std::vector<document> queue_{};
    int code_ = 0;
};

struct scene {
    memory::store<tasks> store{};
    server<world<memory::store<tasks>>, last_write_wins> hub{store, {}, {.field_times = true}};
    poke_hub pokes{};
    http::router routes{[](std::string_view token) -> result<principal> {
        return principal{.subject = "ann", .tenant = tenant_id(std::string(token))};
    }};
    caller ann{.tenant = tenant_id("acme"), .subject = "ann"};
    int writes = 0;

    explicit scene(std::size_t streams_max = 32) {
        add_change_stream_route(routes, store, pokes, "/stream", http::needs_token, streams_max);
    }
    http::response ask(std::string_view tenant = "acme") {
        http::request asked;
        asked.head.method = "GET";
        asked.head.path = "/stream";
        asked.head.fields.add("Authorization", "Bearer " + std::string(tenant));
        return routes(std::move(asked));
    }
    void write(int count) {
        for (int i = 0; i < count; ++i) {
            const std::string name = std::to_string(++writes);
            const auto made = take_write(hub, ann,
                                         {.id = "op-" + name,
                                          .kind = write_kind::create,
                                          .entity = "task",
                                          .key = "task-" + name,
                                          .data = document::object({{"title", name}}),
                                          .at = system_environment().now()});
            REQUIRE(made.status == write_status::success);
        }
        pokes.poke(ann.tenant);
    }
};

std::string id_in(const document& row) {
    return *row.find("id")->text();
}

}  // namespace

TEST_CASE("change stream: who is cut behind any message goes on from it, and misses nothing") {
    scene s;
    const auto open = std::make_shared<heard_stream>();
    const auto kept = s.ask().goes_on(open);
    constexpr std::size_t count = 230;  // More than is told at a time.
    s.write(count);
    const std::vector<document> told = open->wait_for(count);
    REQUIRE(told.size() == count);
    std::set<std::string> seen;
    for (const document& each : told) {
        seen.insert(id_in(*each.find("data")));
        std::set<std::string> all = seen;
        const auto rest =
            list_changes(s.store, s.ann.tenant, {.cursor = *each.find("cursor")->text()});
        REQUIRE(rest);
        CHECK(rest->changes.size() == count - seen.size());
        for (const listed_change& later : rest->changes) all.insert(later.key);
        CHECK(all.size() == count);
    }
}

TEST_CASE("change stream: who writes doesn't wait for who listens") {
    scene s;
    const auto slow = std::make_shared<heard_stream>();
    const auto kept = s.ask().goes_on(slow);
    slow->be_slow(true);
    s.write(2);  // Comes back, though what is told isn't taken.
    CHECK(slow->wait_for(0).empty());
    slow->be_slow(false);
    CHECK(slow->wait_for(2).size() == 2);
}

TEST_CASE("change stream: who reads on is told all of a burst, and not cut") {
    scene s;
    const auto open = std::make_shared<small_stream>();
    const auto kept = s.ask().goes_on(open);
    s.write(300);
    std::vector<std::string> told;
    for (int tries = 0; tries < 4'000 && told.size() < 300 && open->code() == 0; ++tries) {
        for (const document& each : open->read()) told.push_back(id_in(*each.find("data")));
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK(open->code() == 0);
    CHECK(told.size() == 300);
    CHECK(std::set<std::string>(told.begin(), told.end()).size() == 300);
}

TEST_CASE("change stream: what comes before the stream is open, but behind the answer, is told") {
    scene s;
    const http::response given = s.ask();
    s.write(3);
    const auto open = std::make_shared<heard_stream>();
    const auto kept = given.goes_on(open);
    CHECK(open->wait_for(3).size() == 3);
}

TEST_CASE("change stream: behind its end nothing is told, and many may come and go at once") {
    scene s(1'000);
    std::vector<std::thread> others;
    for (int i = 0; i < 4; ++i)
        others.emplace_back([&] {
            for (int each = 0; each < 50; ++each) {
                const auto open = std::make_shared<heard_stream>();
                auto kept = s.ask().goes_on(open);
                s.pokes.poke(s.ann.tenant);
                kept.reset();
                const std::size_t count = open->wait_for(0).size();
                s.pokes.poke(s.ann.tenant);
                CHECK(open->wait_for(0).size() == count);
            }
        });
    s.write(100);
    for (std::thread& each : others) each.join();
    CHECK(s.pokes.subscriptions() == 0);
}

TEST_CASE("T28: the same subject of another tenant is another, and has streams of its own") {
    scene s(1);
    const http::response first = s.ask("acme");
    CHECK(first.status == 200);
    CHECK(s.ask("acme").status == 429);
    CHECK(s.ask("other").status == 200);
}
