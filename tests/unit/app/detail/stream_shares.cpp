// SPDX-License-Identifier: BSL-1.0
#include <syncfw/app/detail/stream_shares.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <thread>
#include <vector>

using syncfw::detail::stream_shares;

namespace {
const syncfw::tenant_id acme("acme");
}

TEST_CASE("stream shares: each subject has its own, and gets one back with its last copy") {
    stream_shares shares(2);
    auto first = shares.take(acme, "ann"), second = shares.take(acme, "ann");
    CHECK(first);
    CHECK(second);
    CHECK(!shares.take(acme, "ann"));
    CHECK(shares.take(acme, "bob"));
    CHECK(shares.take(syncfw::tenant_id("other"), "ann"));
    const auto copy = second;
    second.reset();
    CHECK(!shares.take(acme, "ann"));
}

TEST_CASE("stream shares: nobody is remembered who has none") {
    stream_shares shares(1), none(0);
    CHECK(shares.subjects() == 0);
    {
        const auto taken = shares.take(acme, "ann");
        CHECK(shares.subjects() == 1);
    }
    CHECK(shares.subjects() == 0);
    CHECK(!none.take(acme, "ann"));
    CHECK(none.subjects() == 0);
}

TEST_CASE("stream shares: what was taken may outlive them") {
    std::optional<stream_shares> shares(1);
    auto taken = shares->take(acme, "ann");
    shares.reset();
    taken.reset();
    CHECK(!taken);
}

TEST_CASE("stream shares: threads lose none") {
    stream_shares shares(8);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 1'000; ++n) (void)shares.take(acme, "ann");
        });
    for (std::thread& each : threads) each.join();
    CHECK(shares.subjects() == 0);
}
