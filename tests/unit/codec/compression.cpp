// SPDX-License-Identifier: BSL-1.0
// Goal: compressed frames are frames, and no compressed bytes take more memory or time than the
// reader allows. Method: each compression that is installed, through the same tests.
#include "support/allocations.hpp"
#include "support/frames.hpp"
#include <syncfw/codec/compression.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#if __has_include(<zlib.h>)
#include <syncfw/codec/zlib.hpp>
#endif
#if __has_include(<zstd.h>)
#include <syncfw/codec/zstd.hpp>
#endif

namespace {

using syncfw::block_compression;
using syncfw::buffer;
using syncfw::errc;
using tests::from_frame;
using tests::make_lines;
using tests::to_frame;

template <block_compression Compression>
std::string packed(Compression& compression, std::string_view bytes) {
    buffer out;
    compression.compress(bytes, out).value();
    return std::string(out.view());
}

template <block_compression Compression>
void check_blocks() {
    Compression compression;
    for (const std::size_t size : {1u, 100u, 65'536u, 1'000'000u}) {
        const std::string bytes = make_lines(1, size)[0].text;
        const std::string small = packed(compression, bytes);
        std::string back(size, '?');
        CHECK(compression.decompress(small, back.data(), size).has_value());
        CHECK(back == bytes);
        // Neither more nor fewer bytes than said, nothing cut off, nothing behind.
        const auto code = [&](std::string_view from, std::size_t to_size) {
            std::string to(to_size, '?');
            const auto done = compression.decompress(from, to.data(), to_size);
            return done ? errc{} : done.error().code;
        };
        CHECK(code(small, size - 1) == errc::malformed);
        CHECK(code(small, size + 1) == errc::malformed);
        CHECK(code(small.substr(0, small.size() - 1), size) == errc::malformed);
        CHECK(code(small + 'x', size) == errc::malformed);
        CHECK(code("", size) == errc::malformed);
        CHECK(code(std::string(50, '\xA5'), size) == errc::malformed);
        CHECK(code(small, size) == errc{});
    }
}

template <block_compression Compression>
void check_frames() {
    const auto lines = make_lines(300, 1000);
    const std::string plain = to_frame(lines);
    const std::string frame = to_frame<Compression>(lines);
    CHECK(frame.size() < plain.size() * 2 / 3);
    for (const std::size_t size : {3u, 1000u, 1'000'000u}) {
        const auto found = from_frame<Compression>(frame, [&] { return size; });
        CHECK(found.ended.has_value());
        CHECK(found.lines == lines);
    }
    CHECK(from_frame<Compression>(plain).lines == lines);
    CHECK(from_frame(frame).ended.error().code == errc::unsupported_format);

    const std::string small = to_frame<Compression>(make_lines(3, 200), {.block_size = 1});
    for (std::size_t size = 0; size < small.size(); ++size)
        REQUIRE_FALSE(
            from_frame<Compression>(std::string_view(small).substr(0, size)).ended.has_value());
    for (std::size_t bit = 0; bit < small.size() * 8; ++bit) {
        std::string changed = small;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
        REQUIRE_FALSE(from_frame<Compression>(changed).ended.has_value());
    }
}

/// A frame with one block of these sizes and bytes, whose checksums are right.
template <block_compression Compression>
std::string forged(std::uint64_t raw_size, std::string_view payload) {
    buffer out;
    syncfw::binary::frame_writer<tests::line, syncfw::local, Compression> writer(out);
    std::uint64_t chain = syncfw::detail::checksum(out.view().substr(0, out.size() - 8), 0);
    syncfw::detail::frame::append_block(out, chain, true, raw_size, payload.size(), payload);
    return std::string(out.view());
}

template <block_compression Compression>
void check_bombs() {
    constexpr std::size_t large = 64'000'000;
    Compression compression;
    const std::string bomb = packed(compression, std::string(large, '\0'));
    REQUIRE(bomb.size() < large / 100);
    const auto code = [&](std::uint64_t raw_size) {
        const tests::allocations start;
        const auto found = from_frame<Compression>(forged<Compression>(raw_size, bomb));
        CHECK(start.peak() < 1'500'000 + 4 * bomb.size());
        return found.ended.error().code;
    };
    CHECK(code(large) == errc::too_large);
    CHECK(code(UINT64_MAX) == errc::too_large);
    CHECK(code(1'000'000) == errc::malformed);
    CHECK(code(bomb.size()) == errc::malformed);  // packed, and no smaller
}

template <block_compression Compression>
void check_all() {
    check_blocks<Compression>();
    check_frames<Compression>();
    check_bombs<Compression>();
}

#if __has_include(<zlib.h>)
TEST_CASE("zlib_compression: blocks come back exactly, frames whole or refused, bombs refused") {
    check_all<syncfw::zlib_compression>();
}
#endif
#if __has_include(<zstd.h>)
TEST_CASE("zstd_compression: blocks come back exactly, frames whole or refused, bombs refused") {
    check_all<syncfw::zstd_compression>();
}
#endif

TEST_CASE("compression: what doesn't get smaller is stored as it is") {
#if __has_include(<zlib.h>)
    const std::vector<tests::line> lines{{.id = 1, .text = "ab"}};
    const std::string frame = to_frame<syncfw::zlib_compression>(lines);
    CHECK(frame.size() == to_frame(lines).size() + 1);  // the packed size, 0
    CHECK(from_frame<syncfw::zlib_compression>(frame).lines == lines);
#endif
}

}  // namespace
