// SPDX-License-Identifier: BSL-1.0
// The PostgreSQL adapter beside libpq by hand, on one server, in the same transactions.
#include "peer.hpp"
#include "raw_postgres.hpp"
#include "storage.hpp"
#include <syncfw/storage/postgres.hpp>

#include <cstdlib>
#include <string>

namespace bench {
namespace {

using postgres_store = syncfw::postgres::store<library>;

void upsert(postgres_store& store, const std::vector<book_record>& records) {
    auto tx = begin_write(store, the_library);
    must(tx);
    must(tx->put_many(records));
    must(tx->commit());
}

void select(postgres_store& store) {
    auto tx = begin_read(store, the_library);
    must(tx);
    keep(tx->scan(syncfw::all<book>()));
}

class postgres_benchmark {
  public:
    postgres_benchmark(report& out, const settings& chosen, const std::string& url)
        : out_(out), chosen_(chosen), raw_(url), url_(url) {
        raw_.run("DROP TABLE IF EXISTS book");
        store_ = open();
        for (const peer_library& each : peer_libraries())
            peers_.emplace_back(each.name, each.postgres(url));
    }
    ~postgres_benchmark() { raw_.run("DROP TABLE raw_book"); }
    postgres_benchmark(const postgres_benchmark&) = delete;
    postgres_benchmark& operator=(const postgres_benchmark&) = delete;

    void run() {
        const std::size_t all = chosen_.rows, few = chosen_.rows / 10;
        compare_upsert(all, "unnest by hand", 1.15, chosen_.slow(7),
                       [&](const auto& rows) { raw_.upsert(rows, 10'000); });
        compare_select("libpq by hand", 1.2, [&] { keep(raw_.select()); });
        compare_upsert(few, "a round trip a row", 0.4, chosen_.slow(3, 1),
                       [&](const auto& rows) { raw_.upsert_one_by_one(rows); });
        for (auto& [name, peer] : peers_) {
            compare_upsert(few, name, no_budget, chosen_.slow(3, 1),
                           [&](const auto& rows) { peer->upsert(rows, rows.size()); });
            // Both shall have all of the rows.
            peer->upsert(make_records(all), all);
            if (peer->select().size() != all) std::exit(1);
            compare_select(name, no_budget, [&] { keep(peer->select()); });
        }
    }

  private:
    [[nodiscard]] std::unique_ptr<postgres_store> open() const {
        auto opened = syncfw::postgres::open<library>(url_, {.connections = 1});
        must(opened);
        return std::make_unique<postgres_store>(std::move(*opened));
    }
    // Dead rows of one run shall not be in the way of the next one.
    void clean() {
        for (const char* table : {"book", "raw_book"})
            raw_.run((std::string("VACUUM ") + table).c_str());
    }

    template <class F>
    void compare_upsert(std::size_t rows, const std::string& peer, double budget, plan how,
                        F&& upsert_theirs) {
        std::vector<book_record> ours = make_records(rows), theirs = ours;
        change(ours), change(theirs);
        how.before = [&] { clean(); };
        const auto seen = compare(
            [&] {
                change(ours);
                upsert(*store_, ours);
            },
            [&] {
                change(theirs);
                upsert_theirs(theirs);
            },
            budget, how);
        out_.add(versus("postgres upsert", seen, rows, peer, budget));
    }
    template <class F>
    void compare_select(const std::string& peer, double budget, F&& select_theirs) {
        clean();
        const auto seen =
            compare([&] { select(*store_); }, select_theirs, budget, chosen_.slow(15));
        out_.add(versus("postgres select", seen, chosen_.rows, peer, budget));
    }

    report& out_;
    const settings& chosen_;
    raw_postgres raw_;
    std::string url_;
    std::unique_ptr<postgres_store> store_{};
    std::vector<std::pair<std::string, std::unique_ptr<peer_store>>> peers_{};
};

void bench_postgres(report& out, const settings& chosen) {
    const char* const url = std::getenv("SYNCFW_TEST_POSTGRES");
    if (url == nullptr) return report::skip("postgres", "SYNCFW_TEST_POSTGRES names no server");
    postgres_benchmark(out, chosen, url).run();
}

const registered_part here{{.name = "postgres", .run = bench_postgres}};

}  // namespace
}  // namespace bench
