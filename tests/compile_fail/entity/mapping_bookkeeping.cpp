// SPDX-License-Identifier: BSL-1.0
// expect: a local_only or bookkeeping field (version, soft_delete, sync_state, …) can't be mapped
#include <syncfw/entity/mapping.hpp>

#include <cstdint>

using namespace syncfw::annotations;

struct account {
    int id = 0;
    std::int64_t version = 0;

    static constexpr auto sync_entity =
        entity<"account">(field<&account::id>(primary_key), field<&account::version>(is::version));
};
struct customer {
    int id = 0;
    std::int64_t edition = 0;

    static constexpr auto sync_entity = entity<"customer">(field<&customer::id>(primary_key),
                                                           field<&customer::edition>(is::version));
};

#ifdef SYNCFW_MISTAKE
constexpr auto same =
    syncfw::mapping<account, customer>(syncfw::rename<&account::version, &customer::edition>);
#else
constexpr auto same = syncfw::mapping<account, customer>();
#endif
static_assert(same.pairs().size() > 0);
