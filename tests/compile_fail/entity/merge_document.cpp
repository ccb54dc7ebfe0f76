// SPDX-License-Identifier: BSL-1.0
// expect: merge(by::document) needs a syncfw::document field
#include <syncfw/core/document.hpp>
#include <syncfw/entity/entity.hpp>

#include <string>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using type = std::string;
#else
using type = syncfw::document;
#endif

struct book {
    int id = 0;
    type field_in_question{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::field_in_question>(merge(by::document)));
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
