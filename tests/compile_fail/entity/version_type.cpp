// SPDX-License-Identifier: BSL-1.0
// expect: version must be a std::int64_t field
#include <syncfw/entity/entity.hpp>

#include <cstdint>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = int;
#else
using type = std::int64_t;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::field_in_question>(is::version));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
