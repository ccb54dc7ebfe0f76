// SPDX-License-Identifier: BSL-1.0
// A write transaction that is run again where it met another one, or where the server went away
// before it was committed.
//
//     auto done = transact(store, whose, [&](auto& tx) -> result<void> {
//         auto first = tx.next_sequence(1);
//         …
//         return tx.put(row);
//     });
//
// The function may run several times, each time on a transaction that has seen nothing of the
// others, so it must do nothing but what the transaction takes back. It commits by itself.
#pragma once

#include <syncfw/core/detail/entropy.hpp>
#include <syncfw/storage/storage.hpp>

#include <cstdint>
#include <string>
#include <time.h>
#include <type_traits>
#include <utility>

namespace syncfw {

struct retry_rules {
    int attempts = 8;
    std::int64_t first_pause_microseconds = 2'000;   ///< Doubles each time, and varies by chance …
    std::int64_t last_pause_microseconds = 500'000;  ///< … up to this.
    /// Whether it may run again when nobody knows whether it was committed: only where a second
    /// run finds the first one's work and does nothing more.
    bool may_run_twice = false;
    /// How to wait.
    void (*pause)(std::int64_t microseconds) = [](std::int64_t microseconds) {
        timespec left{.tv_sec = static_cast<time_t>(microseconds / 1'000'000),
                      .tv_nsec = static_cast<long>(microseconds % 1'000'000 * 1'000)};
        ::nanosleep(&left, nullptr);
    };
};

/// Gives what `f` gives, once it is committed; the last error, which says how often it was tried,
/// where that did not come about.
template <class S, class F>
auto transact(S& store, const tenant_id& whose, F&& f, const retry_rules& rules = {})
    -> std::invoke_result_t<F&, write_transaction<S>&>;

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

[[nodiscard]] inline bool is_worth_another_run(const error& e, const retry_rules& rules) noexcept {
    return e.code == errc::busy || e.code == errc::unavailable ||
           (e.code == errc::commit_unknown && rules.may_run_twice);
}

inline void pause_before(int attempt, const retry_rules& rules) {
    std::int64_t most = rules.first_pause_microseconds;
    for (int i = 1; i < attempt && most < rules.last_pause_microseconds; ++i) most *= 2;
    if (most > rules.last_pause_microseconds) most = rules.last_pause_microseconds;
    std::uint32_t chance = 0;
    fill_with_entropy(&chance, sizeof chance);
    if (most > 0) rules.pause(static_cast<std::int64_t>(chance) % most);
}

template <class Result, class S, class F>
[[nodiscard]] Result run_once(S& store, const tenant_id& whose, F& f) {
    auto tx = begin_write(store, whose);
    if (!tx) return tx.error();
    Result done = f(*tx);
    if (!done) return done;
    if (auto kept = tx->commit(); !kept) return kept.error();
    return done;
}

}  // namespace detail

template <class S, class F>
auto transact(S& store, const tenant_id& whose, F&& f, const retry_rules& rules)
    -> std::invoke_result_t<F&, write_transaction<S>&> {
    using given = std::invoke_result_t<F&, write_transaction<S>&>;
    for (int attempt = 1;; ++attempt) {
        given done = detail::run_once<given>(store, whose, f);
        if (done || !detail::is_worth_another_run(done.error(), rules)) return done;
        if (attempt >= rules.attempts) {
            error last = done.error();
            last.message += " (tried " + std::to_string(attempt) + " times)";
            return last;
        }
        detail::pause_before(attempt, rules);
    }
}

}  // namespace syncfw
