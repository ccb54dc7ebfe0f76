// SPDX-License-Identifier: BSL-1.0
// expect: a view or pointer doesn't own its value
#include <syncfw/entity/entity.hpp>

#include <string>
#include <string_view>

using namespace syncfw::annotations;

struct book {
    int id = 0;
#ifdef SYNCFW_MISTAKE
    std::string_view value{};
#else
    std::string value{};
#endif

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
