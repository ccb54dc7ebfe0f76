// SPDX-License-Identifier: BSL-1.0
// An entity that says whose its rows are: the field is the server's, and never travels with a
// write.
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/in_process.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct user {
    std::int64_t id = 0;
    std::string whose{};
    std::string name{};
    bool is_deleted = false;
    static constexpr auto sync_entity =
        entity<"user">(field<&user::id>(primary_key), field<&user::whose>(tenant),
                       field<&user::is_deleted>(soft_delete));
};
using users = schema<user>;
using store_type = memory::store<users>;

template <class Policy>
struct scene {
    store_type far{}, near{}, other_near{};
    server<world<store_type>, Policy> hub{far};
    in_process_link<decltype(hub), caller> line{hub, {.tenant = tenant_id("acme")}};
    replica<world<store_type>, decltype(line)> mine{near, line, tenant_id("acme")};
    replica<world<store_type>, decltype(line)> theirs{other_near, line, tenant_id("acme")};

    void sync() {
        for (int i = 0; i < 2; ++i) {
            const auto one = mine.sync(), two = theirs.sync();
            REQUIRE_MESSAGE(one, (one ? std::string() : to_string(one.error())));
            REQUIRE_MESSAGE(two, (two ? std::string() : to_string(two.error())));
        }
    }
    void check(std::int64_t id, const std::string& name) {
        for (auto* each : {&mine, &theirs}) {
            const auto row = each->template get<user>(id);
            REQUIRE(row->has_value());
            CHECK((*row)->name == name);
            CHECK((*row)->whose == "acme");
        }
    }
};

}  // namespace

TEST_CASE("isolation: a new row of an entity with a tenant's field reaches all, as the tenant's") {
    scene<last_write_wins> s;
    REQUIRE(s.mine.put(user{.id = 1, .whose = "acme", .name = "Ann"}));
    s.sync();
    s.check(1, "Ann");
    REQUIRE(s.theirs.put(user{.id = 1, .whose = "acme", .name = "Anna"}));
    REQUIRE(s.mine.put(user{.id = 1, .whose = "acme", .name = "Anne"}));
    s.sync();
    s.check(1, s.mine.get<user>(1)->value().name);
    REQUIRE(s.mine.remove<user>(1));
    s.sync();
    CHECK(!s.theirs.get<user>(1)->has_value());
    REQUIRE(s.theirs.put(user{.id = 1, .whose = "acme", .name = "Ann again"}));
    s.sync();
    s.check(1, "Ann again");
}

TEST_CASE("isolation: both made the same row of a tenant, and a person decides") {
    scene<park> s;
    REQUIRE(s.mine.put(user{.id = 1, .whose = "acme", .name = "mine"}));
    REQUIRE(s.theirs.put(user{.id = 1, .whose = "acme", .name = "theirs"}));
    s.sync();
    const auto parked = s.hub.conflicts(tenant_id("acme"));
    REQUIRE(parked);
    REQUIRE(parked->size() == 1);
    SUBCASE("on the server") {
        REQUIRE(s.hub.resolve({.tenant = tenant_id("acme")}, parked->front().id, side::mine));
    }
    SUBCASE("on the device that came later") {
        auto& late = s.mine.conflicts()->empty() ? s.theirs : s.mine;
        REQUIRE(late.resolve(late.conflicts()->front().id, side::mine));
    }
    s.sync();
    s.check(1, s.mine.get<user>(1)->value().name);
    CHECK(s.mine.status()->conflicts == 0);
    CHECK(s.theirs.status()->conflicts == 0);
}
