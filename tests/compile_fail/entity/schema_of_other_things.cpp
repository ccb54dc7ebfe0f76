// SPDX-License-Identifier: BSL-1.0
// expect: this type is no entity; give it a static constexpr member sync_entity
#include <syncfw/entity/schema.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
struct shelf {
    int id = 0;
};

#ifdef SYNCFW_MISTAKE
using library = syncfw::schema<book, shelf>;
#else
using library = syncfw::schema<book>;
#endif
static_assert(library::size > 0);
