// SPDX-License-Identifier: BSL-1.0
// expect: this pattern has a syntax error, or is longer than 64 steps
#include <syncfw/entity/entity.hpp>

#include <string>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::string field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                       field<&book::field_in_question>(pattern<"[0-9">)
#else
                       field<&book::field_in_question>(pattern<"[0-9]+">)
#endif
        );
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
