// SPDX-License-Identifier: BSL-1.0
// expect: a list, set, counter, document or nested struct can't be indexed or unique
#include <syncfw/entity/entity.hpp>

#include <string>
#include <vector>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = std::vector<std::string>;
#else
using type = std::string;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::field_in_question>(indexed));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
