// SPDX-License-Identifier: BSL-1.0
// expect: two entities of a schema have the same name (in any case of letters)
#include <syncfw/entity/schema.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
struct tome {
    int id = 0;
#ifdef SYNCFW_MISTAKE
    static constexpr auto sync_entity = entity<"Book">(field<&tome::id>(primary_key));
#else
    static constexpr auto sync_entity = entity<"tome">(field<&tome::id>(primary_key));
#endif
};
static_assert(syncfw::schema<book, tome>::size == 2);
