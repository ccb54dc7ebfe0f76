// SPDX-License-Identifier: BSL-1.0
// Goal: the audit's place hears of each write that took effect, once, without values, and a place
// that fails costs nobody a write and is told of. Method: a server, a device whose answers get
// lost, files that are damaged, and a store whose commits fail.
#include "../sync/scene.hpp"
#include <syncfw/codec/json.hpp>
#include <syncfw/observe/audit.hpp>
#include <syncfw/observe/log.hpp>
#include <syncfw/observe/sinks.hpp>
#include <syncfw/observe/sync_metrics.hpp>
#include <syncfw/sync/observed.hpp>
#include <syncfw/sync/row_server.hpp>
#include <syncfw/testing/faulty_store.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

using namespace two_devices;

namespace {

using place_type = std::function<result<void>(const events::write_audited&)>;
using sink_type = audit_sink<event_counters, place_type>;

struct heard {
    std::vector<events::write_audited> notes{};
    std::optional<error> fails{};
    event_counters others{};
    sink_type sink{others, [this](const events::write_audited& note) -> result<void> {
                       if (fails) return *fails;
                       notes.push_back(note);
                       return {};
                   }};
};

/// A folder that is gone afterwards.
struct folder {
    std::filesystem::path at = std::filesystem::temp_directory_path() / to_string(new_uuid());
    folder() { std::filesystem::create_directory(at); }
    ~folder() { std::filesystem::remove_all(at); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    [[nodiscard]] std::string file() const { return (at / "audit.jsonl").string(); }
    [[nodiscard]] std::vector<std::string> lines() const {
        std::ifstream from(file());
        std::vector<std::string> all;
        for (std::string line; std::getline(from, line);) all.push_back(line);
        return all;
    }
};

template <class Store = memory::store<tasks>>
using hub_of = server<world<Store, observed<sink_type>>, park>;

}  // namespace

TEST_CASE("audit sink: each write that took effect is told once, and a repeated push is not") {
    heard ears;
    memory::store<tasks> hub_store, store({.unique = false});
    hub_of<> hub(hub_store, {}, {.audit = true}, observed(ears.sink));
    bad_link<hub_of<>> link{&hub};
    replica device(store, link);
    REQUIRE(device.put(task{.id = 1, .title = "milk"}));
    link.answers_to_lose = 1;
    CHECK_FALSE(device.sync());
    REQUIRE(ears.notes.size() == 1);
    REQUIRE(device.sync());
    REQUIRE(device.remove<task>(1));
    REQUIRE(device.sync());
    REQUIRE(ears.notes.size() == 2);
    CHECK(ears.notes[0].action == "put");
    CHECK(ears.notes[0].entity == "task");
    CHECK(ears.notes[0].key == "1");
    CHECK(ears.notes[0].outcome == "applied");
    CHECK(ears.notes[0].fields.find("title") != std::string::npos);
    CHECK(ears.notes[1].action == "remove");
    // It says what the table says.
    const auto kept = begin_read(hub_store, tenant_id())->scan(all<audit_entry>()).value();
    REQUIRE(kept.size() == 2);
    for (const auto& each : kept)
        CHECK((to_string(each.value.id) == ears.notes[0].operation ||
               to_string(each.value.id) == ears.notes[1].operation));
    CHECK(ears.others.counted()["push_taken"] == 3);
    CHECK(ears.others.counted()["write_audited"] == 0);
}

TEST_CASE("audit sink: nothing is told that was rolled back, whatever fails, and nothing twice") {
    const std::uint64_t failures = testing::for_each_failure([](testing::fault_plan& faults) {
        heard ears;
        memory::store<tasks> below, store({.unique = false});
        using faulty = testing::faulty_store<memory::store<tasks>>;
        faulty hub_store(below, faults);
        hub_of<faulty> hub(hub_store, {}, {.audit = true}, observed(ears.sink));
        bad_link<hub_of<faulty>> link{&hub};
        replica device(store, link);
        REQUIRE(device.put(task{.id = 1, .title = "milk"}));
        (void)device.sync();
        faults.stop();
        REQUIRE(device.sync());
        const auto kept = begin_read(below, tenant_id())->scan(all<audit_entry>()).value();
        REQUIRE(kept.size() == 1);
        CHECK(ears.notes.size() <= 1);  // None where the commit's answer was lost.
        for (const events::write_audited& each : ears.notes)
            CHECK(each.operation == to_string(kept[0].value.id));
    });
    CHECK(failures > 10);
}

TEST_CASE("audit sink: a server that keeps no audit tells none") {
    heard ears;
    memory::store<tasks> hub_store, store({.unique = false});
    hub_of<> hub(hub_store, {}, {}, observed(ears.sink));
    bad_link<hub_of<>> link{&hub};
    replica device(store, link);
    REQUIRE(device.put(task{.id = 1, .title = "milk"}));
    REQUIRE(device.sync());
    CHECK(ears.notes.empty());
}

TEST_CASE("audit sink: a refusal is told by its name, and no value with it") {
    heard ears;
    memory::store<tasks> hub_store, store({.unique = false});
    hub_of<> hub(hub_store, {}, {.audit = true}, observed(ears.sink));
    push_message<tasks> asked{.batch = new_uuid()};
    for (const int id : {7, 8})
        asked.operations.of<task>().push_back(
            {.id = new_uuid(),
             .changed = field_mask::first(entity_of<task>.fields.size()),
             .after = {.id = id, .email = "ann@example.com"}});
    REQUIRE(hub.push({.subject = "ann", .request = "r-1"}, asked));
    REQUIRE(ears.notes.size() == 2);
    CHECK(ears.notes[1].outcome == "rejected");
    CHECK(ears.notes[1].rule == "already_exists");
    for (const events::write_audited& each : ears.notes) {
        CHECK(each.subject == "ann");
        CHECK(each.request == "r-1");
        std::string line;
        detail::append_members_of(line, each);
        CHECK(line.find("example.com") == std::string::npos);
    }
}

TEST_CASE("audit sink: what a person settles is told with the side that was taken") {
    heard ears;
    memory::store<tasks> hub_store, a_store({.unique = false}), b_store({.unique = false});
    hub_of<> hub(hub_store, {}, {.audit = true}, observed(ears.sink));
    bad_link<hub_of<>> link{&hub};
    replica a(a_store, link), b(b_store, link);
    REQUIRE(a.put(task{.id = 1, .title = "milk"}));
    REQUIRE(a.sync());
    REQUIRE(b.sync());
    REQUIRE(a.patch<task>(1, [](task& t) { t.title = "oat milk"; }));
    REQUIRE(b.patch<task>(1, [](task& t) { t.title = "soy milk"; }));
    REQUIRE(a.sync());
    REQUIRE(b.sync());
    CHECK(ears.notes.back().outcome == "parked");
    const uuid id = hub.conflicts(tenant_id())->at(0).id;
    REQUIRE(hub.resolve({.subject = "ann"}, id, side::mine));
    CHECK_FALSE(hub.resolve({.subject = "ann"}, id, side::mine));
    REQUIRE(ears.notes.size() == 4);
    CHECK(ears.notes.back().action == "resolve");
    CHECK(ears.notes.back().subject == "ann");
    CHECK(ears.notes.back().outcome == "mine");
}

TEST_CASE("audit sink: rows without a protocol are told too, and once by their request's key") {
    heard ears;
    memory::store<tasks> store;
    hub_of<> hub(store, {}, {.audit = true, .times_of_arrival = true}, observed(ears.sink));
    row_server rows(hub);
    const std::string body = R"({"changes":{"task":[{"id":1,"title":"milk"}]}})";
    REQUIRE(rows.push({.subject = "bob"}, body, {"once"}));
    REQUIRE(rows.push({.subject = "bob"}, body, {"once"}));
    REQUIRE(ears.notes.size() == 1);
    CHECK(ears.notes[0].subject == "bob");
    CHECK(ears.notes[0].outcome == "applied");
    CHECK(ears.notes[0].fields.find("title") != std::string::npos);
    CHECK_FALSE(
        rows.push({}, R"({"changes":{"task":[{"id":2,"title":"aaaaaaaaaaaaaaaaaaaaaa"}]}})"));
    CHECK(ears.notes.size() == 1);
}

TEST_CASE("audit sink: a place that fails costs nobody his write, and is counted and warned of") {
    heard ears;
    ears.fails = error{.code = errc::storage_full, .message = "no room"};
    memory::store<tasks> hub_store, store({.unique = false});
    hub_of<> hub(hub_store, {}, {.audit = true}, observed(ears.sink));
    bad_link<hub_of<>> link{&hub};
    replica device(store, link);
    REQUIRE(device.put(task{.id = 1, .title = "milk"}));
    REQUIRE(device.sync());
    CHECK(*device.status_of<task>(1) == sync_status::synced);
    CHECK(ears.others.counted()["audit_failed"] == 1);
    CHECK(begin_read(hub_store, tenant_id())->scan(all<audit_entry>())->size() == 1);
    CHECK(level_of_event<events::audit_failed> == log_level::warning);
    metrics::registry seen;
    server_metrics counting(seen);
    counting.take(timestamp(), events::audit_failed{});
    CHECK(seen.text().find("syncfw_audit_failed_total 1") != std::string::npos);
}

TEST_CASE("audit file: a line for each, read back as JSON, and a second program goes on behind") {
    const folder here;
    for (const char* const key : {"a", "b\n"}) {
        auto file = audit_file::open(here.file());
        REQUIRE(file);
        REQUIRE((*file)({.tenant = "acme", .subject = "ann", .key = key}));
    }
    const auto lines = here.lines();
    REQUIRE(lines.size() == 2);
    const auto last = json::decode_document(lines[1]);
    REQUIRE(last);
    CHECK(*last->find("key")->text() == "b\n");
    CHECK(*last->find("tenant")->text() == "acme");
    CHECK(*last->find("event")->text() == "write_audited");
}

TEST_CASE("audit file: what a killed process left of a line breaks no other line") {
    const folder here;
    std::ofstream(here.file()) << R"({"event":"write_audited","ten)";
    auto file = audit_file::open(here.file());
    REQUIRE(file);
    REQUIRE((*file)({.key = "1"}));
    REQUIRE((*file)({.key = "2"}));
    const auto lines = here.lines();
    REQUIRE(lines.size() == 3);
    CHECK(json::decode_document(lines[1]));
    CHECK(json::decode_document(lines[2]));
}

TEST_CASE("audit file: a full disk and a folder that isn't there are errors with the file's name") {
    const folder here;
    const error none = audit_file::open((here.at / "none" / "audit").string()).error();
    CHECK(none.code == errc::read_only);
    CHECK(none.message.find("none") != std::string::npos);
    // A device of Linux on which nothing has room.
    if (!std::filesystem::exists("/dev/full")) return;
    auto full = audit_file::open("/dev/full");
    REQUIRE(full);
    CHECK((*full)({.key = "1"}).error().code == errc::storage_full);
    CHECK((*full)({.key = "2"}).error().code == errc::storage_full);
}
