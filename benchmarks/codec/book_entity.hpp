// SPDX-License-Identifier: BSL-1.0
// The book as an entity. It is declared from outside, so that the peers' files need none of it.
#pragma once

#include "../workload.hpp"
#include <syncfw/entity/entity.hpp>

#include <boost/describe/class.hpp>

namespace bench {

BOOST_DESCRIBE_STRUCT(book, (),
                      (id, tenant_id, title, author, pages, rating, is_deleted, version,
                       sync_status, updated_at))

constexpr auto sync_entity(syncfw::of<book>) {
    using namespace syncfw::annotations;
    return entity<"book">(field<&book::id>(primary_key), field<&book::tenant_id>(tenant),
                          field<&book::is_deleted>(soft_delete), field<&book::version>(is::version),
                          field<&book::sync_status>(sync_state));
}

}  // namespace bench
