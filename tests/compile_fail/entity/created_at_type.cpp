// SPDX-License-Identifier: BSL-1.0
// expect: created_at, updated_at and last_sync_at need a syncfw::timestamp field
#include <syncfw/entity/entity.hpp>

#include <string>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = std::string;
#else
using type = syncfw::timestamp;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::field_in_question>(created_at));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
