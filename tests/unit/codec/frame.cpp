// SPDX-License-Identifier: BSL-1.0
// Goal: a frame gives all of its rows or an error, in bounded memory, whatever happened to it on
// the way. Method: every cut, every flipped bit and random pieces of small frames; long streams
// with the memory counted.
#include "support/allocations.hpp"
#include "support/bytes.hpp"
#include "support/everything.hpp"
#include "support/frames.hpp"
#include <syncfw/codec/frame.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using syncfw::buffer;
using syncfw::errc;
using syncfw::local;
using syncfw::no_compression;
using syncfw::binary::frame_reader;
using syncfw::binary::frame_state;
using syncfw::binary::frame_writer;
using tests::from_frame;
using tests::line;
using tests::make_lines;
using tests::to_frame;

static_assert(syncfw::block_compression<no_compression>);

errc code_of(std::string_view frame) {
    const auto found = from_frame(frame);
    return found.ended ? errc{} : found.ended.error().code;
}

TEST_CASE("frame: rows come back in order, in whatever pieces the bytes come") {
    CHECK(rc::check([] {
        const auto lines = make_lines(*rc::gen::inRange<std::size_t>(0, 60),
                                      *rc::gen::element<std::size_t>(0, 3, 100, 5000));
        const std::string frame = to_frame(lines);
        const auto largest = *rc::gen::element<std::size_t>(1, 2, 20, 1000, 100'000);
        if (largest == 1 && frame.size() > 100'000) return;
        const auto found =
            from_frame(frame, [&] { return *rc::gen::inRange<std::size_t>(1, largest + 1); });
        RC_ASSERT(found.ended.has_value());
        RC_ASSERT(found.lines == lines);
    }));
    const auto lines = make_lines(5, 30'000);
    const auto found = from_frame(to_frame(lines), [] { return std::size_t{1}; });
    CHECK(found.ended.has_value());
    CHECK(found.lines == lines);
}

TEST_CASE("frame: it says what it waits for") {
    const std::string frame = to_frame({{.id = 1}, {.id = 2}});
    frame_reader<line> reader;
    CHECK(reader.state() == frame_state::more);
    CHECK(reader.next() == nullptr);
    reader.feed(std::string_view(frame).substr(0, 10));
    CHECK(reader.next() == nullptr);
    CHECK(reader.state() == frame_state::more);
    reader.feed(std::string_view(frame).substr(10));
    CHECK(reader.next()->id == 1);
    CHECK(reader.state() == frame_state::row);
    CHECK(reader.next()->id == 2);
    CHECK(reader.present().count() == 2);
    CHECK(reader.rows() == 2);
    CHECK(reader.next() == nullptr);
    CHECK(reader.state() == frame_state::complete);
    CHECK(reader.finish().has_value());
    reader.feed("x");
    CHECK(reader.next() == nullptr);
    CHECK(reader.state() == frame_state::failed);
    CHECK(reader.failure()->code == errc::trailing_data);
    reader.feed("more");
    CHECK(reader.next() == nullptr);
    CHECK(reader.finish().error().code == errc::trailing_data);
}

TEST_CASE("frame: cut off anywhere it is refused, also between blocks") {
    // Each row has a block of its own, so that there are cuts between blocks.
    const auto lines = make_lines(4, 30);
    const std::string frame = to_frame(lines, {.block_size = 1});
    for (std::size_t size = 0; size < frame.size(); ++size) {
        const auto found = from_frame(std::string_view(frame).substr(0, size));
        REQUIRE_FALSE(found.ended.has_value());
        CHECK(found.ended.error().code == errc::truncated);
        CHECK(found.ended.error().entity == "line");
    }
}

TEST_CASE("frame: each flipped bit is noticed, and no wrong row is given before it is") {
    const auto lines = make_lines(6, 20);
    const std::string frame = to_frame(lines, {.block_size = 50});
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
        std::string changed = frame;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
        const auto found = from_frame(changed);
        REQUIRE_FALSE(found.ended.has_value());
        for (std::size_t i = 0; i < found.lines.size(); ++i) CHECK(found.lines[i] == lines[i]);
    }
}

TEST_CASE("frame: blocks that are left out, doubled, exchanged or foreign are noticed") {
    const auto lines = make_lines(3, 30);
    const std::string frame = to_frame(lines, {.block_size = 1});
    const std::string empty = to_frame({});
    constexpr std::size_t end_size = 1 + 1 + 8, block_size = 1 + 8 + 1 + 1 + 30;
    const std::string header = frame.substr(0, empty.size() - end_size);
    REQUIRE(frame.size() == header.size() + 3 * block_size + end_size);
    const auto block = [&](std::size_t i) {
        return frame.substr(header.size() + i * block_size, block_size);
    };
    const std::string end = frame.substr(frame.size() - end_size);
    CHECK(code_of(header + block(0) + block(1) + block(2) + end) == errc{});
    CHECK(code_of(header + block(0) + block(2) + end) == errc::checksum_mismatch);
    CHECK(code_of(header + block(0) + block(1) + end) == errc::checksum_mismatch);
    CHECK(code_of(header + block(0) + block(0) + block(1)) == errc::checksum_mismatch);
    CHECK(code_of(header + block(1) + block(0) + block(2)) == errc::checksum_mismatch);
    CHECK(code_of(frame + frame) == errc::trailing_data);
    CHECK(code_of(frame + '\0') == errc::trailing_data);
}

TEST_CASE("frame: what is no frame, or another's, is refused with a sentence") {
    CHECK(code_of("{\"id\": 1, \"text\": \"json\"}") == errc::unsupported_format);
    CHECK(code_of("\xF5SYF\2____") == errc::unsupported_format);
    buffer out;
    frame_writer<tests::everything> writer(out);
    writer.finish().value();
    const auto found = from_frame(out.view());
    REQUIRE_FALSE(found.ended.has_value());
    CHECK(found.ended.error().code == errc::unknown_entity);
    CHECK(to_string(found.ended.error()) == "line: these are rows of everything, not of line");
}

struct other : no_compression {
    static constexpr unsigned char id = 200;
};

TEST_CASE("frame: a compression that the reader lacks is named") {
    const std::string frame = to_frame<other>(make_lines(3, 30));
    const auto found = from_frame(frame);
    REQUIRE_FALSE(found.ended.has_value());
    CHECK(found.ended.error().code == errc::unsupported_format);
    CHECK(found.ended.error().message ==
          "the frame's compression is number 200, and this reader has no compression");
    CHECK(from_frame<other>(frame).ended.has_value());
    CHECK(from_frame<other>(to_frame(make_lines(3, 30))).ended.has_value());
}

TEST_CASE("frame: rows never span blocks, and a large row has a block of its own") {
    auto lines = make_lines(9, 10);
    lines[4].text.assign(200'000, 'x');
    buffer out;
    frame_writer<line> writer(out);
    const std::size_t header = out.size();
    for (std::size_t i = 0; i < 5; ++i) writer.write(lines[i]).value();
    // The four small ones before the large one are closed, it isn't yet.
    CHECK(out.size() == header + 1 + 8 + 4 * 12);
    writer.write(lines[5]).value();
    CHECK(out.size() > header + 200'000);
    for (std::size_t i = 6; i < 9; ++i) writer.write(lines[i]).value();
    writer.finish().value();
    CHECK(writer.rows() == 9);
    CHECK(from_frame(out.view()).lines == lines);
}

TEST_CASE("frame: a row that no block can hold is refused, and the frame goes on") {
    buffer out;
    frame_writer<line> writer(out, {.block_size_max = 1000});
    writer.write({.id = 1}).value();
    const auto refused = writer.write({.id = 2, .text = std::string(1000, 'x')});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == errc::too_large);
    writer.write({.id = 3}).value();
    writer.finish().value();
    const auto found = from_frame(out.view());
    CHECK(found.ended.has_value());
    CHECK(found.lines == std::vector<line>{{.id = 1}, {.id = 3}});
}

TEST_CASE("frame: a block over the reader's limit is refused before it has come") {
    const std::string frame = to_frame(make_lines(1, 100'000));
    const auto found = from_frame(std::string_view(frame).substr(0, 100),
                                  [] { return std::size_t{100}; }, {.block_size_max = 99'999});
    REQUIRE_FALSE(found.ended.has_value());
    CHECK(found.ended.error().code == errc::too_large);
}

TEST_CASE("frame: a writer that stops leaves what every reader refuses") {
    buffer out;
    {
        frame_writer<line> writer(out);
        for (const line& each : make_lines(10'000, 30)) writer.write(each).value();
    }
    const auto found = from_frame(out.view());
    CHECK(!found.lines.empty());
    REQUIRE_FALSE(found.ended.has_value());
    CHECK(found.ended.error().code == errc::truncated);
}

TEST_CASE("frame: rows of older and newer programs are read as rows are") {
    buffer out;
    frame_writer<tests::everything, syncfw::to_client> writer(out);
    writer.write({.int_32 = 3}).value();
    writer.finish().value();
    frame_reader<tests::everything, syncfw::to_server> reader;
    reader.feed(out.view());
    const tests::everything* const back = reader.next();
    REQUIRE(back != nullptr);
    CHECK(back->int_32 == 3);
    CHECK_FALSE(reader.present().test(syncfw::place_of<&tests::everything::credit>));
}

TEST_CASE("frame: encrypted fields need the key") {
    using syncfw::binary::frame_settings;
    using tests::sealed_note;
    using tests::toy_cipher;
    using settings = frame_settings<no_compression, toy_cipher>;
    buffer out;
    frame_writer<sealed_note, local, no_compression, toy_cipher> writer(
        out, settings{.cipher = toy_cipher(5)});
    writer.write({.id = 1, .text = "CANARY"}).value();
    writer.write({.id = 2, .text = "CANARY"}).value();
    writer.finish().value();
    CHECK(out.view().find("CANARY") == std::string_view::npos);

    frame_reader<sealed_note, local, no_compression, toy_cipher> reader(
        settings{.cipher = toy_cipher(5)});
    reader.feed(out.view());
    CHECK(reader.next()->text == "CANARY");
    CHECK(reader.next()->id == 2);
    CHECK(reader.next() == nullptr);
    CHECK(reader.state() == frame_state::complete);

    frame_reader<sealed_note, local, no_compression, toy_cipher> thief(
        settings{.cipher = toy_cipher(6)});
    thief.feed(out.view());
    CHECK(thief.next() == nullptr);
    REQUIRE(thief.failure().has_value());
    CHECK(thief.failure()->field == "text");
    CHECK(thief.failure()->cause == "in row 1 of the frame");
}

TEST_CASE("frame: the memory is bounded, however long the stream is") {
    const auto lines = make_lines(1000, 1000);
    const tests::allocations start;
    {
        buffer out;
        frame_writer<line> writer(out);
        frame_reader<line> reader;
        const auto pass_on = [&] {
            // In pieces that are no blocks.
            for (std::size_t at = 0; at < out.size(); at += 10'007) {
                reader.feed(out.view().substr(at, 10'007));
                while (reader.next() != nullptr) {
                }
            }
            out.clear();
        };
        for (std::size_t i = 0; i < 100'000; ++i) {
            writer.write(lines[i % lines.size()]).value();
            pass_on();
        }
        writer.finish().value();
        pass_on();
        CHECK(reader.finish().has_value());
        CHECK(reader.rows() == 100'000);
    }
    CHECK(start.peak() < 1'000'000);
}

TEST_CASE("frame: garbage is refused, in small memory") {
    CHECK(rc::check([] {
        const std::string frame =
            tests::with_mistakes(to_frame(make_lines(5, 20), {.block_size = 40}));
        const tests::allocations start;
        (void)from_frame(frame, [] { return std::size_t{7}; });
        const std::size_t peak = start.peak();
        RC_ASSERT(peak < 20'000u);
    }));
}

TEST_CASE("checksum: any change of one word is noticed") {
    CHECK(rc::check([] {
        std::string bytes(*rc::gen::inRange<std::size_t>(1, 200), '\0');
        for (char& c : bytes) c = static_cast<char>(*rc::gen::arbitrary<std::uint8_t>());
        const auto seed = *rc::gen::arbitrary<std::uint64_t>();
        const std::uint64_t before = syncfw::detail::checksum(bytes, seed);
        RC_ASSERT(syncfw::detail::checksum(bytes + '\0', seed) != before);
        RC_ASSERT(syncfw::detail::checksum(bytes, seed + 1) != before);
        const auto word = *rc::gen::inRange<std::size_t>(0, (bytes.size() + 7) / 8) * 8;
        std::string changed = bytes;
        for (std::size_t i = word; i < bytes.size() && i < word + 8; ++i)
            changed[i] = static_cast<char>(*rc::gen::arbitrary<std::uint8_t>());
        RC_ASSERT((syncfw::detail::checksum(changed, seed) != before) == (changed != bytes));
    }));
}

TEST_CASE("frame: the format stays as it is documented") {
    const std::string_view bytes =
        "F5 53 59 46 01 00"                                            // magic, version, plain
        "04 6C 69 6E 65"                                               // line
        "01 12 69 64 3A 69 6E 74 36 34 2C 74 65 78 74 3A 74 65 78 74"  // id:int64,text:text
        "E9 E8 47 F3 C5 73 04 53"                                      // checksum
        "06 30 98 4F BE 65 10 81 53"                                   // 6 bytes, checksum
        "02 01 61 04 01 62"                                            // 1, a; 2, b
        "00 02 A0 4C C1 C5 A4 57 AD 4A";                               // the end: 2 rows, checksum
    CHECK(tests::to_hex(to_frame({{.id = 1, .text = "a"}, {.id = 2, .text = "b"}})) ==
          tests::to_hex(tests::from_hex(bytes)));
}

}  // namespace
