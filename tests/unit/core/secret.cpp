// SPDX-License-Identifier: BSL-1.0
// Goal: a secret leaves no trace in memory and can't be printed by accident. Method: build it in
// a buffer of our own, end it, and search the buffer; for what lies on the heap, search the freed
// block through an allocator of our own.
#include <syncfw/core/secret.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace {

using syncfw::secret;

template <class Stream, class T>
concept printable = requires(Stream& stream, const T& value) { stream << value; };

struct own_stream {
    own_stream& operator<<(const std::string&);
};
static_assert(!printable<std::ostream, secret<std::string>>);
static_assert(!printable<own_stream, secret<std::string>>);
static_assert(!std::is_convertible_v<secret<std::string>, std::string>);
static_assert(!std::is_convertible_v<std::string, secret<std::string>>);
static_assert(std::is_nothrow_move_constructible_v<secret<std::string>>);
static_assert(std::is_nothrow_move_assignable_v<secret<std::string>>);
static_assert(std::equality_comparable<secret<std::array<unsigned char, 32>>>);
static_assert(!std::equality_comparable<secret<double>>);

/// Remembers whether a block was all zeros when it was given back.
struct freed_blocks {
    static inline std::size_t count = 0;
    static inline std::size_t dirty = 0;
};
template <class T>
struct inspecting_allocator {
    using value_type = T;
    inspecting_allocator() = default;
    template <class U>
    inspecting_allocator(const inspecting_allocator<U>&) {}
    T* allocate(std::size_t n) {
        auto* block = static_cast<unsigned char*>(::operator new(n * sizeof(T)));
        std::memset(block, 0, n * sizeof(T));
        return reinterpret_cast<T*>(block);
    }
    void deallocate(T* block, std::size_t n) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(block);
        ++freed_blocks::count;
        if (std::any_of(bytes, bytes + n * sizeof(T), [](unsigned char b) { return b != 0; }))
            ++freed_blocks::dirty;
        ::operator delete(block);
    }
    friend bool operator==(const inspecting_allocator&, const inspecting_allocator&) = default;
};
using inspected_string =
    std::basic_string<char, std::char_traits<char>, inspecting_allocator<char>>;

/// A secret in memory that can be searched after its end.
template <class T>
struct buried {
    alignas(secret<T>) std::array<unsigned char, sizeof(secret<T>)> memory{};
    secret<T>* alive = nullptr;

    template <class... Args>
    explicit buried(Args&&... args)
        : alive(std::construct_at(reinterpret_cast<secret<T>*>(memory.data()),
                                  std::forward<Args>(args)...)) {}
    [[nodiscard]] bool holds(std::string_view text) const {
        // A volatile read, so that the compiler can't reason from the object's end.
        std::string copy;
        for (const unsigned char& byte : memory)
            copy += static_cast<char>(*const_cast<const volatile unsigned char*>(&byte));
        return copy.find(text) != std::string::npos;
    }
};

TEST_CASE("secret: a short one leaves nothing behind when it ends") {
    buried<std::string> grave(std::string("hunter2!"));
    CHECK(grave.alive->reveal() == "hunter2!");
    CHECK(grave.holds("hunter2!"));
    std::destroy_at(grave.alive);
    CHECK_FALSE(grave.holds("hunter"));
    CHECK_FALSE(grave.holds("unter2!"));
}

TEST_CASE("secret: a short one leaves nothing behind when it is moved away") {
    buried<std::string> grave(std::string("hunter2!"));
    const secret<std::string> moved(std::move(*grave.alive));
    CHECK(moved.reveal() == "hunter2!");
    CHECK_FALSE(grave.holds("unter2!"));
    CHECK(grave.alive->reveal().empty());

    secret<std::string> assigned;
    buried<std::string> second(std::string("hunter2!"));
    assigned = std::move(*second.alive);
    CHECK(assigned == moved);
    CHECK_FALSE(second.holds("unter2!"));
}

TEST_CASE("secret: taking a string wipes where it came from") {
    std::string source = "hunter2!";
    const secret<std::string> taken(std::move(source));
    CHECK(taken.reveal() == "hunter2!");
    CHECK(std::string_view(source.data(), 8) == std::string_view("\0\0\0\0\0\0\0\0", 8));
}

TEST_CASE("secret: an assigned one leaves nothing of what it was") {
    buried<std::string> grave(std::string("hunter2!"));
    *grave.alive = secret<std::string>(std::string("x"));
    CHECK(grave.alive->reveal() == "x");
    CHECK_FALSE(grave.holds("unter2!"));
    *grave.alive = secret<std::string>(std::string(100, 'y'));
    const secret<std::string> copied(std::string("z"));
    *grave.alive = copied;
    CHECK(grave.alive->reveal() == "z");
    auto& itself = *grave.alive;
    *grave.alive = itself;
    CHECK(grave.alive->reveal() == "z");
    std::destroy_at(grave.alive);
}

TEST_CASE("secret: every block of the heap is zero before it is given back") {
    freed_blocks::count = freed_blocks::dirty = 0;
    {
        inspected_string text(100, 'k');
        text.reserve(1'000);
        std::fill_n(text.data(), 50, 'q');
        text.resize(30);  // What lies behind the end counts too.
        freed_blocks::dirty = 0;
        secret<inspected_string> first(std::move(text));
        secret<inspected_string> copy(first);
        secret<inspected_string> moved(std::move(first));
        copy = moved;
        moved = secret<inspected_string>(inspected_string(200, 'm'));
        CHECK(copy.reveal().size() == 30);
    }
    CHECK(freed_blocks::count >= 4);
    CHECK(freed_blocks::dirty == 0);

    freed_blocks::count = 0;
    using inspected_vector = std::vector<unsigned, inspecting_allocator<unsigned>>;
    {
        const secret<inspected_vector> numbers(inspected_vector(10, 0xDEADBEEF));
    }
    CHECK(freed_blocks::count == 1);
    CHECK(freed_blocks::dirty == 0);
}

TEST_CASE("secret: plain values are wiped too") {
    std::array<char, 8> key{};
    std::memcpy(key.data(), "hunter2!", 8);
    buried<std::array<char, 8>> grave(key);
    CHECK(grave.holds("hunter2!"));
    std::destroy_at(grave.alive);
    CHECK_FALSE(grave.holds("unter2!"));
}

TEST_CASE("secret: equality is by contents, wherever they differ") {
    const secret<std::string> a(std::string("correct horse"));
    CHECK(a == secret<std::string>(std::string("correct horse")));
    CHECK(a != secret<std::string>(std::string("Correct horse")));
    CHECK(a != secret<std::string>(std::string("correct horsf")));
    CHECK(a != secret<std::string>(std::string("correct")));
    CHECK(secret<std::string>{} == secret<std::string>{});
    CHECK(secret<std::vector<std::byte>>({std::byte{1}}) !=
          secret<std::vector<std::byte>>({std::byte{2}}));
    CHECK(secret<int>(3) == secret<int>(3));
}

}  // namespace
