// SPDX-License-Identifier: BSL-1.0
// The book of the workload as the stores keep it: all of one tenant, each with its place in the
// feed.
#pragma once

#include "../codec/book_entity.hpp"
#include "../workload.hpp"
#include <syncfw/core/tenant.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/entity/schema.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

using library = syncfw::schema<book>;
using book_record = syncfw::record<book>;

inline const syncfw::tenant_id the_library("library-042");

inline std::vector<book_record> make_records(std::size_t count, std::uint64_t seed = 1) {
    std::vector<book_record> records;
    records.reserve(count);
    random_source random(seed);
    const syncfw::replica_id origin(7);
    for (std::size_t i = 0; i < count; ++i) {
        book_record& each = records.emplace_back();
        each.value = make_book(random);
        each.value.tenant_id = the_library.name();
        each.set_written(syncfw::stamp(0x18C'0000'0000'0000 + i, origin));
        each.set_sequence(static_cast<std::int64_t>(i + 1));
    }
    return records;
}

/// Another content for every row, and the next places in the feed.
inline void change(std::vector<book_record>& records) {
    const auto count = static_cast<std::int64_t>(records.size());
    for (book_record& each : records) {
        each.value.pages += 1;
        each.value.version += 1;
        each.value.updated_at += 1'000'000;
        each.set_sequence(each.sequence() + count);
    }
}

}  // namespace bench
