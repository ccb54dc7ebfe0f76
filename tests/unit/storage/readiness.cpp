// SPDX-License-Identifier: BSL-1.0
#include <syncfw/storage/memory.hpp>
#include <syncfw/storage/readiness.hpp>
#include <syncfw/testing/faulty_store.hpp>

#include <doctest/doctest.h>

#include <cstdint>

namespace {

using namespace syncfw;
using namespace syncfw::annotations;

struct book {
    std::int64_t id = 0;
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

}  // namespace

TEST_CASE("readiness: a store that can be read is ready, and each failure of it is seen") {
    memory::store<schema<book>> below;
    health state({.remembered_microseconds = 0});
    state.add("database", reads_of(below, tenant_id()));
    CHECK(state.ready(timestamp()).json() ==
          R"({"status":"ok","checks":{"database":{"status":"ok"}}})");
    const std::uint64_t failures = testing::for_each_failure([&](testing::fault_plan& faults) {
        testing::faulty_store store(below, faults);
        health faulty;
        faulty.add("database", reads_of(store, tenant_id()));
        const health_report seen = faulty.ready(timestamp());
        CHECK((seen.http_status() == 503) == faults.has_failed());
        if (faults.has_failed()) CHECK(seen.parts.at(0).code == errc::unavailable);
    });
    CHECK(failures >= 4);
}
