// SPDX-License-Identifier: BSL-1.0
// expect: a check must take the entity (const auto&) and give a bool
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct loan {
    int id = 0;
    int from = 0;
    int to = 0;
};
constexpr auto sync_entity(syncfw::of<loan>) {
    return entity<"loan">(field<&loan::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                          check("it must end after it began", [](int from) { return from > 0; })
#else
                          check("it must end after it began",
                                [](const loan& l) { return l.from <= l.to; })
#endif
    );
}
static_assert(syncfw::entity_of<loan>.name == "loan");
