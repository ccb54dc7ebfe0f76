// SPDX-License-Identifier: BSL-1.0
// expect: only texts and bytes can be encrypted
#include <syncfw/entity/entity.hpp>

#include <string>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = int;
#else
using type = std::string;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::field_in_question>(encrypted));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
