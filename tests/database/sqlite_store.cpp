// SPDX-License-Identifier: BSL-1.0
// Goal: the SQLite store keeps what storage.hpp promises, and does what the memory store does.
// Method: the conformance suite on a file and in memory, and 2,000 random scripts.
#include "sqlite_support.hpp"
#include <syncfw/storage/memory.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/testing/check_store.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace {

using namespace syncfw::testing;
using store_type = syncfw::sqlite::store<conformance_schema>;

std::unique_ptr<store_type> open(const std::string& path) {
    return std::make_unique<store_type>(syncfw::sqlite::open<conformance_schema>(path).value());
}
std::unique_ptr<store_type> open_in_memory() {
    return open(":memory:");
}

}  // namespace

TEST_CASE("storage: SQLite keeps every promise") {
    const stores::folder folder;
    int count = 0;
    report seen = check_store([&] { return open(folder / std::to_string(count++)); });
    seen += check_reopening([&] { return open(folder / "reopened"); });
    seen += check_store(open_in_memory, {.threads = false});
    INFO(to_string(seen));
    CHECK(seen.passed());
}

TEST_CASE("storage: SQLite does what the memory store does") {
    const report seen =
        compare_stores(open_in_memory,
                       [] { return std::make_unique<syncfw::memory::store<conformance_schema>>(); },
                       {.scripts = 2'000});
    INFO(to_string(seen));
    CHECK(seen.passed());
}
