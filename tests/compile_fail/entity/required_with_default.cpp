// SPDX-License-Identifier: BSL-1.0
// expect: a field is either required or has a default_value
#include <syncfw/entity/entity.hpp>

#include <string>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::string field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                       field<&book::field_in_question>(required, default_value("none"))
#else
                       field<&book::field_in_question>(required)
#endif
        );
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
