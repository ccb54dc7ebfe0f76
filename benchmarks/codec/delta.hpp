// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "../measure.hpp"
#include "../report.hpp"
#include "../workload.hpp"

#include <vector>

namespace bench {

/// The rows of one changed field: encoded when the mask is known, and found and encoded.
void delta(report& out, const std::vector<book>& books, const plan& how);

}  // namespace bench
