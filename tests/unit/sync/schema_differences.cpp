// SPDX-License-Identifier: BSL-1.0
// Goal: programs of different ages work together: who knows fewer fields never takes the others
// away. Method: the same entity with and without a field, on devices and on the server.
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/in_process.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

namespace older {
struct pad {
    std::int64_t id = 0;
    std::string words{};
    static constexpr auto sync_entity = entity<"pad">(field<&pad::id>(primary_key));
};
using pads = schema<pad>;
}  // namespace older

namespace newer {
struct pad {
    std::int64_t id = 0;
    std::optional<std::string> colour{};  // It is new, and stands before what was there.
    std::string words{};
    std::int64_t stars = 3;
    static constexpr auto sync_entity = entity<"pad">(field<&pad::id>(primary_key));
};
struct pen {
    std::int64_t id = 0;
    static constexpr auto sync_entity = entity<"pen">(field<&pen::id>(primary_key));
};
using pads = schema<pad, pen>;
}  // namespace newer

template <class Schema>
struct hub_of {
    memory::store<Schema> store{};
    server<world<memory::store<Schema>>, merge_fields> hub{store};
};

template <class Schema, class Hub>
struct device_of {
    memory::store<Schema> store{};
    in_process_link<decltype(Hub::hub), caller> line;
    replica<world<memory::store<Schema>>, decltype(line)> here{store, line};
    explicit device_of(Hub& of) : line(of.hub, caller{}) {}
};

}  // namespace

TEST_CASE("schema: an older server doesn't take away what it doesn't know") {
    hub_of<older::pads> s;
    device_of<newer::pads, decltype(s)> a(s);
    device_of<older::pads, decltype(s)> b(s);
    REQUIRE(a.here.put(newer::pad{.id = 1, .colour = "red", .words = "one", .stars = 5}));
    REQUIRE(a.here.sync());
    REQUIRE(b.here.sync());
    REQUIRE(b.here.patch<older::pad>(1, [](older::pad& p) { p.words = "two"; }));
    REQUIRE(b.here.sync());
    REQUIRE(a.here.sync());
    newer::pad seen = a.here.get<newer::pad>(1)->value();
    CHECK(seen.words == "two");
    CHECK(seen.colour == "red");
    CHECK(seen.stars == 5);
    // Also where there is unsent work when the page comes, and when all is read anew.
    REQUIRE(a.here.patch<newer::pad>(1, [](newer::pad& p) { p.stars = 4; }));
    REQUIRE(b.here.patch<older::pad>(1, [](older::pad& p) { p.words = "three"; }));
    REQUIRE(b.here.sync());
    REQUIRE(a.here.pull());
    REQUIRE(a.here.sync());
    REQUIRE(a.here.full_sync());
    seen = a.here.get<newer::pad>(1)->value();
    CHECK(seen.words == "three");
    CHECK(seen.colour == "red");
    CHECK(seen.stars == 4);
    CHECK(a.here.status()->pending == 0);
}

TEST_CASE("schema: an older device doesn't take away what it doesn't know") {
    hub_of<newer::pads> s;
    device_of<newer::pads, decltype(s)> a(s);
    device_of<older::pads, decltype(s)> b(s);
    REQUIRE(a.here.put(newer::pad{.id = 1, .colour = "red", .words = "one", .stars = 5}));
    REQUIRE(a.here.put(newer::pen{.id = 9}));
    REQUIRE(a.here.sync());
    REQUIRE(b.here.sync());
    REQUIRE(b.here.patch<older::pad>(1, [](older::pad& p) { p.words = "two"; }));
    REQUIRE(b.here.put(older::pad{.id = 2, .words = "new"}));
    REQUIRE(b.here.sync());
    REQUIRE(b.here.remove<older::pad>(1));
    REQUIRE(b.here.sync());
    REQUIRE(b.here.restore<older::pad>(1));
    REQUIRE(b.here.sync());
    REQUIRE(a.here.sync());
    const newer::pad seen = a.here.get<newer::pad>(1)->value();
    CHECK(seen.words == "two");
    CHECK(seen.colour == "red");
    CHECK(seen.stars == 5);
    CHECK(a.here.get<newer::pad>(2)->value().stars == 3);
}

TEST_CASE("schema: work on an entity that the server doesn't know waits with its reason") {
    hub_of<older::pads> s;
    device_of<newer::pads, decltype(s)> a(s);
    REQUIRE(a.here.put(newer::pen{.id = 9}));
    REQUIRE(a.here.put(newer::pad{.id = 1, .words = "one"}));
    (void)a.here.sync();
    REQUIRE(a.here.sync());
    CHECK(begin_read(s.store, tenant_id())->get<older::pad>(1)->has_value());
    const auto failed = a.here.failed();
    REQUIRE(failed->size() == 1);
    CHECK(failed->front().entity_name == "pen");
    CHECK(!failed->front().reason.empty());
}
