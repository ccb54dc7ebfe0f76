// SPDX-License-Identifier: BSL-1.0
// expect: syncfw: the policy says that the order of writes doesn't matter, and these three show
// that
#include <syncfw/testing/policy_proof.hpp>

struct later_or_last_come {
    static constexpr bool is_order_independent = true;
    template <class T>
    [[nodiscard]] constexpr syncfw::decision<T> resolve(const syncfw::conflict<T>& c) const {
#ifdef SYNCFW_MISTAKE
        // Two devices' writes at one time: whichever comes second wins.
        const bool is_mine = c.mine.written().moment() >= c.theirs.written().moment();
#else
        const bool is_mine = c.mine.written() > c.theirs.written();
#endif
        return is_mine ? syncfw::keep_mine<T>("later") : syncfw::keep_theirs<T>("later");
    }
};
static_assert(syncfw::testing::prove_policy_laws<later_or_last_come>());
