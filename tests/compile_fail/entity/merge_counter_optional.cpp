// SPDX-License-Identifier: BSL-1.0
// expect: one that is not optional, for a counter begins empty
#include <syncfw/core/counter.hpp>
#include <syncfw/entity/entity.hpp>

#include <optional>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = std::optional<syncfw::counter>;
#else
using type = syncfw::counter;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::field_in_question>(merge(by::counter)));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
