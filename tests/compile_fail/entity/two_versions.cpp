// SPDX-License-Identifier: BSL-1.0
// expect: only one field of an entity can be each of tenant, version
#include <syncfw/entity/entity.hpp>

#include <cstdint>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::int64_t version = 0;
    std::int64_t edition = 0;
    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::version>(is::version),
#ifdef SYNCFW_MISTAKE
                       field<&book::edition>(is::version)
#else
                       field<&book::edition>(indexed)
#endif
        );
};
static_assert(syncfw::entity_of<book>.name == "book");
