// SPDX-License-Identifier: BSL-1.0
// expect: after(key…) needs one value for each field of the primary key
#include <syncfw/query/query.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int asked = 0;

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)syncfw::all<book>().after(1, 2);
#else
    (void)syncfw::all<book>().after(1);
#endif
}
