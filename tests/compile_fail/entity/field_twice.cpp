// SPDX-License-Identifier: BSL-1.0
// expect: sync_entity names a field twice; put all its annotations in one place
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int pages = 0;
    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                       field<&book::pages>(indexed), field<&book::pages>(range(1, 9999))
#else
                       field<&book::pages>(indexed, range(1, 9999))
#endif
        );
};
static_assert(syncfw::entity_of<book>.name == "book");
