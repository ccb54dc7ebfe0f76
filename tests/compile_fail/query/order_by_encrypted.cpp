// SPDX-License-Identifier: BSL-1.0
// expect: order_by can't look into an encrypted field
#include <syncfw/query/query.hpp>

#include <string>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::string asked{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::asked>(encrypted_revealing_equality));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)syncfw::all<book>().order_by(field<&book::asked>);
#else
    (void)syncfw::all<book>().order_by(field<&book::id>);
#endif
}
