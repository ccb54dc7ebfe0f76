// SPDX-License-Identifier: BSL-1.0
// expect: a primary_key can't be encrypted, local_only, server_owned or have a default_value
#include <syncfw/entity/entity.hpp>

#include <string>

using namespace syncfw::annotations;

struct book {
    std::string id{};
#ifdef SYNCFW_MISTAKE
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key, encrypted));
#else
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
#endif
};
static_assert(syncfw::entity_of<book>.name == "book");
