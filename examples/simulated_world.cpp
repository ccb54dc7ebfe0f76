// SPDX-License-Identifier: BSL-1.0
// Your own schema and policy in worlds where everything goes wrong that can. Each is decided by its
// seed; a real test runs thousands of them.
#include <syncfw/conflict/policies.hpp>
#include <syncfw/entity/annotations.hpp>
#include <syncfw/testing/simulation.hpp>

#include <cstdint>
#include <cstdio>
#include <string>

using namespace syncfw::annotations;

// [simulate]
struct seat {
    std::int64_t number = 0;
    std::string guest{};
    syncfw::counter visits{};
    bool is_free = true;

    static constexpr auto sync_entity = entity<"seat">(field<&seat::number>(primary_key));
};

struct setup {
    using schema_type = syncfw::schema<seat>;
    using policy_type = syncfw::merge_fields;
};

int main() {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const auto seen = syncfw::testing::simulate<setup>(seed);
        if (seen.passed()) continue;
        const auto less = syncfw::testing::shrink<setup>(seed, syncfw::testing::options_of(seed));
        std::printf("seed %llu fails with %s\n", static_cast<unsigned long long>(seed),
                    less.in_words().c_str());
        for (const std::string& each : seen.violations) std::printf("  %s\n", each.c_str());
        return 1;
    }
}
// [/simulate]
