// SPDX-License-Identifier: BSL-1.0
// expect: an optional of an optional can't tell null from null
#include <syncfw/entity/entity.hpp>

#include <optional>

using namespace syncfw::annotations;

struct book {
    int id = 0;
#ifdef SYNCFW_MISTAKE
    std::optional<std::optional<int>> value{};
#else
    std::optional<int> value{};
#endif

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
