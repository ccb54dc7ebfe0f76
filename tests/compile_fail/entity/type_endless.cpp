// SPDX-License-Identifier: BSL-1.0
// expect: this type is nested more than 8 deep, or holds itself
#include <syncfw/entity/entity.hpp>

#include <string>
#include <vector>

using namespace syncfw::annotations;

struct chapter {
    std::string title{};
#ifdef SYNCFW_MISTAKE
    std::vector<chapter> chapters{};
#else
    std::vector<std::string> chapters{};
#endif
};
struct book {
    int id = 0;
    chapter first{};

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
