// SPDX-License-Identifier: BSL-1.0
// A service in a process of its own. What forks comes before there are threads.
#pragma once

#include "../storage/storage.hpp"
#include <syncfw/app/json_routes.hpp>
#include <syncfw/app/service.hpp>
#include <syncfw/storage/sqlite.hpp>
#include <syncfw/sync/server.hpp>
#include <syncfw/transport/http/client.hpp>
#include <syncfw/transport/http/gzip_bodies.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace bench {

inline syncfw::http::client_options with_token(bool is_packed = false) {
    return {.answer_milliseconds = 600'000,
            .token = [] { return syncfw::secret<std::string>("a token"); },
            .packing = is_packed ? syncfw::http::gzip_packing() : nullptr};
}

/// Everybody is the same person, whose token is looked at.
inline syncfw::http::token_check somebody() {
    return [](std::string_view token) -> syncfw::result<syncfw::principal> {
        if (token != "a token") return syncfw::error{.code = syncfw::errc::unauthorized};
        return syncfw::principal{.subject = "somebody", .tenant = the_library};
    };
}

/// In the order of the feed.
inline void put(syncfw::sqlite::store<library>& store, const std::vector<book_record>& records) {
    auto tx = begin_write(store, the_library);
    must(tx);
    must(tx->next_sequence(static_cast<std::int64_t>(records.size())));
    must(tx->put_many(records));
    must(tx->commit());
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
        put(*store, records);
        syncfw::service_events events(syncfw::logger(stderr, syncfw::log_level::error));
        syncfw::server hub(*store, syncfw::last_write_wins(), {.rows_max = 50'000},
                           syncfw::observed(events));
        syncfw::service books(
            hub, events, somebody(),
            {.routes = {.streams_max = 10'000}, .around = [](syncfw::http::router& routes) {
                 return syncfw::http::with_gzip(routes);
             }});
        syncfw::add_json_sync_routes(books.routes(), hub, books.pokes());
        must(books.listen());
        const unsigned short port = books.port();
        if (::write(told, &port, sizeof port) != sizeof port) return 1;
        std::fclose(stdout);
        return books.run();
    }

    pid_t id_ = 0;
    unsigned short port_ = 0;
};

}  // namespace bench
