// SPDX-License-Identifier: BSL-1.0
// Goal: a replica reaches a server by its JSON routes over real sockets, and tells what the engine
// said from what stands before it.
#include "endpoint.hpp"
#include <syncfw/app/json_link.hpp>
#include <syncfw/app/json_routes.hpp>
#include <syncfw/conflict/merge_fields.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>

#include <doctest/doctest.h>

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct note {
    uuid id{};
    std::string text{};
    static constexpr auto sync_entity = entity<"note">(field<&note::id>(primary_key));
};
using notes = schema<note>;

result<principal> ann_alone(std::string_view token) {
    if (token == "ann") return principal{.subject = "ann", .tenant = tenant_id("ann")};
    return error{.code = errc::unauthorized, .message = "no"};
}

struct scene {
    memory::store<notes> store{};
    server<world<memory::store<notes>>, merge_fields> hub{store};
    poke_hub pokes{};
    http::router routes{ann_alone};
    std::mutex one_at_a_time{};
    testing::endpoint served;

    scene()
        : served(
              [this](http::request&& asked) {
                  const std::scoped_lock held(one_at_a_time);
                  return routes(std::move(asked));
              },
              {}) {
        add_json_sync_routes(routes, hub, pokes);
    }
};

struct device {
    memory::store<notes> store{};
    json_link<notes, http_json_line> link;
    replica<world<memory::store<notes>>, json_link<notes, http_json_line>> own{store, link,
                                                                               tenant_id("ann")};
    device(const scene& s, std::string token)
        : link(http_json_line::make(s.served.address(),
                                    {.token = [=] { return secret<std::string>(token); }})
                   .value()) {}
};

}  // namespace

TEST_CASE("json link: two devices meet at a server that they reach over sockets") {
    scene s;
    device a(s, "ann"), b(s, "ann");
    const uuid id = new_uuid();
    REQUIRE(a.own.put(note{.id = id,
                           .text = "Gr\xC3\xBC\xC3\x9F"
                                   "e \"quoted\"\n"}));
    REQUIRE(a.own.sync());
    REQUIRE(b.own.sync());
    CHECK(b.own.get<note>(id)->value().text == a.own.get<note>(id)->value().text);
}

TEST_CASE("json link: a refused token takes nothing of the work away") {
    scene s;
    device stranger(s, "bob");
    REQUIRE(stranger.own.put(note{.id = new_uuid(), .text = "kept"}));
    const auto seen = stranger.own.sync();
    REQUIRE(!seen);
    CHECK(seen.error().code == errc::unauthorized);
    CHECK(stranger.own.status()->pending == 1);
    CHECK(stranger.own.status()->failed == 0);
}
