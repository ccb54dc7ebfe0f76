// SPDX-License-Identifier: BSL-1.0
// expect: sync_entity must mark at least one field as primary_key
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
#ifdef SYNCFW_MISTAKE
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(indexed));
#else
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
#endif
};
static_assert(syncfw::entity_of<book>.name == "book");
