// SPDX-License-Identifier: BSL-1.0
// Goal: servers that work at one database at the same time take each push as if it were alone.
// Method: threads with a server and a device each push to one row; each effect has its version.
#include "postgres_support.hpp"
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/in_process.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct pad {
    std::int64_t id = 0;
    std::string words{};
    counter strokes{};

    static constexpr auto sync_entity = entity<"pad">(field<&pad::id>(primary_key));
};
using pads = schema<pad>;

}  // namespace

TEST_CASE("PostgreSQL: pushes of one row at the same time have their effects one after another") {
    const char* const url = pg::server();
    if (url == nullptr) return;
    constexpr int devices = 4, rounds = 30;
    auto store = postgres::open<pads>(pg::fresh_url()).value();
    std::atomic<int> failures = 0;
    std::vector<std::thread> running;
    for (int name = 1; name <= devices; ++name)
        running.emplace_back([&store, &failures, name] {
            memory::store<pads> mine;
            server hub(store, merge_fields());
            in_process_link link(hub, caller{});
            replica device(mine, link);
            for (int i = 0; i < rounds; ++i) {
                const std::string word = std::to_string(name) + "." + std::to_string(i);
                auto done = device.transact([&](auto& edit) -> result<void> {
                    auto here = edit.template get<pad>(1);
                    if (!here) return here.error();
                    pad changed = *here ? **here : pad{.id = 1};
                    changed.words = word;
                    changed.strokes += 1;
                    return edit.put(changed);
                });
                if (!done || !device.sync()) ++failures;
            }
        });
    for (std::thread& each : running) each.join();
    REQUIRE(failures == 0);
    auto tx = begin_read(store, tenant_id());
    auto row = tx->get<pad>(1);
    REQUIRE(row->has_value());
    CHECK((*row)->value.strokes.value() == devices * rounds);
    CHECK((*row)->version() == devices * rounds);
}
