// SPDX-License-Identifier: BSL-1.0
// expect: default_value must have the type of its field
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                       field<&book::field_in_question>(default_value("one"))
#else
                       field<&book::field_in_question>(default_value(1))
#endif
        );
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
