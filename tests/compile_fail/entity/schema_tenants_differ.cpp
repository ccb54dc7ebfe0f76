// SPDX-License-Identifier: BSL-1.0
// expect: the tenant fields of all entities of a schema must have one type
#include <syncfw/entity/schema.hpp>

#include <string>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    syncfw::uuid owner{};
    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::owner>(tenant));
};
struct tag {
    int id = 0;
#ifdef SYNCFW_MISTAKE
    std::string owner{};
#else
    syncfw::uuid owner{};
#endif
    static constexpr auto sync_entity =
        entity<"tag">(field<&tag::id>(primary_key), field<&tag::owner>(tenant));
};
static_assert(syncfw::schema<book, tag>::size == 2);
