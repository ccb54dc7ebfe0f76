// SPDX-License-Identifier: BSL-1.0
// Goal: whatever the network, the clocks and the machines do, no write is lost, nothing happens
// twice, and all come to hold the same. Method: simulated worlds, each decided by a seed and run
// twice; SYNCFW_SEEDS says how many.
#include <syncfw/conflict/policies.hpp>
#include <syncfw/testing/simulation.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct book {
    uuid id{};
    std::string title{};
    std::int64_t pages = 0;
    std::optional<std::string> notes{};
    counter likes{};
    std::optional<std::int64_t> shelf_number{};
    bool is_deleted = false;
    std::int64_t version = 0;
    timestamp updated_at{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::is_deleted>(soft_delete),
        field<&book::version>(is::version), field<&book::notes>(merge(by::text)),
        field<&book::shelf_number>(unique), field<&book::updated_at>(is::updated_at));
};

// All its bookkeeping is hidden, and its key has two parts.
struct tag {
    std::string list{};
    std::int64_t number = 0;
    double weight = 0;
    set_of<std::string> words{};
    std::string draft{};

    static constexpr auto sync_entity =
        entity<"tag">(field<&tag::list>(primary_key), field<&tag::number>(primary_key),
                      field<&tag::draft>(local_only));
};

template <class Policy>
struct setup {
    using schema_type = schema<book, tag>;
    using policy_type = Policy;
};

std::uint64_t seeds() {
    const char* const wanted = std::getenv("SYNCFW_SEEDS");
    return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 25;
}

}  // namespace

TEST_CASE_TEMPLATE("convergence, once, no-lost-write, honest status: in every simulated world",
                   Policy, last_write_wins, server_wins, client_wins, merge_fields, highest_version,
                   park) {
    std::uint64_t effects = 0;
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
        const auto seen = testing::simulate<setup<Policy>>(seed);
        INFO("seed " << seed << ": " << seen.options);
        for (const std::string& each : seen.violations) FAIL_CHECK(each);
        CHECK(testing::simulate<setup<Policy>>(seed).trace == seen.trace);
        effects += seen.effects;
    }
    CHECK(effects > seeds());
}
