// SPDX-License-Identifier: BSL-1.0
// expect: in(…) takes 1 to 256 values, or one range of them
#include <syncfw/query/query.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int asked = 0;

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)field<&book::asked>.in();
#else
    (void)field<&book::asked>.in(1);
#endif
}
