// SPDX-License-Identifier: BSL-1.0
// expect: a character is neither a text nor a number
#include <syncfw/entity/entity.hpp>

#include <cstdint>

using namespace syncfw::annotations;

struct book {
    int id = 0;
#ifdef SYNCFW_MISTAKE
    char value{};
#else
    std::int8_t value{};
#endif

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
