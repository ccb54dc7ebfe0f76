// SPDX-License-Identifier: BSL-1.0
// expect: in(range) takes one range
#include <syncfw/query/query.hpp>

#include <vector>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int asked = 0;

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
    const std::vector<int> some{1, 2};
#ifdef SYNCFW_MISTAKE
    (void)field<&book::asked>.in(some, some);
#else
    (void)field<&book::asked>.in(some);
#endif
}
