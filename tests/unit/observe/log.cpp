// SPDX-License-Identifier: BSL-1.0
// Goal: each line is one JSON object and one line, whatever the values hold and whoever writes at
// the same time. Method: lines are read back with the library's own strict JSON.
#include <syncfw/codec/json.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/observe/events.hpp>
#include <syncfw/observe/log.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace syncfw;

/// A log in a file that is gone afterwards.
class written {
  public:
    explicit written(log_level from = log_level::debug)
        : log(file_, from, [] { return timestamp::from_microseconds(1'777'629'600'000'000); }) {}
    ~written() { std::fclose(file_); }
    written(const written&) = delete;
    written& operator=(const written&) = delete;

    std::string text() {
        std::rewind(file_);
        std::string all;
        for (int c = 0; (c = std::fgetc(file_)) != EOF;) all += static_cast<char>(c);
        return all;
    }
    std::vector<document> lines() {
        std::vector<document> all;
        const std::string held = text();
        for (std::size_t at = 0; at < held.size();) {
            const std::size_t end = held.find('\n', at);
            REQUIRE(end != std::string::npos);
            const auto read = json::decode_document(std::string_view(held).substr(at, end - at));
            REQUIRE_MESSAGE(read, held.substr(at, end - at));
            all.push_back(*read);
            at = end + 1;
        }
        return all;
    }

  private:
    std::FILE* file_ = std::tmpfile();

  public:
    logger log;
};

std::string value_of(const document& line, std::string_view name) {
    const document* const found = line.find(name);
    return found == nullptr || found->text() == nullptr ? "(no text)" : *found->text();
}

struct costly {
    int* made;
};
std::string to_string(const costly& value) {
    ++*value.made;
    return "made";
}

struct shut_down {
    static constexpr std::string_view name = "shut_down";
    std::int64_t after = 0;
};
BOOST_DESCRIBE_STRUCT(shut_down, (), (after))

}  // namespace

TEST_CASE("log: a line has the time, the level, the message and the fields, in this order") {
    written to;
    const std::string name = "Ann";
    to.log.info("listening", {{"port", 8080},
                              {"tls", false},
                              {"who", name},
                              {"share", 0.5},
                              {"much", UINT64_MAX},
                              {"id", uuid()},
                              {"none", std::optional<int>()},
                              {"some", std::optional<int>(3)},
                              {"at", timestamp()}});
    CHECK(to.text() ==
          R"({"ts":"2026-05-01T10:00:00.000000Z","level":"info","msg":"listening","port":8080,)"
          R"("tls":false,"who":"Ann","share":0.5,"much":18446744073709551615,)"
          R"("id":"00000000-0000-0000-0000-000000000000","none":null,"some":3,)"
          R"("at":"1970-01-01T00:00:00.000000Z"})"
          "\n");
}

TEST_CASE("log: an error is its code and its sentence, a document is itself") {
    written to;
    const error why{.code = errc::busy, .message = "later", .entity = "book"};
    to.log.error("failed", {{"error", why}, {"more", document::object({{"ü", "\x7F"}, {"b", 2}})}});
    const auto lines = to.lines();
    REQUIRE(lines.size() == 1);
    CHECK(value_of(*lines[0].find("error"), "code") == "busy");
    CHECK(value_of(*lines[0].find("error"), "text") == "book: later");
    CHECK(value_of(*lines[0].find("more"), "ü") == "\x7F");
    CHECK(to.text().find('\x7F') == std::string::npos);
}

TEST_CASE("log: below its level nothing is made and nothing is written") {
    written to(log_level::warning);
    int made = 0;
    to.log.debug("a", {{"x", costly{&made}}});
    to.log.info("b", {{"x", costly{&made}}});
    CHECK(made == 0);
    CHECK(to.text().empty());
    CHECK(!to.log.says(log_level::info));
    to.log.warning("c", {{"x", costly{&made}}});
    to.log.error("d", {{"x", costly{&made}}});
    CHECK(made == 2);
    const auto lines = to.lines();
    REQUIRE(lines.size() == 2);
    CHECK(value_of(lines[0], "level") == "warning");
    CHECK(value_of(lines[1], "level") == "error");
}

TEST_CASE("log: bound fields are in each line of that logger, and in no other's") {
    written to;
    std::string id = "r-1";
    const logger of_request = to.log.with({{"request_id", id}});
    id = "r-2";  // What was bound stays as it was.
    const logger deeper = of_request.with({{"attempt", 2}});
    deeper.info("a", {{"b", 1}});
    of_request.info("c");
    to.log.info("d");
    const auto lines = to.lines();
    REQUIRE(lines.size() == 3);
    CHECK(value_of(lines[0], "request_id") == "r-1");
    CHECK(*lines[0].find("attempt")->integer() == 2);
    CHECK(*lines[0].find("b")->integer() == 1);
    CHECK(value_of(lines[1], "request_id") == "r-1");
    CHECK(lines[1].find("attempt") == nullptr);
    CHECK(lines[2].find("request_id") == nullptr);
}

TEST_CASE("log: what comes from outside can't forge a line or speak to a terminal") {
    written to;
    const std::string_view hostile =
        "x\"}\r\n{\"level\":\"error\"\x1B[2J\x7F \xC2\x9B"
        "31m \xE2\x80\xA8 \xE2\x80\xA9";
    to.log.info(hostile, {{"in", hostile}});
    const std::string text = to.text();
    CHECK(text.find('\n') == text.size() - 1);
    for (const std::string_view bad : {"\r", "\x1B", "\x7F", "\xC2\x9B", "\xE2\x80\xA8"})
        CHECK_MESSAGE(text.find(bad) == std::string::npos, bad);
    CHECK(value_of(to.lines().at(0), "in") == hostile);
    CHECK(value_of(to.lines().at(0), "msg") == hostile);
}

TEST_CASE("log: NUL and what is no UTF-8 become U+FFFD") {
    written to;
    to.log.info("m", {{"x", "a\xFF\xC3"},
                      {"y", "\xED\xA0\x80z"},
                      {"z", "\xC3\xA4"},
                      {"n", std::string(2, '\0')}});
    const document line = to.lines().at(0);
    CHECK(value_of(line, "x") == "a\uFFFD\uFFFD");
    CHECK(value_of(line, "y") == "\uFFFD\uFFFD\uFFFDz");
    CHECK(value_of(line, "z") == "ä");
    CHECK(value_of(line, "n") == "\uFFFD\uFFFD");
}

TEST_CASE("log: a long value is cut between two characters, and says so") {
    written to;
    std::string whole(8 * 1024, 'x'), longer = whole + "y";
    std::string many;
    while (many.size() < 9'000) many += "€";
    to.log.info("m", {{"whole", whole}, {"longer", longer}, {"many", many}});
    const document line = to.lines().at(0);
    CHECK(value_of(line, "whole") == whole);
    CHECK(value_of(line, "longer") == whole + "… (cut, of 8193 bytes)");
    const std::string cut = value_of(line, "many");
    CHECK(cut.ends_with("€… (cut, of 9000 bytes)"));
    CHECK(cut.find("\uFFFD") == std::string::npos);
}

TEST_CASE("log: any bytes make one line of valid JSON") {
    CHECK(rc::check([](const std::string& what, const std::string& name, const std::string& value) {
        written to;
        to.log.info(what, {{"x" + name, value}});
        const std::string text = to.text();
        RC_ASSERT(text.find('\n') == text.size() - 1);
        const auto read = json::decode_document(text);
        RC_ASSERT(read.has_value());
        const auto is_text = [](std::string_view of) {
            const char* const end = of.data() + of.size();
            return detail::find_invalid_text(of.data(), end) == end;
        };
        RC_ASSERT(is_text(text));
        if (is_text(what)) RC_ASSERT(value_of(*read, "msg") == what);
        if (is_text(name) && is_text(value)) RC_ASSERT(value_of(*read, "x" + name) == value);
    }));
}

TEST_CASE("log: lines of several threads don't mix") {
    written to;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&to, thread] {
            const logger mine = to.log.with({{"thread", thread}});
            for (int i = 0; i < 200; ++i)
                mine.info("line", {{"i", i}, {"pad", std::string(99, 'x')}});
        });
    for (std::thread& each : threads) each.join();
    std::vector<int> next(4);
    for (const document& line : to.lines()) {
        const auto of = static_cast<std::size_t>(*line.find("thread")->integer());
        CHECK(*line.find("i")->integer() == next[of]++);
    }
    CHECK(next == std::vector<int>(4, 200));
}

TEST_CASE("log: an event is a line with the event's time, louder where something went wrong") {
    written to(log_level::info);
    events_to_log sink(to.log.with({{"node", "hub-1"}}));
    sink.take(timestamp(), events::page_given{.tenant = "t", .rows = 3});
    sink.take(timestamp(), events::request_refused{.code = "malformed", .message = "no \"JSON\""});
    sink.take(timestamp(), events::operation_rejected{});
    sink.take(timestamp(), events::sync_failed{});
    sink.take(timestamp(), shut_down{.after = 4});
    const auto lines = to.lines();
    REQUIRE(lines.size() == 5);
    CHECK(value_of(lines[0], "ts") == "1970-01-01T00:00:00.000000Z");
    CHECK(value_of(lines[0], "msg") == "page_given");
    CHECK(value_of(lines[0], "node") == "hub-1");
    CHECK(*lines[0].find("rows")->integer() == 3);
    CHECK(value_of(lines[1], "message") == "no \"JSON\"");
    const std::vector<std::string_view> levels{"info", "warning", "warning", "warning", "info"};
    for (std::size_t i = 0; i < levels.size(); ++i) CHECK(value_of(lines[i], "level") == levels[i]);

    written quiet(log_level::warning);
    events_to_log(quiet.log).take(timestamp(), events::page_given{});
    CHECK(quiet.text().empty());
}

TEST_CASE("log: a level has a name, and is found by it") {
    log_level found = log_level::error;
    CHECK(parse("debug", found));
    CHECK(found == log_level::debug);
    CHECK(!parse("DEBUG", found));
    CHECK(found == log_level::debug);
    CHECK(to_string_view(log_level::warning) == "warning");
}
