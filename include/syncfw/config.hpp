// SPDX-License-Identifier: BSL-1.0
// Owns every macro of the library but the version's: what a user may set, and what the compiler is.
#pragma once

#include <cstdio>
#include <cstdlib>

#if __cplusplus < 202002L
#error "syncfw needs C++20: compile with -std=c++20 (GCC 12 or later, Clang 16 or later)"
#endif

namespace syncfw::detail {

[[noreturn]] inline void assertion_failed(const char* condition, const char* phrase,
                                          const char* file, int line) noexcept {
    std::fprintf(stderr, "%s:%d: syncfw assertion failed: %s (%s)\n", file, line, phrase,
                 condition);
    std::abort();
}

}  // namespace syncfw::detail

/// Checks what only a programming mistake can break; says the phrase and aborts when it doesn't
/// hold. It stays on in release builds, because a sync that goes on after a broken invariant
/// loses rows. Define SYNCFW_ASSERT before the first include to report in another way.
#ifndef SYNCFW_ASSERT
#define SYNCFW_ASSERT(condition, phrase) \
    ((condition) ? static_cast<void>(0)  \
                 : ::syncfw::detail::assertion_failed(#condition, phrase, __FILE__, __LINE__))
#endif

// Small functions on the hot paths of codecs, which the optimiser must see through to make
// constants of names and lengths. Without optimisation they are ordinary, for the compiler's sake.
#if defined(__OPTIMIZE__) && defined(__GNUC__)
#define SYNCFW_INLINE [[gnu::always_inline]] inline
#else
#define SYNCFW_INLINE inline
#endif

// Optimised codecs are written out for each entity. Otherwise they are loops over tables, of which
// each entity has its own and all share the code, again for the compiler's sake. It is an argument
// of their templates, so that translation units of both kinds can be in one program.
#ifdef __OPTIMIZE__
#define SYNCFW_OPTIMISED true
#else
#define SYNCFW_OPTIMISED false
#endif
