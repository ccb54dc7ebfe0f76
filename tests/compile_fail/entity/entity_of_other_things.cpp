// SPDX-License-Identifier: BSL-1.0
// expect: takes fields with annotations, as in field<&book::id>(primary_key), and checks
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
#ifdef SYNCFW_MISTAKE
    static constexpr auto sync_entity = entity<"book">(primary_key);
#else
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
#endif
};
static_assert(syncfw::entity_of<book>.name == "book");
