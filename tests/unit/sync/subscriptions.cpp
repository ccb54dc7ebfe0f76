// SPDX-License-Identifier: BSL-1.0
// Goal: a device has just the rows that it is subscribed to, also while that changes, and gets what
// is new to it without reading the rest again. Method: a server with shelves of books, devices with
// filters, and random changes of both.
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/testing/random.hpp>
#include <syncfw/transport/in_process.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct volume {
    std::int64_t id = 0;
    std::int64_t shelf = 0;
    std::string title{};
    bool is_deleted = false;
    static constexpr auto sync_entity =
        entity<"volume">(field<&volume::id>(primary_key), field<&volume::is_deleted>(soft_delete));
};
struct remark {
    std::int64_t id = 0;
    std::string text{};
    static constexpr auto sync_entity = entity<"remark">(field<&remark::id>(primary_key));
};
using library = schema<volume, remark>;
using store_type = memory::store<library>;

struct counting_link {
    server<world<store_type>, last_write_wins>* hub;
    std::int64_t bytes = 0;
    int stops_after = -1;
    result<std::string> exchange(std::string_view request) {
        if (stops_after == 0) return error{.code = errc::peer_unavailable, .message = "cut"};
        --stops_after;
        std::string answer = hub->handle(caller{}, request);
        bytes += static_cast<std::int64_t>(answer.size());
        return answer;
    }
};
using device = replica<world<store_type>, counting_link>;

struct scene {
    store_type hub_store{}, store{};
    server<world<store_type>, last_write_wins> hub{hub_store};
    counting_link line{&hub};
    store_type author_store{};
    counting_link author_line{&hub};
    device author{author_store, author_line};

    /// The same device, started with these filters.
    device with(std::vector<filter> filters) {
        return {store,
                line,
                tenant_id(),
                {.rows_max = 3, .rows_max_behind = 3, .filters = std::move(filters)}};
    }
    void write(std::int64_t id, std::int64_t shelf) {
        REQUIRE(author.put(volume{.id = id, .shelf = shelf, .title = "t"}));
    }
    void write_remark(std::int64_t id) { REQUIRE(author.put(remark{.id = id, .text = "r"})); }
    void publish() { REQUIRE(author.sync()); }
};

filter on_shelf(std::int64_t shelf) {
    return to_filter(where(field<&volume::shelf> == shelf));
}

template <class T>
std::set<std::int64_t> ids(device& of) {
    std::set<std::int64_t> all_ids;
    for (const T& each : of.find(all<T>()).value()) all_ids.insert(each.id);
    return all_ids;
}
using id_set = std::set<std::int64_t>;

}  // namespace

TEST_CASE("subscriptions: a device gets the rows of its filters, and loses those that leave them") {
    scene s;
    for (std::int64_t id = 1; id <= 6; ++id) s.write(id, id % 2);
    s.write_remark(1);
    s.publish();
    device mine = s.with({on_shelf(1)});
    REQUIRE(mine.sync());
    CHECK(ids<volume>(mine) == id_set{1, 3, 5});
    CHECK(ids<remark>(mine).empty());
    s.write(3, 0);
    s.write(2, 1);
    s.publish();
    const auto seen = mine.sync();
    REQUIRE(seen);
    CHECK(seen->left == 1);
    CHECK(ids<volume>(mine) == id_set{1, 2, 5});
}

TEST_CASE("subscriptions: a first sync has nothing of rows that are not wanted, keys neither") {
    scene s;
    for (std::int64_t id = 1; id <= 500; ++id) s.write(id, id == 7 ? 1 : 2);
    s.publish();
    device mine = s.with({on_shelf(1)});
    REQUIRE(mine.sync());
    scene small;
    small.write(7, 1);
    small.publish();
    device other = small.with({on_shelf(1)});
    REQUIRE(other.sync());
    // Empty pages have heads as well.
    CHECK(s.line.bytes < small.line.bytes + 170 * 150);
    CHECK(ids<volume>(mine) == id_set{7});
    s.line.bytes = small.line.bytes = 0;
    CHECK(mine.sync()->pulled == 0);
}

TEST_CASE("subscriptions: other filters bring what is new to them, and nothing else again") {
    scene s;
    for (std::int64_t id = 1; id <= 40; ++id) s.write(id, id % 4);
    for (std::int64_t id = 1; id <= 30; ++id) s.write_remark(id);
    s.publish();
    {
        device mine = s.with({on_shelf(1), to_filter(all<remark>())});
        REQUIRE(mine.sync());
        CHECK(ids<volume>(mine).size() == 10);
        CHECK(ids<remark>(mine).size() == 30);
    }
    {
        device mine = s.with({on_shelf(2), to_filter(all<remark>())});
        const auto seen = mine.sync();
        REQUIRE(seen);
        CHECK(seen->pulled == 10);  // No remark came again.
        CHECK(seen->left == 10);
        CHECK(ids<volume>(mine).count(2) == 1);
        CHECK(ids<volume>(mine).size() == 10);
        CHECK(ids<remark>(mine).size() == 30);
        CHECK(mine.sync()->messages == 2);
    }
    {
        device mine = s.with({on_shelf(2)});
        const auto seen = mine.sync();
        REQUIRE(seen);
        CHECK(seen->pulled == 0);
        CHECK(ids<remark>(mine).empty());
    }
    {
        device mine = s.with({});
        const auto seen = mine.sync();
        REQUIRE(seen);
        CHECK(seen->pulled == 60);  // Ten volumes were here.
        CHECK(ids<volume>(mine).size() == 40);
        CHECK(ids<remark>(mine).size() == 30);
    }
}

TEST_CASE("subscriptions: a filter that is none is said before anything happens") {
    scene s;
    s.write(1, 1);
    s.publish();
    device mine = s.with({{.entity = "volume", .steps = {{.op = "==", .field = "colour"}}}});
    const auto seen = mine.sync();
    REQUIRE(!seen);
    CHECK(seen.error().code == errc::unknown_field);
    CHECK(s.line.bytes == 0);
    CHECK(s.with({on_shelf(1), on_shelf(2)}).sync().error().code == errc::malformed);
}

TEST_CASE("no-lost-write: unsent work survives each change of what is wanted") {
    scene s;
    for (std::int64_t id = 1; id <= 8; ++id) s.write(id, id % 2);
    s.publish();
    {
        device mine = s.with({on_shelf(1)});
        REQUIRE(mine.sync());
        REQUIRE(mine.patch<volume>(1, [](volume& v) { v.title = "mine"; }));
    }
    s.line.stops_after = 0;
    device mine = s.with({on_shelf(0)});
    CHECK(!mine.sync());
    CHECK(mine.status()->pending == 1);
    s.line.stops_after = -1;
    REQUIRE(mine.sync());
    REQUIRE(mine.sync());
    CHECK(mine.status()->pending == 0);
    CHECK(ids<volume>(mine) == id_set{2, 4, 6, 8});
    REQUIRE(s.author.sync());
    CHECK(s.author.get<volume>(1)->value().title == "mine");
}

TEST_CASE(
    "subscriptions: whatever is wanted, written and cut off, at rest a device has just that") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        testing::random_source random(seed);
        scene s;
        std::vector<filter> wanted;
        for (int act = 0; act < 25; ++act) {
            const auto id = static_cast<std::int64_t>(random.below(12));
            if (random.chance(700)) s.write(id, static_cast<std::int64_t>(random.below(3)));
            if (random.chance(200)) (void)s.author.remove<volume>(id);
            if (random.chance(300)) s.write_remark(id);
            if (random.chance(500)) s.publish();
            if (random.chance(400)) {
                wanted.clear();
                const auto shelf = static_cast<std::int64_t>(random.below(3));
                if (random.chance(700)) wanted.push_back(on_shelf(shelf));
                if (random.chance(500)) wanted.push_back(to_filter(all<remark>()));
            }
            device mine = s.with(wanted);
            s.line.stops_after = random.chance(500) ? static_cast<int>(random.below(4)) : -1;
            if (random.chance(100))
                (void)mine.full_sync();
            else
                (void)mine.sync();
        }
        s.publish();
        s.line.stops_after = -1;
        device mine = s.with(wanted);
        REQUIRE(mine.sync());
        const auto choice = detail::row_choice<library>::make(wanted);
        id_set volumes, remarks;
        for (const volume& each : s.author.find(all<volume>()).value())
            if (choice->has(each)) volumes.insert(each.id);
        for (const remark& each : s.author.find(all<remark>()).value())
            if (choice->has(each)) remarks.insert(each.id);
        INFO("seed ", seed);
        CHECK(ids<volume>(mine) == volumes);
        CHECK(ids<remark>(mine) == remarks);
        CHECK(mine.sync()->pulled == 0);
    }
}
