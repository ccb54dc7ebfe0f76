// SPDX-License-Identifier: BSL-1.0
// expect: this type can't be a field; specialise syncfw::value_traits for it
#include <syncfw/entity/entity.hpp>

#include <functional>
#include <vector>

using namespace syncfw::annotations;

struct book {
    int id = 0;
#ifdef SYNCFW_MISTAKE
    std::function<void()> value{};
#else
    std::vector<int> value{};
#endif

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
