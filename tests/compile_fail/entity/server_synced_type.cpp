// SPDX-License-Identifier: BSL-1.0
// expect: server_synced must be a bool field, or an integer for 0 and 1
#include <syncfw/entity/entity.hpp>

#include <string>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = std::string;
#else
using type = bool;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::field_in_question>(is::server_synced));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
