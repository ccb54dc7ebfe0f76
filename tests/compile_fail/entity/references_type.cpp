// SPDX-License-Identifier: BSL-1.0
// expect: a reference must have the type of the key it refers to
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct book {
    syncfw::uuid id{};
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

struct rating {
    int id = 0;
#ifdef SYNCFW_MISTAKE
    int book_id = 0;
#else
    syncfw::uuid book_id{};
#endif

    static constexpr auto sync_entity = entity<"rating">(
        field<&rating::id>(primary_key), field<&rating::book_id>(references<&book::id>));
};
static_assert(syncfw::entity_of<rating>.fields.size() == 2);
