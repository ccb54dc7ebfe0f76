// SPDX-License-Identifier: BSL-1.0
// expect: field<…> takes a data member
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    int pages() const { return 300; }
};
#ifdef SYNCFW_MISTAKE
static_assert(field<&book::pages>.name() == "pages");
#else
static_assert(field<&book::id>.name() == "id");
#endif
