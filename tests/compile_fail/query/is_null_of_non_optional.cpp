// SPDX-License-Identifier: BSL-1.0
// expect: is_null and is_not_null are for std::optional fields; this one is never null
#include <syncfw/query/query.hpp>

#include <optional>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    std::optional<int> asked{};

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)field<&book::id>.is_null();
#else
    (void)field<&book::asked>.is_null();
#endif
}
