// SPDX-License-Identifier: BSL-1.0
#include <syncfw/core/result.hpp>

#include <doctest/doctest.h>

#include <vector>

TEST_CASE("result: what is taken out of a temporary one outlives it") {
    const auto find = [] { return syncfw::result<std::vector<int>>(std::vector<int>{1, 2, 3}); };
    int sum = 0;
    for (const int each : *find()) sum += each;
    for (const int each : find().value()) sum += each;
    CHECK(sum == 12);
}
