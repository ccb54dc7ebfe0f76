// SPDX-License-Identifier: BSL-1.0
// Goal: what was compressed comes back, in whatever pieces; nothing else is taken for it, and no
// input makes a reader take more memory than it may. Method: round trips, damage at each byte,
// bombs, and bodies that another program (Python's gzip module) made.
#include "support/allocations.hpp"
#include <syncfw/codec/gzip.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace syncfw;
using namespace std::string_literals;

std::string packed(std::string_view bytes, int level = 1) {
    buffer out;
    gzip_writer(level).compress(bytes, out);
    return std::string(out.view());
}

struct answer {
    result<void> ended;
    std::string content;
};

answer unpacked(std::string_view bytes, std::size_t size_max = gzip_reader::default_size_max) {
    buffer out;
    gzip_reader reader(size_max);
    result<void> ended = reader.decompress(bytes, out);
    return {std::move(ended), std::string(out.view())};
}

// In pieces of these sizes, again and again.
answer unpacked_in(std::string_view bytes, const std::vector<std::size_t>& pieces,
                   std::size_t size_max = gzip_reader::default_size_max) {
    buffer out;
    gzip_reader reader(size_max);
    for (std::size_t i = 0; !bytes.empty(); ++i) {
        const std::size_t size =
            pieces.empty()
                ? bytes.size()
                : std::min(bytes.size(), std::max<std::size_t>(1, pieces[i % pieces.size()]));
        if (!reader.read(bytes.substr(0, size), out)) break;
        bytes.remove_prefix(size);
    }
    result<void> ended = reader.finish();
    if (!ended) out.clear();
    return {std::move(ended), std::string(out.view())};
}

errc code_of(const answer& found) {
    return found.ended ? errc{} : found.ended.error().code;
}

// Something that compresses, but not to nothing.
std::string prose(std::size_t size) {
    std::string text;
    unsigned state = 7;
    while (text.size() < size) {
        state = state * 1'664'525 + 1'013'904'223;
        text += "word" + std::to_string(state >> 20) + ' ';
    }
    text.resize(size);
    return text;
}

}  // namespace

TEST_CASE("gzip: what Python's gzip module wrote is read") {
    const std::string plain =
        "\x1f\x8b\x08\x00\x01\x00\x00\x00\x02\xff\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\x4f\x4b\xcb\xc9"
        "\xcc\x4b\x55\x28\xcf\x2f\xca\x49\x01\x00\xe4\x5a\xbc\xc8\x14\x00\x00\x00"s;
    const std::string with_name =
        "\x1f\x8b\x08\x08\x00\xf1\x53\x65\x02\xff\x6e\x6f\x74\x65\x73\x2e\x74\x78\x74\x00\x4b\x4c"
        "\x24\x0e\x70\x01\x00\x5e\x89\x1a\x79\x29\x00\x00\x00"s;
    const std::string with_all =  // extra field, comment, checksum of the header
        "\x1f\x8b\x08\x16\x00\x00\x00\x00\x00\xff\x03\x00\x61\x62\x63\x68\x69\x00\xdc\xdd\xab\x00"
        "\x00\x83\x16\xdc\x8c\x01\x00\x00\x00"s;
    const std::string empty =
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"s;
    CHECK(unpacked(plain).content == "hello, offline world");
    CHECK(unpacked(with_name).content == std::string(40, 'a') + "\n");
    CHECK(unpacked(with_all).content == "x");
    CHECK(unpacked(empty).ended.has_value());
    CHECK(unpacked(plain + with_all + empty + with_name).content ==
          "hello, offline worldx" + std::string(40, 'a') + "\n");
    std::string other_comment = with_all;
    other_comment[15] = 'j';  // The header's own checksum sees it.
    CHECK(code_of(unpacked(other_comment)) == errc::malformed);
}

TEST_CASE("gzip: what is compressed comes back, whatever the pieces on both sides") {
    CHECK(rc::check([](const std::vector<std::string>& parts, const std::vector<std::size_t>& in) {
        gzip_writer writer(*rc::gen::inRange(1, 10));
        buffer out;
        std::string content;
        for (const std::string& each : parts) {
            writer.write(each, out);
            if (each.size() % 3 == 0) writer.flush(out);
            content += each;
        }
        writer.finish(out);
        const answer whole = unpacked(out.view());
        RC_ASSERT(whole.ended.has_value());
        RC_ASSERT(whole.content == content);
        std::vector<std::size_t> sizes;
        for (const std::size_t each : in) sizes.push_back(each % 9);
        RC_ASSERT(unpacked_in(out.view(), sizes).content == content);
    }));
}

TEST_CASE("gzip: what was flushed can be read before the rest is written") {
    gzip_writer writer;
    gzip_reader reader;
    buffer packed_part, out;
    writer.write("first", packed_part);
    writer.flush(packed_part);
    REQUIRE(reader.read(packed_part.view(), out));
    CHECK(out.view() == "first");
    packed_part.clear();
    writer.write(", second", packed_part);
    writer.finish(packed_part);
    REQUIRE(reader.read(packed_part.view(), out));
    CHECK(out.view() == "first, second");
    CHECK(reader.finish());
}

TEST_CASE("gzip: a large body goes through") {
    const std::string content = prose(3 << 20);
    const std::string bytes = packed(content);
    CHECK(bytes.size() < content.size() / 2);
    CHECK(unpacked(bytes).content == content);
    CHECK(unpacked_in(bytes, {1'000}).content == content);
}

TEST_CASE("gzip: each beginning of a body is truncated, and says so") {
    const std::string bytes = packed(prose(300)) + packed("another member");
    const std::size_t first = packed(prose(300)).size();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const answer found = unpacked(std::string_view(bytes).substr(0, size));
        if (size == first)
            CHECK(found.content == prose(300));  // A body of one member.
        else
            CHECK_MESSAGE(code_of(found) == errc::truncated, size);
        CHECK(code_of(unpacked_in(std::string_view(bytes).substr(0, size), {1})) == code_of(found));
    }
}

TEST_CASE("gzip: a changed byte is found, or changes nothing of the content") {
    const std::string content = prose(500);
    const std::string bytes = packed(content);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string damaged = bytes;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
            const answer found = unpacked(damaged);
            if (found.ended) CHECK_MESSAGE(found.content == content, at);
            if (!found.ended) CHECK(found.content.empty());
            // The time, the flags of the compressor and its system mean nothing here; all that the
            // checksums are about must fail.
            if (at < 3 || at >= bytes.size() - 8) CHECK_MESSAGE(!found.ended, at);
        }
    }
}

TEST_CASE("gzip: nothing may follow but another member") {
    const std::string bytes = packed("content");
    for (const std::string& rest : {"x"s, "\0"s, "\x1fx"s, "\x1f\x00"s, "trailing garbage"s}) {
        CHECK(code_of(unpacked(bytes + rest)) == errc::trailing_data);
        CHECK(code_of(unpacked_in(bytes + rest, {1})) == errc::trailing_data);
        CHECK(unpacked(bytes + rest).content.empty());
    }
    CHECK(code_of(unpacked(bytes + "\x1f")) == errc::truncated);
    CHECK(code_of(unpacked(bytes + "\x1f\x8b\x09")) == errc::truncated);
    CHECK(code_of(unpacked(bytes + "\x1f\x8b\x09\x00"s)) == errc::malformed);
    CHECK(code_of(unpacked("no gzip at all")) == errc::malformed);
    CHECK(code_of(unpacked("x")) == errc::malformed);
    CHECK(code_of(unpacked("\x78\x9c\x03\x00\x00\x00\x00\x01"s)) == errc::malformed);  // zlib's own
}

TEST_CASE("gzip: exactly the allowed size comes out, and not one byte more") {
    for (const std::size_t size : {0u, 1u, 4'095u, 4'096u, 4'097u, 70'000u}) {
        const std::string content = prose(size);
        const std::string bytes = packed(content);
        CHECK(unpacked(bytes, size).content == content);
        if (size > 0) CHECK(code_of(unpacked(bytes, size - 1)) == errc::too_large);
        if (size > 0) CHECK(code_of(unpacked_in(bytes, {3}, size - 1)) == errc::too_large);
    }
    // Over all members together.
    const std::string two = packed(prose(600)) + packed(prose(600));
    CHECK(code_of(unpacked(two, 1'199)) == errc::too_large);
    CHECK(unpacked(two, 1'200).ended.has_value());
}

TEST_CASE("gzip: a bomb is refused in bounded memory") {
    buffer bomb;
    {
        gzip_writer writer(9);
        const std::string zeros(1 << 20, '\0');
        for (int i = 0; i < 1'024; ++i) writer.write(zeros, bomb);
        writer.finish(bomb);
    }
    REQUIRE(bomb.size() < 2 << 20);
    constexpr std::size_t cap = 10 << 20;
    const tests::allocations before;
    buffer out;
    gzip_reader reader(cap);
    const auto done = reader.read(bomb.view(), out);
    REQUIRE(!done);
    CHECK(done.error().code == errc::too_large);
    CHECK(out.size() <= cap);
    CHECK(out.capacity() <= cap);
    // While it grows, the old memory and the new one are there, which is a half and the whole.
    CHECK(before.peak() < cap + cap * 8 / 10 + (256 << 10));
}

TEST_CASE("gzip: many empty members, and no content, are no way round the limits") {
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += packed("");
    const tests::allocations before;
    CHECK(unpacked(many, 1).ended.has_value());
    CHECK(before.peak() < 256 << 10);
    CHECK(code_of(unpacked(many + packed("ab"), 1)) == errc::too_large);
}

TEST_CASE("gzip: a state is used again without asking for memory") {
    const std::string content = prose(100'000);
    gzip_writer writer;
    gzip_reader reader;
    buffer bytes, out;
    const auto round = [&] {
        bytes.clear();
        out.clear();
        writer.compress(content, bytes);
        return reader.decompress(bytes.view(), out);
    };
    REQUIRE(round());
    const tests::allocations before;
    REQUIRE(round());
    REQUIRE(round());
    CHECK(before.count() == 0);
    CHECK(out.view() == content);
}

TEST_CASE("gzip: after a failure a reader says the same until it begins anew") {
    gzip_reader reader;
    buffer out;
    const auto first = reader.read("no gzip", out);
    REQUIRE(!first);
    const auto second = reader.read(packed("fine"), out);
    REQUIRE(!second);
    CHECK(second.error() == first.error());
    CHECK(reader.finish().error() == first.error());
    REQUIRE(reader.read(packed("fine"), out));
    CHECK(reader.size() == 4);
    CHECK(reader.finish());
    CHECK(out.view() == "fine");
    // A body that was given up leaves nothing behind in the writer either.
    gzip_writer writer;
    buffer begun;
    writer.write("given up", begun);
    buffer bytes;
    writer.compress("fine", bytes);
    CHECK(unpacked(bytes.view()).content == "fine");
}

TEST_CASE("gzip: whatever is appended stands behind what was there") {
    gzip_reader reader(5);
    buffer out;
    out.append("before ");
    CHECK(reader.decompress(packed("after"), out));
    CHECK(out.view() == "before after");
    CHECK(!reader.decompress(packed("too long"), out));
    CHECK(out.view() == "before after");
}
