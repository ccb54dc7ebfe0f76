// SPDX-License-Identifier: BSL-1.0
// Goal: whatever the network, the clocks and the machines do, no write is lost, nothing happens
// twice, and all come to hold the same. Method: simulated worlds, each decided by a seed, and run
// twice to see that the seed does decide.
//
//     syncfw_sim [--storage memory|sqlite] [--policy NAME] [--seeds A..B] [--threads N]
//         [--once]
//     syncfw_sim --storage S --policy NAME --seed N [--trace]      one world, shrunk if it fails
//     syncfw_sim --red FILE                                        the seeds that once failed
//
// Without --policy each seed has one of them in turn.
#include "worlds.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <span>
#include <sstream>
#include <thread>

namespace simulated {
namespace {

struct settings {
    std::string storage = "memory", policy{}, red{};
    std::uint64_t first = 1, last = 100, threads = 1;
    bool is_single = false, traces = false, once = false;
};

[[noreturn]] void refuse(const std::string& why) {
    std::fprintf(stderr, "syncfw_sim: %s; see tests/simulation/main.cpp\n", why.c_str());
    std::exit(2);
}

std::uint64_t number_in(const std::string& text) {
    char* end = nullptr;
    const std::uint64_t number = std::strtoull(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0') refuse("'" + text + "' is no number");
    return number;
}

settings read_settings(std::span<char*> given) {
    settings wanted;
    for (std::size_t i = 1; i < given.size(); ++i) {
        const std::string name = given[i];
        if (name == "--trace" || name == "--once") {
            (name == "--trace" ? wanted.traces : wanted.once) = true;
            continue;
        }
        if (++i == given.size()) refuse(name + " wants a value, or is no option");
        const std::string value = given[i];
        const std::size_t dots = value.find("..");
        if (name == "--storage") {
            wanted.storage = value;
        } else if (name == "--policy") {
            wanted.policy = value;
        } else if (name == "--red") {
            wanted.red = value;
        } else if (name == "--threads") {
            wanted.threads = number_in(value);
        } else if (name == "--seeds" && dots != value.npos) {
            wanted.first = number_in(value.substr(0, dots));
            wanted.last = number_in(value.substr(dots + 2));
        } else if (name == "--seed") {
            wanted.first = wanted.last = number_in(value);
            wanted.is_single = true;
        } else {
            refuse(name + " is no option");
        }
    }
    return wanted;
}

std::vector<kind> kinds_wanted(const std::string& storage, const std::string& policy) {
    std::vector<kind> all = storage == "sqlite" ? kinds_in_sqlite() : kinds_in_memory();
    std::erase_if(all, [&](const kind& each) {
        return each.storage != storage || (!policy.empty() && each.policy != policy);
    });
    if (all.empty()) refuse("there is no world of " + storage + " and '" + policy + "'");
    return all;
}

std::mutex saying;

void say_failure(const kind& world, std::uint64_t seed, const testing::simulation_result& seen) {
    const std::lock_guard locked(saying);
    std::printf("FAILED: --storage %s --policy %s --seed %llu: %s\n", world.storage.data(),
                world.policy.data(), static_cast<unsigned long long>(seed), seen.options.c_str());
    for (const std::string& each : seen.violations) std::printf("  %s\n", each.c_str());
    std::fflush(stdout);
}

/// Whether the seed holds, both times alike if there are to be two.
bool holds(const kind& world, std::uint64_t seed, bool once = false) {
    const testing::simulation_options options = testing::options_of(seed);
    testing::simulation_result seen = world.run(seed, options);
    if (!once && seen.passed() && world.run(seed, options).trace != seen.trace)
        seen.violations.push_back("the same seed is another course of events the second time");
    if (!seen.passed()) say_failure(world, seed, seen);
    return seen.passed();
}

void show(const kind& world, std::uint64_t seed, bool traces) {
    testing::simulation_options options = testing::options_of(seed);
    if (!world.run(seed, options).passed()) options = world.shrink(seed, options);
    std::printf("with %s\n", options.in_words().c_str());
    if (traces)
        options.listener = [](std::int64_t now, std::string_view what, std::uint64_t size) {
            std::printf("%12.6f s  %.*s %llu\n", static_cast<double>(now) / 1e6,
                        static_cast<int>(what.size()), what.data(),
                        static_cast<unsigned long long>(size));
        };
    const auto seen = world.run(seed, options);
    for (const std::string& each : seen.violations) std::printf("  %s\n", each.c_str());
}

int run_red(const std::string& path) {
    std::ifstream in(path);
    if (!in) refuse(path + " can't be read");
    int failed = 0, count = 0;
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words(line);
        std::string storage, policy;
        std::uint64_t seed = 0;
        words >> storage >> policy >> seed;
        for (const kind& each : kinds_wanted(storage, policy))
            failed += !holds(each, seed), ++count;
    }
    std::printf("%d red seeds, %d failed\n", count, failed);
    return failed == 0 && count > 0 ? 0 : 1;
}

int run_all(const settings& wanted) {
    const std::vector<kind> kinds = kinds_wanted(wanted.storage, wanted.policy);
    const auto begin = std::chrono::steady_clock::now();
    std::atomic<std::uint64_t> next{wanted.first}, failed{0};
    const auto work = [&] {
        while (true) {
            const std::uint64_t seed = next++;
            if (seed > wanted.last || failed > 20) return;
            failed += holds(kinds[seed % kinds.size()], seed, wanted.once) ? 0 : 1;
        }
    };
    std::vector<std::thread> running;
    for (std::uint64_t i = 1; i < wanted.threads; ++i) running.emplace_back(work);
    work();
    for (std::thread& each : running) each.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("%llu seeds %s in %.0f s, %llu failed\n",
                static_cast<unsigned long long>(wanted.last - wanted.first + 1),
                wanted.once ? "once" : "twice", took.count(),
                static_cast<unsigned long long>(failed));
    return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace simulated

int main(int count, char** arguments) {
    using namespace simulated;
    const settings wanted = read_settings({arguments, static_cast<std::size_t>(count)});
    if (!wanted.red.empty()) return run_red(wanted.red);
    if (!wanted.is_single) return run_all(wanted);
    bool all_hold = true;
    for (const kind& each : kinds_wanted(wanted.storage, wanted.policy)) {
        const bool held = holds(each, wanted.first);
        if (!held || wanted.traces) show(each, wanted.first, wanted.traces);
        all_hold = all_hold && held;
    }
    return all_hold ? 0 : 1;
}
