// SPDX-License-Identifier: BSL-1.0
// expect: a mapped field is encrypted on one side only, and would be in the open on the other
#include <syncfw/entity/mapping.hpp>

#include <string>

using namespace syncfw::annotations;

struct account {
    int id = 0;
    std::string iban{};

    static constexpr auto sync_entity =
        entity<"account">(field<&account::id>(primary_key), field<&account::iban>(encrypted));
};
struct customer {
    int id = 0;
    std::string iban{};

    static constexpr auto sync_entity = entity<"customer">(field<&customer::id>(primary_key));
};

#ifdef SYNCFW_MISTAKE
constexpr auto same = syncfw::mapping<account, customer>();
#else
constexpr auto same = syncfw::mapping<account, customer>(syncfw::leave_out<&account::iban>);
#endif
static_assert(same.pairs().size() > 0);
