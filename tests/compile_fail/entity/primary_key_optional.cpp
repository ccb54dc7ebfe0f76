// SPDX-License-Identifier: BSL-1.0
// expect: a primary_key can't be std::optional
#include <syncfw/entity/entity.hpp>

#include <optional>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using key_type = std::optional<int>;
#else
using key_type = int;
#endif

struct book {
    key_type id{};
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
static_assert(syncfw::entity_of<book>.name == "book");
