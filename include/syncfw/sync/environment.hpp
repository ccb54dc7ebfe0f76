// SPDX-License-Identifier: BSL-1.0
// What the engine gets from outside, and nothing else: the time, chance, where records live and who
// is on the other side. One type carries them all, so that the same engine runs in a program and,
// with another world, in a simulation where a seed decides everything.
#pragma once

#include <syncfw/core/detail/entropy.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/storage/storage.hpp>

#include <concepts>
#include <cstdint>
#include <time.h>

namespace syncfw {

/// Where time and chance come from.
template <class E>
concept environment = requires(E& e, std::int64_t microseconds) {
    { e.now() } -> std::same_as<timestamp>;
    { e.random() } -> std::same_as<std::uint64_t>;
    // Waits, or lets the world go on meanwhile.
    { e.pause(microseconds) };
};

/// The machine's clock and its entropy.
struct system_environment {
    [[nodiscard]] timestamp now() const {
        timespec at{};
        ::clock_gettime(CLOCK_REALTIME, &at);
        return timestamp::from_microseconds(std::int64_t{at.tv_sec} * 1'000'000 +
                                            at.tv_nsec / 1'000);
    }
    [[nodiscard]] std::uint64_t random() const {
        std::uint64_t drawn = 0;
        detail::fill_with_entropy(&drawn, sizeof drawn);
        return drawn;
    }
    void pause(std::int64_t microseconds) const {
        timespec left{.tv_sec = static_cast<time_t>(microseconds / 1'000'000),
                      .tv_nsec = static_cast<long>(microseconds % 1'000'000 * 1'000)};
        ::nanosleep(&left, nullptr);
    }
};

/// Everything that a side of the engine stands on.
template <class Storage, class Environment = system_environment>
struct world {
    static_assert(environment<Environment>);
    using storage_type = Storage;
    using environment_type = Environment;
    using schema_type = typename Storage::schema_type;
};

namespace detail {

/// Makes the event only where somebody takes it.
template <class Environment, class F>
void tell(Environment& environment, F&& make) {
    if constexpr (requires { environment.tell(make()); }) environment.tell(make());
}

/// Ids out of a world's clock and chance.
template <class Environment>
[[nodiscard]] uuid make_id(uuid_v7_generator& ids, Environment& from) {
    std::array<std::uint8_t, 10> chance{};
    const std::uint64_t drawn[] = {from.random(), from.random()};
    for (std::size_t i = 0; i < chance.size(); ++i)
        chance[i] = static_cast<std::uint8_t>(drawn[i / 8] >> (8 * (i % 8)));
    return ids.next(from.now().milliseconds_since_epoch(), chance);
}

}  // namespace detail
}  // namespace syncfw
