// SPDX-License-Identifier: BSL-1.0
// expect: after(key) goes on in the order of the key; with order_by give the whole last row:
// after(row)
#include <syncfw/query/query.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int asked = 0;

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)syncfw::all<book>().order_by(field<&book::asked>).after(1);
#else
    (void)syncfw::all<book>().order_by(field<&book::asked>).after(book{});
#endif
}
