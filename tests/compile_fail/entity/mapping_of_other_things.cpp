// SPDX-License-Identifier: BSL-1.0
// expect: takes rename<&A::x, &B::y> and leave_out<&A::x>
#include <syncfw/entity/mapping.hpp>

#include <string>

using namespace syncfw::annotations;

struct account {
    int id = 0;
    std::string mail{};

    static constexpr auto sync_entity = entity<"account">(field<&account::id>(primary_key));
};
struct customer {
    int id = 0;
    std::string email{};

    static constexpr auto sync_entity = entity<"customer">(field<&customer::id>(primary_key));
};

#ifdef SYNCFW_MISTAKE
constexpr auto same = syncfw::mapping<account, customer>(field<&account::mail>);
#else
constexpr auto same =
    syncfw::mapping<account, customer>(syncfw::rename<&account::mail, &customer::email>);
#endif
static_assert(same.pairs().size() > 0);
