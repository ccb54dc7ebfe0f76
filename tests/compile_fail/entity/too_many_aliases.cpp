// SPDX-License-Identifier: BSL-1.0
// expect: a field has at most 4 aliases
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int field_in_question{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
        field<&book::field_in_question>(alias("a"), alias("b"), alias("c"), alias("d"), alias("e"))
#else
        field<&book::field_in_question>(alias("a"), alias("b"), alias("c"), alias("d"))
#endif
    );
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
