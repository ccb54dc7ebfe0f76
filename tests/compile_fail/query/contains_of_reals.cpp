// SPDX-License-Identifier: BSL-1.0
// expect: contains is for texts, and for vectors and sets of texts
#include <syncfw/query/query.hpp>

#include <vector>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::vector<double> asked{};

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)field<&book::asked>.contains(4.0);
#else
    (void)field<&book::asked>;
#endif
}
