// SPDX-License-Identifier: BSL-1.0
// expect: a condition has at most 32 comparisons; use in(…) for many values
#include <syncfw/query/query.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int asked = 0;

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
    const auto one = field<&book::asked> == 1;
    const auto eight = one && one && one && one && one && one && one && one;
    const auto all = eight && eight && eight && eight;
#ifdef SYNCFW_MISTAKE
    (void)where(all && one);
#else
    (void)where(all);
#endif
}
