// SPDX-License-Identifier: BSL-1.0
#include "delta.hpp"

void bench::delta(report&, const std::vector<book>&, const plan&) {
    report::skip("delta encode", "syncfw has no deltas yet");
}
