// SPDX-License-Identifier: BSL-1.0
#include "support/allocations.hpp"
#include <syncfw/codec/buffer.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using syncfw::buffer;

static_assert(std::is_nothrow_move_constructible_v<buffer>);
static_assert(std::is_nothrow_move_assignable_v<buffer>);
static_assert(!std::is_copy_constructible_v<buffer>);

TEST_CASE("buffer: keeps what is appended, in order") {
    buffer out;
    CHECK(out.empty());
    CHECK(out.view().empty());
    std::string all;
    for (int i = 0; i < 1000; ++i) {
        const std::string part(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26));
        out.append(part);
        all += part;
    }
    CHECK(out.view() == all);
    CHECK(out.size() == all.size());
}

TEST_CASE("buffer: what is written into its room counts as soon as the end is set") {
    buffer out;
    out.append("ab");
    char* end = out.room(1000);
    CHECK(out.view() == "ab");
    std::memcpy(end, "cde", 3);
    out.set_end(end + 3);
    CHECK(out.view() == "abcde");
    out.set_end(out.room(0));
    CHECK(out.view() == "abcde");
}

TEST_CASE("buffer: cleared and truncated it keeps its memory") {
    buffer out;
    out.append(std::string(10'000, 'x'));
    const std::size_t capacity = out.capacity();
    const tests::allocations before;
    for (int i = 0; i < 10; ++i) {
        out.clear();
        CHECK(out.empty());
        for (int k = 0; k < 1000; ++k) out.append("0123456789");
    }
    out.truncate(3);
    CHECK(out.view() == "012");
    out.truncate(100);
    CHECK(out.view() == "012");
    CHECK(before.count() == 0);
    CHECK(out.capacity() == capacity);
}

TEST_CASE("buffer: it grows by doubling") {
    buffer out;
    const tests::allocations before;
    for (int i = 0; i < 1'000'000; ++i) out.append("x");
    CHECK(before.count() <= 15);
    CHECK(out.capacity() < 2'100'000);
}

TEST_CASE("buffer: moves take the content along") {
    buffer from;
    from.append("content");
    buffer to = std::move(from);
    CHECK(to.view() == "content");
    buffer other;
    other.append("other");
    other = std::move(to);
    CHECK(other.view() == "content");
}

TEST_CASE("buffer: a size that no memory has is refused, and nothing is lost") {
    buffer out;
    out.append("content");
    CHECK_THROWS_AS((void)out.room(static_cast<std::size_t>(-1) / 2), std::bad_alloc);
    CHECK(out.view() == "content");
}

}  // namespace
