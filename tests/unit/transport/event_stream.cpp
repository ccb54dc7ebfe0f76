// SPDX-License-Identifier: BSL-1.0
// Goal: an event stream is written and read as the HTML standard has it, however it is cut, and
// nothing that comes makes the reader keep more than it may. Method: the standard's examples, each
// rule by name, random events in random pieces.
#include <syncfw/transport/event_stream.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

using namespace syncfw;

namespace {

struct seen {
    std::string type{};
    std::string id{};
    std::string data{};

    friend bool operator==(const seen&, const seen&) = default;
    friend std::ostream& operator<<(std::ostream& out, const seen& each) {
        return out << each.type << " [" << each.id << "] \"" << each.data << '"';
    }
};

struct reading {
    std::vector<seen> events{};
    std::optional<errc> failed{};

    friend bool operator==(const reading&, const reading&) = default;
};

void take_all(event_stream_decoder& decoder, reading& found) {
    while (true) {
        const auto next = decoder.next();
        if (!next) found.failed = next.error().code;
        if (!next || !*next) return;
        const stream_event& event = **next;
        found.events.push_back(
            {std::string(event.type), std::string(event.id), std::string(event.data)});
    }
}

reading read(event_stream_decoder& decoder, std::string_view bytes, std::size_t piece = SIZE_MAX) {
    reading found;
    while (!bytes.empty()) {
        // A copy without spare room, so that a sanitizer sees every byte read beyond it.
        const std::string_view part = bytes.substr(0, piece);
        const std::vector<char> copy(part.begin(), part.end());
        decoder.feed({copy.data(), copy.size()});
        take_all(decoder, found);
        bytes.remove_prefix(part.size());
    }
    return found;
}

/// The same in pieces of each size.
reading read(std::string_view bytes, event_stream_limits limits = {}) {
    event_stream_decoder decoder(limits);
    const reading whole = read(decoder, bytes);
    for (const std::size_t piece : {1u, 2u, 3u, 5u}) {
        event_stream_decoder other(limits);
        CHECK(read(other, bytes, piece) == whole);
        CHECK(other.last_id() == decoder.last_id());
        CHECK(other.retry_microseconds() == decoder.retry_microseconds());
    }
    return whole;
}

std::vector<seen> events_of(std::string_view bytes) {
    const reading found = read(bytes);
    CHECK(!found.failed);
    return found.events;
}

std::string written(const stream_event& event) {
    buffer out;
    REQUIRE(append_event(out, event));
    return std::string(out.view());
}

}  // namespace

TEST_CASE("event_stream: an event is written line by line") {
    CHECK(written({.type = "poke", .id = "17", .data = "a"}) == "event: poke\nid: 17\ndata: a\n\n");
    CHECK(written({.data = "a\nb\r\nc\rd\n"}) == "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
    CHECK(written({}) == "data: \n\n");
    buffer out;
    append_heartbeat(out);
    append_retry(out, 2'500);
    CHECK(out.view() == ":\n\nretry: 2500\n\n");
}

TEST_CASE("event_stream: what would be read as another field is not written") {
    buffer out;
    const auto code_of = [&](const stream_event& event) {
        const auto done = append_event(out, event);
        REQUIRE(!done);
        CHECK(!done.error().message.empty());
        return done.error().code;
    };
    using namespace std::string_view_literals;
    CHECK(code_of({.type = "a\ndata: b"}) == errc::invalid_value);
    CHECK(code_of({.type = "a\r"}) == errc::invalid_value);
    CHECK(code_of({.id = "1\n"}) == errc::invalid_value);
    CHECK(code_of({.id = "1\0002"sv}) == errc::invalid_value);
    CHECK(code_of({.type = "\xFF"}) == errc::invalid_value);
    CHECK(code_of({.id = "\xFF"}) == errc::invalid_value);
    CHECK(code_of({.data = "\xC3"}) == errc::invalid_value);
    CHECK(out.empty());
}

TEST_CASE("event_stream: the standard's examples are read so") {
    CHECK(events_of("data: YHOO\ndata: +2\ndata: 10\n\n") ==
          std::vector<seen>{{"", "", "YHOO\n+2\n10"}});
    CHECK(events_of(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
                    "data:  third event\n\n") == std::vector<seen>{{"", "1", "first event"},
                                                                   {"", "", "second event"},
                                                                   {"", "", " third event"}});
    CHECK(events_of("data\n\ndata\ndata\n\ndata:") ==
          std::vector<seen>{{"", "", ""}, {"", "", "\n"}});
    CHECK(events_of("data:test\n\ndata: test\n\n") ==
          std::vector<seen>{{"", "", "test"}, {"", "", "test"}});
    CHECK(events_of("event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n") ==
          std::vector<seen>{{"add", "", "73857293"}, {"remove", "", "2153"}});
}

TEST_CASE("event_stream: a line ends with LF, with CR, or with both") {
    const std::vector<seen> two = {{"", "", "a\nb"}, {"x", "", "c"}};
    CHECK(events_of("data: a\ndata: b\n\nevent: x\ndata: c\n\n") == two);
    CHECK(events_of("data: a\rdata: b\r\revent: x\rdata: c\r\r") == two);
    CHECK(events_of("data: a\r\ndata: b\r\n\r\nevent: x\r\ndata: c\r\n\r\n") == two);
    CHECK(events_of("data: a\rdata: b\n\r\nevent: x\r\ndata: c\r\r\n") == two);
}

TEST_CASE(
    "event_stream: an event goes out when its line has ended, not with the next one's bytes") {
    event_stream_decoder decoder;
    CHECK(read(decoder, "data: a\r\r").events.size() == 1);
    CHECK(read(decoder, "\n").events.empty());
    CHECK(read(decoder, "data: b\n\n").events == std::vector<seen>{{"", "", "b"}});
}

TEST_CASE("event_stream: a byte order mark is skipped at the beginning, and only there") {
    CHECK(events_of("\xEF\xBB\xBF"
                    "data: a\n\n") == std::vector<seen>{{"", "", "a"}});
    CHECK(events_of("\n\xEF\xBB\xBF"
                    "data: a\n\n")
              .empty());
    CHECK(events_of("\xEF\xBB\xBF\xEF\xBB\xBF"
                    "data: a\n\n")
              .empty());
}

TEST_CASE("event_stream: comments, unknown fields and events without data say nothing") {
    CHECK(events_of(":data: a\n\nfoo: bar\nDATA: a\n data: b\n\nevent: x\n\nevent: y\nid: 3\n\n")
              .empty());
    // The type of an event without data is not the next one's.
    CHECK(events_of("event: x\n\ndata: a\n\n") == std::vector<seen>{{"", "", "a"}});
}

TEST_CASE("event_stream: the last id stays, and counts when its event has ended") {
    event_stream_decoder decoder;
    CHECK(read(decoder, "id: 1\ndata: a\n\ndata: b\n\nid: 2\n").events ==
          std::vector<seen>{{"", "1", "a"}, {"", "1", "b"}});
    CHECK(decoder.last_id() == "1");
    (void)read(decoder, "\n");
    CHECK(decoder.last_id() == "2");
    (void)read(decoder, std::string_view("id: 3\0\n\n", 8));
    CHECK(decoder.last_id() == "2");
    (void)read(decoder, "id\n\n");
    CHECK(decoder.last_id().empty());
}

TEST_CASE("event_stream: a new connection begins anew, with the last id and the wait") {
    event_stream_decoder decoder;
    (void)read(decoder, "retry: 1000\nid: 1\ndata: a\n\ndata: cut, id: 2");
    decoder.restart();
    CHECK(decoder.last_id() == "1");
    CHECK(decoder.retry_microseconds() == 1'000'000);
    CHECK(read(decoder,
               "\xEF\xBB\xBF"
               "data: b\n\n")
              .events == std::vector<seen>{{"", "1", "b"}});
}

TEST_CASE("event_stream: the wait is what the server wishes, within limits") {
    const auto wait = [](std::string_view line) {
        event_stream_decoder decoder;
        (void)read(decoder, std::string(line) + "\n");
        return decoder.retry_microseconds();
    };
    CHECK(wait("retry: 5000") == 5'000'000);
    CHECK(wait("retry:500") == 500'000);
    CHECK(wait("retry: 0") == 500'000);
    CHECK(wait("retry: 86400000") == 60'000'000);
    CHECK(wait("retry: 99999999999999999999999999") == 60'000'000);
    for (const char* const none : {"retry:", "retry: -1", "retry: 1.5", "retry: 10s", "retry: x"})
        CHECK(wait(none) == 3'000'000);
    CHECK(event_stream_decoder({}, 0).retry_microseconds() == 500'000);
}

TEST_CASE("event_stream: what isn't UTF-8 ends the reading") {
    const reading found = read("data: a\n\ndata: \xFF\n\ndata: b\n\n");
    CHECK(found.events.size() == 1);
    CHECK(found.failed == errc::malformed);
    CHECK(read("data: \xE2\x82\n\n").failed == errc::malformed);
    CHECK(read(": \x80\n\n").failed == errc::malformed);
}

TEST_CASE("event_stream: a line longer than the limit ends the reading, before its end") {
    const event_stream_limits limits{.line_bytes_max = 10};
    CHECK(!read("data: 1234\n\n", limits).failed);
    CHECK(read("data: 12345", limits).failed == errc::too_large);
    CHECK(read(":2345678901", limits).failed == errc::too_large);
}

TEST_CASE("event_stream: an event larger than the limit ends the reading, before its end") {
    const event_stream_limits limits{.event_bytes_max = 5};
    CHECK(read("data: 12\ndata: 34\n\ndata: 12345\n\n", limits).events.size() == 2);
    CHECK(read("data: 12\ndata: 345\n", limits).failed == errc::too_large);
    CHECK(read("data\ndata\ndata\ndata\ndata\ndata\ndata\n", limits).failed == errc::too_large);
}

TEST_CASE("event_stream: what failed stays so, until it is restarted") {
    event_stream_decoder decoder;
    CHECK(read(decoder, "\xFF\n").failed == errc::malformed);
    CHECK(read(decoder, "data: a\n\n") == reading{{}, errc::malformed});
    decoder.restart();
    CHECK(read(decoder, "data: a\n\n").events.size() == 1);
}

TEST_CASE("event_stream: the memory of a large event goes with it") {
    event_stream_decoder decoder;
    std::string bytes;
    for (int i = 0; i < 100; ++i) bytes += "data: " + std::string(10'000, 'x') + "\n";
    bytes += "\n";
    decoder.feed(bytes);
    REQUIRE(decoder.next()->has_value());
    CHECK(decoder.memory() > 1'000'000);
    REQUIRE(!decoder.next()->has_value());
    CHECK(decoder.memory() < 40'000);
}

TEST_CASE("event_stream: what is written is read, in any pieces") {
    const auto holds = rc::check([] {
        const auto text = [](bool has_ends) {
            std::vector<std::string> parts = {"a", " ", ":", "é", "data: ", "🌍", "id: 1"};
            if (has_ends) parts.insert(parts.end(), {"\n", "\n\n"});
            std::string all;
            for (const auto& each :
                 *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(parts)))
                all += each;
            return all;
        };
        buffer out;
        std::vector<seen> said;
        std::string last_id;
        const int count = *rc::gen::inRange(0, 5);
        for (int i = 0; i < count; ++i) {
            seen each{text(false), text(false), text(true)};
            RC_ASSERT(append_event(out, {.type = each.type, .id = each.id, .data = each.data})
                          .has_value());
            if (*rc::gen::arbitrary<bool>()) append_heartbeat(out);
            if (!each.id.empty()) last_id = each.id;
            each.id = last_id;
            said.push_back(std::move(each));
        }
        event_stream_decoder decoder;
        const auto piece = *rc::gen::element<std::size_t>(1, 2, 3, 7, 50, SIZE_MAX);
        RC_ASSERT(read(decoder, out.view(), piece) == (reading{said, std::nullopt}));
    });
    CHECK(holds);
}

TEST_CASE("event_stream: whatever comes, the pieces make no difference and little is kept") {
    const auto holds = rc::check([] {
        std::string bytes;
        for (const auto& each : *rc::gen::container<std::vector<std::string>>(
                 rc::gen::element<std::string>("data:", "id:", "event:", "retry:", "\n", "\r", ":",
                                               "\n\n", "x", "12", "\xEF\xBB\xBF", "\xFF", "é")))
            bytes += each;
        const event_stream_limits limits{.line_bytes_max = 20, .event_bytes_max = 30};
        event_stream_decoder whole(limits), parts(limits);
        const auto piece = *rc::gen::inRange<std::size_t>(1, 10);
        const reading all = read(whole, bytes);
        RC_ASSERT(read(parts, bytes, piece).events == all.events);
        RC_ASSERT(whole.last_id() == parts.last_id());
        RC_ASSERT(parts.memory() <= sizeof parts + 5 * 2 * 31);
    });
    CHECK(holds);
}
