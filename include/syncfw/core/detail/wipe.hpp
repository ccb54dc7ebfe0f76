// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstring>

namespace syncfw::detail {

/// Zeroes memory in a way that the optimiser can't drop, even when nobody reads it again.
inline void wipe_memory(void* memory, std::size_t size) noexcept {
#if defined(__GNUC__) || defined(__clang__)
    if (size != 0) std::memset(memory, 0, size);
    __asm__ __volatile__("" : : "r"(memory) : "memory");
#else
    volatile unsigned char* byte = static_cast<volatile unsigned char*>(memory);
    while (size-- != 0) *byte++ = 0;
#endif
}

/// Compares without stopping at the first difference: its time depends on `size` alone.
[[nodiscard]] inline bool equal_in_constant_time(const void* left, const void* right,
                                                 std::size_t size) noexcept {
    const auto* a = static_cast<const unsigned char*>(left);
    const auto* b = static_cast<const unsigned char*>(right);
    unsigned difference = 0;
    for (std::size_t i = 0; i < size; ++i) {
        difference |= static_cast<unsigned>(a[i] ^ b[i]);
#if defined(__GNUC__) || defined(__clang__)
        // Hides the value so far, so that the compiler can't turn the rest into an early exit.
        __asm__ __volatile__("" : "+r"(difference));
#endif
    }
    return difference == 0;
}

}  // namespace syncfw::detail
