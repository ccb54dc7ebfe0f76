// SPDX-License-Identifier: BSL-1.0
// expect: the ends of range must have the type of the field
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                       field<&book::field_in_question>(range(0.5, 4.5))
#else
                       field<&book::field_in_question>(range(1, 5))
#endif
        );
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
