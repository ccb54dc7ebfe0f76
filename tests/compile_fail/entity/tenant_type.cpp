// SPDX-License-Identifier: BSL-1.0
// expect: tenant must be a text, an integer or a uuid
#include <syncfw/entity/entity.hpp>

#include <optional>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = std::optional<syncfw::uuid>;
#else
using type = syncfw::uuid;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::field_in_question>(tenant));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
