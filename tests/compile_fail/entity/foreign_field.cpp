// SPDX-License-Identifier: BSL-1.0
// expect: sync_entity names a field of another struct; name members of this one
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct author {
    int id = 0;
};
struct book {
    int id = 0;
#ifdef SYNCFW_MISTAKE
    static constexpr auto sync_entity = entity<"book">(field<&author::id>(primary_key));
#else
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
#endif
};
static_assert(syncfw::entity_of<book>.name == "book");
