// SPDX-License-Identifier: BSL-1.0
// A proof while compiling that a policy's outcome doesn't depend on the order in which writes meet:
// all writes of two devices at two times, with two versions, three at a time.
//
//     static_assert(syncfw::testing::prove_policy_laws<my_policy>());
//
// A policy that breaks a law does not compile, and the error has the three writes. It needs a
// policy whose functions are constexpr, and that looks at stamps and versions; `check_policy_laws`
// tries whole rows of any entity.
#pragma once

#include <syncfw/conflict/policies.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace syncfw::testing {

enum class policy_law : unsigned char { none, idempotent, commutative, associative };

/// One write of the small domain.
struct small_write {
    int time = 0;
    int device = 0;
    int version = 0;
};

/// Three writes that show that a law is broken.
struct counterexample {
    policy_law broken{};
    small_write a{}, b{}, c{};
};

/// The first that there is; none where the laws hold.
template <class Policy>
[[nodiscard]] consteval counterexample find_counterexample();

/// True, or it doesn't compile.
template <class Policy>
[[nodiscard]] consteval bool prove_policy_laws();

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

struct small_row {
    std::int64_t id = 0;
    std::int64_t content = 0;

    static constexpr auto sync_entity =
        entity<"small_row">(annotations::field<&small_row::id>(annotations::primary_key));
};

inline constexpr std::array<small_write, 8> small_writes = [] {
    std::array<small_write, 8> all{};
    std::size_t count = 0;
    for (const int time : {1, 2})
        for (const int device : {1, 2})
            for (const int version : {1, 2}) all[count++] = {time, device, version};
    return all;
}();

// A content of its own for each stamp: one stamp is one write.
[[nodiscard]] constexpr record<small_row> row_of(const small_write& write) {
    record<small_row> row;
    row.value.content = write.time * 10 + write.device;
    row.set_written(stamp(static_cast<std::uint64_t>(write.time) << 16,
                          replica_id(static_cast<std::uint64_t>(write.device))));
    row.set_version(write.version);
    return row;
}

/// What is there when `mine` comes to `theirs`.
template <class Policy>
[[nodiscard]] constexpr record<small_row> meet(const record<small_row>& theirs,
                                               const record<small_row>& mine) {
    const conflict<small_row> c{nullptr, mine, theirs};
    return *settle(c, Policy().resolve(c));
}
[[nodiscard]] constexpr bool is_same(const record<small_row>& a, const record<small_row>& b) {
    return a.value.content == b.value.content;
}

template <counterexample Found>
struct policy_keeps_its_laws {
    static_assert(
        Found.broken == policy_law::none,
        "syncfw: the policy says that the order of writes doesn't matter, and these three "
        "show that it does");
    static constexpr bool value = true;
};

}  // namespace detail

template <class Policy>
consteval counterexample find_counterexample() {
    static_assert(is_order_independent<Policy, detail::small_row>,
                  "syncfw: the policy doesn't say that it is order-independent");
    using namespace detail;
    for (const small_write& first : small_writes) {
        const auto a = row_of(first);
        if (!is_same(meet<Policy>(a, a), a)) return {policy_law::idempotent, first, first, first};
        for (const small_write& second : small_writes) {
            const auto b = row_of(second), ab = meet<Policy>(a, b);
            if (!is_same(ab, meet<Policy>(b, a)))
                return {policy_law::commutative, first, second, second};
            for (const small_write& third : small_writes) {
                const auto c = row_of(third);
                if (!is_same(meet<Policy>(ab, c), meet<Policy>(a, meet<Policy>(b, c))))
                    return {policy_law::associative, first, second, third};
            }
        }
    }
    return {};
}

template <class Policy>
consteval bool prove_policy_laws() {
    return detail::policy_keeps_its_laws<find_counterexample<Policy>()>::value;
}

}  // namespace syncfw::testing
