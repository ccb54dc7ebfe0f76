// SPDX-License-Identifier: BSL-1.0
// Goal: in whatever order the steps of concurrent transactions run, the feed has no gap for its
// reader, and no write is lost. Method: two to four connections, step by step; the server's own
// list of activities says who waits for a lock.
#include "postgres_support.hpp"
#include "sqlite_support.hpp"
#include <syncfw/storage/changes.hpp>
#include <syncfw/testing/interleavings.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace syncfw;
using stores::shelf;
using store_type = postgres::store<schema<shelf>>;
const tenant_id whose("t");

/// Begins, takes a number, counts one further in the row that all write, and commits or not.
struct writer_script {
    store_type& store;
    std::int64_t own;
    bool commits;
    std::optional<write_transaction<store_type>> tx{};
    std::int64_t number = 0;
    bool failed = false;
    bool committed = false;
    int process = 0;

    testing::actor steps() {
        return {[this] {
                    auto begun = begin_write(store, whose);
                    if (!(failed = !begun)) tx.emplace(std::move(*begun));
                    if (tx) process = PQbackendPID(tx->native().handle());
                },
                [this] {
                    if (failed) return;
                    auto first = tx->next_sequence(2);
                    if (!(failed = !first)) number = *first;
                },
                [this] {
                    if (failed) return;
                    auto shared = tx->get<shelf>(0);
                    if ((failed = !shared)) return;
                    const int before = *shared ? std::stoi((*shared)->value.name) : 0;
                    failed = !put(0, std::to_string(before + 1), 0) || !put(own, "own", 1);
                },
                [this] {
                    if (!failed && commits) committed = bool(tx->commit());
                    tx.reset();
                    process = 0;
                }};
    }
    result<void> put(std::int64_t id, const std::string& name, std::int64_t place) {
        record<shelf> row{.value = {.id = id, .name = name}};
        row.set_sequence(number + place);
        return tx->put(row);
    }
};

/// Reads on from where it was, several times.
struct reader_script {
    store_type& store;
    std::int64_t place = 0;
    std::vector<std::int64_t> seen{};
    bool failed = false;

    testing::actor steps() {
        return {[this] { read(); }, [this] { read(); }, [this] { read(); }};
    }
    void read() {
        auto tx = begin_read(store, whose);
        if ((failed |= !tx)) return;
        auto page = visit_changes<schema<shelf>>(
            *tx, {.after = place}, [&](const record<shelf>& row) { seen.push_back(row.value.id); });
        if (!(failed |= !page)) place = page->until;
    }
};

bool waits(PGconn* watcher, int process) {
    const std::string asked =
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
        "pid = " +
        std::to_string(process);
    PGresult* const found = PQexec(watcher, asked.c_str());
    const bool does = PQntuples(found) > 0;
    PQclear(found);
    return does;
}

void check_orders(const std::string& settings, std::size_t writers, std::size_t most) {
    PGconn* const watcher = PQconnectdb(pg::server());
    auto store = pg::open<schema<shelf>>(pg::fresh_url(pg::server(), settings));
    std::vector<std::size_t> counts(writers, 4);
    counts.push_back(3);
    std::int64_t number = 0, was = 0;
    std::size_t refused = 0;
    for (const auto& order : testing::orders_of(counts, most)) {
        reader_script reader{*store};
        reader.place = begin_read(*store, whose)->last_sequence().value();
        std::vector<std::unique_ptr<writer_script>> scripts;
        std::vector<testing::actor> actors;
        for (std::size_t i = 0; i < writers; ++i) {
            // The last of more than two takes its work back.
            const bool commits = i < 2;
            scripts.emplace_back(new writer_script{*store, ++number, commits});
            actors.push_back(scripts.back()->steps());
        }
        actors.push_back(reader.steps());
        testing::run_steps(actors, order, [&](std::size_t i) {
            return i < writers && scripts[i]->process != 0 && waits(watcher, scripts[i]->process);
        });
        reader.read();

        std::int64_t committed = 0;
        for (const auto& each : scripts) {
            committed += each->committed ? 1 : 0;
            refused += each->failed ? 1 : 0;
            const auto times = std::count(reader.seen.begin(), reader.seen.end(), each->own);
            CHECK(times == (each->committed ? 1 : 0));
        }
        auto shared = begin_read(*store, whose)->get<shelf>(0).value();
        const std::int64_t is = shared ? std::stoi(shared->value.name) : 0;
        CHECK(is == was + committed);
        was = is;
        CHECK(!reader.failed);
    }
    PQfinish(watcher);
    if (settings.empty()) CHECK(refused == 0);
}

}  // namespace

TEST_CASE("no-gap, no-lost-write: in all orders of two writers' and a reader's steps") {
    if (pg::server() == nullptr) return;
    check_orders("", 2, 300);
}

TEST_CASE("no-gap, no-lost-write: in many orders of three writers' steps, one of which gives up") {
    if (pg::server() == nullptr) return;
    check_orders("", 3, 150);
}

TEST_CASE("no-gap, no-lost-write: in many orders where transactions are serializable") {
    if (pg::server() == nullptr) return;
    check_orders("%20-cdefault_transaction_isolation%3Dserializable", 3, 150);
}
