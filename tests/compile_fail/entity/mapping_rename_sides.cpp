// SPDX-License-Identifier: BSL-1.0
// expect: rename<&A::x, &B::y> takes a field of the mapping's first entity and one of its second
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
constexpr auto same =
    syncfw::mapping<account, customer>(syncfw::rename<&customer::email, &account::mail>);
#else
constexpr auto same =
    syncfw::mapping<account, customer>(syncfw::rename<&account::mail, &customer::email>);
#endif
static_assert(same.pairs().size() > 0);
