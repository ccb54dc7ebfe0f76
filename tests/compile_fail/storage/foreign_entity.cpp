// SPDX-License-Identifier: BSL-1.0
// expect: this entity is not in the schema that the store was opened with; add it
#include "complete_store.hpp"

struct author {
    std::int64_t id = 0;
    static constexpr auto sync_entity = syncfw::entity<"author">(
        syncfw::annotations::field<&author::id>(syncfw::annotations::primary_key));
};
using store = complete::store<complete::reader, complete::writer>;
#ifdef SYNCFW_MISTAKE
using stored = author;
#else
using stored = complete::book;
#endif

auto find(syncfw::read_transaction<store>& tx) {
    return tx.get<stored>(1);
}
