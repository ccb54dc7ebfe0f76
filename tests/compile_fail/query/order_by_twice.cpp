// SPDX-License-Identifier: BSL-1.0
// expect: order_by is said once, with all its fields
#include <syncfw/query/query.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int asked = 0;

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)syncfw::all<book>().order_by(field<&book::asked>).order_by(field<&book::id>);
#else
    (void)syncfw::all<book>().order_by(field<&book::asked>, field<&book::id>);
#endif
}
