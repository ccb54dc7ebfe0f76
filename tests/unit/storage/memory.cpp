// SPDX-License-Identifier: BSL-1.0
// Goal: the memory store, the model of the others, keeps what storage.hpp promises; and the suite
// that says so finds faults. Method: the conformance suite and random scripts.
#include <syncfw/storage/memory.hpp>
#include <syncfw/testing/check_store.hpp>

#include <doctest/doctest.h>

#include <memory>

namespace {

using namespace syncfw::testing;
using store_type = syncfw::memory::store<conformance_schema>;

std::unique_ptr<store_type> make() {
    return std::make_unique<store_type>();
}

}  // namespace

TEST_CASE("storage: memory keeps every promise") {
    const report seen = check_store(make);
    INFO(to_string(seen));
    CHECK(seen.passed());
    CHECK(seen.checks > 400);
}

TEST_CASE("storage: a script gives the same each time") {
    const report seen = compare_stores(make, make, {.scripts = 20});
    INFO(to_string(seen));
    CHECK(seen.passed());
}
