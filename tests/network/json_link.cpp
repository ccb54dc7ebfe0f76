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

#include <algorithm>
#include <cstdint>
#include <functional>
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

using link_type = json_link<notes, http_json_line>;
static_assert(transport_in_halves<link_type>);

struct device {
    memory::store<notes> store{};
    link_type link;
    replica<world<memory::store<notes>>, link_type> own{store, link, tenant_id("ann")};
    device(const scene& s, std::string token)
        : link(http_json_line::make(s.served.address(),
                                    {.token = [=] { return secret<std::string>(token); }})
                   .value()) {}
};

/// The line of HTTP, and what was done with it, in letters: `b`egun, `f`inished, `a`sked whole,
/// for`g`otten.
struct letters {
    std::mutex lock{};
    std::string all{};
    void add(char one) {
        const std::lock_guard locked(lock);
        all += one;
    }
};
struct told_line {
    http_json_line line;
    letters* told;

    result<json_reply> ask(std::string_view path, std::string_view body) {
        told->add('a');
        return line.ask(path, body);
    }
    result<void> begin(std::string_view path, std::string_view body) {
        told->add('b');
        return line.begin(path, body);
    }
    result<json_reply> finish() {
        told->add('f');
        return line.finish();
    }
    void forget() {
        told->add('g');
        line.forget();
    }
};

/// A device that reads pages of ten rows.
struct slow_reader {
    memory::store<notes> store{};
    letters told{};
    json_link<notes, told_line> link;
    replica<world<memory::store<notes>>, json_link<notes, told_line>> own{
        store, link, tenant_id("ann"), {.rows_max = 10, .rows_max_behind = 10}};
    explicit slow_reader(const scene& s)
        : link(told_line{http_json_line::make(s.served.address(),
                                              {.token = [] { return secret<std::string>("ann"); }})
                             .value(),
                         &told}) {}
    [[nodiscard]] std::size_t rows() { return own.find(all<note>())->size(); }
};

/// What only asks: no line needs halves.
struct whole_line {
    result<json_reply> ask(std::string_view path, std::string_view body);
};
static_assert(transport<json_link<notes, whole_line>>);
static_assert(!transport_in_halves<json_link<notes, whole_line>>);

void write_notes(const scene& s, int count) {
    device writer(s, "ann");
    for (int i = 0; i < count; ++i)
        REQUIRE(writer.own.put(note{.id = new_uuid(), .text = std::to_string(i)}));
    REQUIRE(writer.own.sync());
}

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

TEST_CASE("json link: while a page is stored the next one is on its way") {
    scene s;
    write_notes(s, 45);
    slow_reader far_behind(s);
    const auto seen = far_behind.own.sync();
    REQUIRE(seen);
    CHECK(seen->pulled == 45);
    CHECK(far_behind.rows() == 45);
    CHECK(far_behind.told.all == "abfbfbfbf");
}

TEST_CASE("json link: a page that was begun and is not wanted any more is forgotten") {
    scene s;
    write_notes(s, 45);
    slow_reader called_off(s);
    REQUIRE(!called_off.own.sync([](const sync_report&) { return false; }));
    std::string told = called_off.told.all;
    std::sort(told.begin(), told.end());
    CHECK(told == "abfg");
    REQUIRE(called_off.own.sync());
    CHECK(called_off.rows() == 45);
}

TEST_CASE("json link: only what changes nothing is begun") {
    scene s;
    device mine(s, "ann");
    push_message<notes> push;
    push.operations.of<note>().push_back({.id = new_uuid()});
    const auto begun = mine.link.begin(encode(push));
    REQUIRE(!begun);
    CHECK(begun.error().code == errc::unsupported_format);
    CHECK(mine.link.exchange(encode(pull_message{.fingerprint = notes::fingerprint})));
}

TEST_CASE("json link: what is begun with a refused token ends like what is asked whole") {
    scene s;
    device stranger(s, "bob");
    REQUIRE(stranger.link.begin(encode(pull_message{.fingerprint = notes::fingerprint})));
    const auto ended = stranger.link.finish();
    REQUIRE(!ended);
    CHECK(ended.error().code == errc::unauthorized);
}
