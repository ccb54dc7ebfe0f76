// SPDX-License-Identifier: BSL-1.0
// expect: this field references an entity that is not in the schema; add it
#include <syncfw/entity/schema.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int shelf = 0;
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
struct rating {
    int id = 0;
    int book_id = 0;
    static constexpr auto sync_entity = entity<"rating">(
        field<&rating::id>(primary_key), field<&rating::book_id>(references<&book::id>));
};

#ifdef SYNCFW_MISTAKE
using library = syncfw::schema<rating>;
#else
using library = syncfw::schema<rating, book>;
#endif
static_assert(library::references.size() == 1);
