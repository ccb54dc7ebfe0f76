// SPDX-License-Identifier: BSL-1.0
// expect: a schema has at least one entity
#include <syncfw/entity/schema.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

#ifdef SYNCFW_MISTAKE
using library = syncfw::schema<>;
#else
using library = syncfw::schema<book>;
#endif
static_assert(library::size > 0);
