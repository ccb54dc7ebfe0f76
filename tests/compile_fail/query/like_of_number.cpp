// SPDX-License-Identifier: BSL-1.0
// expect: like, starts_with and ends_with are for texts
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
    (void)field<&book::id>.like("4%");
#else
    (void)field<&book::asked>.like("4%");
#endif
}
