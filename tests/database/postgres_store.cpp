// SPDX-License-Identifier: BSL-1.0
// Goal: the PostgreSQL store keeps what storage.hpp promises, and does what the memory store does,
// on servers of several moods. Method: the conformance suite, and random scripts.
#include "postgres_support.hpp"
#include <syncfw/storage/memory.hpp>
#include <syncfw/testing/check_store.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace syncfw::testing;

void check(const std::string& settings, const syncfw::postgres::options& wanted = {}) {
    const report seen = check_store([&] {
        return pg::open<conformance_schema>(
            pg::fresh_url(std::getenv("SYNCFW_TEST_POSTGRES"), settings), wanted);
    });
    INFO(to_string(seen));
    CHECK(seen.passed());
}

}  // namespace

TEST_CASE("storage: PostgreSQL keeps every promise") {
    if (pg::server() == nullptr) return;
    check("");
}

TEST_CASE("storage: PostgreSQL has what was committed when it is opened again") {
    if (pg::server() == nullptr) return;
    const std::string url = pg::fresh_url();
    const report seen = check_reopening([&] { return pg::open<conformance_schema>(url); });
    INFO(to_string(seen));
    CHECK(seen.passed());
}

TEST_CASE("storage: PostgreSQL keeps every promise where transactions are serializable") {
    if (pg::server() == nullptr) return;
    check("%20-cdefault_transaction_isolation%3Dserializable");
}

TEST_CASE("storage: PostgreSQL keeps every promise behind a pooler of transactions") {
    if (pg::server() == nullptr) return;
    check("", {.prepared_statements = false});
}

TEST_CASE("storage: PostgreSQL keeps every promise where answers to commits are lost") {
    if (pg::server() == nullptr) return;
    std::atomic<int> commits{0};
    pg::losing_proxy proxy([&](std::string_view sent) {
        const bool is_seventh = sent.find("COMMIT") != sent.npos && ++commits % 7 == 0;
        return is_seventh ? pg::loss::of_answer : pg::loss::none;
    });
    const report seen = check_store(
        [&] {
            // Its tables are made over a line that can be relied on.
            const std::string name = pg::fresh_url("");
            (void)pg::open<conformance_schema>(pg::server() + name);
            return pg::open<conformance_schema>(proxy.url() + name, {.migrate = false});
        },
        {.commits_lose_answers = true});
    INFO(to_string(seen));
    CHECK(seen.passed());
    CHECK(proxy.lost() > 10);
}

TEST_CASE("storage: PostgreSQL does what the memory store does") {
    if (pg::server() == nullptr) return;
    const report seen =
        compare_stores([] { return pg::open<conformance_schema>(pg::fresh_url()); },
                       [] { return std::make_unique<syncfw::memory::store<conformance_schema>>(); },
                       {.scripts = 200});
    INFO(to_string(seen));
    CHECK(seen.passed());
}
