// SPDX-License-Identifier: BSL-1.0
// expect: merge(by::maximum) and merge(by::minimum) need a field whose values have an order
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = bool;
#else
using type = double;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::field_in_question>(merge(by::maximum)));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
