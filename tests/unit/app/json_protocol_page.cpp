// SPDX-License-Identifier: BSL-1.0
// Goal: the session of docs/reference/json-protocol.md is what a server says. Method: the page's
// own requests are asked, and the answers compared with those that it shows. Histories, cursors
// and clocks are others each time.
#include <syncfw/app/json_routes.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/conflict/merge_fields.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/server.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct book {
    uuid id{};
    std::string title{};
    std::int32_t pages = 0;
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

struct step {
    std::string path{}, body{}, answer{};
};

/// What stands behind `begin` up to `end`, from the place on; the place moves behind it.
std::string between(const std::string& text, std::string_view begin, std::string_view end,
                    std::size_t& place) {
    place = text.find(begin, place);
    if (place == std::string::npos) return {};
    place += begin.size();
    const std::size_t from = place;
    place = text.find(end, place);
    REQUIRE(place != std::string::npos);
    return text.substr(from, place - from);
}

/// The requests of the page's shell blocks, each with the JSON block behind it.
std::vector<step> steps_of_page() {
    const auto page =
        std::filesystem::path(__FILE__).parent_path() / "../../../docs/reference/json-protocol.md";
    std::ostringstream all;
    all << std::ifstream(page).rdbuf();
    const std::string text = all.str();
    std::vector<step> steps;
    for (std::size_t at = 0;;) {
        const std::string path = between(text, "curl -s http://127.0.0.1:8080", " ", at);
        if (path.empty()) return steps;
        const std::string body = between(text, "-d '", "'\n", at);
        steps.push_back({path, body, between(text, "```json\n", "```", at)});
    }
}

/// JSON in its one form, without the values that are others each time.
std::string same_each_time(std::string_view text) {
    const auto value = json::decode_document(text);
    REQUIRE_MESSAGE(value, text);
    std::string all = json::encode(*value);
    for (const std::string_view name :
         {"\"history\":\"", "\"cursor\":\"", "\"at\":\"", "\"by\":\""})
        for (std::size_t at = 0; (at = all.find(name, at)) != std::string::npos;) {
            at += name.size();
            all.erase(at, all.find('"', at) - at);
        }
    return all;
}

}  // namespace

TEST_CASE("json routes: the session of the manual") {
    memory::store<schema<book>> store;
    server hub(store, merge_fields());
    poke_hub pokes;
    http::router routes(trusting({.subject = "ann", .tenant = tenant_id("ann")}));
    add_json_sync_routes(routes, hub, pokes);
    const auto ask = [&](const std::string& path, const std::string& body) {
        http::request asked;
        asked.head.method = "POST";
        asked.head.path = path;
        asked.head.fields.add("Content-Type", "application/json");
        asked.head.fields.add("Authorization", "Bearer any");
        asked.body = body;
        return routes(std::move(asked)).body;
    };

    const std::vector<step> steps = steps_of_page();
    REQUIRE(steps.size() == 3);
    CHECK(same_each_time(ask(steps[0].path, steps[0].body)) == same_each_time(steps[0].answer));
    CHECK(same_each_time(ask(steps[1].path, steps[1].body)) == same_each_time(steps[1].answer));
    const std::string again = ask(steps[0].path, steps[0].body);
    CHECK(again.ends_with(R"("outcome":"applied","version":1,"row":)"
                          R"({"id":"5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11","title":"Dune",)"
                          R"("pages":412}}]})"));
    // "The first one's pages arrive first, and its version becomes 2."
    ask("/sync/push",
        R"({"operations":[{"id":"8e0f1c72-5b1d-4a52-9c86-0d6a3b1f7e13","entity":"book","base":1,)"
        R"("key":{"id":"5e0a1c72-5b1d-4a52-9c86-0d6a3b1f7e11"},)"
        R"("before":{"pages":412},"changed":{"pages":604}}]})");
    CHECK(same_each_time(ask(steps[2].path, steps[2].body)) == same_each_time(steps[2].answer));
}
