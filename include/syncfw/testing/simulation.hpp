// SPDX-License-Identifier: BSL-1.0
// A small world in which everything goes wrong that can: a server and some devices, with your
// entities and your policy, on a network that loses, repeats, delays and reorders messages, with
// clocks that are wrong and devices that die at any moment. A seed decides all of it, so what went
// wrong once can be seen again.
//
//     struct setup {
//         using schema_type = library;
//         using policy_type = syncfw::merge_fields;
//     };
//     for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
//         auto seen = syncfw::testing::simulate<setup>(seed);
//         if (!seen.passed()) report(seed, seen.violations);
//     }
//
// A run has three parts: all faults on; then none, and everything must come to rest with the same
// rows everywhere; then all restart, and it must still be so. `simulation_checks.hpp` says what is
// looked at meanwhile, and `reference_model.hpp` what the server must make of each push.
#pragma once

#include <syncfw/storage/memory.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/testing/detail/simulated_world.hpp>
#include <syncfw/testing/random.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace syncfw::testing {

/// What can go wrong in a run, drawn from its seed: each kind of fault is absent from half of them.
struct simulation_options {
    std::uint64_t devices = 3;
    std::uint64_t acts = 60;       ///< Of all devices.
    std::uint64_t keys = 4;        ///< Rows of each entity that they fight over.
    std::uint64_t loss = 0;        ///< Of a thousand messages.
    std::uint64_t duplicates = 0;  ///< Of a thousand requests.
    std::uint64_t delay_milliseconds = 10;
    std::uint64_t deaths = 0;      ///< How often a device is killed, in a call of its store.
    std::uint64_t hub_deaths = 0;  ///< The same of the server.
    std::uint64_t skew_milliseconds = 0;
    std::uint64_t jumps = 0;        ///< Of a thousand acts: a clock jumps by an hour.
    std::uint64_t renewals = 0;     ///< Of a thousand acts: a device reads everything anew.
    std::uint64_t restores = 0;     ///< Of a thousand acts: the server goes back to a backup.
    std::uint64_t resolutions = 0;  ///< Of a thousand acts: somebody settles a parked conflict.
    std::uint64_t retirements = 0;  ///< Of a thousand acts: the server lets old things go.
    std::int64_t page = 1'000;
    std::int64_t batch = 500;
    /// Hears of everything that happens: the time in microseconds, what, and of what size.
    std::function<void(std::int64_t, std::string_view, std::uint64_t)> listener{};

    [[nodiscard]] static simulation_options drawn(random_source& random) {
        simulation_options o;
        const auto maybe = [&](std::uint64_t most) {
            return random.chance(500) ? random.below(most + 1) : 0;
        };
        o.devices = 2 + random.below(3);
        o.acts = 20 + random.below(100);
        o.keys = random.chance(500) ? 1 + random.below(4) : 40;
        o.loss = maybe(300);
        o.duplicates = maybe(500);
        o.delay_milliseconds = 1 + maybe(10'000);
        o.deaths = maybe(1'000);
        o.hub_deaths = maybe(1'000);
        constexpr std::uint64_t skews[] = {0, 1'000, 3'600'000, 86'400'000};
        o.skew_milliseconds = skews[random.below(4)];
        o.jumps = maybe(50);
        o.renewals = maybe(30);
        o.restores = maybe(30);
        o.resolutions = maybe(200);
        o.retirements = maybe(50);
        o.page = random.chance(500) ? 1 + static_cast<std::int64_t>(random.below(5)) : 1'000;
        o.batch = random.chance(500) ? 1 + static_cast<std::int64_t>(random.below(5)) : 500;
        return o;
    }
    [[nodiscard]] std::string in_words() const {
        const auto say = [](const char* what, auto n) {
            return std::string(what) + " " + std::to_string(n);
        };
        return say("devices", devices) + say(", acts", acts) + say(", keys", keys) +
               say(", loss", loss) + say(", duplicates", duplicates) +
               say(", delay", delay_milliseconds) + say(", deaths", deaths) +
               say(", deaths of the server", hub_deaths) + say(", skew", skew_milliseconds) +
               say(", jumps", jumps) + say(", renewals", renewals) + say(", restores", restores) +
               say(", resolutions", resolutions) + say(", retirements", retirements) +
               say(", page", page) + say(", batch", batch);
    }
};

struct simulation_result {
    std::vector<std::string> violations{};
    std::uint64_t trace = 0;  ///< Of everything that happened: equal for equal seeds.
    std::uint64_t acts = 0;   ///< Writes that were answered with success.
    std::uint64_t messages = 0;
    std::uint64_t effects = 0;  ///< Changes of the server's rows.
    std::string options{};

    [[nodiscard]] bool passed() const noexcept { return violations.empty(); }
};

template <class Setup>
[[nodiscard]] simulation_result simulate(std::uint64_t seed);

template <class Setup>
[[nodiscard]] simulation_result simulate(std::uint64_t seed, const simulation_options& options);

/// What the seed draws.
[[nodiscard]] inline simulation_options options_of(std::uint64_t seed) {
    random_source random(seed ^ 0x5eed);
    return simulation_options::drawn(random);
}

/// Fewer devices, acts and kinds of faults with which the seed still fails.
template <class Setup>
[[nodiscard]] simulation_options shrink(std::uint64_t seed, simulation_options failing);

// --- how it is done ------------------------------------------------------------------------------

template <class Setup>
simulation_result simulate(std::uint64_t seed, const simulation_options& options) {
    detail::simulated_world<Setup, simulation_options> world(seed, options);
    simulation_result seen;
    world.run();
    seen.violations = world.violations();
    seen.trace = world.trace();
    seen.acts = world.acts();
    seen.messages = world.messages();
    seen.effects = world.effects();
    seen.options = options.in_words();
    return seen;
}

template <class Setup>
simulation_result simulate(std::uint64_t seed) {
    return simulate<Setup>(seed, options_of(seed));
}

template <class Setup>
simulation_options shrink(std::uint64_t seed, simulation_options failing) {
    using number = std::uint64_t simulation_options::*;
    constexpr number faults[] = {
        &simulation_options::loss,        &simulation_options::duplicates,
        &simulation_options::deaths,      &simulation_options::hub_deaths,
        &simulation_options::jumps,       &simulation_options::renewals,
        &simulation_options::restores,    &simulation_options::skew_milliseconds,
        &simulation_options::resolutions, &simulation_options::retirements};
    const auto fails = [&](const simulation_options& tried) {
        return !simulate<Setup>(seed, tried).passed();
    };
    for (bool is_less = true; is_less;) {
        is_less = false;
        const auto try_less = [&](number which, std::uint64_t least, std::uint64_t value) {
            simulation_options tried = failing;
            if (value >= failing.*which || value < least) return;
            tried.*which = value;
            if (fails(tried)) failing = tried, is_less = true;
        };
        for (const number each : faults) try_less(each, 0, 0);
        try_less(&simulation_options::devices, 1, failing.devices - 1);
        try_less(&simulation_options::keys, 1, failing.keys / 2);
        // Another number of acts is another course of events, so there are several tries.
        for (std::uint64_t less = failing.acts / 2; less > 0; less /= 2)
            try_less(&simulation_options::acts, 1, failing.acts - less);
    }
    return failing;
}

}  // namespace syncfw::testing
