// SPDX-License-Identifier: BSL-1.0
// HTTP beside bare Boost.Beast, and a whole first sync over it, of two processes, beside the raw
// upsert of the same rows. README.md says what each row means.
//
//     bench_network [--results FILE] [--rows N] [--no-header]
#include "../storage/raw_sqlite.hpp"
#include "../storage/storage.hpp"
#include "beast.hpp"
#include <syncfw/app/poke_listener.hpp>
#include <syncfw/app/service.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/sync/replica.hpp>
#include <syncfw/transport/http_link.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace bench {
namespace {

using store_type = syncfw::sqlite::store<library>;

double seconds_of(auto&& work) {
    timespec begin{}, end{};
    clock_gettime(CLOCK_MONOTONIC, &begin);
    work();
    clock_gettime(CLOCK_MONOTONIC, &end);
    return static_cast<double>(end.tv_sec - begin.tv_sec) +
           static_cast<double>(end.tv_nsec - begin.tv_nsec) / 1e9;
}

syncfw::http::client_options with_token() {
    return {.answer_milliseconds = 600'000,
            .token = [] { return syncfw::secret<std::string>("a token"); }};
}

/// Everybody is the same person, whose token is looked at.
syncfw::http::token_check somebody() {
    return [](std::string_view token) -> syncfw::result<syncfw::principal> {
        if (token != "a token") return syncfw::error{.code = syncfw::errc::unauthorized};
        return syncfw::principal{.subject = "somebody", .tenant = the_library};
    };
}

void bench_calls(report& out) {
    const std::string large(16 << 20, 'x');
    syncfw::http::router routes(somebody());
    routes.add("POST", "/small", syncfw::http::needs_token, [](const syncfw::http::call&) {
        return syncfw::http::response{.body = R"({"success":true})"};
    });
    routes.add("POST", "/large", syncfw::http::needs_token,
               [&](const syncfw::http::call&) { return syncfw::http::response{.body = large}; });
    auto listening = syncfw::http::server::open(std::ref(routes));
    must(listening);
    std::thread serving([&] { (*listening)->run(); });
    auto mine = syncfw::http::client::make(
        "http://127.0.0.1:" + std::to_string((*listening)->port()), with_token());
    must(mine);
    {
        beast_server theirs_serving(large);
        beast_client theirs(theirs_serving.port());
        const std::string body(30, 'b');
        const auto compare = [&](const std::string& path, int calls, double& ours, double& peer) {
            std::vector<double> all_ours, all_theirs, ratios;
            for (int round = 0; round < 9; ++round) {
                all_ours.push_back(seconds_of([&] {
                    for (int i = 0; i < calls; ++i)
                        must(mine->ask({.method = "POST", .path = path, .body = body}));
                }));
                all_theirs.push_back(seconds_of([&] {
                    for (int i = 0; i < calls; ++i) (void)theirs.ask(path, body);
                }));
                ratios.push_back(all_ours.back() / all_theirs.back());
            }
            ours = median(all_ours) / calls, peer = median(all_theirs) / calls;
            return median(ratios);
        };
        double ours = 0, peer = 0;
        const double small = compare("/small", 3'000, ours, peer);
        out.add({.name = "HTTP, a small call",
                 .value = ours * 1e6,
                 .unit = "us",
                 .peer = "Beast",
                 .peer_value = peer * 1e6,
                 .ratio = small,
                 .budget = 1.25});
        const double big = compare("/large", 10, ours, peer);
        out.add({.name = "HTTP, an answer of 16 MiB",
                 .value = ours * 1e3,
                 .unit = "ms",
                 .peer = "Beast, string_body",
                 .peer_value = peer * 1e3,
                 .ratio = big,
                 .budget = 1 / 3.0});
    }
    (*listening)->stop();
    serving.join();
}

/// A service with these rows, in a process of its own.
class served_rows {
  public:
    served_rows(const std::string& path, const std::vector<book_record>& records) {
        int ends[2];
        if (::pipe(ends) != 0) std::abort();
        id_ = ::fork();
        if (id_ == 0) std::_Exit(serve(path, records, ends[1]));
        if (::read(ends[0], &port_, sizeof port_) != sizeof port_) std::abort();
        ::close(ends[0]);
        ::close(ends[1]);
    }
    ~served_rows() {
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
    }
    [[nodiscard]] std::string address() const {
        return "http://127.0.0.1:" + std::to_string(port_);
    }
    /// Of the whole process, in MiB.
    [[nodiscard]] double memory() const {
        std::FILE* const file =
            std::fopen(("/proc/" + std::to_string(id_) + "/statm").c_str(), "r");
        long size = 0, resident = 0;
        if (std::fscanf(file, "%ld %ld", &size, &resident) != 2) resident = 0;
        std::fclose(file);
        return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) /
               1048576;
    }

  private:
    static int serve(const std::string& path, const std::vector<book_record>& records, int told) {
        auto store = syncfw::sqlite::open<library>(path);
        must(store);
        {
            auto tx = begin_write(*store, the_library);
            must(tx);
            must(tx->next_sequence(static_cast<std::int64_t>(records.size())));
            must(tx->put_many(records));
            must(tx->commit());
        }
        syncfw::service_events events(syncfw::logger(stderr, syncfw::log_level::error));
        syncfw::server hub(*store, syncfw::last_write_wins(), {.rows_max = 50'000},
                           syncfw::observed(events));
        syncfw::service books(hub, events, somebody());
        must(books.listen());
        const unsigned short port = books.port();
        if (::write(told, &port, sizeof port) != sizeof port) return 1;
        std::fclose(stdout);
        return books.run();
    }

    pid_t id_ = 0;
    unsigned short port_ = 0;
};

void bench_pulls(report& out, const std::string& folder, std::size_t rows) {
    const std::vector<book_record> records = make_records(rows);
    std::vector<book_record> plain = records;
    for (book_record& each : plain) each.set_sequence(0);
    served_rows served(folder + "/hub" + std::to_string(rows) + ".db", records);
    std::vector<double> ours, theirs, ratios;
    for (int round = 0; round < (rows > 200'000 ? 1 : 7); ++round) {
        const std::string end = std::to_string(rows) + "_" + std::to_string(round) + ".db";
        auto here = syncfw::sqlite::open<library>(folder + "/here" + end);
        must(here);
        auto link = syncfw::http_link::make(served.address(), with_token());
        must(link);
        syncfw::replica mine(*here, *link, the_library);
        raw_sqlite raw(folder + "/raw" + end, true);
        ours.push_back(seconds_of([&] { must(mine.pull()); }));
        theirs.push_back(seconds_of([&] { raw.upsert(plain, 40'000); }));
        ratios.push_back(ours.back() / theirs.back());
        if (round > 0 || rows > 200'000) continue;
        std::vector<double> calls;
        for (int i = 0; i < 500; ++i) calls.push_back(seconds_of([&] { must(mine.sync()); }));
        out.add({.name = "HTTP, a sync that finds nothing",
                 .value = median(calls) * 1e6,
                 .unit = "us"});
    }
    const double per_row = 1e9 / static_cast<double>(rows);
    out.add({.name = "HTTP, first sync of " + in_words(rows),
             .value = median(ours) * per_row,
             .unit = "ns/row",
             .peer = "C API, same transactions",
             .peer_value = median(theirs) * per_row,
             .ratio = median(ratios),
             .budget = rows > 200'000 ? 1.25 : 1.35});
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

int main(std::span<char*> arguments) {
    std::string results;
    bool with_header = true;
    std::size_t rows = 1'000'000;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        if (name == "--no-header") with_header = false;
        if (name == "--results" && i + 1 < arguments.size()) results = arguments[++i];
        if (name == "--rows" && i + 1 < arguments.size())
            rows = std::strtoul(arguments[++i], nullptr, 10);
    }
    report out(results, with_header);
    const std::string folder =
        (std::filesystem::temp_directory_path() / ("syncfw_bench_" + std::to_string(getpid())))
            .string();
    std::filesystem::create_directories(folder);
    // Those that fork come before there are threads.
    bench_pulls(out, folder, rows / 10);
    bench_pulls(out, folder, rows);
    bench_listeners(out, folder);
    bench_calls(out);
    std::filesystem::remove_all(folder);
    return out.missed() == 0 ? 0 : 2;
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments) {
    return bench::main({arguments, static_cast<std::size_t>(count)});
}
