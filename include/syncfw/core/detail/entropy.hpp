// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/config.hpp>

#include <cstddef>

#if defined(_WIN32)
// Declared by hand, because <windows.h> brings thousands of macros. Link with bcrypt.
extern "C" __declspec(dllimport) long __stdcall BCryptGenRandom(void*, unsigned char*,
                                                                unsigned long, unsigned long);
#else
#include <unistd.h>
#if defined(__has_include)
#if __has_include(<sys/random.h>)
#include <sys/random.h>
#endif
#endif
#endif

namespace syncfw::detail {

/// Fills at most 256 bytes from the operating system. It keeps nothing back between calls, so
/// that a process and its fork() can never draw the same bytes. A system without entropy can't
/// make ids: that aborts.
inline void fill_with_entropy(void* out, std::size_t size) noexcept {
    SYNCFW_ASSERT(size <= 256, "at most 256 bytes of entropy at once");
#if defined(_WIN32)
    constexpr unsigned long use_system_preferred = 2;
    const bool filled =
        BCryptGenRandom(nullptr, static_cast<unsigned char*>(out), static_cast<unsigned long>(size),
                        use_system_preferred) == 0;
#else
    const bool filled = ::getentropy(out, size) == 0;
#endif
    SYNCFW_ASSERT(filled, "the operating system gave no entropy");
}

}  // namespace syncfw::detail
