// SPDX-License-Identifier: BSL-1.0
// A link on which things go wrong, as a seed decides: what stands upon links must come through it.
//
//     in_process_link sound(hub, caller());
//     faulty_link link(sound, {.lost_requests = 100, .lost_answers = 100, .doubled = 50}, seed);
//     replica mine(store, link);
//     for (int i = 0; i < 100; ++i) (void)mine.sync();   // most of them fail somewhere
//     link.stop();
//     CHECK(mine.sync());                                // now all must be well
//     CHECK(link.faults().lost_answers > 0);
//
// What it does is what networks do: it never invents a message, and it says
// `errc::peer_unavailable` of a request only if that never arrives. It has no thread: what comes
// late comes with a later exchange.
#pragma once

#include <syncfw/testing/random.hpp>
#include <syncfw/transport/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncfw::testing {

/// A number for each fault: as rates, of a thousand exchanges; as counts, how many there were.
struct link_faults {
    std::uint64_t refused = 0;          ///< The request is lost, and the caller knows.
    std::uint64_t lost_requests = 0;    ///< It did not arrive, or will later: nobody knows.
    std::uint64_t lost_answers = 0;     ///< It took effect, and nobody knows.
    std::uint64_t doubled = 0;          ///< It arrives twice; one of the two answers comes back.
    std::uint64_t late = 0;             ///< One of the last requests arrives again before this one.
    std::uint64_t cut_answers = 0;      ///< The answer's end is missing.
    std::uint64_t changed_answers = 0;  ///< Some bytes of the answer are others.
};

/// The link beneath, on which things go wrong. That must outlive it. For one thread at a time.
template <transport Link>
class faulty_link {
  public:
    using pause_type = std::function<void(std::int64_t microseconds)>;

    faulty_link(Link& below, const link_faults& rates, std::uint64_t seed)
        : below_(&below), rates_(rates), random_(seed) {}

    [[nodiscard]] result<std::string> exchange(std::string_view request);

    /// Each exchange calls this before and behind, with up to so many microseconds.
    void pause_with(pause_type pause, std::int64_t most) {
        pause_ = std::move(pause);
        pause_most_ = most;
    }
    /// From here on nothing goes wrong.
    void stop() noexcept { rates_ = {}; }
    /// What went wrong so far.
    [[nodiscard]] const link_faults& faults() const noexcept { return faults_; }

  private:
    static constexpr std::size_t requests_kept = 8;

    [[nodiscard]] bool happens(std::uint64_t link_faults::* which) {
        const bool does = random_.chance(rates_.*which);
        if (does) ++(faults_.*which);
        return does;
    }
    void pause() {
        if (pause_)
            pause_(static_cast<std::int64_t>(
                random_.below(static_cast<std::uint64_t>(pause_most_) + 1)));
    }
    void keep(std::string_view request) {
        if (kept_.size() == requests_kept) kept_.erase(kept_.begin());
        kept_.emplace_back(request);
    }
    void damage(std::string& answer);

    Link* below_;
    link_faults rates_;
    random_source random_;
    link_faults faults_{};
    std::vector<std::string> kept_{};
    pause_type pause_{};
    std::int64_t pause_most_ = 0;
};

// --- how it is done ------------------------------------------------------------------------------

template <transport Link>
result<std::string> faulty_link<Link>::exchange(std::string_view request) {
    pause();
    if (!kept_.empty() && happens(&link_faults::late))
        (void)below_->exchange(kept_[random_.below(kept_.size())]);
    if (happens(&link_faults::refused))
        return error{.code = errc::peer_unavailable, .message = "the request was made to be lost"};
    keep(request);
    if (happens(&link_faults::lost_requests))
        return error{.code = errc::timed_out, .message = "the request was made to be lost"};
    auto answer = below_->exchange(request);
    if (happens(&link_faults::doubled)) {
        auto second = below_->exchange(request);
        if (random_.chance(500)) answer = std::move(second);
    }
    pause();
    if (happens(&link_faults::lost_answers))
        return error{.code = errc::timed_out, .message = "the answer was made to be lost"};
    if (answer && !answer->empty()) damage(*answer);
    return answer;
}

template <transport Link>
void faulty_link<Link>::damage(std::string& answer) {
    if (happens(&link_faults::changed_answers))
        for (std::uint64_t left = 1 + random_.below(3); left > 0; --left) {
            char& byte = answer[random_.below(answer.size())];
            byte = static_cast<char>(static_cast<unsigned char>(byte) + 1 + random_.below(80));
        }
    if (happens(&link_faults::cut_answers)) answer.resize(random_.below(answer.size()));
}

}  // namespace syncfw::testing
