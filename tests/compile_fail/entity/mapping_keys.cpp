// SPDX-License-Identifier: BSL-1.0
// expect: the primary keys of two mapped entities must belong together
#include <syncfw/entity/mapping.hpp>

using namespace syncfw::annotations;

struct account {
    int id = 0;
    static constexpr auto sync_entity = entity<"account">(field<&account::id>(primary_key));
};
struct customer {
    int number = 0;
    static constexpr auto sync_entity = entity<"customer">(field<&customer::number>(primary_key));
};

#ifdef SYNCFW_MISTAKE
constexpr auto same = syncfw::mapping<account, customer>();
#else
constexpr auto same =
    syncfw::mapping<account, customer>(syncfw::rename<&account::id, &customer::number>);
#endif
static_assert(same.pairs().size() == 1);
