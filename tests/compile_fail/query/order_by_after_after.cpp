// SPDX-License-Identifier: BSL-1.0
// expect: say order_by before after(…)
#include <syncfw/query/query.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int asked = 0;

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)syncfw::all<book>().after(1).order_by(field<&book::asked>);
#else
    (void)syncfw::all<book>().order_by(field<&book::asked>).after(book{});
#endif
}
