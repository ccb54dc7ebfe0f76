// SPDX-License-Identifier: BSL-1.0
// expect: two mapped fields must have the same type; leave one of them out
#include <syncfw/entity/mapping.hpp>

#include <string>

using namespace syncfw::annotations;

struct account {
    int id = 0;
    std::string age{};

    static constexpr auto sync_entity = entity<"account">(field<&account::id>(primary_key));
};
struct customer {
    int id = 0;
    int age = 0;

    static constexpr auto sync_entity = entity<"customer">(field<&customer::id>(primary_key));
};

#ifdef SYNCFW_MISTAKE
constexpr auto same = syncfw::mapping<account, customer>();
#else
constexpr auto same = syncfw::mapping<account, customer>(syncfw::leave_out<&account::age>);
#endif
static_assert(same.pairs().size() > 0);
