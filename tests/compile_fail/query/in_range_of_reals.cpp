// SPDX-License-Identifier: BSL-1.0
// expect: a field of reals or bytes takes no list of any length
#include <syncfw/query/query.hpp>

#include <vector>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    double asked = 0;

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)field<&book::asked>.in(std::vector<double>{1.0, 2.0});
#else
    (void)field<&book::asked>.in(1.0, 2.0);
#endif
}
