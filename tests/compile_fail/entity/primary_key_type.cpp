// SPDX-License-Identifier: BSL-1.0
// expect: a primary_key must be a text, an integer, a uuid, an enum or a timestamp
#include <syncfw/entity/entity.hpp>

#include <string>

using namespace syncfw::annotations;

#ifdef SYNCFW_MISTAKE
using key_type = double;
#else
using key_type = std::string;
#endif

struct book {
    key_type id{};
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
static_assert(syncfw::entity_of<book>.name == "book");
