// SPDX-License-Identifier: BSL-1.0
// Goal: a push that is refused as a whole costs nobody any work, and no sync goes on for ever.
// Method: servers that refuse by their limits, by their stores and by what they say.
#include "scene.hpp"
#include <syncfw/testing/faulty_store.hpp>

#include <functional>
#include <vector>

using namespace two_devices;

namespace {

struct refusing_link {
    std::function<result<std::string>(std::string_view)> carry;
    result<std::string> exchange(std::string_view request) { return carry(request); }
};

// A sync that would go on for ever is stopped.
template <class Replica>
result<sync_report> sync_within(Replica& mine, int answers) {
    return mine.sync([&](const sync_report&) { return --answers > 0; });
}

}  // namespace

TEST_CASE("push: a transaction that the server can't take fails as a whole, and the sync ends") {
    scene<> s({.operations_max = 1});
    REQUIRE(s.a.transact([](auto& edit) -> result<void> {
        if (auto done = edit.put(task{.id = 1}); !done) return done;
        return edit.put(task{.id = 2});
    }));
    CHECK(sync_within(s.a, 20));
    CHECK(s.a.status()->failed == 2);
    for (const outbox_operation& each : *s.a.failed()) CHECK(each.code == "too_large");
    CHECK(s.a.sync()->pushed == 0);
}

TEST_CASE("push: of many transactions the one is found that the server can't take") {
    scene<> s({.operations_max = 3});
    REQUIRE(s.a.put(task{.id = 100}));
    REQUIRE(s.a.transact([](auto& edit) -> result<void> {
        for (std::int64_t id = 1; id <= 10; ++id)
            if (auto done = edit.put(task{.id = id}); !done) return done;
        return {};
    }));
    REQUIRE(s.a.put(task{.id = 101}));
    CHECK(sync_within(s.a, 40));
    CHECK(s.a.status()->failed == 10);
    CHECK(s.a.status()->pending == 0);
    CHECK(s.versions() == 2);
}

TEST_CASE("push: what is too large for a proxy on the way is sent in smaller pieces") {
    scene<> s;
    constexpr std::size_t most = 2'000;
    refusing_link line{[&](std::string_view request) -> result<std::string> {
        if (request.size() > most) return error{.code = errc::too_large, .message = "HTTP 413"};
        return s.hub.handle({}, request);
    }};
    replica mine(s.a_store, line);
    for (std::int64_t id = 1; id <= 300; ++id) REQUIRE(mine.put(task{.id = id}));
    REQUIRE(mine.transact([](auto& edit) -> result<void> {
        for (std::int64_t id = 1'001; id <= 1'200; ++id)
            if (auto done = edit.put(task{.id = id}); !done) return done;
        return {};
    }));
    REQUIRE(sync_within(mine, 2'000));
    CHECK(mine.status()->pending == 0);
    CHECK(mine.status()->failed == 200);
    CHECK(s.versions() == 300);
}

TEST_CASE("push: a fault of the server's makes no work fail, and news come all the same") {
    for (const errc code :
         {errc::internal, errc::corrupted, errc::read_only, errc::schema_mismatch, errc::forbidden,
          errc::unauthorized, errc::unsupported_format, errc::busy}) {
        CAPTURE(describe(code).name);
        scene<> s;
        REQUIRE(s.b.put(task{.id = 9}));
        REQUIRE(s.b.sync());
        bool is_ill = true;
        refusing_link line{[&](std::string_view request) -> result<std::string> {
            if (is_ill && kind_of(request) == message_kind::push)
                return encode(failure_message{{.code = code}});
            return s.hub.handle({}, request);
        }};
        replica mine(s.a_store, line);
        for (std::int64_t id = 1; id <= 3; ++id) REQUIRE(mine.put(task{.id = id}));
        for (int i = 0; i < 3; ++i) {
            const auto seen = sync_within(mine, 20);
            REQUIRE(seen);
            REQUIRE(seen->push_failure);
            CHECK(seen->push_failure->code == code);
        }
        CHECK(mine.get<task>(9)->has_value());
        CHECK(mine.status()->failed == 0);
        CHECK(mine.status()->pending == 3);
        is_ill = false;
        REQUIRE(mine.sync());
        CHECK(mine.status()->pending == 0);
        CHECK(s.versions() == 4);
    }
}

TEST_CASE("push: whatever the server's database says once, the work arrives, and none has failed") {
    for (const errc code : {errc::internal, errc::forbidden}) {
        const auto failures = testing::for_each_failure(
            [&](testing::fault_plan& faults) {
                memory::store<tasks> below;
                testing::faulty_store store(below, faults);
                server hub(store, merge_fields());
                refusing_link line{[&](std::string_view request) -> result<std::string> {
                    return hub.handle({}, request);
                }};
                memory::store<tasks> here(memory::options{.unique = false});
                replica mine(here, line);
                REQUIRE(mine.put(task{.id = 1}));
                (void)mine.sync();
                CAPTURE(faults.what_failed());
                CHECK(mine.status()->failed == 0);
                faults.stop();
                REQUIRE(mine.sync());
                CHECK(mine.status()->failed == 0);
                CHECK(mine.status()->pending == 0);
                CHECK(begin_read(below, tenant_id())->get<task>(1)->has_value());
            },
            code);
        CHECK(failures > 10);
    }
}
