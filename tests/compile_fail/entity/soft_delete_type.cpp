// SPDX-License-Identifier: BSL-1.0
// expect: soft_delete needs a bool or 0/1 field, or a std::optional<timestamp>
#include <syncfw/entity/entity.hpp>

#include <optional>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = syncfw::timestamp;
#else
using type = std::optional<syncfw::timestamp>;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::field_in_question>(soft_delete));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
