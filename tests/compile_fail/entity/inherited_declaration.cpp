// SPDX-License-Identifier: BSL-1.0
// expect: the members of this entity can't be found; make it a plain struct without bases
#include <syncfw/entity/entity.hpp>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
// It inherits the declaration, which is about books.
struct picture_book : book {
    int pictures = 0;
};
#ifdef SYNCFW_MISTAKE
static_assert(syncfw::entity_of<picture_book>.name == "book");
#else
static_assert(syncfw::entity_of<book>.name == "book");
#endif
