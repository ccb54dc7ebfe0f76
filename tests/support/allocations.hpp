// SPDX-License-Identifier: BSL-1.0
// What a piece of code asks of the memory: malloc, realloc and `new` alike.
//
//     const tests::allocations before;
//     …
//     CHECK(before.count() == 0);
#pragma once

#include <cstddef>

namespace tests {

/// The sums of the whole program so far, in usable bytes.
std::size_t allocation_count();
std::size_t allocated_bytes();
std::size_t live_bytes();
/// The most that was live since `start_peak`.
std::size_t peak_bytes();
void start_peak();

/// What happened since it was made.
class allocations {
  public:
    allocations() { start_peak(); }
    [[nodiscard]] std::size_t count() const { return allocation_count() - count_; }
    [[nodiscard]] std::size_t bytes() const { return allocated_bytes() - bytes_; }
    /// How far above the start the live bytes ever were.
    [[nodiscard]] std::size_t peak() const {
        return peak_bytes() > live_ ? peak_bytes() - live_ : 0;
    }

  private:
    std::size_t count_ = allocation_count();
    std::size_t bytes_ = allocated_bytes();
    std::size_t live_ = live_bytes();
};

}  // namespace tests
