// SPDX-License-Identifier: BSL-1.0
// Goal: a transaction that may run again does, whole; one that may not doesn't. Method: a memory
// store whose transactions fail as told.
#include <syncfw/storage/memory.hpp>
#include <syncfw/storage/transact.hpp>
#include <syncfw/testing/conformance_schema.hpp>

#include <doctest/doctest.h>

namespace {

using namespace syncfw;
using store_type = memory::store<testing::conformance_schema>;

const retry_rules at_once{.pause = [](std::int64_t) {}};

error failing(errc code) {
    return {.code = code, .message = "told to"};
}

}  // namespace

TEST_CASE("transact: runs again, whole, until it is committed") {
    store_type store;
    int runs = 0;
    auto done = transact(
        store, tenant_id(),
        [&](auto& tx) -> result<std::int64_t> {
            auto first = tx.next_sequence(1);
            if (++runs < 4) return failing(runs == 1 ? errc::busy : errc::unavailable);
            return first;
        },
        at_once);
    REQUIRE(done);
    CHECK(*done == 1);
    CHECK(runs == 4);
    CHECK(*begin_read(store, tenant_id())->last_sequence() == 1);
}

TEST_CASE("transact: gives up after its attempts, and says so") {
    store_type store;
    int runs = 0;
    retry_rules rules = at_once;
    rules.attempts = 3;
    auto done = transact(
        store, tenant_id(), [&](auto&) -> result<void> { return ++runs, failing(errc::busy); },
        rules);
    REQUIRE(!done);
    CHECK(runs == 3);
    CHECK(done.error().message == "told to (tried 3 times)");
}

TEST_CASE("transact: what nobody knows to be committed is run again only where it may") {
    store_type store;
    for (const bool may : {false, true}) {
        int runs = 0;
        retry_rules rules = at_once;
        rules.may_run_twice = may;
        auto done = transact(
            store, tenant_id(),
            [&](auto&) -> result<void> {
                return ++runs == 1 ? result<void>(failing(errc::commit_unknown)) : result<void>();
            },
            rules);
        CHECK(done.has_value() == may);
        CHECK(runs == (may ? 2 : 1));
    }
}

TEST_CASE("transact: an error of the data is given at once") {
    store_type store;
    int runs = 0;
    auto done = transact(store, tenant_id(), [&](auto&) -> result<void> {
        return ++runs, failing(errc::already_exists);
    });
    CHECK(!done);
    CHECK(runs == 1);
}
