// SPDX-License-Identifier: BSL-1.0
// expect: length<Min, Max> needs Min <= Max
#include <syncfw/entity/entity.hpp>

#include <string>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::string field_in_question{};

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                                                       field<&book::field_in_question>(length<5, 1>)
#else
                                                       field<&book::field_in_question>(length<1, 5>)
#endif
    );
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
