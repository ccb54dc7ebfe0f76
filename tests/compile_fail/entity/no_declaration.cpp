// SPDX-License-Identifier: BSL-1.0
// expect: this type is no entity; give it a static constexpr member sync_entity
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
#ifndef SYNCFW_MISTAKE
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
#endif
};
static_assert(syncfw::entity_of<book>.name == "book");
