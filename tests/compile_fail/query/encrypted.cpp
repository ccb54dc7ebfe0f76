// SPDX-License-Identifier: BSL-1.0
// expect: an encrypted field can't be queried
#include <syncfw/query/query.hpp>

#include <string>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::string asked{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::asked>(encrypted));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)where(field<&book::asked> == "a");
#else
    (void)where(field<&book::id> == 1);
#endif
}
