// SPDX-License-Identifier: BSL-1.0
// expect: an encrypted field takes no list of any length; name the values
#include <syncfw/query/query.hpp>

#include <string>
#include <vector>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::string asked{};

    static constexpr auto sync_entity = entity<"book">(
        field<&book::id>(primary_key), field<&book::asked>(encrypted_revealing_equality));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)where(field<&book::asked>.in(std::vector<std::string>{"a"}));
#else
    (void)where(field<&book::asked> == "a");
#endif
}
