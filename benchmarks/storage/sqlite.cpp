// SPDX-License-Identifier: BSL-1.0
// The SQLite adapter beside the C API by hand, in the same transactions with the same settings.
#include "peer.hpp"
#include "raw_sqlite.hpp"
#include "storage.hpp"
#include <syncfw/codec/binary.hpp>
#include <syncfw/storage/changes.hpp>
#include <syncfw/storage/sqlite.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {
namespace {

using sqlite_store = syncfw::sqlite::store<library>;

constexpr std::size_t rows_each = 10'000;  // In a transaction.

std::unique_ptr<sqlite_store> open(const std::string& path) {
    auto opened = syncfw::sqlite::open<library>(path);
    must(opened);
    return std::make_unique<sqlite_store>(std::move(*opened));
}

void upsert(sqlite_store& store, const std::vector<book_record>& records) {
    for (std::size_t at = 0; at < records.size(); at += rows_each) {
        const std::size_t count = std::min(rows_each, records.size() - at);
        auto tx = begin_write(store, the_library);
        must(tx);
        must(tx->put_many(std::span(records).subspan(at, count)));
        must(tx->commit());
    }
}

std::vector<book_record> select(sqlite_store& store) {
    auto tx = begin_read(store, the_library);
    must(tx);
    auto rows = tx->scan(syncfw::all<book>());
    must(rows);
    return std::move(*rows);
}

void bench_in_memory(report& out, const settings& chosen) {
    const std::size_t count = chosen.rows;
    std::vector<book_record> ours = make_records(count), theirs = ours;
    const auto store = open(":memory:");
    const auto upsert_ours = [&] {
        change(ours);
        upsert(*store, ours);
    };
    const auto select_ours = [&] { keep(select(*store)); };
    {
        raw_sqlite raw(":memory:", true);
        const auto upserted = compare(
            upsert_ours,
            [&] {
                change(theirs);
                raw.upsert(theirs, rows_each);
            },
            1.10, chosen.how);
        out.add(versus("sqlite :memory: upsert", upserted, count, "C API, same table", 1.10));
        const auto selected = compare(select_ours, [&] { keep(raw.select()); }, 1.15, chosen.how);
        out.add(versus("sqlite :memory: select", selected, count, "C API", 1.15));
    }
    for (const peer_library& each : peer_libraries()) {
        const auto peer = each.sqlite(":memory:");
        const auto upserted = compare(
            upsert_ours,
            [&] {
                change(theirs);
                peer->upsert(theirs, rows_each);
            },
            no_budget, chosen.how);
        out.add(versus("sqlite :memory: upsert", upserted, count, each.name));
        if (peer->select().size() != count) std::exit(1);
        const auto selected =
            compare(select_ours, [&] { keep(peer->select()); }, no_budget, chosen.how);
        out.add(versus("sqlite :memory: select", selected, count, each.name));
    }
}

/// Two files that are empty whenever they are opened, and go with this object.
class files {
  public:
    ~files() { close(); }
    files() = default;
    files(const files&) = delete;
    files& operator=(const files&) = delete;

    std::unique_ptr<sqlite_store> ours{};
    std::optional<raw_sqlite> theirs{};

    void open_anew(bool with_feed) {
        close();
        ours = open(path("ours"));
        theirs.emplace(path("theirs"), with_feed);
    }

    [[nodiscard]] static std::string path(const char* whose) {
        const char* const folder = std::getenv("SYNCFW_BENCH_FOLDER");
        return (folder != nullptr ? folder : "/tmp") + std::string("/syncfw-bench-") +
               std::to_string(getpid()) + "-" + whose;
    }
    void close() {
        ours.reset();
        theirs.reset();
        for (const char* whose : {"ours", "theirs"})
            for (const char* end : {"", "-wal", "-shm", "-lease"})
                unlink((path(whose) + end).c_str());
    }
};

// What it costs to keep the feed: on a file, as it is used.
void bench_tracking(report& out, const settings& chosen) {
    const std::size_t count = chosen.rows;
    std::vector<book_record> ours = make_records(count), theirs = ours;
    files both;
    plan how = chosen.slow(7);
    how.before = [&] { both.open_anew(false); };
    const auto fresh = compare([&] { upsert(*both.ours, ours); },
                               [&] { both.theirs->upsert(theirs, rows_each); }, 1.3, how);
    out.add(versus("sqlite disk: tracked write, fresh", fresh, count, "C API, untracked", 1.3));

    how.before = nullptr;
    both.open_anew(false);
    upsert(*both.ours, ours);
    both.theirs->upsert(theirs, rows_each);
    const auto again = compare(
        [&] {
            change(ours);
            upsert(*both.ours, ours);
        },
        [&] {
            change(theirs);
            both.theirs->upsert(theirs, rows_each);
        },
        1.3, how);
    out.add(versus("sqlite disk: tracked write, again", again, count, "C API, untracked", 1.3));
}

// Many fresh books; each side begins with an empty file.
void bench_on_disk(report& out, const settings& chosen) {
    const std::vector<book_record> records = make_records(chosen.rows * 10);
    files both;
    plan how = chosen.slow(3, 2);
    how.before = [&] { both.open_anew(true); };
    const auto inserted = compare([&] { upsert(*both.ours, records); },
                                  [&] { both.theirs->upsert(records, rows_each); }, 1.25, how);
    out.add(versus("sqlite disk: " + in_words(records.size()) + " fresh", inserted, records.size(),
                   "C API, same table", 1.25));
}

// --- memory ----------------------------------------------------------------------------------

// The most that this process has had so far, in MiB. (getrusage would count what was before exec.)
double peak_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.compare(0, 6, "VmHWM:") == 0)
            return std::strtod(line.c_str() + 6, nullptr) / 1'024;
    return 0;
}

// Says what writing many rows adds to this process. They come in parts, as they come from anywhere.
void say_growth(report&, const settings& chosen) {
    files file;
    const double before = peak_memory();
    file.ours = open(files::path("ours"));
    for (std::size_t at = 0; at < chosen.rows; at += rows_each) {
        auto rows = make_records(rows_each, at + 1);
        for (book_record& each : rows)
            each.set_sequence(each.sequence() + static_cast<std::int64_t>(at));
        upsert(*file.ours, rows);
    }
    std::printf("%.3f\n", peak_memory() - before);
}

// In a process of its own: what this one had before would be used again.
void bench_growth(report& out, const settings& chosen) {
    const std::size_t count = chosen.rows * 10;
    const std::string rows = std::to_string(count);
    int ends[2];
    if (pipe(ends) != 0) std::exit(1);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl("/proc/self/exe", "bench_storage", "--no-header", "--only", "sqlite-growth", "--rows",
              rows.c_str(), nullptr);
        _exit(1);
    }
    close(ends[1]);
    std::FILE* const said = fdopen(ends[0], "r");
    double grown = 0;
    if (std::fscanf(said, "%lf", &grown) != 1) std::exit(1);
    std::fclose(said);
    waitpid(child, nullptr, 0);
    out.add({.name = "sqlite disk: memory for " + in_words(count) + " rows",
             .value = grown,
             .unit = "MiB",
             .budget = 32});
}

// --- the cost of changes -----------------------------------------------------------------------

// What SQLite's virtual machine did, and the bytes that came of it.
struct sqlite_cost {
    std::int64_t steps = 0;
    std::int64_t statements = 0;
    std::int64_t scans = 0;
    std::size_t bytes = 0;
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

// What it takes to read the last changes of so many rows.
sqlite_cost cost_of_changes(std::size_t rows, std::size_t changes) {
    const auto store = open(":memory:");
    upsert(*store, make_records(rows));
    {
        auto tx = begin_write(*store, the_library);
        must(tx->next_sequence(static_cast<std::int64_t>(rows)));
        must(tx->commit());
    }
    auto tx = begin_read(*store, the_library);
    (void)cost_of(tx->native().handle());
    syncfw::buffer bytes;
    auto seen = syncfw::visit_changes<library>(*tx,
                                               {.after = static_cast<std::int64_t>(rows - changes),
                                                .limit = static_cast<std::int64_t>(changes)},
                                               [&]<class T>(const syncfw::record<T>& row) {
                                                   syncfw::binary::append_row(bytes, row.value);
                                               });
    must(seen);
    if (seen->rows != static_cast<std::int64_t>(changes)) std::exit(1);
    sqlite_cost all = cost_of(tx->native().handle());
    all.bytes = bytes.view().size();
    return all;
}

// Exact: the cost follows the number of changes, not of rows.
void bench_cost_of_changes(report& out, const settings& chosen) {
    const std::size_t changes = chosen.rows / 100;
    const sqlite_cost few = cost_of_changes(chosen.rows / 10, changes);
    const sqlite_cost many = cost_of_changes(chosen.rows * 10, changes);
    const std::string name =
        "sqlite " + in_words(changes) + " changes of " + in_words(chosen.rows * 10) + ": ";
    const auto add = [&](const char* what, auto value, auto peer) {
        row made{.name = name + what, .value = static_cast<double>(value), .unit = "in all"};
        made.peer = "of " + in_words(chosen.rows / 10);
        made.peer_value = static_cast<double>(peer);
        made.ratio = made.value / *made.peer_value;
        made.budget = 1.1;
        out.add(made);
    };
    add("VM steps", many.steps, few.steps);
    add("statements", many.statements, few.statements);
    add("bytes", many.bytes, few.bytes);
    out.add({.name = name + "full scans",
             .value = static_cast<double>(many.scans),
             .unit = "steps",
             .budget = 0});
}

void bench_sqlite(report& out, const settings& chosen) {
    bench_in_memory(out, chosen);
    bench_tracking(out, chosen);
    bench_on_disk(out, chosen);
    bench_growth(out, chosen);
    bench_cost_of_changes(out, chosen);
}

const registered_part all{{.name = "sqlite", .run = bench_sqlite}};
const registered_part growth{{.name = "sqlite-growth", .run = say_growth, .is_for_itself = true}};

}  // namespace
}  // namespace bench
