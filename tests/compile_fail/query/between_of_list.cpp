// SPDX-License-Identifier: BSL-1.0
// expect: a list, set, counter, document or nested struct can't be compared
#include <syncfw/query/query.hpp>

#include <vector>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::vector<int> asked{};

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)field<&book::asked>.between(1, 2);
#else
    (void)field<&book::asked>.contains(1);
#endif
}
