// SPDX-License-Identifier: BSL-1.0
#include <syncfw/app/detail/upkeep.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace syncfw;

const timestamp today = *timestamp::parse("2026-05-01T10:00:00Z");

struct kept {
    std::vector<std::string> looked_through{};
    retention last{};
    bool fails = false;
    detail::upkeep keeper;

    explicit kept(kept_days days)
        : keeper(days, [this](const tenant_id& whose, const retention& until) -> result<void> {
              looked_through.emplace_back(whose.name());
              last = until;
              if (fails) return error{.code = errc::unavailable};
              return {};
          }) {}

    void round(timestamp now) {
        while (keeper.step(now)) {
        }
    }
};

}  // namespace

TEST_CASE("upkeep: each tenant that asks is looked through once a day") {
    kept scene({.deletions = 90, .answers = 30});
    scene.round(today);
    CHECK(scene.looked_through.empty());
    for (const char* const each : {"ann", "bob", "ann"}) scene.keeper.note(tenant_id(each));
    scene.round(today);
    CHECK(scene.looked_through == std::vector<std::string>{"ann", "bob"});
    CHECK(scene.last.deletions_until == today - std::chrono::hours(90 * 24));
    CHECK(scene.last.answers_until == today - std::chrono::hours(30 * 24));
    CHECK(!scene.last.audit_until);

    scene.keeper.note(tenant_id("ann"));
    scene.round(today + std::chrono::hours(1));
    CHECK(scene.looked_through.size() == 2);
    scene.round(today + std::chrono::hours(25));
    scene.keeper.note(tenant_id("ann"));
    scene.round(today + std::chrono::hours(26));
    CHECK(scene.looked_through == std::vector<std::string>{"ann", "bob", "ann"});
}

TEST_CASE("upkeep: what fails is tried again") {
    kept scene({.answers = 1});
    scene.fails = true;
    scene.keeper.note(tenant_id("ann"));
    scene.round(today);
    scene.fails = false;
    scene.round(today + std::chrono::hours(25));
    scene.round(today + std::chrono::hours(26));
    CHECK(scene.looked_through == std::vector<std::string>{"ann", "ann"});
}

TEST_CASE("upkeep: where a store lists its tenants, each is looked through, asks he or not") {
    const std::vector<tenant_id> known{tenant_id(), tenant_id("ann"), tenant_id("bob")};
    bool is_gone = false;
    std::vector<std::string> seen;
    const auto look = [&](const tenant_id& whose, const retention&) -> result<void> {
        seen.emplace_back(whose.name());
        if (whose == tenant_id("ann")) return error{.code = errc::busy};
        return {};
    };
    const auto after =
        [&](const std::optional<tenant_id>& last) -> result<std::optional<tenant_id>> {
        if (is_gone) return error{.code = errc::unavailable};
        for (const tenant_id& each : known)
            if (!last || *last < each) return std::optional(each);
        return std::optional<tenant_id>();
    };
    const auto in_hours = [](int hours) { return today + std::chrono::hours(hours); };
    detail::upkeep keeper({.answers = 1}, look, after);
    CHECK(keeper.step(today));
    keeper.note(tenant_id("eve"));  // Whoever has a row is known.
    CHECK(keeper.step(today));
    CHECK(keeper.step(today));
    CHECK(!keeper.step(today));
    CHECK(!keeper.step(in_hours(23)));
    CHECK(seen == std::vector<std::string>{"", "ann", "bob"});
    is_gone = true;
    CHECK(!keeper.step(in_hours(24)));
    is_gone = false;
    CHECK(keeper.step(in_hours(24)));
    is_gone = true;
    CHECK(!keeper.step(in_hours(24)));
    is_gone = false;
    CHECK(keeper.step(in_hours(25)));
    CHECK(keeper.step(in_hours(25)));
    CHECK(!keeper.step(in_hours(25)));
    CHECK(seen == std::vector<std::string>{"", "ann", "bob", "", "ann", "bob"});

    detail::upkeep for_ever({}, look, after);
    CHECK(!for_ever.step(today));
}

TEST_CASE("upkeep: nothing is let go unless somebody says after how many days") {
    kept scene({});
    CHECK(!scene.keeper.is_wanted());
    scene.keeper.note(tenant_id("ann"));
    scene.round(today);
    CHECK(scene.looked_through.empty());
}
