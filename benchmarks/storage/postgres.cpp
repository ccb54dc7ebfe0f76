// SPDX-License-Identifier: BSL-1.0
// The PostgreSQL adapter beside libpq by hand, on one server, in the same transactions.
#include "raw_postgres.hpp"
#include "storage.hpp"
#include <syncfw/storage/postgres.hpp>

#include <cstdlib>
#include <string>

namespace bench {

void bench_postgres(report& out, const plan& how) {
    const char* const url = std::getenv("SYNCFW_TEST_POSTGRES");
    if (url == nullptr) return report::skip("postgres", "SYNCFW_TEST_POSTGRES names no server");
    constexpr std::size_t count = 50'000, rows_each = 5'000;
    plan slow = how;
    slow.pairs = 7;
    slow.clock = CLOCK_MONOTONIC;
    raw_postgres raw(url);
    raw.run("DROP TABLE IF EXISTS book");
    auto opened = syncfw::postgres::open<library>(url);
    must(opened);
    std::vector<book_record> ours = make_records(count), theirs = ours;
    const auto upsert = [&] {
        change(ours);
        auto tx = begin_write(*opened, the_library);
        must(tx);
        must(tx->put_many(ours));
        must(tx->commit());
    };
    // Dead rows of one run shall not be in the way of the next one.
    const auto clean = [&] { raw.run("VACUUM book"), raw.run("VACUUM raw_book"); };
    clean();
    const auto upserted = compare(
        upsert,
        [&] {
            change(theirs);
            raw.upsert(theirs, rows_each);
        },
        1.15, slow);
    out.add(versus("postgres upsert", upserted, count, "unnest by hand, same table", 1.15));

    clean();
    slow.pairs = 3;
    slow.attempts = 1;
    const auto single = compare(
        upsert,
        [&] {
            change(theirs);
            raw.upsert_one_by_one(theirs);
        },
        0.4, slow);
    out.add(versus("postgres upsert", single, count, "a round trip a row", 0.4));

    clean();
    slow.pairs = 15;
    slow.attempts = 3;
    const auto selected = compare(
        [&] {
            auto tx = begin_read(*opened, the_library);
            must(tx);
            keep(tx->scan(syncfw::all<book>()));
        },
        [&] { keep(raw.select()); }, 1.2, slow);
    out.add(versus("postgres select", selected, count, "libpq by hand", 1.2));
    raw.run("DROP TABLE raw_book");
}

}  // namespace bench
