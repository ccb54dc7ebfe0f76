// SPDX-License-Identifier: BSL-1.0
// expect: a field can't be both local_only and server_owned: nobody could set it
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                       field<&book::field_in_question>(local_only, server_owned)
#else
                       field<&book::field_in_question>(server_owned)
#endif
        );
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
