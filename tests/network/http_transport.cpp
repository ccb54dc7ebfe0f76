// SPDX-License-Identifier: BSL-1.0
// The transport over HTTP, with real sockets.
#include "endpoint.hpp"
#include <syncfw/app/sync_routes.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/testing/check_transport.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::testing;
using namespace syncfw::annotations;

/// What any handler of messages says, over HTTP.
class http_endpoint {
  public:
    explicit http_endpoint(request_handler answer)
        : served_([answer = std::move(answer)](http::request&& asked) -> http::response {
              return {.body = answer(asked.body),
                      .content_type = std::string(http_link::media_type)};
          }) {}
    http_link link() { return http_link::make(served_.address()).value(); }
    void stop() { served_.stop(); }
    void start() { served_.start(); }

  private:
    endpoint served_;
};

struct book {
    std::int64_t id = 0;
    std::string title{};
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
using library = schema<book>;

}  // namespace

TEST_CASE("http: keeps the promises of a transport") {
    const report seen =
        check_transport([](request_handler answer) { return http_endpoint(std::move(answer)); });
    INFO(to_string(seen));
    CHECK(seen.passed());
    CHECK(seen.checks > 1'000);
}

TEST_CASE("http: devices of several people meet on one server, and see their own rows alone") {
    memory::store<library> rows;
    syncfw::server hub(rows);
    // The token is the person's name.
    http::router routes([](std::string_view token) -> result<principal> {
        if (token.size() < 3) return error{.code = errc::unauthorized};
        return principal{.subject = std::string(token), .tenant = tenant_id(std::string(token))};
    });
    poke_hub pokes;
    add_sync_routes(routes, hub, pokes);
    endpoint served(std::ref(routes));

    constexpr int people = 4, devices = 2, books = 60;
    std::vector<std::thread> threads;
    for (int person = 0; person < people; ++person)
        for (int device = 0; device < devices; ++device)
            threads.emplace_back([&, person, device] {
                const std::string name = "person" + std::to_string(person);
                auto link = http_link::make(served.address(),
                                            {.token = [&] { return secret<std::string>(name); }});
                memory::store<library> here;
                replica mine(here, *link, tenant_id(name));
                for (int i = 0; i < books; ++i) {
                    REQUIRE(mine.put(book{.id = device * books + i, .title = name}));
                    if (i % 10 == 9) REQUIRE(mine.sync());
                }
            });
    for (std::thread& each : threads) each.join();

    for (int person = 0; person < people; ++person) {
        const std::string name = "person" + std::to_string(person);
        auto link =
            http_link::make(served.address(), {.token = [&] { return secret<std::string>(name); }});
        memory::store<library> here;
        replica mine(here, *link, tenant_id(name));
        REQUIRE(mine.sync());
        const auto all = mine.find(syncfw::all<book>());
        REQUIRE(all);
        CHECK(all->size() == devices * books);
        for (const auto& each : *all) CHECK(each.title == name);
    }
}

TEST_CASE("http: a token that the server doesn't take is said to be that") {
    memory::store<library> rows;
    syncfw::server hub(rows);
    http::router routes(
        [](std::string_view) -> result<principal> { return error{.code = errc::unauthorized}; });
    poke_hub pokes;
    add_sync_routes(routes, hub, pokes);
    endpoint served(std::ref(routes));
    auto link =
        http_link::make(served.address(), {.token = [] { return secret<std::string>("old"); }});
    memory::store<library> here;
    replica mine(here, *link);
    REQUIRE(mine.put(book{.id = 1}));
    const auto seen = mine.sync();
    REQUIRE(!seen);
    CHECK(seen.error().code == errc::unauthorized);
    CHECK(mine.status()->pending == 1);
}
