// SPDX-License-Identifier: BSL-1.0
// expect: and that must be a single field
#include <syncfw/entity/schema.hpp>

using namespace syncfw::annotations;

struct page {
    int book = 0;
    int number = 0;
    static constexpr auto sync_entity = entity<"page">(
#ifdef SYNCFW_MISTAKE
        field<&page::book>(primary_key), field<&page::number>(primary_key)
#else
        field<&page::number>(primary_key)
#endif
    );
};
struct note {
    int id = 0;
    int page_number = 0;
    static constexpr auto sync_entity = entity<"note">(
        field<&note::id>(primary_key), field<&note::page_number>(references<&page::number>));
};
static_assert(syncfw::schema<page, note>::references.size() == 1);
