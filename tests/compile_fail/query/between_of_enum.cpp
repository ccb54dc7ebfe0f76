// SPDX-License-Identifier: BSL-1.0
// expect: between needs a field whose values have an order
#include <syncfw/query/query.hpp>

using namespace syncfw::annotations;

enum class colour { red, green };

struct book {
    int id = 0;
    colour asked{};

    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};

int main() {
#ifdef SYNCFW_MISTAKE
    (void)field<&book::asked>.between(colour::red, colour::green);
#else
    (void)field<&book::asked>.in(colour::red, colour::green);
#endif
}
