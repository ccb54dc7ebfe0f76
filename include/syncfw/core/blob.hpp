// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <vector>

namespace syncfw {

/// Raw bytes as a field's value. The elements are `std::byte`, so that a list of small numbers
/// (`std::vector<std::uint8_t>`) stays a list of numbers.
using blob = std::vector<std::byte>;

}  // namespace syncfw
