// SPDX-License-Identifier: BSL-1.0
// expect: two fields have the same column, JSON name or alias
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int pages = 0;
    int sheets = 0;
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                                                       field<&book::sheets>(json("pages"))
#else
                                                       field<&book::sheets>(json("leaves"))
#endif
    );
};
static_assert(syncfw::entity_of<book>.name == "book");
