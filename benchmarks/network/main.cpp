// SPDX-License-Identifier: BSL-1.0
// HTTP beside bare Boost.Beast, and a whole first sync over it, of two processes, beside the raw
// upsert of the same rows. README.md says what each row means.
//
//     bench_network [--results FILE] [--rows N] [--no-header]
//                   [--only pulls|large|idle|hostile|listeners|calls]
#include "../storage/raw_sqlite.hpp"
#include "beast.hpp"
#include "hand_pull.hpp"
#include "hostile_peers.hpp"
#include "served_rows.hpp"
#include <syncfw/app/json_link.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/transport/http_link.hpp>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <utility>
#include <vector>

namespace bench {
namespace {

/// The same call of a server of ours and of one that Beast alone makes, in the same process. What
/// came is what is answered next, so that nobody copies it but who measures its way.
void bench_call(report& out, row named, std::size_t size, int calls, int of_servers,
                int of_clients) {
    std::string answer(size, 'x');
    const auto next_answer = [&] { return std::exchange(answer, {}); };
    syncfw::http::router routes(somebody());
    routes.add("POST", "/call", syncfw::http::needs_token, [&](const syncfw::http::call&) {
        return syncfw::http::response{.body = next_answer()};
    });
    auto listening = syncfw::http::server::open(std::ref(routes));
    must(listening);
    std::optional<kept_on_processor> kept(of_servers);
    std::thread serving([&] { (*listening)->run(); });
    auto mine = syncfw::http::client::make(
        "http://127.0.0.1:" + std::to_string((*listening)->port()), with_token());
    must(mine);
    {
        beast_server theirs_serving([&](std::string_view) { return next_answer(); });
        beast_client theirs(theirs_serving.port());
        kept.reset();
        kept.emplace(of_clients);
        const std::string body(30, 'b');
        std::vector<double> all_ours, all_theirs, ratios;
        for (int round = 0; round < 25; ++round) {
            all_ours.push_back(seconds_of([&] {
                for (int i = 0; i < calls; ++i) {
                    auto got = mine->ask({.method = "POST", .path = "/call", .body = body});
                    must(got);
                    answer = std::move(got->body);
                }
            }));
            if (answer.size() != size) std::abort();
            all_theirs.push_back(seconds_of([&] {
                for (int i = 0; i < calls; ++i) answer = theirs.ask("/call", body);
            }));
            if (answer.size() != size) std::abort();
            ratios.push_back(all_ours.back() / all_theirs.back());
        }
        const double per_call = (named.unit == "us" ? 1e6 : 1e3) / calls;
        named.value = median(all_ours) * per_call;
        named.peer_value = median(all_theirs) * per_call;
        named.ratio = median(ratios);
    }
    out.add(named);
    (*listening)->stop();
    serving.join();
}

void bench_calls(report& out) {
    // One who asks and waits needs one processor; what is long needs two, as it has with machines.
    bench_call(out, {.name = "HTTP, a small call", .unit = "us", .peer = "Beast", .budget = 1.25},
               16, 1'000, 1, 1);
    bench_call(out,
               {.name = "HTTP, an answer of 16 MiB",
                .unit = "ms",
                .peer = "Beast, string_body",
                .budget = 1 / 3.0},
               16 << 20, 4, 0, 1);
}

/// First syncs over one kind of link, each beside the same upserts by hand.
template <class MakeLink>
void bench_first_sync(report& out, const std::string& folder, const served_rows& served,
                      const std::vector<book_record>& plain, row named, MakeLink&& make_link) {
    const std::size_t rows = plain.size();
    std::vector<double> ours, theirs, ratios;
    for (int round = 0; round < (rows > 200'000 ? 1 : 7); ++round) {
        const scratch_files files(folder);
        auto here = syncfw::sqlite::open<library>(files.path("here"));
        must(here);
        auto link = make_link(served.address());
        syncfw::replica mine(*here, link, the_library);
        raw_sqlite raw(files.path("raw"), true);
        const auto pull = [&] { must(mine.pull()); };
        // As many rows in a transaction as a page has.
        const auto upsert = [&] { raw.upsert(plain, rows > 200'000 ? 40'000 : 10'000); };
        // Each is first in half of the rounds.
        if (round % 2 == 0) ours.push_back(seconds_of(pull));
        theirs.push_back(seconds_of(upsert));
        if (round % 2 != 0) ours.push_back(seconds_of(pull));
        ratios.push_back(ours.back() / theirs.back());
    }
    const double per_row = 1e9 / static_cast<double>(rows);
    named.value = median(ours) * per_row;
    named.unit = "ns/row";
    named.peer = "C API, same transactions";
    named.peer_value = median(theirs) * per_row;
    named.ratio = median(ratios);
    out.add(named);
}

void bench_pulls(report& out, const std::string& folder, std::size_t rows) {
    const std::vector<book_record> records = make_records(rows);
    std::vector<book_record> plain = records;
    for (book_record& each : plain) each.set_sequence(0);
    const served_rows served(folder + "/hub" + std::to_string(rows) + ".db", records);
    const bool is_large = rows > 200'000;
    const auto binary = [](const std::string& address, bool is_packed) {
        auto link = syncfw::http_link::make(address, with_token(is_packed));
        must(link);
        return std::move(*link);
    };
    const auto json = [](const std::string& address, bool is_packed) {
        auto line = syncfw::http_json_line::make(address, with_token(is_packed));
        must(line);
        return syncfw::json_link<library, syncfw::http_json_line>(std::move(*line));
    };
    const auto measure = [&](std::string how, std::optional<double> budget, auto& make,
                             bool is_packed) {
        bench_first_sync(out, folder, served, plain,
                         {.name = how + ", first sync of " + in_words(rows), .budget = budget},
                         [&](const std::string& address) { return make(address, is_packed); });
    };
    measure("HTTP", is_large ? 1.25 : 1.35, binary, false);
    if (is_large) return;
    measure("HTTP with gzip", {}, binary, true);
    measure("JSON", 1.5, json, false);
    measure("JSON with gzip", 1.6, json, true);
}

/// The call that a device makes all the time. Both servers are threads of this process, where a
/// wait for one takes as long as a wait for the other.
void bench_idle_sync(report& out, const std::string& folder) {
    const std::vector<book_record> rows = make_records(1'000);
    const kept_on_processor kept(1);
    auto store = syncfw::sqlite::open<library>(folder + "/idle.db");
    must(store);
    put(*store, rows);
    syncfw::service_events events(syncfw::logger(stderr, syncfw::log_level::error));
    syncfw::server hub(*store, syncfw::last_write_wins(), {}, syncfw::observed(events));
    syncfw::service books(hub, events, somebody());
    must(books.listen());
    std::thread serving([&] { (void)books.run(); });
    hand_hub theirs_serving(folder + "/hand_hub.db", rows);
    {
        auto here = syncfw::sqlite::open<library>(folder + "/idle_here.db");
        must(here);
        auto link = syncfw::http_link::make("http://127.0.0.1:" + std::to_string(books.port()),
                                            with_token());
        must(link);
        syncfw::replica mine(*here, *link, the_library);
        hand_device theirs(folder + "/hand_device.db", theirs_serving.port());
        must(mine.pull());
        (void)theirs.pull();
        std::vector<double> all_ours, all_theirs, ratios;
        constexpr int calls = 300;
        for (int round = 0; round < 25; ++round) {
            all_ours.push_back(seconds_of([&] {
                for (int i = 0; i < calls; ++i) must(mine.pull());
            }));
            all_theirs.push_back(seconds_of([&] {
                for (int i = 0; i < calls; ++i) (void)theirs.pull();
            }));
            ratios.push_back(all_ours.back() / all_theirs.back());
        }
        out.add({.name = "HTTP, a pull that finds nothing",
                 .value = median(all_ours) / calls * 1e6,
                 .unit = "us",
                 .peer = "by hand, Beast and C API",
                 .peer_value = median(all_theirs) / calls * 1e6,
                 .ratio = median(ratios),
                 .budget = 1.5});
    }
    books.stop();
    serving.join();
}

/// One who means well, with others beside him who don't, in a process of theirs.
void bench_hostile(report& out, const std::string& folder) {
    const served_rows served(folder + "/hostile.db", make_records(20'000));
    auto here = syncfw::sqlite::open<library>(folder + "/hostile_here.db");
    must(here);
    auto link = syncfw::http_link::make(served.address(), with_token());
    must(link);
    syncfw::replica mine(*here, *link, the_library);
    must(mine.sync());
    const auto slowest = [&] {
        std::vector<double> calls;
        for (int i = 0; i < 2'000; ++i) calls.push_back(seconds_of([&] { must(mine.sync()); }));
        return percentile(std::move(calls), 99);
    };
    (void)slowest();
    for (const hostile_kind kind :
         {hostile_kind::slow_to_ask, hostile_kind::slow_to_read, hostile_kind::malformed}) {
        std::vector<double> beside, alone, ratios;
        for (int round = 0; round < 7; ++round) {
            alone.push_back(slowest());
            const hostile_peers others(kind, served.address());
            beside.push_back(slowest());
            ratios.push_back(beside.back() / alone.back());
        }
        out.add({.name = "a sync beside " + std::string(words_of(kind)) + ", p99",
                 .value = median(beside) * 1e6,
                 .unit = "us",
                 .peer = "alone",
                 .peer_value = median(alone) * 1e6,
                 .ratio = median(ratios),
                 .budget = 1.5});
    }
}

/// Many who only listen, in one process of theirs: what they cost the server, and how soon the last
/// of them hears of a change.
void bench_listeners(report& out, const std::string& folder) {
    constexpr int count = 5'000;
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < count + 100)
        return report::skip("5,000 listeners", "the system allows too few open files");
    served_rows served(folder + "/listeners.db", make_records(1));
    const double before = served.memory();
    std::vector<syncfw::http::upgraded> lines;
    syncfw::http::question asked{.path = "/sync/stream"};
    asked.fields.add("Upgrade", "websocket");
    asked.fields.add("Connection", "Upgrade");
    asked.fields.add("Sec-WebSocket-Version", "13");
    asked.fields.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    char room[256];
    for (int i = 0; i < count; ++i) {
        auto line = syncfw::http::client::make(served.address(), with_token());
        auto got = line->upgrade(asked);
        must(got);
        // The poke of its beginning.
        if (got->early.empty())
            must(got->line.read(room, sizeof room, syncfw::http::detail::deadline(10'000)));
        lines.push_back(std::move(*got));
    }
    const double memory = served.memory() - before;
    auto here = syncfw::sqlite::open<library>(folder + "/one.db");
    must(here);
    auto link = syncfw::http_link::make(served.address(), with_token());
    syncfw::replica mine(*here, *link, the_library);
    must(mine.sync());
    must(mine.put(make_records(2)[1].value));
    std::vector<double> heard;
    timespec began{};
    clock_gettime(CLOCK_MONOTONIC, &began);
    must(mine.sync());
    for (auto& each : lines) {
        must(each.line.read(room, sizeof room, syncfw::http::detail::deadline(10'000)));
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        heard.push_back(static_cast<double>(now.tv_sec - began.tv_sec) * 1e3 +
                        static_cast<double>(now.tv_nsec - began.tv_nsec) / 1e6);
    }
    std::sort(heard.begin(), heard.end());
    out.add({.name = "5,000 listeners, the server's memory",
             .value = memory,
             .unit = "MiB",
             .budget = 100});
    out.add({.name = "5,000 listeners hear of a change, p99",
             .value = heard[static_cast<std::size_t>(count * 99 / 100)],
             .unit = "ms",
             .budget = 500});
}

int main(const settings& chosen) {
    report out(chosen.results, chosen.with_header);
    const scratch_folder scratch;
    const std::string& folder = scratch.path();
    // Those that fork come before there are threads.
    if (chosen.wants("pulls")) bench_pulls(out, folder, chosen.rows / 10);
    if (chosen.wants("large")) bench_pulls(out, folder, chosen.rows);
    if (chosen.wants("hostile")) bench_hostile(out, folder);
    if (chosen.wants("listeners")) bench_listeners(out, folder);
    if (chosen.wants("idle")) bench_idle_sync(out, folder);
    if (chosen.wants("calls")) bench_calls(out);
    return out.missed() == 0 ? 0 : 2;
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments) {
    return bench::main(
        bench::read_settings({arguments, static_cast<std::size_t>(count)}, {.rows = 1'000'000}));
}
