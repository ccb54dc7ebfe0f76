// SPDX-License-Identifier: BSL-1.0
// expect: the members of this entity can't be found; make it a plain struct without bases
#include <syncfw/entity/entity.hpp>

#include <boost/describe/class.hpp>

using namespace syncfw::annotations;

class book {
#ifndef SYNCFW_MISTAKE
    BOOST_DESCRIBE_CLASS(book, (), (), (), (id))
#endif
    int id = 0;

  public:
    static constexpr auto sync_entity = entity<"book">(field<&book::id>(primary_key));
};
static_assert(syncfw::entity_of<book>.name == "book");
