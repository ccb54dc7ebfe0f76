// SPDX-License-Identifier: BSL-1.0
#include <syncfw/testing/faulty_link.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace syncfw;
using namespace syncfw::testing;

/// Keeps what arrives, and answers it.
struct sound_link {
    std::vector<std::string> came{};
    result<std::string> exchange(std::string_view request) {
        came.emplace_back(request);
        return "answer to " + came.back();
    }
    [[nodiscard]] std::int64_t times(const std::string& request) const {
        return std::count(came.begin(), came.end(), request);
    }
};

/// What a hundred exchanges gave, and what went wrong with them.
struct hundred {
    sound_link below{};
    std::vector<result<std::string>> answers{};
    link_faults faults{};

    explicit hundred(const link_faults& rates, std::uint64_t seed = 1) {
        faulty_link link(below, rates, seed);
        for (int i = 0; i < 100; ++i) answers.push_back(link.exchange(std::to_string(i)));
        faults = link.faults();
    }
    [[nodiscard]] bool is_own_answer(std::size_t i) const {
        return answers[i] && *answers[i] == "answer to " + std::to_string(i);
    }
};

}  // namespace

TEST_CASE("faulty_link: without a rate it is the link beneath") {
    const hundred seen({});
    for (std::size_t i = 0; i < 100; ++i) {
        CHECK(seen.is_own_answer(i));
        CHECK(seen.below.came[i] == std::to_string(i));
    }
    CHECK(seen.below.came.size() == 100);
}

TEST_CASE("faulty_link: a request that the peer was unavailable for never arrives") {
    const hundred seen({.refused = 400, .lost_requests = 100, .late = 300});
    for (std::size_t i = 0; i < 100; ++i)
        if (!seen.answers[i] && seen.answers[i].error().code == errc::peer_unavailable)
            CHECK(seen.below.times(std::to_string(i)) == 0);
    CHECK(seen.faults.refused > 10);
    CHECK(seen.faults.late > 10);
}

TEST_CASE("faulty_link: a lost request is timed out, and may arrive later") {
    const hundred never({.lost_requests = 1'000}), later({.lost_requests = 500, .late = 500});
    CHECK(never.below.came.empty());
    CHECK(never.faults.lost_requests == 100);
    int came_later = 0;
    for (std::size_t i = 0; i < 100; ++i) {
        REQUIRE((later.is_own_answer(i) || later.answers[i].error().code == errc::timed_out));
        if (!later.answers[i] && later.below.times(std::to_string(i)) > 0) ++came_later;
    }
    CHECK(came_later > 10);
}

TEST_CASE("faulty_link: a lost answer is timed out, and the request took effect") {
    const hundred seen({.lost_answers = 1'000});
    CHECK(seen.below.came.size() == 100);
    for (const auto& each : seen.answers) CHECK(each.error().code == errc::timed_out);
}

TEST_CASE("faulty_link: a request arrives twice, or again before a later one") {
    const hundred twice({.doubled = 1'000}), again({.late = 1'000});
    for (std::size_t i = 0; i < 100; ++i) {
        CHECK(twice.below.times(std::to_string(i)) == 2);
        CHECK(twice.is_own_answer(i));
        CHECK(again.is_own_answer(i));
    }
    REQUIRE(again.below.came.size() == 199);
    for (std::size_t i = 1; i < 100; ++i) {
        const int old = std::stoi(again.below.came[2 * i - 1]);
        CHECK(old < static_cast<int>(i));
        CHECK(again.below.came[2 * i] == std::to_string(i));
    }
}

TEST_CASE("faulty_link: an answer is cut short, or its bytes are others") {
    const hundred cut({.cut_answers = 1'000}), changed({.changed_answers = 1'000});
    for (std::size_t i = 0; i < 100; ++i) {
        const std::string sound = "answer to " + std::to_string(i);
        REQUIRE(cut.answers[i]);
        CHECK(cut.answers[i]->size() < sound.size());
        CHECK(sound.starts_with(*cut.answers[i]));
        REQUIRE(changed.answers[i]);
        CHECK(changed.answers[i]->size() == sound.size());
    }
    CHECK(changed.faults.changed_answers == 100);
    int others = 0;
    for (std::size_t i = 0; i < 100; ++i) others += changed.is_own_answer(i) ? 0 : 1;
    CHECK(others == 100);
}

TEST_CASE("faulty_link: the same seed does the same, another one something else") {
    const link_faults rates{.refused = 100, .lost_answers = 100, .doubled = 100, .late = 100};
    const hundred one(rates, 7), same(rates, 7), other(rates, 8);
    CHECK(one.below.came == same.below.came);
    CHECK(one.below.came != other.below.came);
}

TEST_CASE("faulty_link: it pauses as it is told, and nothing goes wrong when it was stopped") {
    sound_link below;
    faulty_link link(below, {.lost_requests = 1'000}, 1);
    std::vector<std::int64_t> pauses;
    link.pause_with([&](std::int64_t microseconds) { pauses.push_back(microseconds); }, 50);
    CHECK(!link.exchange("lost"));
    CHECK(!pauses.empty());
    link.stop();
    for (int i = 0; i < 100; ++i) CHECK(link.exchange("sound"));
    CHECK(*std::max_element(pauses.begin(), pauses.end()) == 50);
    CHECK(*std::min_element(pauses.begin(), pauses.end()) == 0);
    CHECK(link.faults().lost_requests == 1);
}
