// SPDX-License-Identifier: BSL-1.0
// expect: order_by needs fields whose values have an order
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
    (void)syncfw::all<book>().order_by(field<&book::asked>);
#else
    (void)syncfw::all<book>().order_by(field<&book::id>);
#endif
}
