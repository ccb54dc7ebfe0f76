// SPDX-License-Identifier: BSL-1.0
// expect: no SQL column keeps an unsigned 64-bit integer exactly
#include <syncfw/entity/entity.hpp>

#include <cstdint>

using namespace syncfw::annotations;

struct book {
    int id = 0;
#ifdef SYNCFW_MISTAKE
    std::uint64_t value{};
#else
    std::uint32_t value{};
#endif

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
