// SPDX-License-Identifier: BSL-1.0
// The SQLite adapter beside the C API by hand, in the same transactions with the same settings.
#include "raw_sqlite.hpp"
#include "storage.hpp"
#include <syncfw/storage/changes.hpp>
#include <syncfw/storage/sqlite.hpp>

#include <malloc.h>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {
namespace {

using sqlite_store = syncfw::sqlite::store<library>;

std::unique_ptr<sqlite_store> open(const std::string& path) {
    auto opened = syncfw::sqlite::open<library>(path);
    must(opened);
    return std::make_unique<sqlite_store>(std::move(*opened));
}

void upsert(sqlite_store& store, const std::vector<book_record>& records, std::size_t rows_each) {
    for (std::size_t at = 0; at < records.size(); at += rows_each) {
        const std::size_t count = std::min(rows_each, records.size() - at);
        auto tx = begin_write(store, the_library);
        must(tx);
        must(tx->put_many(std::span(records).subspan(at, count)));
        must(tx->commit());
    }
}

void bench_in_memory(report& out, const plan& how) {
    constexpr std::size_t count = 100'000, rows_each = 10'000;
    std::vector<book_record> ours = make_records(count), theirs = ours;
    const auto store = open(":memory:");
    raw_sqlite raw(":memory:", true);

    const auto upserted = compare(
        [&] {
            change(ours);
            upsert(*store, ours, rows_each);
        },
        [&] {
            change(theirs);
            raw.upsert(theirs, rows_each);
        },
        1.10, how);
    out.add(versus("sqlite :memory: upsert", upserted, count, "C API, same table", 1.10));

    const auto selected = compare(
        [&] {
            auto tx = begin_read(*store, the_library);
            must(tx);
            keep(tx->scan(syncfw::all<book>()));
        },
        [&] { keep(raw.select()); }, 1.15, how);
    out.add(versus("sqlite :memory: select", selected, count, "C API", 1.15));
}

std::string fresh_path(const std::string& name) {
    const char* const folder = std::getenv("SYNCFW_BENCH_FOLDER");
    const std::string path =
        (folder != nullptr ? folder : "/tmp") + std::string("/syncfw-bench-") + name;
    for (const char* end : {"", "-wal", "-shm", "-lease"}) unlink((path + end).c_str());
    return path;
}

// What it costs to keep the feed: on a file, as it is used.
void bench_tracking(report& out, const plan& how) {
    constexpr std::size_t count = 100'000, rows_each = 10'000;
    std::vector<book_record> ours = make_records(count), theirs = ours;
    plan slow = how;
    slow.pairs = 7;
    slow.clock = CLOCK_MONOTONIC;
    const auto fresh = compare(
        [&] {
            const auto store = open(fresh_path("ours"));
            upsert(*store, ours, rows_each);
        },
        [&] {
            raw_sqlite raw(fresh_path("theirs"), false);
            raw.upsert(theirs, rows_each);
        },
        1.3, slow);
    out.add(versus("sqlite disk: tracked write, fresh", fresh, count, "C API, untracked", 1.3));

    const auto store = open(fresh_path("ours"));
    upsert(*store, ours, rows_each);
    raw_sqlite raw(fresh_path("theirs"), false);
    raw.upsert(theirs, rows_each);
    const auto again = compare(
        [&] {
            change(ours);
            upsert(*store, ours, rows_each);
        },
        [&] {
            change(theirs);
            raw.upsert(theirs, rows_each);
        },
        1.3, slow);
    out.add(versus("sqlite disk: tracked write, again", again, count, "C API, untracked", 1.3));
}

// In MiB.
double peak_memory() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return static_cast<double>(used.ru_maxrss) / 1'024;
}

// What writing a million rows adds to a process, which is one of its own so that nothing of what
// was measured before is used again. The rows come in parts, as they come from anywhere.
void bench_memory_of_writes(report& out) {
    int ends[2];
    if (pipe(ends) != 0) return;
    malloc_trim(0);
    if (fork() == 0) {
        const double before = peak_memory();
        const auto store = open(fresh_path("ours"));
        for (int part = 0; part < 100; ++part) {
            auto rows = make_records(10'000, static_cast<std::uint64_t>(part) + 1);
            for (book_record& each : rows) each.set_sequence(each.sequence() + part * 10'000);
            upsert(*store, rows, 10'000);
        }
        const double grown = peak_memory() - before;
        _exit(write(ends[1], &grown, sizeof grown) == sizeof grown ? 0 : 1);
    }
    close(ends[1]);
    double grown = 0;
    if (read(ends[0], &grown, sizeof grown) != sizeof grown) std::exit(1);
    close(ends[0]);
    wait(nullptr);
    out.add({.name = "sqlite disk: memory for 1,000,000 rows",
             .value = grown,
             .unit = "MiB",
             .budget = 32});
}

// A million fresh books; each side begins with an empty file.
void bench_on_disk(report& out, const plan& how) {
    constexpr std::size_t count = 1'000'000, rows_each = 10'000;
    const std::vector<book_record> records = make_records(count);
    plan slow = how;
    slow.pairs = 3;
    slow.attempts = 2;
    slow.clock = CLOCK_MONOTONIC;
    const auto inserted = compare(
        [&] {
            const auto store = open(fresh_path("ours"));
            upsert(*store, records, rows_each);
        },
        [&] {
            raw_sqlite raw(fresh_path("theirs"), true);
            raw.upsert(records, rows_each);
        },
        1.25, slow);
    out.add(versus("sqlite disk: 1,000,000 fresh", inserted, count, "C API, same table", 1.25));
    fresh_path("ours");
    fresh_path("theirs");
}

// The steps of SQLite's virtual machine, its statements and full scans so far.
struct sqlite_cost {
    std::int64_t steps = 0;
    std::int64_t statements = 0;
    std::int64_t scans = 0;
};
sqlite_cost cost_of(sqlite3* database) {
    sqlite_cost all;
    for (sqlite3_stmt* each = sqlite3_next_stmt(database, nullptr); each != nullptr;
         each = sqlite3_next_stmt(database, each)) {
        all.steps += sqlite3_stmt_status(each, SQLITE_STMTSTATUS_VM_STEP, 1);
        all.statements += sqlite3_stmt_status(each, SQLITE_STMTSTATUS_RUN, 1);
        all.scans += sqlite3_stmt_status(each, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
    }
    return all;
}

// What it takes to read the last 1,000 changes of so many rows.
sqlite_cost cost_of_changes(std::size_t rows) {
    const auto store = open(":memory:");
    upsert(*store, make_records(rows), 10'000);
    {
        auto tx = begin_write(*store, the_library);
        must(tx->next_sequence(static_cast<std::int64_t>(rows)));
        must(tx->commit());
    }
    auto tx = begin_read(*store, the_library);
    (void)cost_of(tx->native().handle());
    std::int64_t seen = 0;
    must(syncfw::visit_changes<library>(*tx, {.after = static_cast<std::int64_t>(rows) - 1'000},
                                        [&]<class T>(const syncfw::record<T>&) { ++seen; }));
    if (seen != 1'000) std::exit(1);
    return cost_of(tx->native().handle());
}

// Exact: the cost follows the number of changes, not of rows.
void bench_cost_of_changes(report& out) {
    const sqlite_cost few = cost_of_changes(10'000), many = cost_of_changes(1'000'000);
    const auto add = [&](const char* name, std::int64_t value, std::int64_t peer) {
        row made{.name = name, .value = static_cast<double>(value), .unit = "of 1,000,000 rows"};
        made.peer = "of 10,000 rows";
        made.peer_value = static_cast<double>(peer);
        made.ratio = static_cast<double>(value) / static_cast<double>(peer);
        made.budget = 1.1;
        out.add(made);
    };
    add("sqlite 1,000 changes: VM steps", many.steps, few.steps);
    add("sqlite 1,000 changes: statements", many.statements, few.statements);
    out.add({.name = "sqlite 1,000 changes: full scans",
             .value = static_cast<double>(many.scans),
             .unit = "steps",
             .budget = 0});
}

}  // namespace

void bench_sqlite(report& out, const plan& how) {
    bench_memory_of_writes(out);
    bench_in_memory(out, how);
    bench_tracking(out, how);
    bench_on_disk(out, how);
    bench_cost_of_changes(out);
}

}  // namespace bench
