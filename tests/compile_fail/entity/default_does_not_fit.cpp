// SPDX-License-Identifier: BSL-1.0
// expect: a default_value is too large or too small for its field
#include <syncfw/entity/entity.hpp>

#include <cstdint>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::int8_t field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                       field<&book::field_in_question>(default_value(300))
#else
                       field<&book::field_in_question>(default_value(100))
#endif
        );
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
