// SPDX-License-Identifier: BSL-1.0
// expect: one that is not optional, for a set begins empty
#include <syncfw/core/set_of.hpp>
#include <syncfw/entity/entity.hpp>

#include <optional>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = std::optional<syncfw::set_of<int>>;
#else
using type = syncfw::set_of<int>;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::field_in_question>(merge(by::set)));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
