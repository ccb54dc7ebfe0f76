// SPDX-License-Identifier: BSL-1.0
// expect: the value must have the type of the field, or fit it without loss
#include <syncfw/query/query.hpp>

#include <string>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::string asked{};

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)field<&book::asked>.in(1, 2);
#else
    (void)field<&book::asked>.in("a", "b");
#endif
}
