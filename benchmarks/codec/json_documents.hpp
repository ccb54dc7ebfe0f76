// SPDX-License-Identifier: BSL-1.0
// The books as JSON of other producers than ours.
#pragma once

#include "../workload.hpp"

#include <string>

namespace bench {

/// Each object has its members in an order of its own.
std::string shuffled_json(const std::vector<book>& books);

/// Each object has three members that no book has: a nested object, an array and a text.
std::string json_with_strangers(const std::vector<book>& books);

}  // namespace bench
