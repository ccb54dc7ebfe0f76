// SPDX-License-Identifier: BSL-1.0
// expect: a filter travels, so it can't ask for local_only or encrypted fields
#include <syncfw/query/filter.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int asked = 0;

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::asked>(local_only));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)to_filter(where(field<&book::asked> == 1));
#else
    (void)to_filter(where(field<&book::id> == 1));
#endif
}
