// SPDX-License-Identifier: BSL-1.0
// Counts allocations by standing in front of glibc's: one addition each, which all codecs pay
// alike. `operator new` is not replaced; it calls malloc.
#include "allocations.hpp"

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);

static std::size_t allocations = 0;  // The benchmark has one thread.

void* malloc(std::size_t size) {
    ++allocations;
    return __libc_malloc(size);
}
void* realloc(void* memory, std::size_t size) {
    ++allocations;
    return __libc_realloc(memory, size);
}
}

std::size_t bench::allocation_count() {
    return allocations;
}
