// SPDX-License-Identifier: BSL-1.0
// Goal: a client takes packed answers, and no more of them than plain ones; both links work over
// it. Method: a server that answers with bodies that were prepared, right and wrong ones, over real
// sockets.
#include "endpoint.hpp"
#include <syncfw/app/json_link.hpp>
#include <syncfw/app/json_routes.hpp>
#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/testing/check_transport.hpp>
#include <syncfw/transport/http/gzip_bodies.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

std::string packed(std::string_view plain) {
    buffer out;
    gzip_writer().compress(plain, out);
    return std::string(out.view());
}

/// A client's answer to this body, which is said to be packed so.
result<http::answer> told(const std::string& body, const std::string& coding,
                          http::client_options options = {.packing = http::gzip_packing()},
                          std::string method = "GET") {
    testing::endpoint served([&](http::request&&) {
        http::response given{.body = body};
        if (!coding.empty()) given.fields.add("Content-Encoding", coding);
        return given;
    });
    auto line = http::client::make(served.address(), std::move(options));
    return line->ask({.method = std::move(method)});
}

bool is_no_answer(const result<http::answer>& got, std::string_view why) {
    INFO((got ? "an answer: " + got->body : to_string(got.error())));
    const bool is = !got && got.error().code == errc::malformed &&
                    got.error().message.find(why) != std::string::npos;
    CHECK(is);
    return is;
}

struct note {
    std::int64_t id = 0;
    std::string text{};
    static constexpr auto sync_entity = entity<"note">(field<&note::id>(primary_key));
};
using notes = schema<note>;

/// A server of notes behind `with_gzip`, which counts what passes.
struct scene {
    memory::store<notes> store{};
    server<world<memory::store<notes>>, last_write_wins> hub{store};
    poke_hub pokes{};
    http::router routes{trusting({.subject = "ann", .tenant = tenant_id("ann")})};
    std::mutex one_at_a_time{};
    std::size_t packed_requests = 0, packed_answers = 0, largest_answer = 0;
    bool unpacks = true;
    testing::endpoint served;

    scene()
        : served([this](http::request&& asked) {
              const std::scoped_lock held(one_at_a_time);
              packed_requests += asked.head.fields.count("Content-Encoding");
              http::response given =
                  unpacks ? http::with_gzip(routes)(std::move(asked)) : routes(std::move(asked));
              packed_answers += given.fields.count("Content-Encoding");
              largest_answer = std::max(largest_answer, given.body.size());
              return given;
          }) {
        add_sync_routes(routes, hub, pokes);
        add_json_sync_routes(routes, hub, pokes);
    }
    [[nodiscard]] static http::client_options options(bool packs_requests) {
        return {.token = [] { return secret<std::string>("any"); },
                .packing = http::gzip_packing({.packs_requests = packs_requests})};
    }
};

template <class Link>
std::size_t meet(Link there, Link here) {
    memory::store<notes> theirs, ours;
    replica writer(theirs, there, tenant_id("ann"));
    for (std::int64_t i = 0; i < 1'000; ++i)
        REQUIRE(writer.put(note{.id = i, .text = "a text that comes again and again"}));
    REQUIRE(writer.sync());
    replica reader(ours, here, tenant_id("ann"));
    REQUIRE(reader.sync());
    return reader.find(all<note>())->size();
}

}  // namespace

TEST_CASE("packed answers: one comes out as it went in, whatever the case of its coding") {
    const std::string text = "a text, a text, a text";
    for (const char* coding : {"gzip", "GZIP"}) {
        const auto got = told(packed(text), coding);
        REQUIRE(got);
        CHECK(got->body == text);
        CHECK(got->fields.count("Content-Encoding") == 0);
    }
    CHECK(told(text, "identity")->body == text);
    CHECK(told(text, "")->body == text);
    CHECK(told(packed(""), "gzip")->body.empty());
}

TEST_CASE("packed answers: all members of one are read") {
    const auto got = told(packed("one ") + packed("") + packed("two"), "gzip");
    REQUIRE(got);
    CHECK(got->body == "one two");
}

TEST_CASE("T16: a packed answer is no larger than a plain one may be") {
    const http::client_options small{.answer_bytes_max = 100'000, .packing = http::gzip_packing()};
    const std::string bomb = packed(std::string(10'000'000, 'x'));
    REQUIRE(bomb.size() < 100'000);
    (void)is_no_answer(told(bomb, "gzip", small), "over 100000 bytes");
    // Members are counted together.
    const std::string half = packed(std::string(50'001, 'x'));
    (void)is_no_answer(told(half + half, "gzip", small), "over 100000 bytes");
    CHECK(told(packed(std::string(100'000, 'x')), "gzip", small)->body.size() == 100'000);
}

TEST_CASE("packed answers: damage is no answer") {
    const std::string whole = packed("a text, a text, a text");
    (void)is_no_answer(told(whole.substr(0, whole.size() - 1), "gzip"), "ends before");
    (void)is_no_answer(told(whole.substr(0, whole.size() / 2), "gzip"), "ends before");
    std::string wrong_length = whole;
    ++wrong_length[whole.size() - 4];
    (void)is_no_answer(told(wrong_length, "gzip"), "length");
    std::string wrong_sum = whole;
    ++wrong_sum[whole.size() - 8];
    (void)is_no_answer(told(wrong_sum, "gzip"), "check");
    (void)is_no_answer(told(whole + "more", "gzip"), "follows");
    (void)is_no_answer(told("plain", "gzip"), "no whole gzip");
}

TEST_CASE("packed answers: what was not asked for is not taken") {
    const std::string body = packed("text");
    for (const char* coding : {"br", "deflate", "gzip, gzip", "gzip, identity", "x"})
        (void)is_no_answer(told(body, coding), "not asked for");
    (void)is_no_answer(told(body, "gzip", {}), "not asked for");
}

TEST_CASE("packed answers: an answer without a body needs none to be unpacked") {
    const auto got = told(packed("text"), "gzip", {.packing = http::gzip_packing()}, "HEAD");
    REQUIRE(got);
    CHECK(got->body.empty());
    CHECK(got->status == 200);
}

TEST_CASE("packed answers: who names encodings himself gets the body as it came") {
    const std::string body = packed("text");
    testing::endpoint served([&](http::request&& asked) {
        CHECK(asked.head.fields.count("Accept-Encoding") == 1);
        http::response given{.body = body};
        given.fields.add("Content-Encoding", "gzip");
        return given;
    });
    auto line = http::client::make(served.address(), {.packing = http::gzip_packing()});
    http::fields takes;
    takes.add("Accept-Encoding", "gzip");
    CHECK(line->ask({.fields = takes})->body == body);
    REQUIRE(line->begin({.fields = takes}));
    CHECK(line->finish()->body == body);
}

TEST_CASE("packed answers: an answer that can't be read leaves no part for the next one") {
    std::atomic<int> asked_so_far = 0;
    testing::endpoint served([&](http::request&&) {
        http::response given{.body = asked_so_far++ == 0 ? "damaged" : packed("fine")};
        given.fields.add("Content-Encoding", "gzip");
        return given;
    });
    auto line = http::client::make(served.address(), {.packing = http::gzip_packing()});
    CHECK(!line->ask({}));
    CHECK(line->ask({})->body == "fine");
}

TEST_CASE("packed bodies: devices meet over both links, and less is on its way") {
    for (const bool packs_requests : {false, true}) {
        CAPTURE(packs_requests);
        const auto options = scene::options(packs_requests);
        const auto check = [&](const scene& s, std::size_t rows) {
            CHECK(rows == 1'000);
            CHECK(s.packed_answers > 0);
            CHECK((s.packed_requests > 0) == packs_requests);
            CHECK(s.largest_answer < 30'000);
        };
        scene binary, json;
        const auto address = binary.served.address();
        check(binary, meet(http_link::make(address, options).value(),
                           http_link::make(address, options).value()));
        const auto link = [&] {
            return json_link<notes, http_json_line>(
                http_json_line::make(json.served.address(), options).value());
        };
        check(json, meet(link(), link()));
    }
}

TEST_CASE("packed bodies: a server that takes none refuses them, and no work is lost") {
    scene s;
    s.unpacks = false;
    const auto options = scene::options(true);
    auto link = http_link::make(s.served.address(), options).value();
    memory::store<notes> store;
    replica mine(store, link, tenant_id("ann"));
    REQUIRE(mine.put(note{.id = 1, .text = std::string(10'000, 'x')}));
    CHECK(!mine.sync());
    CHECK(mine.status()->pending == 1);
    CHECK(mine.status()->failed == 0);
}

TEST_CASE("packed bodies: a link with them keeps the promises of a transport") {
    struct endpoint {
        explicit endpoint(testing::request_handler answer)
            : served(http::with_gzip([answer](http::request&& asked) -> http::response {
                  return {.body = answer(asked.body),
                          .content_type = std::string(http_link::media_type)};
              })) {}
        http_link link() {
            return http_link::make(served.address(),
                                   {.packing = http::gzip_packing({.packs_requests = true})})
                .value();
        }
        void stop() { served.stop(); }
        void start() { served.start(); }
        testing::endpoint served;
    };
    const testing::report seen = testing::check_transport(
        [](testing::request_handler answer) { return endpoint(std::move(answer)); });
    INFO(to_string(seen));
    CHECK(seen.passed());
}
