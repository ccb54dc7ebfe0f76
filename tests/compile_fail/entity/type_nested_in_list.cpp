// SPDX-License-Identifier: BSL-1.0
// expect: no SQL column keeps a long double exactly; use double
#include <syncfw/entity/entity.hpp>

#include <vector>

using namespace syncfw::annotations;

struct book {
    int id = 0;
#ifdef SYNCFW_MISTAKE
    std::vector<long double> value{};
#else
    std::vector<double> value{};
#endif

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
