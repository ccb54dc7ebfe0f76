// SPDX-License-Identifier: BSL-1.0
// expect: the value of soft_delete(value) must be one of the field's type
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

enum class status { planned, cancelled };

struct book {
    int id = 0;
    status field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                       field<&book::field_in_question>(soft_delete("cancelled"))
#else
                       field<&book::field_in_question>(soft_delete(status::cancelled))
#endif
        );
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
