// SPDX-License-Identifier: BSL-1.0
// Goal: whoever listens to a server hears of everything that matters, in whole lines; who doesn't
// pays nothing. Method: a server and a device, a log and counters.
#include "scene.hpp"
#include <syncfw/codec/json.hpp>
#include <syncfw/observe/sinks.hpp>
#include <syncfw/sync/observed.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace two_devices;

namespace {

using sink_type = all_sinks<json_lines, event_counters>;
using seen_world = world<memory::store<tasks>, observed<sink_type>>;
using hub_type = server<seen_world, park>;

std::vector<std::string> lines_of(std::FILE* file) {
    std::rewind(file);
    std::vector<std::string> lines(1);
    for (int c = 0; (c = std::fgetc(file)) != EOF;)
        if (c == '\n')
            lines.emplace_back();
        else
            lines.back() += static_cast<char>(c);
    lines.pop_back();
    return lines;
}

struct never_made {};

}  // namespace

TEST_CASE("events: a push, what it met, a page, a decision and a refusal are told") {
    std::FILE* const file = std::tmpfile();
    json_lines log(file);
    event_counters counters;
    sink_type sinks(log, counters);
    memory::store<tasks> hub_store;
    hub_type hub(hub_store, {}, {}, observed<sink_type>(sinks));
    const auto make_device = [&](memory::store<tasks>& store, bad_link<hub_type>& link) {
        return replica<world<memory::store<tasks>>, bad_link<hub_type>>(store, link);
    };
    memory::store<tasks> a_store{memory::options{.unique = false}};
    memory::store<tasks> b_store{memory::options{.unique = false}};
    bad_link<hub_type> link{&hub};
    auto a = make_device(a_store, link), b = make_device(b_store, link);
    REQUIRE(a.put(task{.id = 1, .email = "x@y"}));
    REQUIRE(a.sync());
    REQUIRE(b.sync());
    REQUIRE(a.patch<task>(1, [](task& t) { t.title = "a \"quoted\"\n"; }));
    REQUIRE(b.patch<task>(1, [](task& t) { t.title = "b"; }));
    REQUIRE(b.put(task{.id = 2, .email = "z@y"}));
    REQUIRE(a.put(task{.id = 3, .email = "z@y"}));
    REQUIRE(a.sync());
    REQUIRE(b.sync());
    REQUIRE(hub.resolve({.subject = "ann"}, hub.conflicts(tenant_id())->at(0).id, side::mine));
    REQUIRE(hub.retire(tenant_id(), {}));
    (void)hub.handle({}, "nonsense");

    auto counted = counters.counted();
    CHECK(counted["push_taken"] == 3);
    CHECK(counted["push_taken.operations"] == 5);
    CHECK(counted["push_taken.parked"] == 1);
    CHECK(counted["push_taken.rejected"] == 1);
    CHECK(counted["operation_rejected"] == 1);
    CHECK(counted["conflict_parked"] == 1);
    CHECK(counted["conflict_resolved"] == 1);
    CHECK(counted["page_given"] == 4);
    CHECK(counted["history_retired"] == 1);
    CHECK(counted["request_refused"] == 1);

    const auto lines = lines_of(file);
    CHECK(lines.size() == 12);
    for (const std::string& each : lines) {
        const auto read = json::decode_document(each);
        REQUIRE_MESSAGE(read, each);
        CHECK(read->find("at") != nullptr);
        CHECK(read->find("event") != nullptr);
    }
    std::fclose(file);
}

TEST_CASE("events: nothing is made where nobody listens") {
    system_environment silent;
    detail::tell(silent, []() -> never_made {
        FAIL("an event was made for nobody");
        return {};
    });
}

TEST_CASE("events: a device tells how its syncs went") {
    std::FILE* const file = std::tmpfile();
    json_lines log(file);
    event_counters counts;
    sink_type all(log, counts);
    memory::store<tasks> hub_store, store({.unique = false});
    server hub(hub_store, server_wins());
    bad_link<decltype(hub)> line{&hub};
    replica mine(store, line, tenant_id(), {}, observed(all));
    REQUIRE(mine.put(task{.id = 1, .title = "tea"}));
    REQUIRE(mine.sync());
    line.is_cut = true;
    CHECK(!mine.sync());
    line.is_cut = false;
    memory::store<tasks> restored;
    server other(restored, server_wins());
    line.hub = &other;
    REQUIRE(mine.sync());
    const std::vector<std::string> lines = lines_of(file);
    std::fclose(file);
    REQUIRE(lines.size() == 4);
    CHECK(lines[0].find(R"("event":"synchronised","tenant":"","pushed":1,)") != std::string::npos);
    CHECK(lines[1].find(R"("event":"sync_failed","tenant":"","code":"peer_unavailable")") !=
          std::string::npos);
    CHECK(lines[2].find(R"("event":"renewal_began")") != std::string::npos);
    CHECK(lines[3].find(R"("event":"synchronised")") != std::string::npos);
}
