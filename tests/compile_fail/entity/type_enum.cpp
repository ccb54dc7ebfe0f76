// SPDX-License-Identifier: BSL-1.0
// expect: this enum's names can't be found; give it a fixed underlying type
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

enum loose { soft, hard };
enum fixed : int { tied, bound };

struct book {
    int id = 0;
#ifdef SYNCFW_MISTAKE
    loose value{};
#else
    fixed value{};
#endif

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
