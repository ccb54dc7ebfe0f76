// SPDX-License-Identifier: BSL-1.0
// expect: encrypted_revealing_equality reveals equality alone
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
    (void)where(field<&book::asked> < "a");
#else
    (void)where(field<&book::asked> == "a");
#endif
}
