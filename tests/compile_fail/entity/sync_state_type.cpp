// SPDX-License-Identifier: BSL-1.0
// expect: sync_state must be a syncfw::sync_status field
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = int;
#else
using type = syncfw::sync_status;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::field_in_question>(sync_state));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
