// SPDX-License-Identifier: BSL-1.0
// expect: the values of one_of must have the type of the field
#include <syncfw/entity/entity.hpp>

#include <string>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::string field_in_question{};

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                                                       field<&book::field_in_question>(one_of(1, 2))
#else
                                                       field<&book::field_in_question>(
                                                           one_of("call", "mail"))
#endif
    );
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
