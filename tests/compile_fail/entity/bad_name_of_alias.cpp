// SPDX-License-Identifier: BSL-1.0
// expect: names of entities, columns and JSON members are 1 to 63 printable ASCII characters
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                       field<&book::field_in_question>(alias("pages"), alias("page\ncount"))
#else
                       field<&book::field_in_question>(alias("pages"), alias("page count"))
#endif
        );
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
