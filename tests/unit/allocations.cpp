// SPDX-License-Identifier: BSL-1.0
// Counts allocations: by standing in front of glibc's, or by the hooks of the sanitizers.
#include "support/allocations.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <malloc.h>

namespace {

std::atomic<std::size_t> calls{0}, bytes{0}, freed{0}, peak{0};

void count_allocation(std::size_t size) {
    calls.fetch_add(1, std::memory_order_relaxed);
    const std::size_t all = bytes.fetch_add(size, std::memory_order_relaxed) + size;
    const std::size_t live = all - freed.load(std::memory_order_relaxed);
    std::size_t seen = peak.load(std::memory_order_relaxed);
    while (live > seen && !peak.compare_exchange_weak(seen, live, std::memory_order_relaxed)) {
    }
}
void count_release(std::size_t size) {
    freed.fetch_add(size, std::memory_order_relaxed);
}

}  // namespace

std::size_t tests::allocation_count() {
    return calls;
}
std::size_t tests::allocated_bytes() {
    return bytes;
}
std::size_t tests::live_bytes() {
    return bytes - freed;
}
std::size_t tests::peak_bytes() {
    return peak;
}
void tests::start_peak() {
    peak = live_bytes();
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TESTS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TESTS_SANITIZED 1
#endif
#endif

#ifdef TESTS_SANITIZED

extern "C" {
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                              void (*)(const volatile void*));
std::size_t __sanitizer_get_allocated_size(const volatile void*);
}

namespace {

const int installed = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t size) { count_allocation(size); },
    [](const volatile void* memory) {
        if (memory != nullptr) count_release(__sanitizer_get_allocated_size(memory));
    });

}  // namespace

#else

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);

static void* counted(void* memory) {
    if (memory != nullptr) count_allocation(malloc_usable_size(memory));
    return memory;
}

void* malloc(std::size_t size) {
    return counted(__libc_malloc(size));
}
void* calloc(std::size_t count, std::size_t size) {
    return counted(__libc_calloc(count, size));
}
void* realloc(void* memory, std::size_t size) {
    const std::size_t before = memory == nullptr ? 0 : malloc_usable_size(memory);
    void* const made = __libc_realloc(memory, size);
    if (made != nullptr) count_release(before);
    return counted(made);
}
void* memalign(std::size_t alignment, std::size_t size) {
    return counted(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return counted(__libc_memalign(alignment, size));
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
    *memory = counted(__libc_memalign(alignment, size));
    return *memory == nullptr ? ENOMEM : 0;
}
void free(void* memory) {
    if (memory == nullptr) return;
    count_release(malloc_usable_size(memory));
    __libc_free(memory);
}
}

#endif

TEST_CASE("allocations: what is asked for is counted, and what is given back") {
    const std::size_t live = tests::live_bytes();
    const tests::allocations before;
    {
        void* volatile memory = std::malloc(10'000);
        memory = std::realloc(memory, 20'000);
        std::free(memory);
        int* volatile number = new int(3);
        delete number;
    }
    CHECK(before.count() == 3);
    CHECK(before.bytes() >= 30'000);
    CHECK(before.peak() >= 20'000);
    CHECK(tests::live_bytes() == live);
}
