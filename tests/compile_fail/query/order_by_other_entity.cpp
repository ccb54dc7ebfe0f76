// SPDX-License-Identifier: BSL-1.0
// expect: order_by takes fields of the query's entity
#include <syncfw/query/query.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int asked = 0;

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
struct loan {
    int id = 0;

    static constexpr auto sync_entity = entity<"loan">(field<&loan::id>(primary_key));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)syncfw::all<book>().order_by(field<&loan::id>);
#else
    (void)syncfw::all<book>().order_by(field<&book::asked>);
#endif
}
