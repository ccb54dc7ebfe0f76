// SPDX-License-Identifier: BSL-1.0
// expect: has("member") is for syncfw::document fields
#include <syncfw/query/query.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    syncfw::document asked{};

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)field<&book::id>.has("a");
#else
    (void)field<&book::asked>.has("a");
#endif
}
