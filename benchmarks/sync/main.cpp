// SPDX-License-Identifier: BSL-1.0
// The engine beside what one would write by hand into the same tables: a device and a server in one
// process, each on a SQLite file. README.md says what each row means.
//
//     bench_sync [--results FILE] [--rows N] [--no-header]
#include "../storage/raw_sqlite.hpp"
#include "../storage/storage.hpp"
#include <syncfw/conflict/policies.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/in_process.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {
namespace {

using store_type = syncfw::sqlite::store<library>;

std::unique_ptr<store_type> open(const std::string& path) {
    auto opened = syncfw::sqlite::open<library>(path);
    must(opened);
    return std::make_unique<store_type>(std::move(*opened));
}

void put(store_type& store, const std::vector<book_record>& records) {
    auto tx = begin_write(store, the_library);
    must(tx);
    must(tx->next_sequence(static_cast<std::int64_t>(records.size())));
    must(tx->put_many(records));
    must(tx->commit());
}

/// A server and a device, and their messages counted.
struct scene {
    using hub_type = syncfw::server<syncfw::world<store_type>, syncfw::last_write_wins>;
    struct link {
        hub_type* hub;
        std::int64_t largest = 0, bytes = 0, messages = 0;
        double on_server = 0;

        syncfw::result<std::string> exchange(std::string_view request) {
            std::string answer;
            on_server +=
                seconds_of([&] { answer = hub->handle({.tenant = the_library}, request); });
            for (const std::size_t size : {request.size(), answer.size()}) {
                largest = std::max(largest, static_cast<std::int64_t>(size));
                bytes += static_cast<std::int64_t>(size);
                ++messages;
            }
            return answer;
        }
    };

    std::unique_ptr<store_type> hub_store, here;
    hub_type hub{*hub_store, {}, {.rows_max = 100'000, .operations_max = 100'000}};
    link line{&hub};
    syncfw::replica<syncfw::world<store_type>, link> mine{*here, line, the_library};

    scene(const std::string& folder, const std::string& name)
        : hub_store(open(folder + "/" + name + "_hub.db")),
          here(open(folder + "/" + name + "_here.db")) {}
};

/// What the store's connections have counted so far, beside the ends of transactions.
std::int64_t counted_by(store_type& store, int what) {
    std::int64_t all = 0;
    const auto add = [&](sqlite3* database) {
        for (sqlite3_stmt* each = sqlite3_next_stmt(database, nullptr); each != nullptr;
             each = sqlite3_next_stmt(database, each)) {
            const std::string_view text = sqlite3_sql(each);
            const bool is_end = text.starts_with("BEGIN") || text.starts_with("COMMIT") ||
                                text.starts_with("ROLLBACK");
            if (!is_end) all += sqlite3_stmt_status(each, what, 0);
        }
    };
    if (auto tx = begin_read(store, the_library)) add(tx->native().handle());
    if (auto tx = begin_write(store, the_library)) add(tx->native().handle());
    return all;
}

row ratio_row(const std::string& name, double ours, double theirs, std::size_t rows,
              const std::string& peer, std::optional<double> budget) {
    const double per_row = 1e9 / static_cast<double>(rows);
    return {.name = name,
            .value = ours * per_row,
            .unit = "ns/row",
            .peer = peer,
            .peer_value = theirs * per_row,
            .ratio = ours / theirs,
            .budget = budget};
}

void bench_first_sync(report& out, const std::string& folder, std::size_t rows) {
    scene s(folder, "first");
    const std::vector<book_record> records = make_records(rows);
    put(*s.hub_store, records);
    const double ours = seconds_of([&] { must(s.mine.pull()); });
    std::vector<book_record> plain = records;
    for (book_record& each : plain) each.set_sequence(0);
    raw_sqlite same(folder + "/same.db", true), best(folder + "/best.db", true);
    const double theirs = seconds_of([&] { same.upsert(plain, 40'000); });
    const double best_time = seconds_of([&] { best.upsert(plain, plain.size()); });
    const std::string name = "first sync of " + in_words(rows);
    out.add(ratio_row(name, ours, theirs, rows, "C API, same transactions", 1.25));
    out.add(ratio_row(name, ours, best_time, rows, "C API, one transaction", 1.5));
    out.add({.name = name + ", of it on the server",
             .value = s.line.on_server * 1e9 / static_cast<double>(rows),
             .unit = "ns/row"});
    out.add({.name = "bytes a row",
             .value = static_cast<double>(s.line.bytes) / static_cast<double>(rows),
             .unit = "bytes"});
}

/// What a pull of 1,000 changes takes, in numbers that are the same each time.
struct pull_work {
    std::int64_t steps = 0, statements = 0, bytes = 0;
};

pull_work bench_pull(report& out, const std::string& folder, std::size_t rows) {
    constexpr std::size_t changes = 1'000;
    pull_work work;
    scene s(folder, "pull" + std::to_string(rows));
    std::vector<book_record> records = make_records(rows);
    put(*s.hub_store, records);
    must(s.mine.pull());
    raw_sqlite raw(folder + "/raw" + std::to_string(rows) + ".db", true);
    raw.upsert(records, 40'000);
    std::vector<double> ratios, ours, theirs;
    for (int round = 0; round < 9; ++round) {
        std::vector<book_record> changed;
        for (std::size_t i = 0; i < changes; ++i) {
            book_record& each = records[i * (rows / changes) + static_cast<std::size_t>(round)];
            each.value.pages += 1;
            each.value.version += 1;
            each.set_sequence(static_cast<std::int64_t>(
                rows + static_cast<std::size_t>(round) * changes + i + 1));
            changed.push_back(each);
        }
        put(*s.hub_store, changed);
        const auto count = [&](int what) {
            return counted_by(*s.here, what) + counted_by(*s.hub_store, what);
        };
        work = {-count(SQLITE_STMTSTATUS_VM_STEP), -count(SQLITE_STMTSTATUS_RUN), -s.line.bytes};
        ours.push_back(seconds_of([&] { must(s.mine.pull()); }));
        work = {work.steps + count(SQLITE_STMTSTATUS_VM_STEP),
                work.statements + count(SQLITE_STMTSTATUS_RUN), work.bytes + s.line.bytes};
        for (book_record& each : changed) each.set_sequence(0);
        theirs.push_back(seconds_of([&] { raw.upsert(changed, changes); }));
        ratios.push_back(ours.back() / theirs.back());
    }
    row made = ratio_row("pull of 1,000 changes of " + in_words(rows), median(ours), median(theirs),
                         changes, "C API", 1.35);
    made.ratio = median(ratios);
    out.add(made);
    return work;
}

/// The same number of changes costs the same, however large the table is.
void add_growth(report& out, const pull_work& small, const pull_work& large) {
    const auto add = [&](const char* what, std::int64_t of_large, std::int64_t of_small) {
        out.add({.name = std::string("a pull at the largest table, ") + what,
                 .value = static_cast<double>(of_large),
                 .unit = "",
                 .peer = "at the smallest",
                 .peer_value = static_cast<double>(of_small),
                 .ratio = static_cast<double>(of_large) / static_cast<double>(of_small),
                 .budget = 1.1});
    };
    add("VM steps", large.steps, small.steps);
    add("statements", large.statements, small.statements);
    add("bytes", large.bytes, small.bytes);
}

/// Memory at its highest of a process that does this, in MiB.
double peak_of(auto&& work) {
    const pid_t child = fork();
    if (child == 0) {
        work();
        std::_Exit(0);
    }
    rusage used{};
    int status = 0;
    if (wait4(child, &status, 0, &used) != child || status != 0) std::abort();
    return static_cast<double>(used.ru_maxrss) / 1024;
}

/// Must come first: what this process has is counted with what its children need.
void bench_memory(report& out, const std::string& folder, std::size_t rows) {
    const std::string hub_path = folder + "/memory_hub.db";
    (void)peak_of([&] { put(*open(hub_path), make_records(rows)); });
    const double ours = peak_of([&] {
        auto hub_store = open(hub_path), here = open(folder + "/memory_here.db");
        scene::hub_type hub(*hub_store, {}, {.rows_max = 100'000});
        syncfw::in_process_link line(hub, syncfw::caller{.tenant = the_library});
        syncfw::replica mine(*here, line, the_library);
        must(mine.pull());
    });
    const double theirs = peak_of([&] {
        auto hub_store = open(hub_path);
        scene::hub_type hub(*hub_store, {}, {.rows_max = 100'000});
        raw_sqlite raw(folder + "/memory_raw.db", true);
        syncfw::pull_message asked;
        for (bool is_behind = true; is_behind;) {
            const std::string answer = hub.handle({.tenant = the_library}, encode(asked));
            const auto page = syncfw::decode<syncfw::pull_answer<library>>(answer);
            must(page);
            std::vector<book_record> rows_of_page;
            for (const auto& each : page->rows.of<book>()) rows_of_page.push_back(each.row);
            raw.upsert(rows_of_page, rows_of_page.size());
            asked.cursor = page->cursor;
            asked.fresh_until = page->fresh_until;
            asked.rows_max = std::min<std::int64_t>(asked.rows_max * 4, 50'000);
            is_behind = page->is_behind();
        }
    });
    out.add({.name = "memory of a pull of " + in_words(rows),
             .value = ours,
             .unit = "MiB",
             .peer = "C API, same pages",
             .peer_value = theirs,
             .ratio = ours / theirs,
             .budget = 1.5});
}

/// What a page has besides its rows.
void bench_page(report& out) {
    const std::vector<book_record> records = make_records(1'000);
    syncfw::pull_answer<library> page;
    page.cursor.assign(100, 'c');
    syncfw::buffer bare;
    syncfw::binary::append_layout<book, syncfw::to_client>(bare);
    for (const book_record& each : records) {
        page.rows.of<book>().push_back({.row = each});
        syncfw::binary::append_delta<syncfw::to_client>(
            bare, each.value, syncfw::field_mask::first(syncfw::entity_of<book>.fields.size()));
    }
    out.add({.name = "a page of 1,000 rows",
             .value = static_cast<double>(encode(page).size()),
             .unit = "bytes",
             .peer = "its rows alone",
             .peer_value = static_cast<double>(bare.view().size()),
             .ratio =
                 static_cast<double>(encode(page).size()) / static_cast<double>(bare.view().size()),
             .budget = 1.01});
}

void bench_push(report& out, const std::string& folder, std::size_t rows) {
    scene s(folder, "push");
    const std::vector<book_record> records = make_records(rows);
    put(*s.hub_store, records);
    must(s.mine.pull());
    raw_sqlite raw(folder + "/pushed.db", true);
    raw.upsert(records, 40'000);
    for (std::size_t at = 0; at < rows; at += 10'000)
        must(s.mine.transact([&](auto& edit) -> syncfw::result<void> {
            for (std::size_t i = at; i < std::min(rows, at + 10'000); ++i) {
                book each = records[i].value;
                each.pages += 1;
                if (auto done = edit.put(each); !done) return done;
            }
            return {};
        }));
    s.line.bytes = 0;
    const double ours = seconds_of([&] { must(s.mine.push()); });
    std::vector<book_record> changed = records;
    for (book_record& each : changed) {
        each.value.pages += 1;
        each.set_sequence(each.sequence() + static_cast<std::int64_t>(rows));
    }
    const double theirs = seconds_of([&] { raw.upsert(changed, 10'000); });
    const std::string name = "push of " + in_words(rows) + " edits";
    out.add(ratio_row(name + ", the server", s.line.on_server, theirs, rows, "C API", 2));
    out.add(ratio_row(name + ", both sides", ours, theirs, rows, "C API", {}));
    out.add({.name = "one changed field, there and back",
             .value = static_cast<double>(s.line.bytes) / static_cast<double>(rows),
             .unit = "bytes",
             .budget = 80});
    s.line.largest = s.line.messages = 0;
    must(s.mine.pull());
    s.line.largest = s.line.messages = 0;
    const std::int64_t before = counted_by(*s.here, SQLITE_STMTSTATUS_RUN);
    const std::int64_t looking = counted_by(*s.here, SQLITE_STMTSTATUS_RUN) - before;
    must(s.mine.sync());
    const std::int64_t statements =
        counted_by(*s.here, SQLITE_STMTSTATUS_RUN) - before - 2 * looking;
    out.add({.name = "a sync that finds nothing, messages",
             .value = static_cast<double>(s.line.messages),
             .unit = "",
             .budget = 2});
    out.add({.name = "a sync that finds nothing, larger message",
             .value = static_cast<double>(s.line.largest),
             .unit = "bytes",
             .budget = 200});
    out.add({.name = "a sync that finds nothing, statements here",
             .value = static_cast<double>(statements),
             .unit = "beside BEGIN and END",
             .budget = 3});
}

struct account {
    syncfw::uuid id{};
    std::string email{};
    std::string name{};
    static constexpr auto sync_entity = syncfw::annotations::entity<"account">(
        syncfw::annotations::field<&account::id>(syncfw::annotations::primary_key),
        syncfw::annotations::field<&account::email>(syncfw::annotations::unique));
};

/// How long a push of new accounts takes, of which every so many-th wants an address that is taken.
double push_accounts(const std::string& folder, std::size_t rows, std::size_t poison_every) {
    using accounts = syncfw::schema<account>;
    using account_store = syncfw::sqlite::store<accounts>;
    static int count = 0;
    const std::string name = folder + "/accounts" + std::to_string(count++);
    auto hub_store = syncfw::sqlite::open<accounts>(name + "_hub.db");
    auto here = syncfw::sqlite::open<accounts>(name + "_here.db", {.unique = false});
    must(hub_store);
    must(here);
    const auto address = [](const char* kind, std::size_t i) {
        return kind + std::to_string(i) + "@example.org";
    };
    {
        auto tx = begin_write(*hub_store, the_library);
        must(tx);
        std::vector<syncfw::record<account>> taken;
        auto number = tx->next_sequence(static_cast<std::int64_t>(rows));
        must(number);
        for (std::size_t i = 0; i < rows; ++i) {
            taken.push_back({.value = {.id = syncfw::new_uuid(), .email = address("old", i)}});
            taken.back().set_sequence((*number)++);
            taken.back().set_version(1);
        }
        must(tx->put_many(taken));
        must(tx->commit());
    }
    syncfw::server<syncfw::world<account_store>, syncfw::last_write_wins> hub(*hub_store);
    syncfw::in_process_link line(hub, syncfw::caller{.tenant = the_library});
    syncfw::replica mine(*here, line, the_library);
    for (std::size_t i = 0; i < rows; ++i) {
        const bool is_poison = poison_every > 0 && i % poison_every == poison_every / 2;
        must(mine.put(
            account{.id = syncfw::new_uuid(), .email = address(is_poison ? "old" : "new", i)}));
    }
    const double seconds = seconds_of([&] { must(mine.push()); });
    const std::int64_t refused = mine.status()->failed;
    if (refused != static_cast<std::int64_t>(poison_every > 0 ? rows / poison_every : 0))
        std::abort();
    return seconds;
}

void bench_poison(report& out, const std::string& folder, std::size_t rows) {
    std::vector<double> ratios, clean, poisoned;
    for (int round = 0; round < 7; ++round) {
        clean.push_back(push_accounts(folder, rows, 0));
        poisoned.push_back(push_accounts(folder, rows, 1'000));
        ratios.push_back(poisoned.back() / clean.back());
    }
    row made = ratio_row("push with one poison in 1,000", median(poisoned), median(clean), rows,
                         "without", 1 / 0.95);
    made.ratio = median(ratios);
    out.add(made);
}

int main(const settings& chosen) {
    report out(chosen.results, chosen.with_header);
    const scratch_folder scratch;
    const std::string& folder = scratch.path();
    const std::size_t rows = chosen.rows;
    bench_memory(out, folder, rows);
    bench_page(out);
    bench_first_sync(out, folder, rows);
    std::vector<pull_work> work;
    for (std::size_t table = 10'000; table <= rows; table *= 10)
        work.push_back(bench_pull(out, folder, table));
    add_growth(out, work.front(), work.back());
    bench_push(out, folder, rows / 10);
    bench_poison(out, folder, rows / 50);
    return out.missed() == 0 ? 0 : 2;
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments) {
    return bench::main(
        bench::read_settings({arguments, static_cast<std::size_t>(count)}, {.rows = 1'000'000}));
}
