// SPDX-License-Identifier: BSL-1.0
// expect: merge(by::all) needs a std::vector field
#include <syncfw/entity/entity.hpp>

#include <vector>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = int;
#else
using type = std::vector<int>;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::field_in_question>(merge(by::all)));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
