// SPDX-License-Identifier: BSL-1.0
// expect: references<…> must name the other entity's primary_key
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
    static constexpr auto sync_entity =
        entity<"rating">(field<&rating::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                         field<&rating::book_id>(references<&book::shelf>)
#else
                         field<&rating::book_id>(references<&book::id>)
#endif
        );
};
static_assert(syncfw::schema<rating, book>::references.size() == 1);
