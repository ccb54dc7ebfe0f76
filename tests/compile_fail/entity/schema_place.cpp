// SPDX-License-Identifier: BSL-1.0
// expect: this type is no entity of the schema; add it
#include <syncfw/entity/schema.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
struct tag {
    int id = 0;
    static constexpr auto sync_entity = entity<"tag">(field<&tag::id>(primary_key));
};

using library = syncfw::schema<book>;
#ifdef SYNCFW_MISTAKE
static_assert(library::place<tag> == 0);
#else
static_assert(library::place<book> == 0);
#endif
