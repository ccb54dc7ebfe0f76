// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace bench {

/// How often this program has asked for memory so far: malloc, realloc and `new`.
std::size_t allocation_count();

}  // namespace bench
